-- Gives a lane back at a clean shutdown.
create or replace function wallet.release_lane(lane integer, epoch bigint) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
    update wallet.lane l set leased_until = '-infinity'
    where l.id = release_lane.lane and l.epoch = release_lane.epoch;
    return found;
end $$;
