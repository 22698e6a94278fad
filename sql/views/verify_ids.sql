-- Proof: no two postings have the same id.
create or replace view wallet.verify_ids as
select format('posting %s', p.id) as subject, '1 posting' as expected, format('%s postings', count(*)) as found,
       count(*) = 1 as sound, p.id
from wallet.posting p
group by p.bucket, p.id;
