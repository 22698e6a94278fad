-- Of what a refund or rollback of a call or a round means, that which was there when its call first came, where its
-- call comes again.  Such an operation left no row if all that it meant was reversed: nothing but the call's other
-- operations tells that it was there, each at its place.  What came after them is not its to take back.  Where
-- anything of it was live then, it would have acted: so it is new, and means all that is there now.
create or replace function wallet.meant_at_first(
    bucket integer, targets wallet.target[], facts wallet.fact[], first integer, current integer)
returns wallet.target[] language plpgsql stable as $$
#variable_conflict use_column
declare
    call_now constant bigint := (facts[first]).call_id;
    f wallet.fact;
    known wallet.posting;
    came wallet.posting;  -- of the call as it came first: the nearest before the operation, or the next after it
    earlier wallet.target[];
begin
    for i in first .. cardinality(facts) loop
        continue when i = current;
        f := facts[i];
        exit when f.call_id <> call_now;
        known := f.known;
        if known.id is null and f.kind not in ('refund', 'rollback') then
            return targets;
        end if;
        continue when known.id is null or known.kind = 'tombstone' or known.wallet <> f.wallet
            or known.op_index <> i - first;
        if known.call_id <> came.call_id then
            return targets;
        end if;
        if i < current or came.id is null then
            came := known;
        end if;
    end loop;
    if came.id is null or exists (
            select from wallet.posting p
            where p.bucket = meant_at_first.bucket and p.wallet = came.wallet
              and p.seq between came.seq - 512 and came.seq + 512
              and p.call_id = came.call_id and p.op_index = current - first) then
        return targets;
    end if;
    earlier := array(
        select t from unnest(targets) t
        where t.seq < came.seq or t.seq = came.seq and came.op_index < current - first
        order by t.seq);
    if cardinality(earlier) = 0 or exists (select from unnest(earlier) t where not t.whole) then
        return targets;
    end if;
    return earlier;
end $$;
