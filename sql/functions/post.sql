-- requires: read_facts.sql
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
    session bigint[], session_defect wallet.status[], game integer[], game_disabled boolean[],
    account_disabled boolean[], channel text[], actor text[], reason text[],
    kind wallet.kind[], key text[], amount bigint[], nominal bigint[], reference text[], scope wallet.scope[],
    round text[], end_round boolean[], occurred_at timestamptz[], metadata jsonb[])
returns table (
    op_position integer, status wallet.status, posting bigint, restore_epoch smallint, original bigint,
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
    locked bigint[];
    missing bigint[] := '{}';
    wallets integer;
    calls integer;
    facts wallet.fact[];
    verdicts wallet.verdict[];
    twice record;
    restored smallint;
begin
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'wallet.post runs under READ COMMITTED only' using errcode = 'BR003';
    end if;

    -- One: the lane, then the wallets in id order.  What waits here must be read afresh by a later statement.
    perform from wallet.lane l where l.id = post.lane and l.epoch = post.epoch for update;
    if not found then
        raise exception 'lane % has left epoch %', lane, epoch using errcode = 'BR001';
    end if;
    locked := array(
        select w.id
        from (select distinct one.id from unnest(post.wallet) as one (id) order by one.id) asked
        cross join lateral (
            select w.id from wallet.wallet w where w.bucket = post.bucket and w.id = asked.id
            limit 1 for no key update) w);
    select count(distinct one.wallet), count(distinct one.call_id) into wallets, calls
    from unnest(wallet, call_id) as one (wallet, call_id);
    if wallets <> cardinality(locked) then
        missing := array(select unnest(wallet) except select unnest(locked));
        select count(distinct one.call_id) + cardinality(missing) into calls
        from unnest(wallet, call_id) as one (wallet, call_id) where one.wallet <> all (missing);
    end if;
    if calls <> wallets then
        raise exception 'a batch holds one call per wallet, and a call holds one wallet' using errcode = 'BR002';
    end if;

    -- Two: look.
    facts := wallet.read_facts(bucket, missing, policies, call_id, provider_account, wallet, policy, currency,
        session_defect, game, game_disabled, account_disabled, kind, key, amount, nominal, reference, scope, round,
        end_round);
    for twice in
        select repeated.position, repeated.earlier from (
            select one.position, lag(one.position) over (
                partition by one.provider_account, one.key order by one.position) as earlier
            from unnest(provider_account, key) with ordinality one (provider_account, key, position)) repeated
        where repeated.earlier is not null
    loop
        facts[twice.position].same_key := twice.earlier;
    end loop;

    -- Three: decide.
    restored := (select i.restore_epoch from wallet.installation i);
    verdicts := wallet.decide(facts, policies, restored);

    -- Four: write.  Past this line nothing is refused.
    perform wallet.write_verdicts(bucket, lane, verdicts, call_id, provider_account, wallet, session, game,
        channel, actor, reason, kind, key, amount, nominal, reference, scope, end_round, occurred_at, metadata);

    return query select v.ordinality::integer, v.status, v.posting, coalesce(v.restore_epoch, restored),
        v.original, v.original_kind, coalesce(v.late, false), coalesce(v.cash, 0), coalesce(v.bonus, 0),
        coalesce(v.held, 0), coalesce(v.cash_after, 0), coalesce(v.bonus_after, 0), coalesce(v.held_after, 0),
        coalesce(v.seq, 0), v.recorded_at, coalesce(v.wallet_cash, 0), coalesce(v.wallet_bonus, 0),
        coalesce(v.wallet_held, 0), v.currency
    from unnest(verdicts) with ordinality v;
end $$;
