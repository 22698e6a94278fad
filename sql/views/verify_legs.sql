-- Proof: the legs of every posting, the wallet's and the house's, sum to zero.
create or replace view wallet.verify_legs as
select format('posting %s of wallet %s', p.id, p.wallet) as subject, '0' as expected, legs.total::text as found,
       legs.total = 0 as sound, p.wallet, p.seq
from wallet.posting p
cross join lateral (
    select p.cash::numeric + p.bonus + p.held + p.house_amount
        + coalesce((select sum(other.amount) from unnest(p.other_amounts) as other (amount)), 0) as total) legs;
