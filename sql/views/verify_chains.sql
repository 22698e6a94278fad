-- Proof: the balances after a posting are those after the one before it and what it moved; none but cash is ever
-- below zero.
create or replace view wallet.verify_chains as
select format('posting %s of wallet %s, seq %s', p.id, p.wallet, p.seq) as subject,
       format('%s / %s / %s', coalesce(before.cash_after, 0)::numeric + p.cash,
           coalesce(before.bonus_after, 0)::numeric + p.bonus, coalesce(before.held_after, 0)::numeric + p.held)
           as expected,
       format('%s / %s / %s', p.cash_after, p.bonus_after, p.held_after) as found,
       p.cash_after = coalesce(before.cash_after, 0)::numeric + p.cash
           and p.bonus_after = coalesce(before.bonus_after, 0)::numeric + p.bonus
           and p.held_after = coalesce(before.held_after, 0)::numeric + p.held
           and p.bonus_after >= 0 and p.held_after >= 0 as sound, p.wallet, p.seq
from wallet.posting p
left join wallet.posting before
    on before.bucket = p.bucket and before.wallet = p.wallet and before.seq = p.seq - 1;
