-- Whether a call of several operations is in the journal already: it was committed, and its answer was lost.  All that
-- is new of a call is written together, so one posting under its id says it of the whole.  Pure.
create or replace function wallet.was_posted(facts wallet.fact[], first integer) returns boolean
language plpgsql immutable as $$
declare
    f wallet.fact;
begin
    for i in first .. cardinality(facts) loop
        f := facts[i];
        if (f.known).call_id = f.call_id then
            return true;
        end if;
        exit when f.last_of_call;
    end loop;
    return false;
end $$;
