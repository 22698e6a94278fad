-- The player's wallet in a currency, opened where there is none.  `found` when it was there; `wallet_not_found` when
-- there is no such player, `currency_differs` when there is no such currency.
create or replace function wallet.open_wallet(
    bucket integer, player bigint, currency text,
    author wallet.author default null, out status wallet.status, out wallet bigint)
language plpgsql security definer set search_path = wallet, pg_temp as $$
#variable_conflict use_column
declare
    owner player%rowtype;
begin
    perform set_author(author);
    -- Locked, so that the status copied here is the one that stands when this commits.
    select * into owner from player p
    where p.bucket = open_wallet.bucket and p.id = open_wallet.player
    for share;
    if not found then
        open_wallet.status := 'wallet_not_found';
        return;
    end if;
    perform from currency c where c.code = open_wallet.currency;
    if not found then
        open_wallet.status := 'currency_differs';
        return;
    end if;

    insert into wallet as w (bucket, player, currency, player_status, brand)
    values (open_wallet.bucket, owner.id, open_wallet.currency, owner.status, owner.brand)
    on conflict (bucket, player, currency) do nothing
    returning w.id into open_wallet.wallet;
    open_wallet.status := 'created';
    if open_wallet.wallet is null then
        select w.id into open_wallet.wallet
        from wallet w
        where w.bucket = open_wallet.bucket and w.player = owner.id and w.currency = open_wallet.currency;
        open_wallet.status := 'found';
    end if;
end $$;
