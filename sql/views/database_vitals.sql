-- How the server is, in one row.  What a service without pg_read_all_stats may not see is null, or counts its own
-- connections only (oldest_transaction_seconds).
create or replace view wallet.database_vitals as
select
    (select count(*) from pg_stat_activity a where a.datid is not null and a.usesysid is not null) as connections,
    current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer
        as connections_bound,
    (select max(age(d.datfrozenxid)) from pg_database d) as transaction_id_age,
    (select max(mxid_age(d.datminmxid)) from pg_database d) as multixact_age,
    (select extract(epoch from max(clock_timestamp() - a.xact_start)) from pg_stat_activity a
     where a.datid is not null) as oldest_transaction_seconds,
    (select max(pg_wal_lsn_diff(
        case when pg_is_in_recovery() then pg_last_wal_receive_lsn() else pg_current_wal_lsn() end, s.restart_lsn))
     from pg_replication_slots s) as slot_bytes,
    (select count(*) from pg_replication_slots s where not s.active) as idle_slots,
    (select count(*) from pg_replication_slots s where s.wal_status = 'lost') as lost_slots,
    (select count(*) from pg_stat_replication) as standbys,
    (select extract(epoch from max(r.replay_lag)) from pg_stat_replication r) as standby_lag_seconds,
    current_setting('archive_mode') <> 'off' as archives,
    (select coalesce(r.last_failed_time > coalesce(r.last_archived_time, '-infinity'), false) from pg_stat_archiver r)
        as archiving_fails;
