-- requires: leg.sql
-- Proof: what a wallet's refunds and rollbacks moved, and what the house lost where the money was gone, is together
-- what the reversals say was given back, from every house account.
create or replace view wallet.verify_given_back as
select format('wallet %s, %s of account %s', wallet, coalesce(house::text, 'no house'), provider_account) as subject,
       coalesce(moved.amount, 0)::text as expected, coalesce(kept.amount, 0)::text as found,
       coalesce(moved.amount, 0) = coalesce(kept.amount, 0) as sound, wallet
from (
    select l.bucket, l.wallet, l.provider_account, l.house, -sum(l.amount) as amount
    from wallet.leg l
    join wallet.posting p on p.bucket = l.bucket and p.id = l.posting and p.wallet = l.wallet
    where p.kind in ('refund', 'rollback') and l.house <> 'house_loss'
    group by l.bucket, l.wallet, l.provider_account, l.house) moved
full join (
    select r.bucket, r.wallet, p.provider_account, wallet.house_of(p.kind) as house,
           sum(r.cash::numeric + r.bonus) as amount
    from wallet.reversal r
    left join wallet.posting p on p.bucket = r.bucket and p.id = r.posting and p.wallet = r.wallet
    where r.kind in ('refund', 'rollback')
    group by r.bucket, r.wallet, p.provider_account, wallet.house_of(p.kind)) kept
using (bucket, wallet, provider_account, house);
