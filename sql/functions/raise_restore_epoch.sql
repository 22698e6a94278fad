-- To be called once after this database was restored to an earlier moment, or a copy of it was promoted: what was
-- issued after that moment is lost, but may be known outside.  No public id, no lane's epoch and no id of a row that
-- was issued then is issued again.  `unused` is an epoch that no other restore was given, or null.
-- The owner's alone.  Returns the new restore epoch.
create or replace function wallet.raise_restore_epoch(unused smallint) returns smallint
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
    raised smallint;
    sequence record;
begin
    -- No lane is leased meanwhile: it would be of the epoch before.
    perform pg_advisory_xact_lock(hashtext('wallet.lease_lane'));
    -- Nor is an audit entry written: who has its id, of the epoch before, has ended when the new one is seen.
    lock table wallet.audit_entry in share row exclusive mode;
    update wallet.installation i
    set restore_epoch = greatest(i.restore_epoch + 1, raise_restore_epoch.unused)
    returning i.restore_epoch into raised;

    -- Who held a lane holds none: a late attempt raises, and nobody takes the lease of another future for its own.
    update wallet.lane l
    set epoch = greatest(l.epoch + 1, raised::bigint << 32), leased_until = '-infinity';

    -- More than any future can have used up.
    for sequence in
        select format('%I.%I', s.schemaname, s.sequencename) as name, s.last_value,
               case s.data_type when 'bigint'::regtype then 4294967296 else 65536 end as gap
        from pg_sequences s where s.schemaname = 'wallet'
    loop
        perform setval(sequence.name, coalesce(sequence.last_value, 0) + sequence.gap);
    end loop;
    -- A posting's id shows its epoch: whoever refers to it can be told its public id without a look at the journal.
    perform setval('wallet.posting_id', raised::bigint << 48);
    -- So does an audit entry's, for lists: what is of an epoch before has ended, whatever its writer's number.
    perform setval('wallet.audit_entry_id_seq', raised::bigint << 32);
    return raised;
end $$;
