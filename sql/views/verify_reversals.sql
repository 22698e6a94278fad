-- Proof: every reversal belongs to one posting of its wallet, was made by a later posting of a kind that may and that
-- means it, and gives back exactly the parts it should: all of them when it is whole, else the share of the amount,
-- rounded down in cash.
create or replace view wallet.verify_reversals as
select format('reversal of posting %s of wallet %s', r.posting, r.wallet) as subject,
       case when p.id is null then 'a posting of this wallet'
           else format('%s of %s: cash %s, bonus %s', p.kind, p.amount, -p.cash, -p.bonus) end as expected,
       format('%s %s of %s: cash %s, bonus %s, whole %s', coalesce(v.kind::text, 'no such'), r.reversal, r.amount,
           r.cash, r.bonus, r.whole) as found,
       coalesce(v.seq > p.seq and v.kind = r.kind
           and case
               when r.kind in ('refund', 'rollback') then
                   (p.provider_account = v.provider_account
                       and case v.scope
                           when 'round' then p.round = v.round
                           when 'call' then p.call_id = named.call_id
                           else p.id = named.id end
                       and wallet.reversible(r.kind, p.kind)
                       -- A bet may be reversed with its wins, by a refund too: of it, its call or its round.
                       or p.kind = 'win' and exists (
                           select from wallet.posting bet
                           where bet.bucket = r.bucket and bet.wallet = r.wallet
                             and bet.provider_account = v.provider_account and bet.kind in ('bet', 'free_bet')
                             and (bet.key = p.reference or p.reference is null and bet.round = p.round)
                             and (select given.whole from wallet.reversal given
                                  where given.bucket = bet.bucket and given.posting = bet.id)
                             and case v.scope
                                 when 'round' then bet.round = v.round
                                 when 'call' then bet.call_id = named.call_id
                                 else bet.id = named.id end
                             -- Values, so that they are index conditions: a call has at most 512 postings.
                             and bet.seq < p.seq and bet.seq <= case v.scope
                                 when 'round' then p.seq when 'call' then named.seq + 512 else named.seq end
                             and bet.seq >= case v.scope
                                 when 'round' then (
                                     select k.first_seq from wallet.round k
                                     where k.bucket = v.bucket and k.wallet = v.wallet
                                       and k.provider_account = v.provider_account and k.round = v.round)
                                 when 'call' then named.seq - 512
                                 else named.seq end))
                   and case when r.whole then (r.amount, r.cash, r.bonus) = (p.amount, -p.cash, -p.bonus)
                       else r.amount > 0 and r.amount < p.amount
                           and r.cash = sign(-p.cash) * div(abs(p.cash)::numeric * r.amount, nullif(p.amount, 0))
                           and r.cash + r.bonus = sign(-p.cash - p.bonus) * r.amount end
               when r.kind = 'withdrawal' then
                   p.kind = 'withdrawal_hold' and r.whole and (r.amount, r.cash, r.bonus) = (p.amount, 0, 0)
               when r.kind = 'withdrawal_release' then
                   p.kind = 'withdrawal_hold' and (r.amount, r.cash, r.bonus) = (p.amount, p.amount, 0)
               else false end, false) as sound,
       r.wallet
from wallet.reversal r
left join wallet.posting p on p.bucket = r.bucket and p.id = r.posting and p.wallet = r.wallet
left join wallet.posting v on v.bucket = r.bucket and v.id = r.reversal and v.wallet = r.wallet
left join wallet.posting named on named.bucket = r.bucket and named.id = v.original and named.wallet = r.wallet;
