-- requires: reversible.sql
-- What a refund or rollback means: the referenced posting, every operation of the referenced call, or every movement
-- of the round; and with them the results of the bets among them: live wins that came later and name the bet, or
-- name nothing but its round.
create or replace function wallet.find_targets(
    scope wallet.scope, referenced wallet.posting, round wallet.round, last_seq bigint)
returns wallet.target[] language sql stable as $$
    with member as materialized (
        select p.*, coalesce(given.amount, 0) as given_amount, coalesce(given.cash, 0) as given_cash,
            coalesce(given.bonus, 0) as given_bonus, coalesce(given.whole, false) as whole, given.reversal
        from wallet.posting p
        left join lateral (
            select r.* from wallet.reversal r where r.bucket = p.bucket and r.posting = p.id limit 1) given on true
        where p.bucket = coalesce(referenced.bucket, round.bucket)
          and p.wallet = coalesce(referenced.wallet, round.wallet)
          -- Bounds of the arguments alone, so that they are an index condition.
          and p.seq >= case find_targets.scope
              when 'round' then round.first_seq when 'call' then referenced.seq - 512 else referenced.seq end
          and p.seq <= case find_targets.scope
              when 'round' then round.last_seq when 'call' then referenced.seq + 512 else referenced.seq end
          and case find_targets.scope
              when 'round' then p.provider_account = round.provider_account and p.round = round.round
              when 'call' then p.call_id = referenced.call_id
              else p.id = referenced.id end
          and wallet.reversible('rollback', p.kind)
    ), result as (
        select p.*, coalesce(given.amount, 0) as given_amount, coalesce(given.cash, 0) as given_cash,
            coalesce(given.bonus, 0) as given_bonus, given.reversal
        from wallet.posting p
        left join lateral (
            select r.* from wallet.reversal r where r.bucket = p.bucket and r.posting = p.id limit 1) given on true
        where p.bucket = coalesce(referenced.bucket, round.bucket)
          and p.wallet = coalesce(referenced.wallet, round.wallet)
          and p.seq >= case find_targets.scope when 'round' then round.first_seq else referenced.seq end
          and p.seq <= last_seq
          and p.kind = 'win' and not coalesce(given.whole, false)
          and exists (
              select from member m
              where m.kind in ('bet', 'free_bet') and not m.whole and m.seq < p.seq
                and m.provider_account = p.provider_account
                and (p.reference = m.key or p.reference is null and p.round = m.round))
          and not exists (select from member m where m.id = p.id)
    )
    select array_agg(row(t.id, t.kind, t.key, t.round, t.result, t.amount, t.cash, t.bonus, t.house, t.given_amount,
        t.given_cash, t.given_bonus, t.whole, t.reversal)::wallet.target order by t.result, t.seq)
    from (
        select id, kind, key, round, false as result, amount, cash, bonus, house, given_amount, given_cash,
            given_bonus, whole, reversal, seq from member
        union all
        select id, kind, key, round, true, amount, cash, bonus, house, given_amount, given_cash, given_bonus, false,
            reversal, seq from result
    ) t
$$;
