-- The end of a call of several operations.  All or nothing: where one failed, all but it and what was known before
-- the call are not applied.  Every operation reports the balances after the whole call.
create or replace function wallet.close_call(
    facts wallet.fact[], verdicts wallet.verdict[], first integer, last integer, failed_at integer, written integer)
returns wallet.verdict[] language plpgsql immutable as $$
declare
    final constant wallet.verdict := verdicts[last];
    v wallet.verdict;
begin
    for i in first .. last loop
        v := verdicts[i];
        if failed_at <> i and (v.status <> 'duplicate' or ((facts[i]).known).id is null) then
            v := null;
            v.status := 'not_applied';
            -- What its key stands for: then it is known with other content, and would not have been applied by itself.
            v.original := case when ((facts[i]).known).kind <> 'tombstone'
                and ((facts[i]).known).wallet = (facts[i]).wallet then ((facts[i]).known).id end;
            -- Why it might not have been applied by itself either, or would have been.
            v.original_kind := case
                when ((facts[i]).known).kind = 'tombstone' and ((facts[i]).known).wallet = (facts[i]).wallet
                    then 'tombstone'::wallet.kind
                when (facts[i]).kind = 'win' and (facts[i]).reference is null
                    and ((facts[i]).round_state).live_bets > 0 then 'bet' end;
        end if;
        if failed_at is not null and exists (
                select from generate_series(first, last) other
                where v.original in ((facts[other]).new_id, (facts[other]).tombstone_id)) then
            v.original := null;  -- it was never written
        end if;
        v.currency := final.currency;
        v.wallet_cash := final.wallet_cash;
        v.wallet_bonus := final.wallet_bonus;
        v.wallet_held := final.wallet_held;
        v.last_of_wallet := failed_at is null and i = written;
        verdicts[i] := v;
    end loop;
    return verdicts;
end $$;
