-- Replaces sealed secrets, if they are still those the caller saw; false where another change was first.  With the
-- account's `changed_at` nothing else of it may have changed either.
create or replace function wallet.replace_secrets(
    slug text, seen bytea[], secrets bytea[], seen_at timestamptz, author wallet.author default null) returns boolean
language plpgsql security definer set search_path = wallet, pg_temp as $$
#variable_conflict use_column
begin
    perform set_author(author);
    update provider_account a
    set secrets = replace_secrets.secrets, changed_at = clock_timestamp()
    where a.slug = replace_secrets.slug and a.id <> 0 and a.secrets = seen
        and (seen_at is null or a.changed_at = seen_at);
    return found;
end $$;
