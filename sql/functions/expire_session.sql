-- Lets a session of a test account expire now; null where none lives under this id, false where its account is live.
-- Its tokens are announced as dead with the commit.
create or replace function wallet.expire_session(
    session bigint, author wallet.author default null) returns boolean
language plpgsql security definer set search_path = wallet, pg_temp as $$
#variable_conflict use_column
declare
    is_test boolean;
begin
    perform set_author(author);
    select a.environment = 'test' into is_test
    from session s join provider_account a on a.id = s.provider_account
    where s.id = expire_session.session and s.revoked_at is null and s.expires_at > now()
    for no key update of s;
    if is_test then
        update session s set expires_at = now() where s.id = expire_session.session;
        perform pg_notify('bankroll_dead_tokens', encode(k.digest, 'hex'))
        from session_token k
        where k.session = expire_session.session and not k.launch and k.superseded_at is null;
    end if;
    return is_test;
end $$;
