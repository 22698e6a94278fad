-- Proof: every posting that gives something back, or ends a hold, is remembered beside what it reversed, and where it
-- means a bet, beside every earlier result of it, where a call or a round, beside every earlier movement of it; a hold
-- ends once, but for one confirmation after its release.
create or replace view wallet.verify_reversing as
select format('%s %s of wallet %s', v.kind, v.id, v.wallet) as subject,
       format('a reversal of posting %s', v.original) as expected,
       case when r.posting is null then 'none' when not confirmed.once then 'confirmed twice'
           when forgotten.id is not null then format('posting %s of the same %s is not given back', forgotten.id,
               case v.scope when 'key' then 'bet' else v.scope::text end)
           else format('%s by posting %s, whole %s', r.kind, r.reversal, r.whole) end as found,
       coalesce(r.posting = v.original and confirmed.once and forgotten.id is null and case
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
left join lateral (
    select q.seq, q.op_index, q.call_id, q.kind, q.round
    from wallet.posting q
    where v.scope in ('key', 'call') and q.bucket = v.bucket and q.provider_account = v.provider_account and q.key = v.reference
    limit 1) named on true
left join lateral (
    select p.id
    from wallet.posting p
    where v.kind in ('refund', 'rollback') and (v.scope <> 'key' or named.kind in ('bet', 'free_bet'))
      and p.bucket = v.bucket and p.wallet = v.wallet and p.provider_account = v.provider_account
      and case v.scope
          when 'key' then p.kind = 'win' and (p.reference = v.reference or p.reference is null and p.round = named.round)
          when 'call' then p.call_id = named.call_id
          else p.round = v.round end
      and wallet.reversible('rollback', p.kind)
      and not coalesce((
          select g.whole from wallet.reversal g where g.bucket = p.bucket and g.posting = p.id), false)
      -- Values, so that they are index conditions.  An operation writes two postings at most; a call ends where
      -- another begins; of a round, what is before its last reversal is proven with that.
      and p.seq < v.seq
      and p.seq <= case v.scope
          when 'call' then coalesce((
              select q.seq from wallet.posting q
              where q.bucket = v.bucket and q.wallet = v.wallet and q.seq > named.seq and q.call_id <> named.call_id
              order by q.seq limit 1), v.seq)
          else v.seq end
      and p.seq >= case v.scope
          when 'key' then named.seq
          when 'call' then named.seq - 2 * named.op_index
          else (
              select coalesce((
                  select q.seq from wallet.posting q
                  where q.bucket = v.bucket and q.wallet = v.wallet and q.seq < v.seq and q.seq >= k.first_seq
                    and q.provider_account = v.provider_account and q.round = v.round and q.scope = 'round'
                    and q.kind in ('refund', 'rollback')
                  order by q.seq desc limit 1), k.first_seq)
              from wallet.round k
              where k.bucket = v.bucket and k.wallet = v.wallet and k.provider_account = v.provider_account
                and k.round = v.round) end
    order by p.seq
    limit 1) forgotten on true
where v.kind in ('refund', 'rollback', 'withdrawal', 'withdrawal_release')
  and v.original_kind is distinct from 'tombstone';
