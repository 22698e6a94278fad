-- Which wallet a studio means by an external id.  A row never changes.
create or replace view wallet.named_wallets as
select e.provider_account, e.external_id, e.bucket, e.wallet, w.player, w.currency, e.currency_code
from wallet.external_id e
join wallet.wallet w on w.bucket = e.bucket and w.id = e.wallet;
