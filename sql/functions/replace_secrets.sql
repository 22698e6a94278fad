-- Replaces sealed secrets, if they are still those the caller saw; false where another change was first.
create or replace function wallet.replace_secrets(
    slug text, seen bytea[], secrets bytea[], author wallet.author default null) returns boolean
language plpgsql security definer set search_path = wallet, pg_temp as $$
#variable_conflict use_column
begin
    perform set_author(author);
    update provider_account a
    set secrets = replace_secrets.secrets, changed_at = clock_timestamp()
    where a.slug = replace_secrets.slug and a.id <> 0 and a.secrets = seen;
    return found;
end $$;
