-- requires: decide_known.sql
-- An operation of a call that was posted and is posted again under its own id: what it was answered then.  What has no
-- row of its own either named a key that was known, or was a reversal of what is reversed already; nothing else leaves
-- no row and lets its call stand.  Its key may stand for what a later operation of the call wrote.  Pure.
create or replace function wallet.decide_posted(f wallet.fact, policy wallet.policy, op_index integer)
returns wallet.verdict language plpgsql immutable as $$
declare
    o wallet.posting := f.referenced;
    v wallet.verdict;
    own constant boolean := coalesce((f.known).call_id = f.call_id, false);
begin
    if (f.known).id is not null and not (own and (f.known).op_index > op_index) then
        v := wallet.decide_known(f, policy);
        if own and (f.known).op_index < op_index then
            v.status := 'duplicate';
        end if;
        if v.status in ('created', 'tombstone_created', 'duplicate') then
            return v;
        end if;
    end if;
    v := null;
    v.status := 'reference_reversed';
    v.original := case
        when o.kind = 'tombstone' then o.original
        else coalesce((f.reversed).reversal, (f.targets[1]).reversal) end;
    v.original_kind := case when f.scope = 'round' then (f.targets[1]).kind else o.kind end;
    return v;
end $$;
