-- requires: part_of.sql
-- requires: reversible.sql
-- A refund or rollback: what is given back of which postings, and what that moves.  Pure.
-- `cash` and `bonus` are the wallet's running balances.
create or replace function wallet.decide_reversal(
    f wallet.fact, policy wallet.policy, cash bigint, bonus bigint)
returns wallet.verdict language plpgsql immutable as $$
declare
    v wallet.verdict;
    o wallet.posting := f.referenced;
    t wallet.target;
    part wallet.part;
    parts wallet.part[];  -- apart from the verdict: an array grows in place, a field is copied
    moved_cash numeric := 0;
    moved_bonus numeric := 0;
    missing_cash numeric;
    missing_bonus numeric;
    lost numeric := 0;
    live integer := 0;
    amount bigint;
    settled boolean := false;
    in_part constant boolean := f.kind = 'refund' and policy.refund_amount = 'partial' and f.scope = 'key';
    partly boolean := false;
    houses wallet.house[];
    amounts numeric[];
begin
    v.status := 'created';
    v.original := o.id;
    v.original_kind := o.kind;

    if f.scope = 'round' then
        v.original := (f.targets[1]).posting;
        v.original_kind := (f.targets[1]).kind;
        if f.targets is null then
            v.status := 'reference_not_found';
            return v;
        end if;
    elsif o.id is null and (f.reference is null or f.reference = f.key) then  -- one key can not hold both
        v.status := 'reference_not_found';
        return v;
    elsif o.id is null then
        v.status := 'tombstone_created';
        v.tombstone := true;
        v.original := f.tombstone_id;
        v.original_kind := 'tombstone';
        return v;
    elsif o.wallet <> f.wallet then
        v.status := 'reference_differs';
        return v;
    elsif o.kind = 'tombstone' then
        v.status := 'reference_reversed';
        v.original := o.original;
        return v;
    elsif f.targets is null or not wallet.reversible(f.kind, o.kind)
            or policy.compare_round and f.round is not null and o.round is not null and f.round <> o.round
            or policy.refund_amount = 'match' and f.scope = 'key' and f.amount <> abs(o.amount)
                and (o.kind <> 'free_bet' or f.amount is distinct from o.nominal) then
        v.status := 'reference_differs';
        return v;
    end if;

    foreach t in array f.targets loop
        continue when t.whole;
        settled := settled or t.result;
        live := live + (not t.result)::integer;
        amount := t.amount - t.given_amount;
        if f.scope <> 'key' and not t.result and not wallet.reversible(f.kind, t.kind)
                or in_part and t.posting = o.id
                and f.amount > greatest(amount, case when o.kind = 'free_bet' then o.nominal end) then
            v.status := 'reference_differs';
            return v;
        end if;
        if in_part and t.posting = o.id and f.amount between 1 and amount - 1 then
            partly := true;
            amount := f.amount;
        end if;
        part := wallet.part_of(t, amount);
        moved_cash := moved_cash + part.cash;
        moved_bonus := moved_bonus + part.bonus;
        parts := parts || part;
    end loop;

    if live = 0 then
        v.status := 'reference_reversed';
        v.original := coalesce((f.reversed).reversal, (f.targets[1]).reversal);
        return v;
    end if;
    if settled and (partly or not policy.rollback_with_wins) then
        v.status := 'reference_settled';
        return v;
    end if;

    -- What is taken back and no longer there.
    missing_cash := greatest(0, -moved_cash - greatest(cash, 0));
    missing_bonus := greatest(0, -moved_bonus - bonus);
    case policy.short_rollback
    when 'refuse' then
        if missing_cash + missing_bonus > 0 then
            v.status := 'insufficient_funds';
            return v;
        end if;
    when 'overdraft' then
        moved_cash := moved_cash - missing_bonus;
        moved_bonus := moved_bonus + missing_bonus;
    when 'clamp' then
        moved_cash := moved_cash + missing_cash;
        moved_bonus := moved_bonus + missing_bonus;
        lost := missing_cash + missing_bonus;
    end case;
    if greatest(abs(moved_cash), abs(moved_bonus)) > 9000000000000000000 then
        v.status := 'balance_overflow';
        return v;
    end if;

    v.parts := parts;
    v.cash := moved_cash;
    v.bonus := moved_bonus;
    v.held := 0;
    v.round := case when f.scope = 'key' then coalesce(o.round, f.round) else coalesce(f.round, o.round) end;
    select array_agg(l.house order by l.house), array_agg(l.amount order by l.house) into houses, amounts
    from (select p.house, -sum(p.cash::numeric + p.bonus) as amount from unnest(v.parts) p group by p.house
          union all select 'house_loss', -lost where lost > 0) l;
    -- A leg is kept as one number, though of two monies.
    if (select max(abs(one)) from unnest(amounts) one) > 9000000000000000000 then
        v := null;
        v.status := 'balance_overflow';
        return v;
    end if;
    v.house := houses[1];
    v.house_amount := amounts[1];
    if cardinality(houses) > 1 then
        v.other_houses := houses[2:];
        v.other_amounts := amounts[2:];
    end if;
    return v;
end $$;
