-- requires: wire_code.sql
-- What a studio calls a wallet in a currency code: the name there is, else `candidate`.  A name never changes.
create or replace function wallet.name_wallet(
    provider_account integer, bucket integer, wallet bigint, currency_code text, candidate text,
    out status wallet.status, out external_id text, out code text)
language plpgsql security definer set search_path = wallet, pg_temp as $$
#variable_conflict use_column
declare
    ours text;
begin
    select w.currency into ours
    from wallet w where w.bucket = name_wallet.bucket and w.id = name_wallet.wallet;
    if not found then
        name_wallet.status := 'wallet_not_found';
        return;
    end if;
    select wire_code(a.currencies, ours, name_wallet.currency_code) into name_wallet.code
    from provider_account a where a.id = name_wallet.provider_account;
    if name_wallet.code is null then
        name_wallet.status := 'currency_differs';
        return;
    end if;

    name_wallet.status := 'found';
    select e.external_id into name_wallet.external_id
    from external_id e
    where e.provider_account = name_wallet.provider_account and e.bucket = name_wallet.bucket
      and e.wallet = name_wallet.wallet and e.currency_code = name_wallet.code;
    if found then
        return;
    end if;
    insert into external_id as e (provider_account, external_id, bucket, wallet, currency_code)
    values (name_wallet.provider_account, name_wallet.candidate, name_wallet.bucket, name_wallet.wallet,
            name_wallet.code)
    on conflict (provider_account, bucket, wallet, currency_code) do nothing
    returning e.external_id into name_wallet.external_id;
    if found then
        name_wallet.status := 'created';
        return;
    end if;
    select e.external_id into name_wallet.external_id
    from external_id e
    where e.provider_account = name_wallet.provider_account and e.bucket = name_wallet.bucket
      and e.wallet = name_wallet.wallet and e.currency_code = name_wallet.code;
end $$;
