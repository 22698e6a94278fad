-- Proof: a wallet's sequence numbers begin at 1 and leave no gap, and its times never go back.
create or replace view wallet.verify_sequences as
select format('posting %s of wallet %s', p.id, p.wallet) as subject,
       case when before.seq is null then 'seq 1' else format('seq %s not before %s', p.seq, before.recorded_at) end
           as expected,
       format('seq %s at %s', p.seq, p.recorded_at) as found,
       (p.seq = 1 or before.seq is not null) and p.seq >= 1
           and p.recorded_at >= coalesce(before.recorded_at, '-infinity') as sound, p.wallet, p.seq
from wallet.posting p
left join wallet.posting before
    on before.bucket = p.bucket and before.wallet = p.wallet and before.seq = p.seq - 1;
