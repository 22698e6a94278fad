-- Keeps a lane for another minute; false where it has left the epoch, so that the caller leases anew.
create or replace function wallet.renew_lane(lane integer, epoch bigint) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
    update wallet.lane l set leased_until = clock_timestamp() + interval '60 seconds'
    where l.id = renew_lane.lane and l.epoch = renew_lane.epoch;
    return found;
end $$;
