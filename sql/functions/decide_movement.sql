-- requires: decide_reversal.sql
-- requires: decide_hold.sql
-- The lower half of the ladder for an operation that is new and whose wallet, session and game allow it: its
-- reference, its round, the funds, the bounds; and what it moves.  Pure.
-- `cash`, `bonus` and `held` are the wallet's running balances; `spendable` is what a bet may use, `spendable_cash`
-- what a tip or a buy-in may.
create or replace function wallet.decide_movement(
    f wallet.fact, policy wallet.policy, cash bigint, bonus bigint, held bigint, spendable bigint,
    spendable_cash bigint)
returns wallet.verdict language plpgsql immutable as $$
declare
    most constant bigint := 9000000000000000000;
    v wallet.verdict;
    r wallet.round := f.round_state;
    o wallet.posting;
    staked_cash bigint;
    staked_bonus bigint;
    credited bigint;
    total numeric;
begin
    if f.kind in ('refund', 'rollback') then
        v := wallet.decide_reversal(f, policy, cash, bonus);
    elsif f.kind in ('withdrawal', 'withdrawal_release') then
        v := wallet.decide_hold(f);
    elsif f.kind = 'win' then
        o := f.referenced;
        v.original := o.id;
        v.original_kind := o.kind;
        v.round := coalesce(f.round, o.round);
        v.status := case
            when o.id is not null then case
                when o.wallet <> f.wallet then 'reference_differs'
                when o.kind = 'tombstone' then 'reference_reversed'
                when o.kind not in ('bet', 'free_bet') then 'reference_differs'
                when policy.compare_round and f.round <> o.round then 'reference_differs'
                when (f.reversed).whole then 'reference_reversed'
                when cardinality(f.results) > 0 then 'reference_settled'
                end
            -- Also where it names a bet that nobody knows: that alone is no bet which still stands.
            when (f.reference is null or policy.win_without_bet) and r.bets > 0 and r.live_bets = 0
                then 'reference_reversed'
            when policy.win_without_bet then null
            when f.reference is not null or coalesce(r.bets, 0) = 0 then 'reference_not_found'
        end;
        if v.status = 'reference_reversed' then
            v.original := coalesce((f.reversed).reversal, o.original);
        elsif v.status is null and r.closed and not policy.win_on_closed_round then
            v.status := 'round_closed';
        elsif v.status is null then
            v.status := 'created';
            v.late := coalesce(r.closed, false);
            -- The share of cash in the live stakes decides, cumulatively over the round's wins.  A quotient would be
            -- rounded before it is rounded down.
            staked_cash := coalesce(r.stake_cash, -o.cash, 0);
            staked_bonus := coalesce(r.stake_bonus, -o.bonus, 0);
            if staked_bonus > 0 then
                credited := coalesce(r.win_cash, 0);
                total := credited::numeric + coalesce(r.win_bonus, 0) + f.amount;
                v.cash := least(f.amount, greatest(0, f.minor
                    * div(total * staked_cash, (staked_cash::numeric + staked_bonus) * f.minor) - credited));
            else
                v.cash := f.amount;
            end if;
            v.bonus := f.amount - v.cash;
            if r.win_cash > most - v.cash or r.win_bonus > most - v.bonus then
                v.status := 'balance_overflow';
            end if;
        end if;
    else
        -- What was rolled back before it came is not there to be named.
        if f.kind in ('promo_win', 'jackpot_win', 'payout', 'correction') and (f.referenced).wallet = f.wallet
                and (f.referenced).kind <> 'tombstone' then
            v.original := (f.referenced).id;
            v.original_kind := (f.referenced).kind;
            v.round := coalesce(f.round, (f.referenced).round);
        end if;
        v.cash := case f.kind
            when 'bet' then -least(f.amount, greatest(cash, 0))
            when 'tip' then -f.amount
            when 'buy_in' then -f.amount
            when 'withdrawal_hold' then -f.amount
            when 'free_bet' then 0
            when 'round_close' then 0
            when 'bonus_grant' then 0
            when 'bonus_forfeit' then 0
            else f.amount end;
        v.bonus := case f.kind
            when 'bet' then -f.amount - v.cash
            when 'bonus_grant' then f.amount
            when 'bonus_convert' then -f.amount
            when 'bonus_forfeit' then -f.amount
            else 0 end;
        v.held := case f.kind when 'withdrawal_hold' then f.amount else 0 end;
        v.status := case
            when f.kind in ('bet', 'free_bet') and r.closed and not policy.bet_on_closed_round then 'round_closed'
            when f.kind = 'bet' and f.amount > spendable then 'insufficient_funds'
            when f.kind in ('tip', 'buy_in') and f.amount > spendable_cash then 'insufficient_funds'
            when f.kind in ('withdrawal_hold', 'adjustment') and -v.cash > greatest(cash, 0)
                then 'insufficient_funds'
            when f.kind = 'correction' and -v.cash > greatest(cash, 0) and not policy.correction_below_zero
                then 'insufficient_funds'
            when -v.bonus > bonus then 'insufficient_funds'
            when f.kind = 'bet' and (r.stake_cash > most - f.amount or r.stake_bonus > most - f.amount)
                then 'balance_overflow'
            else 'created' end;
    end if;

    if v.status in ('created', 'tombstone_created') and (
            abs(f.amount) > 1000000000000000000
            or v.cash < 0 and cash < -most - v.cash
            or v.held > 0 and held > most - v.held
            -- What can be spent has a sum.
            or greatest(cash::numeric + coalesce(v.cash, 0), 0) + bonus + coalesce(v.bonus, 0) > most) then
        v.status := 'balance_overflow';
    end if;
    return v;
end $$;
