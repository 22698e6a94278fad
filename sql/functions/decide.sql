-- requires: recall.sql
-- requires: was_posted.sql
-- requires: decide_known.sql
-- requires: decide_posted.sql
-- requires: decide_movement.sql
-- requires: house_of.sql
-- requires: close_call.sql
-- requires: pending.sql
-- requires: refusal.sql
-- Beat three: what becomes of every operation.  A plain loop over the facts, in order, touching no table: the
-- outcome ladder in its order of precedence, the running balances of a call, all or nothing for what is new.
create or replace function wallet.decide(facts wallet.fact[], policies wallet.policy[], restore_epoch smallint)
returns wallet.verdict[] language plpgsql immutable as $$
declare
    verdicts wallet.verdict[] := '{}';
    f wallet.fact;
    v wallet.verdict;
    refused wallet.verdict;
    p wallet.policy;
    policy_now integer;
    call_now bigint;
    first integer;
    failed_at integer;    -- position of the operation that undoes the call
    cash bigint;
    bonus bigint;
    held bigint;
    seq bigint;
    opening bigint;       -- spendable when the call began
    opening_cash bigint;
    spent numeric;        -- on bets, tips and buy-ins of the call so far: wins between them have no bound together
    spent_cash numeric;
    spendable bigint;
    spendable_cash bigint;
    posted boolean;   -- the call is in the journal: it is posted again because its answer was lost
    written integer;  -- position of the call's last posting
    earlier integer;
begin
    for i in 1 .. cardinality(facts) loop
        f := facts[i];
        v := null;
        if call_now is distinct from f.call_id then
            call_now := f.call_id;
            first := i;
            failed_at := null;
            written := null;
            cash := f.cash;
            bonus := f.bonus;
            held := f.held;
            seq := f.seq;
            opening := greatest(cash, 0) + bonus;
            opening_cash := greatest(cash, 0);
            spent := 0;
            spent_cash := 0;
            posted := not f.last_of_call and wallet.was_posted(facts, i);
        elsif not posted then
            f := wallet.recall(f, facts, verdicts, first, i);
        end if;
        if policy_now is distinct from f.policy then
            policy_now := f.policy;
            p := policies[policy_now];
        end if;

        -- An earlier operation of this batch may hold the key, though the journal does not show it yet.
        earlier := f.same_key;
        while earlier is not null and (verdicts[earlier]).status not in ('created', 'tombstone_created') loop
            earlier := (facts[earlier]).same_key;
        end loop;

        if earlier is not null and (f.known).id is null then
            f.known := wallet.pending(facts[earlier], verdicts[earlier]);
        end if;

        if posted then
            v := wallet.decide_posted(f, p, i - first);
        elsif (f.known).id is not null then
            v := wallet.decide_known(f, p);
        elsif failed_at is not null then
            v.status := 'not_applied';
        else
            v.status := wallet.refusal(f);
            if v.status is null then
                spendable_cash := greatest(cash, 0);
                spendable := spendable_cash + bonus;
                if p.opening_funds then
                    spendable_cash := least(spendable_cash, opening_cash - spent_cash);
                    spendable := least(spendable, opening - spent);
                end if;
                v := wallet.decide_movement(f, p, cash, bonus, held, spendable, spendable_cash);
            end if;
        end if;

        if v.status in ('created', 'tombstone_created') and (f.known).id is null then
            v.posting := f.new_id;
            v.restore_epoch := restore_epoch;
            v.op_index := i - first;
            v.brand := f.brand;
            v.late := coalesce(v.late, false);
            v.recorded_at := greatest(f.clock, f.recorded_at);
            v.cash := coalesce(v.cash, 0);
            v.bonus := coalesce(v.bonus, 0);
            v.held := coalesce(v.held, 0);
            v.round := coalesce(v.round, f.round);
            v.house := coalesce(v.house, wallet.house_of(f.kind));
            v.house_amount := coalesce(v.house_amount, -v.cash - v.bonus - v.held);
            seq := seq + case when v.tombstone then 2 else 1 end;
            v.seq := seq;
            cash := cash + v.cash;
            bonus := bonus + v.bonus;
            held := held + v.held;
            if wallet.is_new_bet(f.kind) then
                spent := spent - v.cash - v.bonus;
                spent_cash := spent_cash - v.cash;
            end if;
            v.cash_after := cash;
            v.bonus_after := bonus;
            v.held_after := held;
            written := i;
        elsif v.status not in ('duplicate', 'created', 'tombstone_created') then
            refused := null;
            refused.status := v.status;
            refused.original := v.original;
            refused.original_kind := v.original_kind;
            v := refused;
            if failed_at is null and (v.status <> 'reference_reversed' or f.kind not in ('refund', 'rollback')) then
                failed_at := i;
            end if;
        end if;

        v.currency := f.wallet_currency;
        if not f.last_of_call then
            verdicts[i] := v;
            continue;
        end if;
        if failed_at is not null then
            cash := f.cash;
            bonus := f.bonus;
            held := f.held;
        end if;
        v.wallet_cash := cash;
        v.wallet_bonus := bonus;
        v.wallet_held := held;
        v.last_of_wallet := written = i;
        verdicts[i] := v;
        if i > first then
            verdicts := wallet.close_call(facts, verdicts, first, i, failed_at, written);
        end if;
    end loop;
    return verdicts;
end $$;
