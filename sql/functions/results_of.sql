-- The results of a bet: live wins that came later and name the bet, or name nothing but the bet's round.  Siblings of
-- a bet that has one stay open.
create or replace function wallet.results_of(bet wallet.posting, last_seq bigint) returns bigint[]
language sql stable as $$
    select array(
        select win.id from wallet.posting win
        where win.bucket = bet.bucket and win.wallet = bet.wallet
          and win.seq > bet.seq and win.seq <= last_seq
          and win.kind = 'win' and win.provider_account = bet.provider_account
          and (win.reference = bet.key or win.reference is null and win.round = bet.round)
          and not coalesce((
              select r.whole from wallet.reversal r
              where r.bucket = win.bucket and r.posting = win.id), false))
$$;
