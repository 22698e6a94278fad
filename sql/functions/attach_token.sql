-- A token of the studio's own for a session that lives.  False where the session is dead or the token is another's.
create or replace function wallet.attach_token(session bigint, digest bytea) returns boolean
language plpgsql security definer set search_path = wallet, pg_temp as $$
#variable_conflict use_column
begin
    perform from session s
    where s.id = attach_token.session and s.revoked_at is null and s.expires_at > clock_timestamp()
    for no key update;
    if not found then
        return false;
    end if;
    insert into session_token (digest, session) values (attach_token.digest, attach_token.session)
    on conflict (digest) do nothing;
    return exists (
        select from session_token k
        where k.digest = attach_token.digest and k.session = attach_token.session and k.superseded_at is null);
end $$;
