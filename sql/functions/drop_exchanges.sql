-- Drops the exchanges that are older than `days`: whole partitions, and single rows of the default one.  Never younger
-- ones than a month, whoever asks.  Returns how many partitions went.
create or replace function wallet.drop_exchanges(days integer)
returns integer language plpgsql security definer set search_path = wallet, pg_temp
set timezone = 'UTC' set lock_timeout = '2s' as $$
declare
    dropped integer := 0;
    first_kept constant date := (now() at time zone 'UTC')::date - days;
    name text;
begin
    if days < 31 then
        raise exception 'exchanges are kept for 31 days at least, not %', days using errcode = 'invalid_parameter_value';
    end if;
    if not pg_try_advisory_xact_lock(hashtext('wallet.exchange partitions')) then
        return 0;
    end if;
    for name in
        select child.relname from pg_inherits
        join pg_class child on child.oid = inhrelid
        where inhparent = 'wallet.exchange'::regclass
            and child.relname ~ '^exchange_[0-9]{8}$'
            and to_date(right(child.relname, 8), 'YYYYMMDD') < first_kept
        order by child.relname
    loop
        execute format('drop table wallet.%I', name);
        dropped := dropped + 1;
    end loop;
    delete from wallet.exchange_default where received_at < first_kept::timestamptz;
    return dropped;
end $$;
