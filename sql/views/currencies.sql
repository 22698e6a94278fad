-- Our currencies; wallet.money reads amounts by them.
create or replace view wallet.currencies as
select c.code, c.scale, c.exponent, c.adjustment_limit from wallet.currency c;
