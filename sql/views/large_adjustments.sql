-- Adjustments that want a second actor, with whose they are and whether they were posted.
create or replace view wallet.large_adjustments as
select a.bucket, a.key, y.external_id as player_external_id, w.currency, a.amount, a.reason, a.requested_by,
       a.requested_at, a.approved_by, a.approved_at,
       exists (
           select from wallet.posting p
           where p.bucket = a.bucket and p.provider_account = 0 and p.key = a.key) as posted,
       a.expires_at
from wallet.large_adjustment a
join wallet.wallet w on w.bucket = a.bucket and w.id = a.wallet
join wallet.player y on y.bucket = w.bucket and y.id = w.player;
