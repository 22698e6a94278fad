-- Proof: the balances after a posting are those after the one before it and what it moved; none but cash is ever
-- below zero.
create or replace view wallet.verify_chains as
select format('posting %s of wallet %s, seq %s', p.id, p.wallet, p.seq) as subject,
       format('%s / %s / %s', coalesce(p.previous_cash, 0)::numeric + p.cash,
           coalesce(p.previous_bonus, 0)::numeric + p.bonus, coalesce(p.previous_held, 0)::numeric + p.held)
           as expected,
       format('%s / %s / %s', p.cash_after, p.bonus_after, p.held_after) as found,
       p.cash_after = coalesce(p.previous_cash, 0)::numeric + p.cash
           and p.bonus_after = coalesce(p.previous_bonus, 0)::numeric + p.bonus
           and p.held_after = coalesce(p.previous_held, 0)::numeric + p.held
           and p.bonus_after >= 0 and p.held_after >= 0 as sound
from (
    select one.id, one.wallet, one.seq, one.cash, one.bonus, one.held, one.cash_after, one.bonus_after,
           one.held_after, lag(one.cash_after) over history as previous_cash,
           lag(one.bonus_after) over history as previous_bonus, lag(one.held_after) over history as previous_held
    from wallet.posting one
    window history as (partition by one.wallet, one.bucket order by one.seq)) p;
