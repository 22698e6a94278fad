-- Replaces the sealed secret that signs what we ask a studio, if it is still the one the caller saw.
create or replace function wallet.replace_own_secret(
    slug text, seen bytea, own_secret bytea, author wallet.author default null) returns boolean
language plpgsql security definer set search_path = wallet, pg_temp as $$
#variable_conflict use_column
begin
    perform set_author(author);
    update provider_account a
    set own_secret = replace_own_secret.own_secret, changed_at = clock_timestamp()
    where a.slug = replace_own_secret.slug and a.id <> 0 and a.own_secret is not distinct from seen;
    return found;
end $$;
