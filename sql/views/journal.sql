-- What a walk through the journal filters by, without the price of any join.
create or replace view wallet.journal as
select p.bucket, p.id, p.restore_epoch, p.wallet, p.seq, p.recorded_at, p.writer, p.provider_account, p.kind,
       p.key, p.round, p.currency
from wallet.posting p;
