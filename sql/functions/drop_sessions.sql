-- Forgets the sessions that ended more than `days` ago, with their tokens: of the `most` oldest those that did, so that it
-- never looks far, and sessions end about in the order in which they began.  Never younger ones than a month, whoever
-- asks.  Returns how many went.
create or replace function wallet.drop_sessions(days integer, most integer)
returns integer language plpgsql security definer set search_path = wallet, pg_temp set lock_timeout = '2s' as $$
declare
    dropped bigint[];
begin
    if days < 31 then
        raise exception 'sessions are kept for 31 days at least, not %', days using errcode = 'invalid_parameter_value';
    end if;
    if not pg_try_advisory_xact_lock(hashtext('wallet.drop_sessions')) then
        return 0;
    end if;
    dropped := array(
        select oldest.id from (select * from session order by id limit most) oldest
        where least(oldest.expires_at, oldest.revoked_at) < now() - make_interval(days => drop_sessions.days));
    delete from session_token where session = any (dropped);
    delete from session where id = any (dropped);
    return cardinality(dropped);
end $$;
