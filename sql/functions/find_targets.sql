-- requires: reversible.sql
-- What a refund or rollback means: the referenced posting, every operation of the referenced call, or every movement
-- of the round.  Of those `first_alone` gives the first: it tells an operation that means what an earlier one of its
-- call meant that all of it is gone.
create or replace function wallet.find_targets(
    scope wallet.scope, referenced wallet.posting, round wallet.round, first_alone boolean)
returns wallet.target[] language sql stable as $$
    select array_agg(row(t.id, t.kind, t.key, t.reference, t.round, false, t.amount, t.cash, t.bonus, t.house,
        t.given_amount, t.given_cash, t.given_bonus, t.whole, t.reversal, t.seq)::wallet.target order by t.seq)
    from (
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
        order by p.seq
        limit case when first_alone then 1 end) t
$$;
