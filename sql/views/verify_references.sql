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
    select under.id, under.kind, under.seq
    from (
        -- The limit is a fence: found by its key, whatever the statistics say.
        select q.id, q.kind, q.seq, q.wallet
        from wallet.posting q
        where p.scope <> 'round' and q.bucket = p.bucket and q.provider_account = p.provider_account
          and q.key = p.reference
        limit 1) under
    where under.wallet = p.wallet and under.seq < p.seq
      and (p.kind in ('win', 'refund', 'rollback', 'withdrawal', 'withdrawal_release')
          -- A prize that names what was rolled back before it came names nothing that is there.
          or p.kind in ('promo_win', 'jackpot_win', 'payout', 'correction') and under.kind <> 'tombstone')
    union all
    (select q.id, q.kind, q.seq
     from wallet.posting q
     where p.scope = 'round' and p.kind in ('refund', 'rollback') and q.bucket = p.bucket and q.wallet = p.wallet
       and q.provider_account = p.provider_account and q.round = p.round and wallet.reversible('rollback', q.kind)
       -- A value, so that it is an index condition.
       and q.seq < p.seq and q.seq >= (
           select k.first_seq from wallet.round k
           where k.bucket = p.bucket and k.wallet = p.wallet and k.provider_account = p.provider_account
             and k.round = p.round)
     order by q.seq
     limit 1)) o on true
where p.kind <> 'tombstone';
