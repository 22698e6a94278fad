-- Ends a key.  False where there is no such key that lives.
create or replace function wallet.revoke_api_key(
    id integer, author wallet.author default null) returns boolean
language plpgsql security definer set search_path = wallet, pg_temp as $$
#variable_conflict use_column
begin
    perform set_author(author);
    update api_key k set revoked_at = clock_timestamp()
    where k.id = revoke_api_key.id and k.revoked_at is null and k.expires_at > now();
    return found;
end $$;
