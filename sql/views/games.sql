-- Games of every provider account.
create or replace view wallet.games as
select g.id, g.provider_account, g.code, g.name, g.enabled, g.changed_at from wallet.game g;
