-- requires: set_author.sql
-- A configured integration.  Null where the slug is taken.
create or replace function wallet.create_provider_account(
    slug text, protocol text, environment wallet.environment, secrets bytea[], policy jsonb, manners jsonb,
    settings jsonb, allowed_networks cidr[], base_url text, currencies jsonb, deadline_ms integer,
    keep_exchanges boolean, author wallet.author default null)
returns integer
language sql security definer set search_path = wallet, pg_temp as $$
    select set_author(author);
    insert into provider_account (slug, protocol, environment, secrets, policy, manners, settings, allowed_networks,
                                  base_url, currencies, deadline_ms, keep_exchanges)
    values (slug, protocol, environment, secrets, policy, manners, settings, allowed_networks, base_url, currencies,
            deadline_ms, keep_exchanges)
    on conflict (slug) do nothing
    returning id
$$;
