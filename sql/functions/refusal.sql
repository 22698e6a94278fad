-- requires: is_new_bet.sql
-- requires: is_guarded.sql
-- The upper half of the ladder for an operation that is new: what refuses it before anything it refers to is
-- looked at; null where nothing does.  The order is the order of precedence.
create or replace function wallet.refusal(f wallet.fact) returns wallet.status
language sql immutable
return case
    when not f.wallet_found then 'wallet_not_found'::wallet.status
    when f.currency <> f.wallet_currency then 'currency_differs'
    when wallet.is_new_bet(f.kind) and f.session_defect is not null then f.session_defect
    when wallet.is_guarded(f.kind) and f.wallet_status = 'closed' then 'wallet_closed'
    when wallet.is_guarded(f.kind) and f.player_status = 'blocked' then 'player_blocked'
    when wallet.is_guarded(f.kind) and f.player_status = 'excluded' then 'player_excluded'
    when wallet.is_new_bet(f.kind) and f.game_disabled then 'game_disabled'
    when wallet.is_new_bet(f.kind) and f.account_disabled then 'account_disabled'
    when f.kind = 'adjustment' and abs(f.amount) > f.adjustment_limit then 'second_actor_required'
end;
