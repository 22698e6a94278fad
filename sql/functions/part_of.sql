-- What giving back `amount` of a target moves, `amount` being in terms of the original's and at most what is left:
-- exactly its stored parts where nothing is left after it, else the share in cash rounded down, the rest in bonus.
create or replace function wallet.part_of(t wallet.target, amount bigint) returns wallet.part
language plpgsql immutable as $$
declare
    part wallet.part;
begin
    part.posting := t.posting;
    part.kind := t.kind;
    part.reference := t.reference;
    part.seq := t.seq;
    part.round := t.round;
    part.house := t.house;
    part.amount := amount;
    part.whole := t.given_amount + amount = t.amount;
    part.bets := (part.whole and t.kind in ('bet', 'free_bet'))::integer;
    if part.whole then
        part.cash := -t.cash - t.given_cash;
        part.bonus := -t.bonus - t.given_bonus;
    else
        -- A quotient would be rounded before it is rounded down.
        part.cash := sign(-t.cash) * div(abs(t.cash)::numeric * (t.given_amount + amount), abs(t.amount))
            - t.given_cash;
        part.bonus := sign(-t.cash - t.bonus) * amount - part.cash;
    end if;
    return part;
end $$;
