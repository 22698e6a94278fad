-- Closes or opens a wallet.  False where there is none.
create or replace function wallet.change_wallet_status(
    bucket integer, wallet bigint, status wallet.wallet_status,
    author wallet.author default null) returns boolean
language plpgsql security definer set search_path = wallet, pg_temp as $$
#variable_conflict use_column
begin
    perform set_author(author);
    update wallet w set status = change_wallet_status.status
    where w.bucket = change_wallet_status.bucket and w.id = change_wallet_status.wallet;
    return found;
end $$;
