-- Whether a bet has its result: a live win that came later and names the bet, or names nothing but the bet's
-- round.  Siblings of a settled bet stay open.
create or replace function wallet.is_settled(bet wallet.posting, last_seq bigint) returns boolean
language sql stable as $$
    select exists (
        select from wallet.posting win
        where win.bucket = bet.bucket and win.wallet = bet.wallet
          and win.seq > bet.seq and win.seq <= last_seq
          and win.kind = 'win' and win.provider_account = bet.provider_account
          and (win.reference = bet.key or win.reference is null and win.round = bet.round)
          and not coalesce((
              select r.whole from wallet.reversal r
              where r.bucket = win.bucket and r.posting = win.id), false))
$$;
