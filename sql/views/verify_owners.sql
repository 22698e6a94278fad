-- Proof: every posting belongs to a wallet that exists, in that wallet's currency; so does every round, and every
-- reversal.
create or replace view wallet.verify_owners as
select one.subject, format('wallet %s in %s', one.wallet, coalesce(w.currency, 'any currency')) as expected,
       case when w.id is null then 'no such wallet' else coalesce(one.currency, 'its wallet') end as found,
       w.id is not null and coalesce(one.currency = w.currency, true) as sound, one.wallet, one.seq
from (
    select format('posting %s', p.id) as subject, p.bucket, p.wallet, p.seq, p.currency from wallet.posting p
    union all
    select format('round %s of account %s', k.round, k.provider_account) as subject, k.bucket, k.wallet,
           k.last_seq as seq, null as currency
    from wallet.round k
    union all
    -- Whichever posting made it.
    select format('reversal of posting %s', r.posting) as subject, r.bucket, r.wallet, 9223372036854775807 as seq,
           null as currency
    from wallet.reversal r) one
left join wallet.wallet w on w.bucket = one.bucket and w.id = one.wallet;
