-- Players as the edge may see them; personal data lie in a view of their own.
create or replace view wallet.players as
select p.bucket, p.id, p.external_id, p.status, p.country, p.jurisdiction, p.brand, p.affiliate, p.birth_date,
       p.language, p.registered_at, p.labels, p.test, p.erased_at
from wallet.player p;
