-- After an unknown outcome: waits for the lane's transaction, if one still runs, and makes a late attempt of the
-- old epoch raise.  Returns the new epoch, or null where somebody else leased the lane meanwhile (which fenced it).
create or replace function wallet.fence_lane(lane integer, epoch bigint) returns bigint
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
    fenced bigint;
begin
    update wallet.lane l
    set epoch = l.epoch + 1, leased_until = clock_timestamp() + interval '60 seconds'
    where l.id = fence_lane.lane and l.epoch = fence_lane.epoch
    returning l.epoch into fenced;
    return fenced;
end $$;
