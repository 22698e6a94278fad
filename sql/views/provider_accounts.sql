-- Configured integrations; secrets are sealed.
create or replace view wallet.provider_accounts as
select a.id, a.slug, a.protocol, a.environment, a.state, a.secrets, a.own_secret, a.policy, a.manners, a.settings,
       a.allowed_networks, a.base_url, a.currencies, a.deadline_ms, a.keep_exchanges, a.certification, a.changed_at
from wallet.provider_account a
where a.id <> 0;
