-- Per currency what all wallets and all house accounts hold, of one moment; drift is not 0 only if money was made
-- or lost.
create or replace view wallet.trial_balance as
select currency, sum(wallets) as wallets, sum(house) as house, sum(wallets) + sum(house) as drift
from (
    select w.currency, w.cash::numeric + w.bonus + w.held as wallets, 0::numeric as house from wallet.wallet w
    union all
    select h.currency, 0, h.balance from wallet.house_balance h
) sides
group by currency;
