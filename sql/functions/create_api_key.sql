-- requires: set_author.sql
-- Keeps the digest of a key that was handed out.
create or replace function wallet.create_api_key(
    id integer, name text, digest bytea, scopes text[], expires_at timestamptz,
    author wallet.author default null) returns void
language sql security definer set search_path = wallet, pg_temp as $$
    select set_author(author);
    insert into api_key (id, name, digest, scopes, expires_at) values (id, name, digest, scopes, expires_at)
$$;
