-- Proof: no two postings of a provider account carry the same key.
create or replace view wallet.verify_keys as
select format('key %s of account %s', p.key, p.provider_account) as subject, '1 posting' as expected,
       format('%s postings', under.postings) as found, under.postings = 1 as sound, p.wallet, p.seq
from wallet.posting p
cross join lateral (
    select count(*) as postings from wallet.posting same
    where same.bucket = p.bucket and same.provider_account = p.provider_account and same.key = p.key) under;
