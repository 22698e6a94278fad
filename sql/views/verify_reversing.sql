-- Proof: every posting that gives something back, or ends a hold, is remembered beside what it reversed; a hold ends
-- once, but for one confirmation after its release.
create or replace view wallet.verify_reversing as
select format('%s %s of wallet %s', v.kind, v.id, v.wallet) as subject,
       format('a reversal of posting %s', v.original) as expected,
       case when r.posting is null then 'none' when not confirmed.once then 'confirmed twice'
           else format('%s by posting %s, whole %s', r.kind, r.reversal, r.whole) end as found,
       coalesce(r.posting = v.original and confirmed.once and case
           when v.kind = 'withdrawal' and v.late then r.whole and r.kind = 'withdrawal_release'
               and v.house_amount = r.amount
           when v.kind = 'withdrawal' then r.whole and r.kind = 'withdrawal' and r.reversal = v.id
               and v.held::numeric = -r.amount
           when v.kind = 'withdrawal_release' then r.kind = 'withdrawal_release' and r.reversal = v.id
               and v.held::numeric = -r.amount
           else true end, false) as sound, v.wallet, v.seq
from wallet.posting v
left join wallet.reversal r on r.bucket = v.bucket and r.posting = v.original and r.wallet = v.wallet
cross join lateral (
    -- What confirms in time, or releases, is the reversal by name: there is only one.
    select not (v.kind = 'withdrawal' and v.late) or 1 = (
        select count(*) from wallet.posting other
        where other.bucket = v.bucket and other.wallet = v.wallet and other.original = v.original
          and other.kind = 'withdrawal' and other.late) as once) confirmed
where v.kind in ('refund', 'rollback', 'withdrawal', 'withdrawal_release')
  and v.original_kind is distinct from 'tombstone';
