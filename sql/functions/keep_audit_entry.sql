-- Writes down that calls to the ledger are asked for, before they are: what they move is in the journal.
create or replace function wallet.keep_audit_entry(
    author wallet.author, subject text, name text, bucket integer, wallet bigint, calls bigint[]) returns void
language sql security definer set search_path = wallet, pg_temp as $$
    insert into audit_entry (actor, operation, request_id, reason, subject, name, player, calls)
    values ((author).actor, (author).operation, (author).request_id, (author).reason, subject, name, (
        select w.player from wallet w
        where w.bucket = keep_audit_entry.bucket and w.id = keep_audit_entry.wallet), calls)
$$;
