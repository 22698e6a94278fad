-- Creates games; of those that are there it writes what a studio says of a game, and leaves what the operator decided,
-- also meanwhile: whether it is enabled, where and in which money it may be played, and what the studio does not say.
-- Answers how many there were to write.
create or replace function wallet.put_games(
    provider_account integer, games jsonb, author wallet.author default null) returns integer
language plpgsql security definer set search_path = wallet, pg_temp as $$
#variable_conflict use_column
declare
    written integer;
begin
    perform set_author(author);
    insert into game as g (provider_account, code, name, enabled, type, rtp, demo, allowed_countries,
                           refused_countries, allowed_currencies, refused_currencies)
    select put_games.provider_account, given.code, given.name, given.enabled, given.type, given.rtp, given.demo,
           given.allowed_countries, given.refused_countries, given.allowed_currencies, given.refused_currencies
    from jsonb_to_recordset(games) as given (
        code text, name text, enabled boolean, type game_type, rtp numeric, demo boolean, allowed_countries text[],
        refused_countries text[], allowed_currencies text[], refused_currencies text[])
    order by given.code
    on conflict (provider_account, code) do update
        set name = excluded.name, type = coalesce(nullif(excluded.type, 'other'), g.type),
            rtp = coalesce(excluded.rtp, g.rtp), demo = excluded.demo, changed_at = clock_timestamp();
    get diagnostics written = row_count;
    return written;
end $$;
