-- How an account writes one of our currencies: the code asked for if it means that currency, and where none is asked
-- for, the one with the smallest power.  Null where the account has no code for it.
create or replace function wallet.wire_code(currencies jsonb, currency text, asked text) returns text
language sql stable set search_path = wallet, pg_temp as $$
    select case
        when currencies = '{}' then
            case when coalesce(asked, currency) = currency then currency end
        else (
            select c.code
            from jsonb_each(currencies) as c (code, meaning)
            where c.meaning ->> 0 = currency and (asked is null or c.code = asked)
            order by abs((c.meaning ->> 1)::integer), c.code
            limit 1)
    end
$$;
