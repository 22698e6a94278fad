-- Proof: every wallet belongs to a player that exists, and decides by that player's status.
create or replace view wallet.verify_players as
select format('wallet %s', w.id) as subject,
       format('player %s, %s', w.player, coalesce(p.status::text, 'who exists')) as expected,
       case when p.id is null then 'no such player' else w.player_status::text end as found,
       coalesce(p.status = w.player_status, false) as sound, w.id as wallet
from wallet.wallet w
-- The limit is a fence: player by player, whatever the statistics say.
left join lateral (
    select one.id, one.status from wallet.player one where one.bucket = w.bucket and one.id = w.player
    limit 1) p on true;
