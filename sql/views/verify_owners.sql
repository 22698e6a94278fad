-- Proof: every posting belongs to a wallet that exists, in that wallet's currency.
create or replace view wallet.verify_owners as
select format('posting %s', p.id) as subject,
       format('wallet %s in %s', p.wallet, coalesce(w.currency, 'any currency')) as expected,
       case when w.id is null then 'no such wallet' else p.currency end as found,
       coalesce(w.currency = p.currency, false) as sound
from wallet.posting p
left join wallet.wallet w on w.bucket = p.bucket and w.id = p.wallet;
