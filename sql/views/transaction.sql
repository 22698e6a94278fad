-- Every posting with the names that people use: player, provider account, game.  `writer` is kept for pages that
-- must not change while someone leafs through them.
create or replace view wallet.transaction as
select p.bucket, p.id, p.restore_epoch, p.wallet, p.seq, p.recorded_at, p.writer, w.player,
       y.external_id as player_external_id, p.provider_account, a.slug as provider_account_slug, p.kind, p.key,
       p.amount, p.currency, p.cash, p.bonus, p.held, p.cash_after, p.bonus_after, p.held_after, p.nominal,
       p.reference, p.scope, p.original, p.original_kind, r.whole as reversed_whole, r.kind as reversed_by_kind,
       r.reversal as reversed_by, p.round, p.end_round, p.late, p.game, g.code as game_code, p.session,
       p.brand, p.channel, p.occurred_at, p.actor, p.reason, p.metadata
from wallet.posting p
join wallet.wallet w on w.bucket = p.bucket and w.id = p.wallet
join wallet.player y on y.bucket = w.bucket and y.id = w.player
join wallet.provider_account a on a.id = p.provider_account
left join wallet.game g on g.id = p.game
left join wallet.reversal r on r.bucket = p.bucket and r.posting = p.id;
