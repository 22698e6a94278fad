-- Proof: the house's legs of a posting lie in the house accounts that its kind says: one, but for a reversal, which
-- uses those of what it gives back and loses what the wallet no longer has, and for a payment that left after its
-- release, which the player owes.  How much lies where is proven with the legs and with what was given back.
create or replace view wallet.verify_houses as
select format('posting %s of wallet %s', p.id, p.wallet) as subject,
       format('%s%s: %s', p.kind, coalesce(' of ' || p.original_kind, ''), case
           when p.kind in ('refund', 'rollback') then coalesce(own.house::text, 'those of its round or call')
               || ', house_loss where the wallet is empty'
           when p.kind = 'withdrawal' and p.late then format('%s, receivables', own.house)
           else own.house::text end) as expected,
       format('%s %s%s', p.house, p.house_amount, coalesce(format(', %s %s', p.other_houses, p.other_amounts), ''))
           as found,
       case
           when p.kind in ('refund', 'rollback') then
               (p.house = own.house or own.house is null and p.house in ('game_revenue', 'bonus_cost', 'jackpot_pool'))
               and (p.other_houses is null or p.other_houses <@ case
                   when own.house is null then array['bonus_cost', 'jackpot_pool', 'house_loss']::wallet.house[]
                   when p.original_kind = 'tombstone' then '{}'
                   else array['house_loss']::wallet.house[] end)
               and not exists (
                   select from unnest(p.other_houses, p.other_amounts) as other (house, amount)
                   where other.house = 'house_loss'
                     and (other.amount < 0 and (p.cash_after <= 0 or p.bonus_after = 0)) is not true)
           when p.kind = 'withdrawal' and p.late then
               p.house = own.house and p.house_amount >= 0 and p.other_houses = array['receivables']::wallet.house[]
           else p.house = own.house and p.other_houses is null end as sound,
       p.wallet, p.seq
from wallet.posting p
cross join lateral (
    select case
        when p.kind not in ('refund', 'rollback') then wallet.house_of(p.kind)
        when p.scope = 'key' or p.original_kind = 'tombstone' then wallet.house_of(p.original_kind) end as house) own;
