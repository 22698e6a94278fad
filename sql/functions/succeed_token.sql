-- Exchanges a launch token for its play token, or rotates a play token: a successor takes its place, once.
-- Answers the digest under which the session is now to be read: the successor's; within `grace` of the first time the
-- same successor's again; the token's own where it has none.  Null where the token was never ours.
--
-- `successors` are derived from the token, one per key, the newest key first.
create or replace function wallet.succeed_token(
    digest bytea, successors bytea[], rotate boolean, grace interval, lifetime interval) returns bytea
language plpgsql security definer set search_path = wallet, pg_temp as $$
#variable_conflict use_column
declare
    old record;
begin
    select k.session, k.launch, k.superseded_at, s.revoked_at is not null or s.expires_at <= clock_timestamp() as dead
    into old
    from session_token k
    join session s on s.id = k.session
    where k.digest = succeed_token.digest
    for no key update of s, k;
    if not found then
        return null;
    end if;
    if old.superseded_at is not null then
        return coalesce(
            (select k.digest from session_token k
             where k.session = old.session and k.digest = any (successors)
               and old.superseded_at > clock_timestamp() - grace),
            succeed_token.digest);
    end if;
    if old.dead or not (old.launch or rotate) then
        return succeed_token.digest;
    end if;

    insert into session_token (digest, session) values (successors[1], old.session);
    update session_token k set superseded_at = clock_timestamp() where k.digest = succeed_token.digest;
    update session s set expires_at = clock_timestamp() + lifetime where s.id = old.session;
    return successors[1];
end $$;
