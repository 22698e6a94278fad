-- The second actor's yes to a large adjustment as they saw it, good for as long as a request is.  False for the one who
-- asked for it; null where nothing like it waits, or no longer.  Done again it is done.
create or replace function wallet.approve_adjustment(
    bucket integer, key text, wallet bigint, amount bigint, reason text, author wallet.author) returns boolean
language plpgsql security definer set search_path = wallet, pg_temp as $$
#variable_conflict use_column
declare
    asked large_adjustment%rowtype;
begin
    perform set_author(author);
    select * into asked from large_adjustment a
    where a.bucket = approve_adjustment.bucket and a.key = approve_adjustment.key
      and a.wallet = approve_adjustment.wallet and a.amount = approve_adjustment.amount
      and a.reason = approve_adjustment.reason
      and a.expires_at > clock_timestamp()
    for update;
    if not found then
        return null;
    end if;
    if asked.requested_by = author.actor then
        return false;
    end if;
    update large_adjustment a set
        approved_by = author.actor, approved_at = clock_timestamp(), expires_at = default
    where a.bucket = asked.bucket and a.key = asked.key and a.approved_by is null;
    return true;
end $$;
