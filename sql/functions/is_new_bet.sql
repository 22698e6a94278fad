-- Kinds that a dead session, a disabled game or account and a blocked player refuse.
create or replace function wallet.is_new_bet(kind wallet.kind) returns boolean
language sql immutable parallel safe
return kind in ('bet', 'tip', 'free_bet', 'buy_in');
