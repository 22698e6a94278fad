-- requires: find_targets.sql
-- requires: find_results.sql
-- requires: meant_at_first.sql
-- What the refunds and rollbacks of a batch mean, into their facts.  What a call means twice is read once: its first
-- operation takes it back, or fails the call, or finds nothing of it live, so that of the next the first posting is
-- enough to say so.  An operation that may never be decided, since an earlier one of the batch holds its key, is the
-- first of nothing; nor is one that names a tombstone, which belongs to a call and takes back none of it.
create or replace function wallet.read_targets(bucket integer, facts wallet.fact[]) returns wallet.fact[]
language plpgsql stable as $$
declare
    f wallet.fact;
    before wallet.fact;
    again boolean;
    first_alone boolean;
    first integer;
    meaning text;
    meant text[] := '{}';
    firsts integer[] := '{}';
begin
    for i in 1 .. cardinality(facts) loop
        f := facts[i];
        if (facts[first]).call_id is distinct from f.call_id then
            first := i;
        end if;
        continue when f.kind not in ('refund', 'rollback') or (f.known).id is not null
            or f.scope <> 'round' and (f.referenced).kind = 'tombstone';
        meaning := case f.scope
            when 'call' then concat_ws(' ', f.call_id, f.scope, (f.referenced).call_id)
            when 'round' then concat_ws(' ', f.call_id, f.scope, (f.round_state).round) end;
        before := facts[f.same_key];
        again := f.same_key is not null and (f.call_id, f.kind, f.scope, f.reference, f.round)
            is not distinct from (before.call_id, before.kind, before.scope, before.reference, before.round);
        first_alone := again or coalesce(meaning = any (meant), false);
        f.targets := wallet.find_targets(f.scope, f.referenced, f.round_state, first_alone);
        if f.scope <> 'key' and not first_alone and not (i = first and f.last_of_call) then
            f.targets := wallet.meant_at_first(bucket, f.targets, facts, first, i);
        end if;
        facts[i] := f;
        if f.same_key is null then
            meant := meant || meaning;
            firsts := firsts || i;
        elsif not again then
            facts := wallet.find_results(bucket, facts, array[i]);
        end if;
    end loop;
    return wallet.find_results(bucket, facts, firsts);
end $$;
