-- What was applied to this database, for the gateway to compare with what it was built for.
create or replace view wallet.migrations as
select m.name, m.applied_at from wallet.migration m;
