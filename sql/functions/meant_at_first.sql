-- Of what a refund or rollback of a call or a round means, that which was there when its call first came, where its
-- call comes again.  Such an operation left no row if all that it meant was reversed: nothing but the call's other
-- operations tells that it was there, each at its place, or known before from another call.  What came after them is
-- not its to take back.  Where anything of it was live then, it would have acted: so it is new, and means all that is
-- there now.
create or replace function wallet.meant_at_first(
    bucket integer, targets wallet.target[], facts wallet.fact[], first integer, current integer)
returns wallet.target[] language plpgsql stable as $$
#variable_conflict use_column
declare
    place constant integer := current - first;
    f wallet.fact;
    known wallet.posting;
    came wallet.posting;  -- one of the candidates, with its call:
    last bigint;          -- the seq of the call's last posting
    bound bigint;         -- what is up to this seq was there before the operation
    taken boolean;        -- another operation has its place
    calls bigint[] := '{}';
    candidates wallet.posting[] := '{}';  -- one of each call that may be this one as it came first
    newest bigint := 0;  -- what is no reversal leaves a row where it is new: nothing of it can be newer than the call
    earlier wallet.target[];
begin
    for i in first .. cardinality(facts) loop
        continue when i = current;
        f := facts[i];
        exit when f.call_id <> (facts[first]).call_id;
        known := f.known;
        if known.id is null and f.kind not in ('refund', 'rollback') then
            return targets;
        end if;
        continue when known.id is null or known.kind = 'tombstone' or known.wallet <> f.wallet;
        if known.kind not in ('refund', 'rollback') then
            newest := greatest(newest, known.seq);
        end if;
        if known.op_index = i - first and known.call_id <> all (calls) then
            calls := calls || known.call_id;
            candidates := candidates || known;
        end if;
    end loop;
    foreach came in array candidates loop
        select max(p.seq), coalesce(max(p.seq) filter (where p.op_index < place), min(p.seq) - 1),
               bool_or(p.op_index = place)
        into last, bound, taken
        from wallet.posting p
        where p.bucket = meant_at_first.bucket and p.wallet = came.wallet
          and p.seq between came.seq - 512 and came.seq + 512 and p.call_id = came.call_id;
        continue when taken or last < newest;
        earlier := array(select t from unnest(targets) t where t.seq <= bound order by t.seq);
        if cardinality(earlier) > 0 and not exists (select from unnest(earlier) t where not t.whole) then
            return earlier;
        end if;
    end loop;
    return targets;
end $$;
