-- A studio's round of one wallet: stakes that still stand, wins, whether it is closed.
create or replace view wallet.round_summary as
select r.bucket, r.provider_account, a.slug as provider_account_slug, r.wallet, w.player,
       y.external_id as player_external_id, w.currency, r.round, r.game, g.code as game_code, r.first_seq,
       r.last_seq, r.stake_cash, r.stake_bonus, r.win_cash, r.win_bonus, r.bets, r.live_bets, r.wins, r.closed,
       r.opened_at, r.changed_at
from wallet.round r
join wallet.wallet w on w.bucket = r.bucket and w.id = r.wallet
join wallet.player y on y.bucket = w.bucket and y.id = w.player
join wallet.provider_account a on a.id = r.provider_account
left join wallet.game g on g.id = r.game;
