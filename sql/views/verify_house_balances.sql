-- requires: leg.sql
-- Proof: a house account's balance, over all lanes, is the sum of its legs.
create or replace view wallet.verify_house_balances as
select format('%s of account %s in %s', house, provider_account, currency) as subject,
       coalesce(legs.amount, 0)::text as expected, coalesce(kept.amount, 0)::text as found,
       coalesce(legs.amount, 0) = coalesce(kept.amount, 0) as sound
from (
    select l.bucket, l.house, l.provider_account, l.currency, sum(l.amount) as amount
    from wallet.leg l group by l.bucket, l.house, l.provider_account, l.currency) legs
full join (
    select h.bucket, h.house, h.provider_account, h.currency, sum(h.balance) as amount
    from wallet.house_balance h group by h.bucket, h.house, h.provider_account, h.currency) kept
using (bucket, house, provider_account, currency);
