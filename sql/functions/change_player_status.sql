-- requires: revoke_player_sessions.sql
-- Blocks, unblocks, excludes or reinstates.  Where the player's status is none of `from_statuses`, nothing changes.
-- Answers the status that stands, null where there is no such player, and the sessions that ended: an exclusion ends
-- them all; a block leaves them, so that studios hear of the block.
--
-- The player is locked first, then all wallets in id order: a bet that was first is waited for, a bet that comes later
-- sees the new status.  An exclusion acknowledged is an exclusion enforced.
create or replace function wallet.change_player_status(
    bucket integer, player bigint, from_statuses wallet.player_status[], to_status wallet.player_status,
    author wallet.author default null,
    out status wallet.player_status, out sessions bigint[])
language plpgsql security definer set search_path = wallet, pg_temp as $$
#variable_conflict use_column
begin
    perform set_author(author);
    change_player_status.sessions := '{}';
    select p.status into change_player_status.status
    from player p
    where p.bucket = change_player_status.bucket and p.id = change_player_status.player
    for update;
    if not found or change_player_status.status <> all (from_statuses) then
        return;
    end if;

    perform from wallet w
    where w.bucket = change_player_status.bucket and w.player = change_player_status.player
    order by w.id
    for update;

    update player p set status = to_status
    where p.bucket = change_player_status.bucket and p.id = change_player_status.player;
    update wallet w set player_status = to_status
    where w.bucket = change_player_status.bucket and w.player = change_player_status.player;
    change_player_status.status := to_status;
    if to_status = 'excluded' then
        change_player_status.sessions := revoke_player_sessions(
            change_player_status.bucket, change_player_status.player);
    end if;
end $$;
