-- Proof: a wallet's sequence numbers begin at 1 and leave no gap, and its times never go back.
create or replace view wallet.verify_sequences as
select format('posting %s of wallet %s', p.id, p.wallet) as subject,
       format('seq %s', coalesce(p.previous, 0) + 1) as expected,
       format('seq %s at %s', p.seq, p.recorded_at) as found,
       p.seq = coalesce(p.previous, 0) + 1 and p.recorded_at >= coalesce(p.previous_at, '-infinity') as sound
from (
    select one.id, one.wallet, one.seq, one.recorded_at, lag(one.seq) over history as previous,
           lag(one.recorded_at) over history as previous_at
    from wallet.posting one
    window history as (partition by one.wallet, one.bucket order by one.seq)) p;
