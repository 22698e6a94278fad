-- requires: results_of.sql
-- requires: lone_bet.sql
-- Beat two: read everything a decision needs, one fact per operation, in order.  The wallets are locked; what
-- `missing` names was not there to be locked and counts as not found, even if it has appeared since.  A session may
-- have been revoked since its caller checked it: that is read again, since a revocation waits for the wallet's lock.
-- Every look-up of a table is lateral with a limit: the plan is a chain of index probes whatever the size.
create or replace function wallet.read_facts(
    bucket integer, missing bigint[], policies wallet.policy[],
    call_id bigint[], provider_account integer[], wallet bigint[], policy integer[], currency text[],
    session bigint[], session_defect wallet.status[], session_checked boolean[], game integer[],
    game_disabled boolean[], account_disabled boolean[], reason text[],
    kind wallet.kind[], key text[], amount bigint[], nominal bigint[], reference text[], scope wallet.scope[],
    round text[], end_round boolean[])
returns wallet.fact[] language plpgsql as $$
#variable_conflict use_column
begin
    return array(
        select row(
            o.call_id, read_facts.call_id[o.position + 1] is distinct from o.call_id,
            o.same_key, clock_timestamp(), nextval('wallet.posting_id'),
            case when o.kind in ('refund', 'rollback') then nextval('wallet.posting_id') end,
            o.kind, o.provider_account, o.wallet, o.policy, o.currency,
            coalesce(o.session_defect, case when o.session_checked and wallet.is_new_bet(o.kind) then
                (select 'session_revoked'::wallet.status from wallet.session s
                 where s.id = o.session and s.revoked_at is not null) end),
            o.game, o.game_disabled, o.account_disabled, o.key, o.amount, o.nominal, o.reference, o.scope,
            o.round, o.end_round,
            w.id is not null, w.cash, w.bonus, w.held, w.seq, w.recorded_at, w.status, w.player_status,
            w.currency, w.brand, known.posting, referenced.posting, reversed.reversal,
            case when o.kind = 'win' and (policies[o.policy]).one_win_per_bet then
                case when (referenced.posting).id is null then '{}'
                    else wallet.results_of(referenced.posting, w.seq) end
            end,
            null,
            case when o.kind = 'win' and (referenced.posting).id is not null
                    and ((referenced.posting).round is null or (referenced.posting).round <> o.round)
                then wallet.lone_bet(referenced.posting, reversed.reversal, state.round, w.seq) else state.round
            end,
            case when o.kind = 'win' and ((state.round).stake_bonus > 0 or (referenced.posting).bonus < 0
                    or read_facts.call_id[o.position - 1] = o.call_id) then
                (select (10 ^ (c.scale - c.exponent)::numeric)::bigint
                 from wallet.currency c where c.code = w.currency)
            end,
            case when o.kind = 'adjustment' and not exists (
                    select from wallet.large_adjustment a
                    where a.bucket = read_facts.bucket and a.key = o.key and a.wallet = o.wallet
                      and a.amount = o.amount and a.reason = o.reason and a.approved_by is not null
                      and a.expires_at > clock_timestamp()) then
                (select c.adjustment_limit from wallet.currency c where c.code = w.currency)
            end)::wallet.fact
        from (
            select asked.*, lag(asked.position) over (
                partition by asked.provider_account, asked.key order by asked.position)::integer as same_key
            from unnest(call_id, provider_account, wallet, policy, currency, session, session_defect,
                    session_checked, game, game_disabled, account_disabled, reason, kind, key, amount, nominal,
                    reference, scope, round, end_round)
                with ordinality asked (call_id, provider_account, wallet, policy, currency, session,
                    session_defect, session_checked, game, game_disabled, account_disabled, reason, kind, key,
                    amount, nominal, reference, scope, round, end_round, position)) o
        left join lateral (
            select w.* from wallet.wallet w
            where w.bucket = read_facts.bucket and w.id = o.wallet and o.wallet <> all (missing)
            limit 1) w on true
        left join lateral (
            select p as posting from wallet.posting p
            where p.bucket = read_facts.bucket and p.provider_account = o.provider_account and p.key = o.key
            limit 1) known on true
        left join lateral (
            select p as posting from wallet.posting p
            where p.bucket = read_facts.bucket and p.provider_account = o.provider_account
              and p.key = o.reference and o.reference is not null and o.scope <> 'round'
            limit 1) referenced on true
        left join lateral (
            select r as reversal from wallet.reversal r
            where r.bucket = read_facts.bucket and r.posting = (referenced.posting).id
            limit 1) reversed on true
        left join lateral (
            select r as round from wallet.round r
            where r.bucket = read_facts.bucket and r.provider_account = o.provider_account
              and r.wallet = o.wallet
              and r.round = case
                  when o.kind in ('refund', 'rollback') and o.scope = 'key' then (referenced.posting).round
                  else coalesce(o.round, (referenced.posting).round) end
            limit 1) state on true
        order by o.position);
end $$;
