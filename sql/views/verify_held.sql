-- Proof: what a wallet holds for withdrawals is the sum of its holds that have not ended.
create or replace view wallet.verify_held as
select format('wallet %s', w.id) as subject, coalesce(open.amount, 0)::text as expected, w.held::text as found,
       w.held = coalesce(open.amount, 0) as sound, w.id as wallet
from wallet.wallet w
left join (
    select p.bucket, p.wallet, sum(p.held) as amount
    from wallet.posting p
    where p.kind = 'withdrawal_hold'
      and not exists (
          select from wallet.reversal r where r.bucket = p.bucket and r.posting = p.id and r.wallet = p.wallet)
    group by p.bucket, p.wallet) open
on open.bucket = w.bucket and open.wallet = w.id;
