-- The names of the provider accounts; 0 is the operator itself.
create or replace view wallet.account_name as
select a.id, a.slug from wallet.provider_account a;
