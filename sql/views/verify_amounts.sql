-- Proof: a posting moved what its kind and its amount say.  A reversal moves what it gives back: that is proven with
-- the reversals; a withdrawal confirmed after its release moves nothing of the wallet's.
create or replace view wallet.verify_amounts as
select format('posting %s of wallet %s', p.id, p.wallet) as subject,
       format('%s of %s', p.kind, p.amount) as expected,
       format('cash %s, bonus %s, held %s', p.cash, p.bonus, p.held) as found,
       case
           when p.kind = 'bet' then p.cash::numeric + p.bonus = -p.amount and p.cash <= 0 and p.bonus <= 0
               and p.held = 0
           when p.kind in ('tip', 'buy_in') then (p.cash, p.bonus, p.held) = (-p.amount, 0, 0)
           when p.kind = 'win' then p.cash::numeric + p.bonus = p.amount and p.cash >= 0 and p.bonus >= 0
               and p.held = 0
           when p.kind in ('promo_win', 'jackpot_win', 'payout', 'correction', 'deposit', 'adjustment')
               then (p.cash, p.bonus, p.held) = (p.amount, 0, 0)
           when p.kind in ('free_bet', 'round_close', 'tombstone') then (p.cash, p.bonus, p.held) = (0, 0, 0)
           when p.kind = 'withdrawal_hold' then (p.cash, p.bonus, p.held) = (-p.amount, 0, p.amount)
           when p.kind = 'withdrawal_release' then p.held <= 0 and p.cash = -p.held and p.bonus = 0
           when p.kind = 'withdrawal' then p.held <= 0 and (p.held = 0 or not p.late) and p.cash = 0
               and p.bonus = 0
           when p.kind = 'bonus_grant' then (p.cash, p.bonus, p.held) = (0, p.amount, 0)
           when p.kind = 'bonus_convert' then (p.cash, p.bonus, p.held) = (p.amount, -p.amount, 0)
           when p.kind = 'bonus_forfeit' then (p.cash, p.bonus, p.held) = (0, -p.amount, 0)
       end as sound,
       p.wallet, p.seq
from wallet.posting p
where p.kind not in ('refund', 'rollback');
