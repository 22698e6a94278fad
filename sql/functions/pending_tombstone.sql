-- The tombstone of a rollback that this batch has decided and not yet written, as a later operation must see it.
create or replace function wallet.pending_tombstone(f wallet.fact, v wallet.verdict) returns wallet.posting
language plpgsql immutable as $$
declare
    p wallet.posting;
begin
    p.id := v.original;
    p.wallet := f.wallet;
    p.seq := v.seq - 1;
    p.kind := 'tombstone';
    p.key := f.reference;
    p.original := v.posting;
    p.round := v.round;
    return p;
end $$;
