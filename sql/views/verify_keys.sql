-- Proof: no two postings of a provider account carry the same key.
create or replace view wallet.verify_keys as
select format('key %s of account %s', p.key, p.provider_account) as subject, '1 posting' as expected,
       format('%s postings', count(*)) as found, count(*) = 1 as sound
from wallet.posting p
group by p.bucket, p.provider_account, p.key;
