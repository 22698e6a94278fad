-- Whether a refund or rollback may undo a posting of the kind `original`.
create or replace function wallet.reversible(reversal wallet.kind, original wallet.kind) returns boolean
language sql immutable parallel safe
return original in ('bet', 'tip', 'free_bet', 'buy_in')
    or reversal = 'rollback' and original in ('win', 'promo_win', 'jackpot_win', 'payout', 'correction');
