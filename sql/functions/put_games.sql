-- Creates games, or renames, enables and disables those that are there.  Answers how many there were to write.
create or replace function wallet.put_games(
    provider_account integer, codes text[], names text[], enabled boolean[]) returns integer
language plpgsql security definer set search_path = wallet, pg_temp as $$
#variable_conflict use_column
declare
    written integer;
begin
    insert into game as g (provider_account, code, name, enabled)
    select put_games.provider_account, given.code, given.name, given.enabled
    from unnest(codes, names, put_games.enabled) as given (code, name, enabled)
    order by given.code
    on conflict (provider_account, code) do update
        set name = excluded.name, enabled = excluded.enabled, changed_at = clock_timestamp();
    get diagnostics written = row_count;
    return written;
end $$;
