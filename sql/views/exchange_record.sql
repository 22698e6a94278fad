-- What was said between a studio and us, scrubbed; the wallet is known where the request named one.
create or replace view wallet.exchange_record as
select e.received_at, e.request_id, e.provider_account, a.slug as provider_account_slug, e.wallet,
       y.external_id as player_external_id, e.status, e.duration_us, e.outcome, e.verb, e.key, e.round,
       e.request, e.answer
from wallet.exchange e
join wallet.provider_account a on a.id = e.provider_account
left join wallet.wallet w on w.bucket = 0 and w.id = e.wallet
left join wallet.player y on y.bucket = w.bucket and y.id = w.player;
