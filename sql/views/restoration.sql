-- How often this database was restored from a backup, counted from 1: transactions of before and after it share no
-- public id.
create or replace view wallet.restoration as
select i.restore_epoch from wallet.installation i;
