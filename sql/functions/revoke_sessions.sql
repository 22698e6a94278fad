-- requires: set_author.sql
-- Ends sessions that live, and answers which did.  Their tokens are announced as dead with the commit.
--
-- The wallets are locked first, in id order: a bet that was first is waited for, a bet that comes later sees the
-- revocation, whatever its caller saw.  A revocation acknowledged is a revocation enforced.
create or replace function wallet.revoke_sessions(
    sessions bigint[], author wallet.author default null) returns bigint[]
language sql security definer set search_path = wallet, pg_temp as $$
    select set_author(author);
    select from wallet w
    where (w.bucket, w.id) in (
        select s.bucket, s.wallet from session s
        where s.id = any (sessions) and s.revoked_at is null and s.expires_at > now())
    order by w.id
    for no key update;
    with live as (
        select s.id from session s
        where s.id = any (sessions) and s.revoked_at is null and s.expires_at > now()
        order by s.id
        for no key update),
    revoked as (
        update session s set revoked_at = clock_timestamp() from live where s.id = live.id returning s.id)
    select coalesce(array_agg(r.id order by r.id), '{}') from revoked r
$$;
