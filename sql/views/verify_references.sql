-- Proof: what a posting says it refers to is what its reference finds: the earlier posting of its wallet under that
-- key, or the first that can be given back of the round; and it is of a kind that may be referred to.
-- A tombstone names the reversal after it: that is proven with the tombstones.
create or replace view wallet.verify_references as
select format('%s %s of wallet %s', p.kind, p.id, p.wallet) as subject,
       case when o.id is null then 'nothing' else format('%s %s', o.kind, o.id) end as expected,
       case when p.original is null then 'nothing' else format('%s %s', p.original_kind, p.original) end as found,
       p.original is not distinct from o.id and p.original_kind is not distinct from o.kind
           and case
               when p.kind = 'win' then o.id is null or o.kind in ('bet', 'free_bet')
               when p.kind in ('refund', 'rollback') then coalesce(
                   o.kind = 'tombstone' and o.seq = p.seq - 1
                   or wallet.reversible(case when p.scope = 'round' then 'rollback' else p.kind end, o.kind), false)
               when p.kind in ('withdrawal', 'withdrawal_release') then coalesce(o.kind = 'withdrawal_hold', false)
               else true end as sound,
       p.wallet, p.seq
from wallet.posting p
left join lateral (
    (select q.id, q.kind, q.seq
     from wallet.posting q
     where p.scope <> 'round' and q.bucket = p.bucket and q.provider_account = p.provider_account
       and q.key = p.reference and q.wallet = p.wallet and q.seq < p.seq
       and p.kind in ('win', 'refund', 'rollback', 'promo_win', 'jackpot_win', 'payout', 'correction',
           'withdrawal', 'withdrawal_release')
     limit 1)
    union all
    (select q.id, q.kind, q.seq
     from wallet.round k
     join wallet.posting q
         on q.bucket = k.bucket and q.wallet = k.wallet and q.seq >= k.first_seq
         and q.provider_account = k.provider_account and q.round = k.round
     where p.scope = 'round' and p.kind in ('refund', 'rollback') and k.bucket = p.bucket and k.wallet = p.wallet
       and k.provider_account = p.provider_account and k.round = p.round
       and q.seq < p.seq and wallet.reversible('rollback', q.kind)
     order by q.seq
     limit 1)) o on true
where p.kind <> 'tombstone';
