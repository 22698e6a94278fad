-- A posting that this batch has decided and not yet written, as a later operation of the batch must see it.
-- It has no call id: what refers to it is another operation, never our own posting found again.
create or replace function wallet.pending(f wallet.fact, v wallet.verdict) returns wallet.posting
language plpgsql immutable as $$
declare
    p wallet.posting;
begin
    p.id := v.posting;
    p.wallet := f.wallet;
    p.seq := v.seq;
    p.provider_account := f.provider_account;
    p.kind := f.kind;
    p.key := f.key;
    p.amount := f.amount;
    p.nominal := f.nominal;
    p.game := f.game;
    p.cash := v.cash;
    p.bonus := v.bonus;
    p.held := v.held;
    p.cash_after := v.cash_after;
    p.bonus_after := v.bonus_after;
    p.held_after := v.held_after;
    p.house := v.house;
    p.original := v.original;
    p.original_kind := v.original_kind;
    p.recorded_at := v.recorded_at;
    p.late := v.late;
    p.currency := f.wallet_currency;
    p.reference := f.reference;
    p.scope := f.scope;
    p.round := v.round;
    return p;
end $$;
