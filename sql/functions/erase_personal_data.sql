-- Erases what is personal of a player: what lies apart, and of the player what describes a person.  The player, the
-- wallets and the journal stand, and that it was done, so that nobody is of age for want of a birth date.  False where
-- there is no such player.
create or replace function wallet.erase_personal_data(
    bucket integer, player bigint, author wallet.author default null) returns boolean
language plpgsql security definer set search_path = wallet, pg_temp as $$
#variable_conflict use_column
begin
    perform set_author(author);
    update player p set birth_date = null, language = null, affiliate = null, labels = '{}',
        erased_at = coalesce(p.erased_at, now())
    where p.bucket = erase_personal_data.bucket and p.id = erase_personal_data.player;
    if not found then
        return false;
    end if;
    delete from personal_data d
    where d.bucket = erase_personal_data.bucket and d.player = erase_personal_data.player;
    return true;
end $$;
