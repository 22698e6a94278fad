-- requires: with_results.sql
-- Adds to the targets of the reversals at these positions the results of the bets among them: live wins that came
-- later and name the bet, or name nothing but its round.  A win is the result of the first operation of its call that
-- means it and of no later one: the first takes it back, or the call fails, or nothing of it was live.  So each wallet
-- is read once, however many operations there are.
create or replace function wallet.find_results(bucket integer, facts wallet.fact[], positions integer[])
returns wallet.fact[] language plpgsql stable as $$
#variable_conflict use_column
declare
    found record;
begin
    for found in
        with bet as materialized (
            select f.ordinality::integer as position, f.wallet, f.provider_account, f.seq as last_seq, t.key,
                t.round, t.seq
            from unnest(facts) with ordinality f cross join lateral unnest(f.targets) t
            where f.ordinality = any (positions) and t.kind in ('bet', 'free_bet') and not t.whole
                and (f.referenced).wallet is not distinct from case when f.scope <> 'round' then f.wallet end
        ), win as materialized (
            select p.*, given.*
            from (select b.wallet, b.provider_account, b.last_seq, min(b.seq) as first_seq
                  from bet b group by b.wallet, b.provider_account, b.last_seq) span
            cross join lateral (
                select p.id, p.wallet, p.provider_account, p.seq, p.key, p.reference, p.round, p.amount, p.cash,
                    p.bonus, p.house
                from wallet.posting p
                where p.bucket = find_results.bucket and p.wallet = span.wallet and p.seq > span.first_seq
                  and p.seq <= span.last_seq and p.kind = 'win' and p.provider_account = span.provider_account) p
            left join lateral (
                select r.amount as given_amount, r.cash as given_cash, r.bonus as given_bonus, r.whole, r.reversal
                from wallet.reversal r where r.bucket = find_results.bucket and r.posting = p.id limit 1) given on true
            where not coalesce(given.whole, false)
        ), meant as (
            -- The first operation that means a bet which stands before this row under the same name: a wallet has one call,
            -- and so one account, in a batch.
            select e.id, min(e.position) over (
                partition by e.wallet, e.by_key, e.name order by e.seq) as position
            from (select null::bigint as id, position, wallet, true as by_key, key as name, seq from bet
                  union all
                  select null, position, wallet, false, round, seq from bet where round is not null
                  union all
                  select id, null, wallet, reference is not null, coalesce(reference, round), seq
                  from win where coalesce(reference, round) is not null) e
        )
        select m.position, array_agg(row(w.id, 'win', w.key, w.reference, w.round, true, w.amount, w.cash, w.bonus,
            w.house, coalesce(w.given_amount, 0), coalesce(w.given_cash, 0), coalesce(w.given_bonus, 0), false, w.reversal,
            w.seq)::wallet.target order by w.seq) as targets
        from meant m join win w on w.id = m.id
        where m.position is not null
        group by m.position
    loop
        facts[found.position] := wallet.with_results(facts[found.position], found.targets);
    end loop;
    return facts;
end $$;
