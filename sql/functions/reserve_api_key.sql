-- The id of a key to be made: it stands in the key, and the key is digested before it comes here.
create or replace function wallet.reserve_api_key() returns integer
language sql security definer set search_path = wallet, pg_temp as $$
    select nextval(pg_get_serial_sequence('wallet.api_key', 'id'))::integer
$$;
