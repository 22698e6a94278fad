-- Remembers that a key was used, once a minute at most.
create or replace function wallet.use_api_key(id integer) returns void
language sql security definer set search_path = wallet, pg_temp as $$
    update api_key k set used_at = now()
    where k.id = use_api_key.id and (k.used_at is null or k.used_at < now() - interval '1 minute')
$$;
