-- What may be erased while the journal stands.
create or replace view wallet.erasable_data as
select d.bucket, d.player, d.data from wallet.personal_data d;
