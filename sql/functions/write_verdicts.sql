-- Beat four: write what was decided, table by table, set-based, each insert in the order of its key.
-- What is written has an op_index; everything else was refused or stands in the journal already.
create or replace function wallet.write_verdicts(
    bucket integer, lane integer, verdicts wallet.verdict[], call_id bigint[], provider_account integer[],
    wallet bigint[], session bigint[], game integer[], channel text[], actor text[], reason text[],
    kind wallet.kind[], key text[], amount bigint[], nominal bigint[], reference text[], scope wallet.scope[],
    end_round boolean[], occurred_at timestamptz[], metadata jsonb[])
returns void language plpgsql as $$
#variable_conflict use_column
begin
    insert into wallet.posting (
        bucket, id, wallet, seq, call_id, op_index, restore_epoch, kind, provider_account, amount, cash, bonus,
        held, cash_after, bonus_after, held_after, house_amount, house, other_houses, other_amounts, nominal,
        original, original_kind, recorded_at, occurred_at, writer, session, game, end_round, late, scope,
        currency, key, reference, round, brand, channel, actor, reason, metadata)
    select write_verdicts.bucket, v.posting, v.wallet, v.seq, v.call_id, v.op_index, v.restore_epoch, v.kind,
        v.provider_account, v.amount, v.cash, v.bonus, v.held, v.cash_after, v.bonus_after, v.held_after,
        v.house_amount, v.house, v.other_houses, v.other_amounts, v.nominal, v.original, v.original_kind,
        v.recorded_at, v.occurred_at, pg_current_xact_id(), v.session, v.game, v.end_round, v.late,
        case when v.reference is not null or v.scope = 'round' then v.scope end,
        v.currency, v.key, v.reference, v.round, v.brand, v.channel, v.actor, v.reason, v.metadata
    from rows from (
        unnest(call_id), unnest(provider_account), unnest(wallet), unnest(session), unnest(game),
        unnest(channel), unnest(actor), unnest(reason), unnest(kind), unnest(key), unnest(amount),
        unnest(nominal), unnest(reference), unnest(scope), unnest(end_round), unnest(occurred_at),
        unnest(metadata), unnest(verdicts))
        as v (call_id, provider_account, wallet, session, game, channel, actor, reason, kind, key, amount,
            nominal, reference, scope, end_round, occurred_at, metadata)
    where v.op_index is not null
    union all
    -- A tombstone takes the key of what was rolled back before it came, one seq before its rollback.
    select write_verdicts.bucket, v.original, v.wallet, v.seq - 1, v.call_id, v.op_index, v.restore_epoch,
        'tombstone', v.provider_account, 0, 0, 0, 0, v.cash_after, v.bonus_after, v.held_after, 0, v.house,
        null, null, null, v.posting, v.kind, v.recorded_at, null, pg_current_xact_id(), null, null, false, false,
        null, v.currency, v.reference, null, v.round, v.brand, null, null, null, null
    from rows from (
        unnest(call_id), unnest(provider_account), unnest(wallet), unnest(kind), unnest(reference),
        unnest(verdicts)) as v (call_id, provider_account, wallet, kind, reference)
    where v.tombstone
    order by provider_account, key;

    -- Nothing else gives back, and a statement costs before it finds that it has no row.
    if kind && '{refund,rollback,withdrawal,withdrawal_release}'::wallet.kind[] then
        -- One call may give back two parts of one posting: the first of them is the reversal that is named.
        insert into wallet.reversal as r (bucket, posting, wallet, reversal, kind, amount, cash, bonus, whole)
        select write_verdicts.bucket, part.posting, v.wallet, (array_agg(v.posting order by v.seq))[1],
            (array_agg(v.kind order by v.seq))[1], sum(part.amount), sum(part.cash), sum(part.bonus),
            bool_or(part.whole)
        from rows from (unnest(wallet), unnest(kind), unnest(verdicts)) as v (wallet, kind)
        cross join lateral unnest(v.parts) as part
        group by part.posting, v.wallet
        order by part.posting
        on conflict (bucket, posting) do update set
            amount = r.amount + excluded.amount, cash = r.cash + excluded.cash, bonus = r.bonus + excluded.bonus,
            whole = excluded.whole;
    end if;

    -- By physical place, looked up row by row: no plan of this statement can depend on how many wallets there are.
    update wallet.wallet w set
        cash = v.cash_after, bonus = v.bonus_after, held = v.held_after, seq = v.seq,
        recorded_at = v.recorded_at, overdraft = greatest(0, -v.cash_after)
    from (
        select (select place.ctid from wallet.wallet place
                where place.bucket = write_verdicts.bucket and place.id = v.wallet) as place,
            v.cash_after, v.bonus_after, v.held_after, v.seq, v.recorded_at
        from rows from (unnest(wallet), unnest(verdicts)) as v (wallet)
        where v.last_of_wallet) v
    where w.ctid = v.place;

    perform wallet.write_rounds(bucket, verdicts, provider_account, wallet, game, kind, end_round);

    insert into wallet.house_balance as h (bucket, house, provider_account, currency, lane, balance)
    select write_verdicts.bucket, leg.house, v.provider_account, v.currency, write_verdicts.lane, sum(leg.amount)
    from rows from (unnest(provider_account), unnest(verdicts)) as v (provider_account)
    cross join lateral (
        select v.house, v.house_amount
        union all select * from unnest(v.other_houses, v.other_amounts) where v.other_houses is not null
    ) as leg (house, amount)
    where v.op_index is not null
    group by leg.house, v.provider_account, v.currency
    order by leg.house, v.provider_account, v.currency
    on conflict (bucket, house, provider_account, currency, lane) do update set
        balance = h.balance + excluded.balance;
end $$;
