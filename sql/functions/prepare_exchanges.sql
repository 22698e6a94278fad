-- Makes the daily partitions of wallet.exchange from today on, `days` of them, and returns how many were missing.
-- A day whose rows already lie in the default partition keeps them there.  Of two callers at once one does the work.
create or replace function wallet.prepare_exchanges(days integer)
returns integer language plpgsql security definer set search_path = wallet, pg_temp
set timezone = 'UTC' set lock_timeout = '2s' as $$
declare
    made integer := 0;
    today constant date := (now() at time zone 'UTC')::date;
    name text;
begin
    if days not between 1 and 60 then
        raise exception 'partitions are made 1 to 60 days ahead, not %', days using errcode = 'invalid_parameter_value';
    end if;
    if not pg_try_advisory_xact_lock(hashtext('wallet.exchange partitions')) then
        return 0;
    end if;
    for day in 0 .. days - 1 loop
        name := 'exchange_' || to_char(today + day, 'YYYYMMDD');
        continue when to_regclass('wallet.' || name) is not null;
        begin
            execute format('create table wallet.%I partition of wallet.exchange for values from (%L) to (%L)',
                name, (today + day)::timestamptz, (today + day + 1)::timestamptz);
            made := made + 1;
        exception when check_violation then
            null;
        end;
    end loop;
    return made;
end $$;
