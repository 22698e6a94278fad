-- What a test account does on demand from now on; null where there is no such account, false where it is a live one.
create or replace function wallet.set_certification(
    slug text, rules jsonb, author wallet.author default null) returns boolean
language plpgsql security definer set search_path = wallet, pg_temp as $$
#variable_conflict use_column
declare
    is_test boolean;
begin
    perform set_author(author);
    select a.environment = 'test' into is_test
    from provider_account a
    where a.slug = set_certification.slug and a.id <> 0;
    update provider_account a
    set certification = rules, changed_at = clock_timestamp()
    where is_test and a.slug = set_certification.slug and a.id <> 0 and a.certification <> rules;
    return is_test;
end $$;
