-- Proof: every posting that gives something back, or ends a hold, is remembered beside what it reversed; a hold ends
-- once, but for one confirmation after its release.
create or replace view wallet.verify_reversing as
select format('%s %s of wallet %s', v.kind, v.id, v.wallet) as subject,
       format('a reversal of posting %s', v.original) as expected,
       case when r.posting is null then 'none' when not v.allowed then 'ended before'
           else format('%s by posting %s, whole %s', r.kind, r.reversal, r.whole) end as found,
       coalesce(r.posting = v.original and v.allowed and case
           when v.kind = 'withdrawal' then r.whole and r.kind = case when v.late
               then 'withdrawal_release'::wallet.kind else 'withdrawal' end
           when v.kind = 'withdrawal_release' then r.kind = 'withdrawal_release' and r.reversal = v.id
           else true end, false) as sound
from (
    select one.bucket, one.wallet, one.id, one.kind, one.original, one.late,
           one.kind in ('refund', 'rollback')
               or count(*) over (partition by one.bucket, one.original, one.kind) = 1 as allowed
    from wallet.posting one
    where one.kind in ('refund', 'rollback', 'withdrawal', 'withdrawal_release')
      and one.original_kind is distinct from 'tombstone') v
left join wallet.reversal r on r.bucket = v.bucket and r.posting = v.original and r.wallet = v.wallet;
