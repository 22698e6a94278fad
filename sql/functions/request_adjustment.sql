-- Remembers a large adjustment that waits for a second actor.  Asked for anew with other content it waits anew; once
-- approved it stays as it was approved.  What has expired, approved or not, waits anew.
create or replace function wallet.request_adjustment(
    bucket integer, key text, wallet bigint, amount bigint, reason text, author wallet.author) returns void
language plpgsql security definer set search_path = wallet, pg_temp as $$
#variable_conflict use_column
begin
    perform set_author(author);
    insert into large_adjustment as a (bucket, key, wallet, amount, reason, requested_by)
    values (request_adjustment.bucket, request_adjustment.key, request_adjustment.wallet, request_adjustment.amount,
            request_adjustment.reason, author.actor)
    on conflict (bucket, key) do update set
        wallet = excluded.wallet, amount = excluded.amount, reason = excluded.reason,
        requested_by = excluded.requested_by, requested_at = excluded.requested_at,
        approved_by = null, approved_at = null, expires_at = excluded.expires_at
    where a.expires_at <= clock_timestamp() or a.approved_by is null
      and (a.wallet, a.amount, a.reason) is distinct from (excluded.wallet, excluded.amount, excluded.reason);
end $$;
