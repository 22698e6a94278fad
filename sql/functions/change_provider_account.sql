-- Changes what is not null, and the base URL, which may be none, if the account is still the one that the caller saw, as
-- of its `changed_at`: what was checked was the whole of it.  False where another change was first, or where there is no
-- such account.  Protocol, slug and environment never change: they are what the account is.
create or replace function wallet.change_provider_account(
    slug text, seen timestamptz, state wallet.account_state, policy jsonb, manners jsonb, settings jsonb,
    allowed_networks cidr[], base_url text, currencies jsonb, deadline_ms integer, keep_exchanges boolean,
    author wallet.author default null)
returns boolean
language plpgsql security definer set search_path = wallet, pg_temp as $$
#variable_conflict use_column
begin
    perform set_author(author);
    update provider_account a set
        state = coalesce(change_provider_account.state, a.state),
        policy = coalesce(change_provider_account.policy, a.policy),
        manners = coalesce(change_provider_account.manners, a.manners),
        settings = coalesce(change_provider_account.settings, a.settings),
        allowed_networks = coalesce(change_provider_account.allowed_networks, a.allowed_networks),
        base_url = change_provider_account.base_url,
        currencies = coalesce(change_provider_account.currencies, a.currencies),
        deadline_ms = coalesce(change_provider_account.deadline_ms, a.deadline_ms),
        keep_exchanges = coalesce(change_provider_account.keep_exchanges, a.keep_exchanges),
        changed_at = clock_timestamp()
    where a.slug = change_provider_account.slug and a.id <> 0 and a.changed_at = seen;
    return found;
end $$;
