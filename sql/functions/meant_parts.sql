-- Of what an earlier operation of the call gave back, that which this one means, part by part, and the rest as one
-- part for each kind and round: of a round that was taken back whole there are thousands, and each later operation
-- of the call goes through them.
create or replace function wallet.meant_parts(f wallet.fact, parts wallet.part[]) returns wallet.part[]
language sql immutable as $$
    with part as (
        select p.*, p.posting is not distinct from (f.referenced).id
            or p.posting in (select t.posting from unnest(f.targets) t)
            or p.posting in (select unnest(f.results))
            or f.kind = 'win' and p.reference is not distinct from (f.referenced).key as meant
        from unnest(parts) p)
    select array(
        select row(posting, kind, reference, seq, round, amount, cash, bonus, whole, house, bets)::wallet.part
        from part where meant
        union all
        select row(null, kind, null, null, round, sum(amount), sum(cash), sum(bonus), null, null, sum(bets))::wallet.part
        from part where not meant group by kind, round)
$$;
