-- requires: same_operation.sql
-- An operation whose key is in the journal: the stored posting again, or the refusal of a reused key.  Pure.
create or replace function wallet.decide_known(f wallet.fact, policy wallet.policy) returns wallet.verdict
language plpgsql immutable as $$
declare
    k wallet.posting := f.known;
    v wallet.verdict;
begin
    if k.wallet <> f.wallet then
        v.status := 'key_reused';
    elsif k.kind = 'tombstone' then
        v.status := 'tombstoned';
        v.original := k.original;
        v.original_kind := 'tombstone';
    elsif not wallet.same_operation(f, policy, k.kind, k.round, k.reference, k.scope, k.amount, k.nominal,
            k.currency, k.game) then
        v.status := 'key_reused';
    else
        -- Found under our own call id it is our own, posted by an attempt whose answer was lost.
        v.status := case
            when k.call_id is distinct from f.call_id then 'duplicate'
            when k.original_kind = 'tombstone' then 'tombstone_created'
            else 'created' end;
        v.posting := k.id;
        v.original := k.original;
        v.original_kind := k.original_kind;
        v.late := k.late;
        v.cash := k.cash;
        v.bonus := k.bonus;
        v.held := k.held;
        v.cash_after := k.cash_after;
        v.bonus_after := k.bonus_after;
        v.held_after := k.held_after;
        v.seq := k.seq;
        v.recorded_at := k.recorded_at;
    end if;
    return v;
end $$;
