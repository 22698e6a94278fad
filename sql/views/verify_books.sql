-- Proof: per currency, what the wallets hold and what the house has add up to nothing.
create or replace view wallet.verify_books as
select sides.currency as subject, '0' as expected, sum(sides.amount)::text as found, sum(sides.amount) = 0 as sound
from (
    select w.currency, w.cash::numeric + w.bonus + w.held as amount from wallet.wallet w
    union all
    select h.currency, h.balance from wallet.house_balance h) sides
group by sides.currency;
