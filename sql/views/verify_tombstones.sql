-- Proof: every tombstone stands one place before the reversal that it remembers and names it, and what it entombs
-- was never posted.
create or replace view wallet.verify_tombstones as
select format('tombstone %s of wallet %s under key %s', t.id, t.wallet, t.key) as subject,
       'its reversal, and nothing live' as expected,
       case when r.id is null then 'no such reversal'
           when live.id is not null then format('posting %s is live', live.id)
           else format('reversal %s', r.id) end as found,
       r.id is not null and live.id is null as sound, t.wallet, t.seq
from wallet.posting t
left join wallet.posting r
    on r.bucket = t.bucket and r.wallet = t.wallet and r.seq = t.seq + 1 and r.id = t.original
    and r.original = t.id and r.original_kind = 'tombstone' and r.kind in ('refund', 'rollback')
    and r.kind = t.original_kind
    and r.reference = t.key and r.call_id = t.call_id and (r.cash, r.bonus, r.held) = (0, 0, 0)
left join wallet.posting live
    on live.bucket = t.bucket and live.provider_account = t.provider_account and live.key = t.key
    and live.kind <> 'tombstone'
where t.kind = 'tombstone';
