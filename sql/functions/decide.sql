-- requires: recall.sql
-- requires: decide_known.sql
-- requires: decide_movement.sql
-- requires: house_of.sql
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
    failed boolean;
    new_bet boolean;
    guarded boolean;
    cash bigint;
    bonus bigint;
    held bigint;
    seq bigint;
    opening bigint;   -- spendable when the call began
    spent bigint;     -- by the call so far
    written integer;  -- position of the call's last posting
    earlier integer;
begin
    for i in 1 .. cardinality(facts) loop
        f := facts[i];
        v := null;
        if call_now is distinct from f.call_id then
            call_now := f.call_id;
            first := i;
            failed := false;
            written := null;
            cash := f.cash;
            bonus := f.bonus;
            held := f.held;
            seq := f.seq;
            opening := greatest(cash, 0) + bonus;
            spent := 0;
        else
            f := wallet.recall(f, facts, verdicts, first, i);
        end if;
        if policy_now is distinct from f.policy then
            policy_now := f.policy;
            p := policies[policy_now];
        end if;
        new_bet := f.kind in ('bet', 'tip', 'free_bet', 'buy_in');
        guarded := new_bet or f.kind in ('deposit', 'bonus_grant');

        -- An earlier operation of this batch may hold the key, though the journal does not show it yet.
        earlier := f.same_key;
        while earlier is not null and (verdicts[earlier]).status not in ('created', 'tombstone_created') loop
            earlier := (facts[earlier]).same_key;
        end loop;

        if (f.known).id is not null then
            v := wallet.decide_known(f, p);
        elsif earlier is not null then
            v.status := case when (facts[earlier]).wallet = f.wallet
                and wallet.same_operation(f, p, (facts[earlier]).kind, (verdicts[earlier]).round,
                    (facts[earlier]).reference, (facts[earlier]).amount)
                then 'duplicate' else 'key_reused' end;
            if v.status = 'duplicate' then
                v := verdicts[earlier];
                v.status := 'duplicate';
            end if;
        elsif failed then
            v.status := 'not_applied';
        else
            v.status := case
                when not f.wallet_found then 'wallet_not_found'
                when f.currency <> f.wallet_currency then 'currency_differs'
                when new_bet and f.session_defect is not null then f.session_defect
                when guarded and f.wallet_status = 'closed' then 'wallet_closed'
                when guarded and f.player_status = 'blocked' then 'player_blocked'
                when guarded and f.player_status = 'excluded' then 'player_excluded'
                when new_bet and f.game_disabled then 'game_disabled'
                when new_bet and f.account_disabled then 'account_disabled'
                when f.kind = 'adjustment' and abs(f.amount) > f.adjustment_limit then 'second_actor_required'
            end;
            if v.status is null then
                v := wallet.decide_movement(f, p, cash, bonus, held,
                    case when p.opening_funds then opening - spent else greatest(cash, 0) + bonus end);
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
            spent := spent + case when new_bet then -v.cash - v.bonus else 0 end;
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
            if v.status <> 'not_applied'
                    and not (v.status = 'reference_reversed' and f.kind in ('refund', 'rollback')) then
                failed := true;
            end if;
        end if;
        verdicts[i] := v;

        if failed and written is not null then
            -- All or nothing: what the call had done so far is undone, what was known stays known.
            cash := (facts[first]).cash;
            bonus := (facts[first]).bonus;
            held := (facts[first]).held;
            written := null;
            refused := null;
            refused.status := 'not_applied';
            for j in first .. i - 1 loop
                if (verdicts[j]).op_index is not null then
                    verdicts[j] := refused;
                end if;
            end loop;
        end if;
        if f.last_of_call then
            for j in first .. i loop
                v := verdicts[j];
                v.currency := f.wallet_currency;
                v.wallet_cash := cash;
                v.wallet_bonus := bonus;
                v.wallet_held := held;
                v.last_of_wallet := j = written;
                verdicts[j] := v;
            end loop;
        end if;
    end loop;
    return verdicts;
end $$;
