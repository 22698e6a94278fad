-- Replaces a player's personal data; null erases them.  False where there is no such player.
create or replace function wallet.keep_personal_data(
    bucket integer, player bigint, data jsonb, author wallet.author default null) returns boolean
language plpgsql security definer set search_path = wallet, pg_temp as $$
#variable_conflict use_column
begin
    perform set_author(author);
    perform from player p
    where p.bucket = keep_personal_data.bucket and p.id = keep_personal_data.player
    for update;
    if not found then
        return false;
    end if;
    if keep_personal_data.data is null then
        delete from personal_data d
        where d.bucket = keep_personal_data.bucket and d.player = keep_personal_data.player;
    else
        insert into personal_data as d (bucket, player, data)
        values (keep_personal_data.bucket, keep_personal_data.player, keep_personal_data.data)
        on conflict (bucket, player) do update set data = excluded.data;
    end if;
    return true;
end $$;
