-- Proof: every round is the sum of its postings, less what was given back of them; it was opened with its first, and
-- changed with its last.  A bet that was refunded before it came is one of its bets, and not live.
-- A reversal of a whole call may touch rounds that its own posting does not name: it may be a round's last.
create or replace view wallet.verify_rounds as
select format('round %s of wallet %s, account %s', one.round, one.wallet, one.provider_account) as subject,
       format('%s, last seq %s at %s', one.summed, one.summed_last, one.summed_changed) as expected,
       format('%s, last seq %s at %s', one.kept, one.kept_last, one.kept_changed) as found,
       coalesce(one.summed = one.kept and (
           one.kept_last = one.summed_last and one.kept_changed = one.summed_changed
           or one.kept_last > one.summed_last and one.kept_changed = newest.recorded_at
               and newest.scope = 'call'), false) as sound, one.wallet
from (
    select bucket, wallet, provider_account, round, summed.sums as summed, summed.last_seq as summed_last,
           summed.changed_at as summed_changed, kept.sums as kept, kept.last_seq as kept_last,
           kept.changed_at as kept_changed
    from (
        select p.bucket, p.provider_account, p.wallet, p.round, greatest(max(p.seq), max(v.seq)) as last_seq,
               greatest(max(p.recorded_at), max(v.recorded_at)) as changed_at,
               row(
                   min(p.seq), min(p.recorded_at), (array_agg(p.game order by p.seq) filter (where p.game is not null))[1],
                   coalesce(sum(-p.cash - coalesce(r.cash, 0)) filter (where p.kind = 'bet'), 0),
                   coalesce(sum(-p.bonus - coalesce(r.bonus, 0)) filter (where p.kind = 'bet'), 0),
                   coalesce(sum(p.cash + coalesce(r.cash, 0)) filter (where p.kind = 'win'), 0),
                   coalesce(sum(p.bonus + coalesce(r.bonus, 0)) filter (where p.kind = 'win'), 0),
                   count(*) filter (where p.kind in ('bet', 'free_bet')
                       or p.kind = 'refund' and p.original_kind = 'tombstone'),
                   count(*) filter (where p.kind in ('bet', 'free_bet') and not coalesce(r.whole, false)),
                   count(*) filter (where p.kind = 'win'), bool_or(p.end_round)) as sums
        from wallet.posting p
        left join wallet.reversal r on r.bucket = p.bucket and r.posting = p.id and r.wallet = p.wallet
        left join wallet.posting v on v.bucket = r.bucket and v.id = r.reversal and v.wallet = r.wallet
        where p.round is not null and p.kind <> 'tombstone'
        group by p.bucket, p.provider_account, p.wallet, p.round) summed
    full join (
        select k.bucket, k.provider_account, k.wallet, k.round, k.last_seq, k.changed_at,
               row(k.first_seq, k.opened_at, k.game, k.stake_cash::numeric, k.stake_bonus::numeric, k.win_cash::numeric,
                   k.win_bonus::numeric, k.bets::bigint, k.live_bets::bigint, k.wins::bigint, k.closed) as sums
        from wallet.round k) kept
    using (bucket, provider_account, wallet, round)) one
left join wallet.posting newest
    on newest.bucket = one.bucket and newest.wallet = one.wallet and newest.seq = one.kept_last
    and one.kept_last <> one.summed_last;
