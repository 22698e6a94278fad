-- What a test account does on demand from now on; null where there is no such account, false where it is a live one.
create or replace function wallet.set_certification(
    slug text, rules jsonb, author wallet.author default null) returns boolean
language plpgsql security definer set search_path = wallet, pg_temp as $$
#variable_conflict use_column
declare
    is_test boolean;
begin
    perform set_author(author);
    update provider_account a
    set certification = case a.environment when 'test' then rules else a.certification end,
        changed_at = clock_timestamp()
    where a.slug = set_certification.slug and a.id <> 0
    returning a.environment = 'test' into is_test;
    return is_test;
end $$;
