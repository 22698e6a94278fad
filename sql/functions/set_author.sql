-- Says for the rest of the transaction who it is that changes something: the audit log wants to know.
create or replace function wallet.set_author(author wallet.author) returns void
language plpgsql set search_path = wallet, pg_temp as $$
begin
    if author.actor is not null then
        perform set_config('bankroll.author', author::text, true);
    end if;
end $$;
