-- What a checkpoint remembers of a posting: its id, and its wallet's balances after it.
create or replace view wallet.checkpoint as
select p.bucket, p.wallet, p.seq, p.id as posting, p.cash_after as cash, p.bonus_after as bonus, p.held_after as held
from wallet.posting p;
