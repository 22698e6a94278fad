-- Enables or disables games.  Answers how many of the codes there are.
create or replace function wallet.enable_games(
    provider_account integer, codes text[], enabled boolean, author wallet.author default null)
returns integer
language plpgsql security definer set search_path = wallet, pg_temp as $$
#variable_conflict use_column
declare
    known integer;
begin
    perform set_author(author);
    update game g set enabled = enable_games.enabled, changed_at = clock_timestamp()
    where g.provider_account = enable_games.provider_account and g.code = any (codes);
    get diagnostics known = row_count;
    return known;
end $$;
