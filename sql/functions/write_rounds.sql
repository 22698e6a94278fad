-- The rounds' share of beat four: what the batch added to each round, and what it gave back in each.  What is not written
-- has neither a round nor parts.
create or replace function wallet.write_rounds(
    bucket integer, verdicts wallet.verdict[], provider_account integer[], wallet bigint[], game integer[],
    kind wallet.kind[], end_round boolean[])
returns void language plpgsql as $$
#variable_conflict use_column
begin
    insert into wallet.round as r (
        bucket, provider_account, wallet, round, game, first_seq, last_seq, stake_cash, stake_bonus, win_cash,
        win_bonus, bets, live_bets, wins, closed, opened_at, changed_at)
    select write_rounds.bucket, d.provider_account, d.wallet, d.round, max(d.game), min(d.seq), max(d.seq),
        sum(d.stake_cash), sum(d.stake_bonus), sum(d.win_cash), sum(d.win_bonus), sum(d.bets), sum(d.live_bets),
        sum(d.wins), bool_or(d.closed), min(d.recorded_at), max(d.recorded_at)
    from (
        select v.provider_account, v.wallet, v.round, v.game, v.seq,
            case v.kind when 'bet' then -v.cash else 0 end as stake_cash,
            case v.kind when 'bet' then -v.bonus else 0 end as stake_bonus,
            case v.kind when 'win' then v.cash else 0 end as win_cash,
            case v.kind when 'win' then v.bonus else 0 end as win_bonus,
            -- What was refunded before it came was a stake, and is given back.
            (v.kind in ('bet', 'free_bet') or v.kind = 'refund' and coalesce(v.tombstone, false))::integer as bets,
            (v.kind in ('bet', 'free_bet'))::integer as live_bets,
            (v.kind = 'win')::integer as wins,
            v.end_round as closed, v.recorded_at
        from rows from (unnest(provider_account), unnest(wallet), unnest(game), unnest(kind), unnest(end_round),
            unnest(verdicts)) as v (provider_account, wallet, game, kind, end_round)
        where v.round is not null
        union all
        select v.provider_account, v.wallet, part.round, null, v.seq,
            case part.kind when 'bet' then -part.cash else 0 end,
            case part.kind when 'bet' then -part.bonus else 0 end,
            case part.kind when 'win' then part.cash else 0 end,
            case part.kind when 'win' then part.bonus else 0 end,
            0, -part.bets, 0, false, v.recorded_at
        from rows from (unnest(provider_account), unnest(wallet), unnest(verdicts)) as v (provider_account, wallet)
        cross join lateral unnest(v.parts) as part
        where part.round is not null
    ) d
    group by d.provider_account, d.wallet, d.round
    order by d.provider_account, d.wallet, d.round
    on conflict (bucket, provider_account, wallet, round) do update set
        game = coalesce(r.game, excluded.game),
        last_seq = greatest(r.last_seq, excluded.last_seq),
        stake_cash = r.stake_cash + excluded.stake_cash,
        stake_bonus = r.stake_bonus + excluded.stake_bonus,
        win_cash = r.win_cash + excluded.win_cash,
        win_bonus = r.win_bonus + excluded.win_bonus,
        bets = r.bets + excluded.bets,
        live_bets = r.live_bets + excluded.live_bets,
        wins = r.wins + excluded.wins,
        closed = r.closed or excluded.closed,
        changed_at = excluded.changed_at;
end $$;
