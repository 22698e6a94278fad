-- requires: name_wallet.sql
-- A session and its first token, or the reason why there is none; no status where the player's personal data were erased.
create or replace function wallet.launch_session(
    bucket integer, wallet bigint, provider_account integer, currency_code text, candidate text, digest bytea,
    launch boolean, lifetime interval, game text, channel text, country text,
    author wallet.author default null,
    out status wallet.status, out session bigint, out player bigint, out external_id text, out code text)
language plpgsql security definer set search_path = wallet, pg_temp as $$
#variable_conflict use_column
declare
    played wallet%rowtype;
    account provider_account%rowtype;
    erased boolean;
    named record;
begin
    perform set_author(author);
    -- Locked, the player first as for a change of status: an exclusion or an erasure that is under way is waited for,
    -- and an exclusion that comes later finds this session to end.  In the modes that keep no posting waiting.
    select p.erased_at is not null into erased
    from player p
    where p.bucket = launch_session.bucket and p.id = (
        select w.player from wallet w where w.bucket = launch_session.bucket and w.id = launch_session.wallet)
    for share;
    select * into played from wallet w
    where w.bucket = launch_session.bucket and w.id = launch_session.wallet
    for key share;
    select * into account from provider_account a where a.id = launch_session.provider_account;
    launch_session.status := case
        when played.id is null then 'wallet_not_found'
        when played.status = 'closed' then 'wallet_closed'
        when played.player_status = 'blocked' then 'player_blocked'
        when played.player_status = 'excluded' then 'player_excluded'
        when launch_session.game is not null and not exists (
            select from game g
            where g.provider_account = account.id and g.code = launch_session.game and g.enabled)
            then 'game_disabled'
        when account.id is null or account.id = 0 or account.state <> 'active' then 'account_disabled'
    end::wallet.status;
    if launch_session.status is not null or erased then
        return;
    end if;

    named := name_wallet(launch_session.provider_account, launch_session.bucket, launch_session.wallet,
                         launch_session.currency_code, launch_session.candidate);
    if named.status not in ('found', 'created') then
        launch_session.status := named.status;
        return;
    end if;
    insert into session as s (bucket, player, wallet, provider_account, external_id, currency_code, game, channel,
                              country, expires_at)
    values (launch_session.bucket, played.player, played.id, account.id, named.external_id, named.code,
            launch_session.game, launch_session.channel, launch_session.country, now() + lifetime)
    returning s.id into launch_session.session;
    insert into session_token (digest, session, launch)
    values (launch_session.digest, launch_session.session, launch_session.launch);
    launch_session.status := 'created';
    launch_session.player := played.player;
    launch_session.external_id := named.external_id;
    launch_session.code := named.code;
end $$;
