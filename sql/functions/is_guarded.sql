-- Kinds that a closed wallet and a blocked or excluded player refuse.
create or replace function wallet.is_guarded(kind wallet.kind) returns boolean
language sql immutable parallel safe
return kind in ('bet', 'tip', 'free_bet', 'buy_in', 'deposit', 'bonus_grant');
