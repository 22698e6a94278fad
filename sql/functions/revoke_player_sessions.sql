-- requires: revoke_sessions.sql set_author.sql
-- Ends every session of a player, and answers which there were.
create or replace function wallet.revoke_player_sessions(
    bucket integer, player bigint, author wallet.author default null) returns bigint[]
language sql security definer set search_path = wallet, pg_temp as $$
    select set_author(author);
    select revoke_sessions(array(
        select s.id from session s
        where s.bucket = revoke_player_sessions.bucket and s.player = revoke_player_sessions.player
          and s.revoked_at is null and s.expires_at > now()))
$$;
