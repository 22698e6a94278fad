-- requires: reversible.sql
-- What a refund or rollback means: the referenced posting (with its wins, where the policy reverses a settled
-- bet and its wins as one), every operation of the referenced call, or every movement of the round.
create or replace function wallet.find_targets(
    scope wallet.scope, referenced wallet.posting, round wallet.round,
    last_seq bigint, with_wins boolean)
returns wallet.target[] language sql stable as $$
    select array_agg(row(
            p.id, p.kind, p.round, p.amount, p.cash, p.bonus, p.house,
            coalesce(r.amount, 0), coalesce(r.cash, 0), coalesce(r.bonus, 0), coalesce(r.whole, false),
            r.reversal)::wallet.target order by p.seq)
    from wallet.posting p
    left join lateral (
        select r.* from wallet.reversal r where r.bucket = p.bucket and r.posting = p.id limit 1) r on true
    where p.bucket = coalesce(referenced.bucket, round.bucket)
      and p.wallet = coalesce(referenced.wallet, round.wallet)
      -- Bounds of the arguments alone, so that they are an index condition.
      and p.seq >= case find_targets.scope when 'round' then round.first_seq when 'call' then referenced.seq - 512
          else referenced.seq end
      and p.seq <= case find_targets.scope when 'round' then round.last_seq when 'call' then referenced.seq + 512
          else case when with_wins then last_seq else referenced.seq end end
      and case find_targets.scope
          when 'round' then p.provider_account = round.provider_account and p.round = round.round
          when 'call' then p.call_id = referenced.call_id
          else p.id = referenced.id
              or p.kind = 'win' and p.provider_account = referenced.provider_account
              and (p.reference = referenced.key or p.reference is null and p.round = referenced.round)
              and not coalesce(r.whole, false)
          end
      and wallet.reversible('rollback', p.kind)
$$;
