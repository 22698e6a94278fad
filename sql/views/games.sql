-- Games of every provider account.
create or replace view wallet.games as
select g.id, g.provider_account, g.code, g.name, g.enabled, g.type, g.rtp, g.demo, g.allowed_countries,
       g.refused_countries, g.allowed_currencies, g.refused_currencies, g.changed_at
from wallet.game g;
