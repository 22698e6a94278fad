-- For a win whose bet is not in the win's round, or in none: the bet is a round of its own, with its live stake and
-- what the wins that name it were credited.  `named` is the round that the win at hand names, if it does; it may be
-- closed.
create or replace function wallet.lone_bet(
    bet wallet.posting, reversed wallet.reversal, named wallet.round, last_seq bigint)
returns wallet.round language plpgsql stable as $$
declare
    r wallet.round;
begin
    r.closed := coalesce(named.closed, false);
    r.stake_cash := -bet.cash - coalesce(reversed.cash, 0);
    r.stake_bonus := -bet.bonus - coalesce(reversed.bonus, 0);
    r.win_cash := 0;
    r.win_bonus := 0;
    if bet.bonus = 0 then  -- no split to keep account of
        return r;
    end if;
    select coalesce(sum(win.cash + coalesce(given.cash, 0)), 0), coalesce(sum(win.bonus + coalesce(given.bonus, 0)), 0)
    into r.win_cash, r.win_bonus
    from wallet.posting win
    left join lateral (
        select back.* from wallet.reversal back
        where back.bucket = win.bucket and back.posting = win.id limit 1) given on true
    where win.bucket = bet.bucket and win.wallet = bet.wallet and win.seq > bet.seq and win.seq <= last_seq
      and win.kind = 'win' and win.provider_account = bet.provider_account and win.reference = bet.key;
    return r;
end $$;
