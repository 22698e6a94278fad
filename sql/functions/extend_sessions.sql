-- Slides the end of sessions that live.  One that somebody else has locked is left to him: nothing waits here.
create or replace function wallet.extend_sessions(sessions bigint[], lifetime interval) returns void
language sql security definer set search_path = wallet, pg_temp as $$
    update session s set expires_at = now() + lifetime
    where s.id in (
        select l.id from session l
        where l.id = any (sessions) and l.revoked_at is null and l.expires_at > now()
        order by l.id
        for no key update skip locked)
$$;
