-- The house legs of every posting, one row each.
create or replace view wallet.leg as
select p.bucket, p.id as posting, p.wallet, p.provider_account, p.house, p.currency, p.house_amount as amount,
       p.seq
from wallet.posting p
union all
select p.bucket, p.id, p.wallet, p.provider_account, other.house, p.currency, other.amount, p.seq
from wallet.posting p
cross join lateral unnest(p.other_houses, p.other_amounts) as other (house, amount)
where p.other_houses is not null;
