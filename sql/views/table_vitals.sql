-- How the tables are that every call reads or writes; the days of exchange count as one table.
create or replace view wallet.table_vitals as
select hot.name,
       sum(pg_total_relation_size(c.oid))::bigint as bytes,
       sum(pg_stat_get_live_tuples(c.oid))::bigint as live_rows,
       sum(pg_stat_get_dead_tuples(c.oid))::bigint as dead_rows,
       max(age(c.relfrozenxid)) as transaction_id_age,
       min(greatest(pg_stat_get_last_vacuum_time(c.oid), pg_stat_get_last_autovacuum_time(c.oid))) as vacuumed_at
from unnest(array['posting', 'wallet', 'round', 'reversal', 'house_balance', 'lane', 'session', 'session_token',
                  'exchange']) as hot (name)
left join lateral pg_partition_tree(('wallet.' || hot.name)::regclass) as part on part.isleaf
join pg_class c on c.oid = coalesce(part.relid, ('wallet.' || hot.name)::regclass)
group by hot.name;
