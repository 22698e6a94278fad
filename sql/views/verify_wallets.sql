-- Proof: a wallet's balances, overdraft, sequence number and time are those that its postings sum up to.
create or replace view wallet.verify_wallets as
select format('wallet %s', w.id) as subject,
       format('cash %s, bonus %s, held %s, overdraft %s, seq %s', sums.cash, sums.bonus, sums.held,
           greatest(0, -sums.cash), sums.postings) as expected,
       format('cash %s, bonus %s, held %s, overdraft %s, seq %s', w.cash, w.bonus, w.held, w.overdraft, w.seq)
           as found,
       w.cash = coalesce(sums.cash, 0) and w.bonus = coalesce(sums.bonus, 0) and w.held = coalesce(sums.held, 0)
           and w.overdraft = greatest(0, -coalesce(sums.cash, 0)) and w.seq = coalesce(sums.postings, 0)
           and w.recorded_at = coalesce(sums.recorded_at, '-infinity') as sound,
       w.id as wallet
from wallet.wallet w
left join (
    select p.bucket, p.wallet, sum(p.cash) as cash, sum(p.bonus) as bonus, sum(p.held) as held,
           count(*) filter (where p.seq > 0) as postings, max(p.recorded_at) as recorded_at
    from wallet.posting p group by p.bucket, p.wallet) sums
on sums.bucket = w.bucket and sums.wallet = w.id;
