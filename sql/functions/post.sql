-- requires: read_facts.sql
-- requires: read_targets.sql
-- requires: decide.sql
-- requires: write_verdicts.sql
-- requires: write_rounds.sql
-- The one function that moves money.  A batch of calls, one array element per operation; consecutive operations
-- with the same call id are one call on one wallet.  One row per operation, in order; a refusal is a row.
-- Four beats: wait without deciding (lock), look (read_facts), decide without waiting (decide), write.
-- Raises BR001 where the lane's epoch is not current, BR002 for a caller that gives one wallet to two calls,
-- BR003 outside READ COMMITTED.
create or replace function wallet.post(
    bucket integer, lane integer, epoch bigint, policies wallet.policy[],
    call_id bigint[], provider_account integer[], wallet bigint[], policy integer[], currency text[],
    session bigint[], session_defect wallet.status[], session_checked boolean[], game integer[],
    game_disabled boolean[], account_disabled boolean[], channel text[], actor text[], reason text[],
    kind wallet.kind[], key text[], amount bigint[], nominal bigint[], reference text[], scope wallet.scope[],
    round text[], end_round boolean[], occurred_at timestamptz[], metadata jsonb[])
returns table (
    op_position integer, status wallet.status, posting bigint, original bigint,
    original_kind wallet.kind, late boolean, cash bigint, bonus bigint, held bigint, cash_after bigint,
    bonus_after bigint, held_after bigint, seq bigint, recorded_at timestamptz, wallet_cash bigint,
    wallet_bonus bigint, wallet_held bigint, wallet_currency text)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_mergejoin = off
set enable_bitmapscan = off
set lock_timeout = '250ms'
as $$
#variable_conflict use_column
declare
    missing bigint[];
    mixed boolean;
    facts wallet.fact[];
    verdicts wallet.verdict[];
    restored smallint;
begin
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'wallet.post runs under READ COMMITTED only' using errcode = 'BR003';
    end if;

    -- One: the lane, then the wallets in id order.  What waits here must be read afresh by a later statement.
    select i.restore_epoch into restored
    from wallet.lane l cross join wallet.installation i
    where l.id = post.lane and l.epoch = post.epoch
    for update of l;
    if not found then
        raise exception 'lane % has left epoch %', lane, epoch using errcode = 'BR001';
    end if;
    -- Materialized: what is made of it may not change the order in which it locks.
    with locked as materialized (
        select asked.id, asked.call_id, asked.calls, w.id is not null as found
        from (select one.id, min(one.call_id) as call_id, count(distinct one.call_id) as calls
              from unnest(post.wallet, post.call_id) as one (id, call_id) group by one.id order by one.id) asked
        left join lateral (
            select w.id from wallet.wallet w where w.bucket = post.bucket and w.id = asked.id
            limit 1 for no key update) w on true)
    select coalesce(array_agg(id) filter (where not found), '{}'),
        coalesce(bool_or(calls > 1) filter (where found), false)
            or count(distinct call_id) filter (where found) <> count(*) filter (where found)
    into missing, mixed
    from locked;
    if mixed then
        raise exception 'a batch holds one call per wallet, and a call holds one wallet' using errcode = 'BR002';
    end if;

    -- Two: look.
    facts := wallet.read_facts(bucket, missing, policies, call_id, provider_account, wallet, policy, currency,
        session, session_defect, session_checked, game, game_disabled, account_disabled, reason, kind, key, amount,
        nominal, reference, scope, round, end_round);
    if kind && '{refund,rollback}'::wallet.kind[] then
        facts := wallet.read_targets(bucket, facts);
    end if;

    -- Three: decide.
    verdicts := wallet.decide(facts, policies, restored);

    -- Four: write.  Past this line nothing is refused.
    perform wallet.write_verdicts(bucket, lane, verdicts, call_id, provider_account, wallet, session, game,
        channel, actor, reason, kind, key, amount, nominal, reference, scope, end_round, occurred_at, metadata);

    return query select v.ordinality::integer, v.status, v.posting,
        v.original, v.original_kind, coalesce(v.late, false), coalesce(v.cash, 0), coalesce(v.bonus, 0),
        coalesce(v.held, 0), coalesce(v.cash_after, 0), coalesce(v.bonus_after, 0), coalesce(v.held_after, 0),
        coalesce(v.seq, 0), v.recorded_at, coalesce(v.wallet_cash, 0), coalesce(v.wallet_bonus, 0),
        coalesce(v.wallet_held, 0), v.currency
    from unnest(verdicts) with ordinality v;
end $$;
