-- Changes of a game the columns that are given, null among them; the others stay as whoever was first left them.  What is
-- so already is not written again.  False where there is no such game.
create or replace function wallet.change_game(game integer, given jsonb, author wallet.author default null)
returns boolean
language plpgsql security definer set search_path = wallet, pg_temp as $$
#variable_conflict use_column
declare
    there wallet.game;
    wanted wallet.game;
begin
    perform set_author(author);
    select * into there from game g where g.id = change_game.game for update;
    if not found then
        return false;
    end if;
    wanted := jsonb_populate_record(there, given);
    if wanted is not distinct from there then
        return true;
    end if;
    update game g set
        name = wanted.name, enabled = wanted.enabled, type = wanted.type, rtp = wanted.rtp, demo = wanted.demo,
        allowed_countries = wanted.allowed_countries, refused_countries = wanted.refused_countries,
        allowed_currencies = wanted.allowed_currencies, refused_currencies = wanted.refused_currencies,
        changed_at = clock_timestamp()
    where g.id = change_game.game;
    return true;
end $$;
