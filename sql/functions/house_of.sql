-- The house account on the other side of a kind; a reversal uses that of what it reverses.
create or replace function wallet.house_of(kind wallet.kind) returns wallet.house
language sql immutable parallel safe
return case kind
    when 'promo_win' then 'bonus_cost'::wallet.house
    when 'jackpot_win' then 'jackpot_pool'
    when 'deposit' then 'payment_clearing'
    when 'withdrawal_hold' then 'payment_clearing'
    when 'withdrawal' then 'payment_clearing'
    when 'withdrawal_release' then 'payment_clearing'
    when 'adjustment' then 'adjustments'
    when 'bonus_grant' then 'bonus_cost'
    when 'bonus_convert' then 'bonus_cost'
    when 'bonus_forfeit' then 'bonus_cost'
    else 'game_revenue'
end;
