-- A lane for one connection, leased for a minute: the lowest one nobody holds, in a new epoch, else a new one.
-- An epoch's upper half is the restore epoch: no lease of one future is valid in another.
create or replace function wallet.lease_lane() returns table (lane integer, epoch bigint)
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
    -- Ids that this connection has drawn ahead may be of an epoch before a restore.
    discard sequences;
    -- One lease at a time: two that both find nothing free must not both want the next number.
    perform pg_advisory_xact_lock(hashtext('wallet.lease_lane'));
    return query
        update wallet.lane l set epoch = l.epoch + 1, leased_until = clock_timestamp() + interval '60 seconds'
        where l.id = (
            select free.id from wallet.lane free where free.leased_until < clock_timestamp()
            order by free.id limit 1 for update skip locked)
        returning l.id, l.epoch;
    if found then
        return;
    end if;
    return query
        insert into wallet.lane (id, epoch, leased_until)
        select coalesce(max(l.id), 0) + 1, (select i.restore_epoch::bigint << 32 from wallet.installation i),
               clock_timestamp() + interval '60 seconds'
        from wallet.lane l
        returning id, wallet.lane.epoch;
end $$;
