-- The end of a withdrawal hold: the payment left (withdrawal) or did not (withdrawal_release).  Pure.
create or replace function wallet.decide_hold(f wallet.fact) returns wallet.verdict
language plpgsql immutable as $$
declare
    v wallet.verdict;
    hold wallet.posting := f.referenced;
    ended wallet.reversal := f.reversed;
    part wallet.part;
begin
    v.original := hold.id;
    v.original_kind := hold.kind;
    v.status := case
        when hold.id is null then 'reference_not_found'
        when hold.wallet <> f.wallet or hold.kind <> 'withdrawal_hold' then 'reference_differs'
        when f.amount not in (0, hold.amount) then 'reference_differs'
        when ended.posting is null then 'created'
        when f.kind = 'withdrawal_release' and ended.kind = 'withdrawal_release' then 'reference_reversed'
        when f.kind = 'withdrawal' and ended.kind = 'withdrawal_release' and not ended.whole then 'created'
        else 'reference_settled'
    end;
    if v.status = 'reference_reversed' then
        v.original := ended.reversal;
    end if;
    if v.status <> 'created' then
        return v;
    end if;
    v.bonus := 0;
    v.cash := 0;
    v.held := 0;
    v.house := 'payment_clearing';
    part.posting := hold.id;
    part.kind := hold.kind;
    part.amount := hold.amount;
    part.cash := 0;
    part.bonus := 0;
    part.house := 'payment_clearing';
    if ended.posting is not null then
        -- The payment left although the player has the money back: they owe it.
        v.late := true;
        v.house_amount := hold.amount;
        v.other_houses := array['receivables'::wallet.house];
        v.other_amounts := array[-hold.amount];
        part.whole := true;
        part.amount := 0;
    elsif f.kind = 'withdrawal' then
        v.held := -hold.amount;
        v.house_amount := hold.amount;
        part.whole := true;
    else
        v.held := -hold.amount;
        v.cash := hold.amount;
        v.house_amount := 0;
        part.cash := hold.amount;
        part.whole := false;  -- a confirmation may still come, once
    end if;
    v.parts := array[part];
    return v;
end $$;
