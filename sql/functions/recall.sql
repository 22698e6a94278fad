-- requires: pending.sql
-- requires: pending_tombstone.sql
-- requires: meant_parts.sql
-- What earlier operations of the same call did, folded into a later operation's fact: the database does not
-- hold it yet.  Only calls of several operations come here.
create or replace function wallet.recall(
    f wallet.fact, facts wallet.fact[], verdicts wallet.verdict[], first integer, current integer)
returns wallet.fact language plpgsql immutable as $$
declare
    few constant integer := 8;  -- beyond it parts are sorted out by a query, which costs before it reads one
    g wallet.fact;
    v wallet.verdict;
    r wallet.round;
    t wallet.target;
    given wallet.part;
    parts wallet.part[];
    own_call boolean;
    lone boolean;
begin
    r := f.round_state;
    -- Whether a reversal that names a call names the one it is part of.
    own_call := f.scope = 'call' and (f.referenced).id is null;
    for i in first .. current - 1 loop
        g := facts[i];
        v := verdicts[i];
        continue when v.status not in ('created', 'tombstone_created');
        if v.tombstone and g.reference = f.key then
            f.known := wallet.pending_tombstone(g, v);
        end if;
        continue when f.scope = 'round' or (f.referenced).id is not null;
        if v.tombstone and g.reference = f.reference then
            f.referenced := wallet.pending_tombstone(g, v);
        elsif g.key = f.reference then
            f.referenced := wallet.pending(g, v);
            if f.kind = 'win' and (v.round is null or v.round <> f.round) then
                r.stake_cash := -v.cash;
                r.stake_bonus := -v.bonus;
                r.win_cash := 0;
                r.win_bonus := 0;
                r.closed := coalesce(r.closed, false);
            elsif f.kind = 'win' and f.round is null then
                r := g.round_state;
            end if;
        end if;
    end loop;
    -- A win whose bet is not in the win's round is split by that bet (wallet.lone_bet).
    lone := coalesce(f.kind = 'win' and (f.referenced).id is not null
        and ((f.referenced).round is null or (f.referenced).round <> f.round), false);

    for i in first .. current - 1 loop
        g := facts[i];
        v := verdicts[i];
        continue when v.status not in ('created', 'tombstone_created');
        if lone then
            if g.kind = 'win' and v.seq > (f.referenced).seq and g.reference = (f.referenced).key then
                r.win_cash := r.win_cash + v.cash;
                r.win_bonus := r.win_bonus + v.bonus;
            end if;
            r.closed := coalesce(r.closed, false) or coalesce(v.round = f.round, false) and g.end_round;
        elsif v.round = coalesce(f.round, (f.referenced).round) then
            r.round := v.round;
            r.closed := coalesce(r.closed, false) or g.end_round;
            r.bets := coalesce(r.bets, 0) + (g.kind in ('bet', 'free_bet')
                or g.kind = 'refund' and coalesce(v.tombstone, false))::integer;
            r.live_bets := coalesce(r.live_bets, 0) + (g.kind in ('bet', 'free_bet'))::integer;
            r.stake_cash := coalesce(r.stake_cash, 0) - case when g.kind = 'bet' then v.cash else 0 end;
            r.stake_bonus := coalesce(r.stake_bonus, 0) - case when g.kind = 'bet' then v.bonus else 0 end;
            r.win_cash := coalesce(r.win_cash, 0) + case when g.kind = 'win' then v.cash else 0 end;
            r.win_bonus := coalesce(r.win_bonus, 0) + case when g.kind = 'win' then v.bonus else 0 end;
        end if;
        if f.results is not null and g.kind = 'win' and v.seq > (f.referenced).seq
                and (g.reference = (f.referenced).key
                    or g.reference is null and v.round = (f.referenced).round) then
            f.results := f.results || v.posting;
        end if;
        -- What the operation before gave back can not be given back again.
        parts := case when cardinality(v.parts) > few then wallet.meant_parts(f, v.parts)
            else coalesce(v.parts, '{}') end;
        foreach given in array parts loop
            f.results := array_remove(f.results, given.posting);
            if given.posting = (f.referenced).id then
                f.reversed.posting := given.posting;
                f.reversed.reversal := coalesce((f.reversed).reversal, v.posting);
                f.reversed.kind := coalesce((f.reversed).kind, g.kind);
                f.reversed.whole := given.whole;
            end if;
            for j in 1 .. coalesce(cardinality(f.targets), 0) loop
                t := f.targets[j];
                continue when t.posting is distinct from given.posting;
                t.given_amount := t.given_amount + given.amount;
                t.given_cash := t.given_cash + given.cash;
                t.given_bonus := t.given_bonus + given.bonus;
                t.whole := given.whole;
                t.reversal := coalesce(t.reversal, v.posting);
                f.targets[j] := t;
            end loop;
            if lone then
                if given.posting = (f.referenced).id then
                    r.stake_cash := r.stake_cash - given.cash;
                    r.stake_bonus := r.stake_bonus - given.bonus;
                elsif given.kind = 'win' and given.seq > (f.referenced).seq
                        and given.reference = (f.referenced).key then
                    r.win_cash := r.win_cash + given.cash;
                    r.win_bonus := r.win_bonus + given.bonus;
                end if;
            elsif given.round = r.round then
                r.live_bets := r.live_bets - given.bets;
                r.stake_cash := r.stake_cash - case when given.kind = 'bet' then given.cash else 0 end;
                r.stake_bonus := r.stake_bonus - case when given.kind = 'bet' then given.bonus else 0 end;
                r.win_cash := r.win_cash + case when given.kind = 'win' then given.cash else 0 end;
                r.win_bonus := r.win_bonus + case when given.kind = 'win' then given.bonus else 0 end;
            end if;
        end loop;
        -- A movement of this call that the reversal means as well.
        if f.kind in ('refund', 'rollback') and wallet.reversible('rollback', g.kind)
                and (f.scope = 'key' and g.key = f.reference
                    or f.scope = 'call' and own_call
                    or f.scope = 'round' and v.round = f.round) then
            f.targets := f.targets || row(v.posting, g.kind, g.key, g.reference, v.round, false, g.amount, v.cash,
                v.bonus, v.house, 0, 0, 0, false, null, v.seq)::wallet.target;
        elsif g.kind = 'win' and exists (
                select from unnest(f.targets) bet
                where bet.kind in ('bet', 'free_bet') and not bet.whole
                  and (g.reference = bet.key or g.reference is null and v.round = bet.round)) then
            f.targets := f.targets || row(v.posting, g.kind, g.key, g.reference, v.round, true, g.amount, v.cash,
                v.bonus, v.house, 0, 0, 0, false, null, v.seq)::wallet.target;
        end if;
    end loop;
    f.round_state := r;
    return f;
end $$;
