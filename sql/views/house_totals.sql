-- What every house account has, over all lanes.
create or replace view wallet.house_totals as
select h.bucket, h.house, h.provider_account, h.currency, sum(h.balance) as balance
from wallet.house_balance h
group by h.bucket, h.house, h.provider_account, h.currency;
