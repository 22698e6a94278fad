-- Puts a player's personal data in place of those there are.  False where there is no such player, or one who was erased.
create or replace function wallet.keep_personal_data(
    bucket integer, player bigint, data jsonb, author wallet.author default null) returns boolean
language plpgsql security definer set search_path = wallet, pg_temp as $$
#variable_conflict use_column
begin
    perform set_author(author);
    -- Locked: an erasure that is under way is waited for, and one that comes later finds these data to erase.
    perform from player p
    where p.bucket = keep_personal_data.bucket and p.id = keep_personal_data.player and p.erased_at is null
    for update;
    if not found then
        return false;
    end if;
    insert into personal_data as d (bucket, player, data)
    values (keep_personal_data.bucket, keep_personal_data.player, keep_personal_data.data)
    on conflict (bucket, player) do update set data = excluded.data;
    return true;
end $$;
