-- One number that grows with every change of an integration or a game.
create or replace view wallet.catalogue_versions as
select v.version from wallet.catalogue_version v;
