-- Proof: the legs of every posting, the wallet's and the house's, sum to zero; every further leg has its house account
-- and its amount.
create or replace view wallet.verify_legs as
select format('posting %s of wallet %s', p.id, p.wallet) as subject, '0' as expected,
       case when legs.whole then legs.total::text
           else format('%s, further legs %s of %s', legs.total, coalesce(p.other_amounts::text, 'none'),
               coalesce(p.other_houses::text, 'none')) end as found,
       legs.total = 0 and legs.whole as sound, p.wallet, p.seq
from wallet.posting p
cross join lateral (
    -- The shorter of two arrays is filled up with nulls.
    select p.cash::numeric + p.bonus + p.held + p.house_amount + coalesce(sum(other.amount), 0) as total,
           coalesce(bool_and(other.house is not null and other.amount is not null), true) as whole
    from unnest(p.other_houses, p.other_amounts) as other (house, amount)) legs;
