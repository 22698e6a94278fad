-- Wallets with their balances now, in ledger units.
create or replace view wallet.wallets as
select w.bucket, w.id, w.player, w.currency, w.cash, w.bonus, w.held, w.overdraft, w.seq, w.recorded_at,
       w.status, w.player_status, w.brand
from wallet.wallet w;
