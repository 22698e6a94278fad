-- Creates a game; false where the account has one of this code, which stays as it is.
create or replace function wallet.create_game(
    provider_account integer, game jsonb, author wallet.author default null) returns boolean
language plpgsql security definer set search_path = wallet, pg_temp as $$
#variable_conflict use_column
begin
    perform set_author(author);
    insert into game as g (provider_account, code, name, enabled, type, rtp, demo, allowed_countries,
                           refused_countries, allowed_currencies, refused_currencies)
    select create_game.provider_account, given.code, given.name, given.enabled, given.type, given.rtp, given.demo,
           given.allowed_countries, given.refused_countries, given.allowed_currencies, given.refused_currencies
    from jsonb_populate_record(null::wallet.game, create_game.game) as given
    on conflict (provider_account, code) do nothing;
    return found;
end $$;
