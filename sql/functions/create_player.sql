-- A player under the operator's own id.  The same id again answers the player there is, and changes nothing.
create or replace function wallet.create_player(
    external_id text, country text, jurisdiction text, brand text, affiliate text, birth_date date,
    language text, registered_at timestamptz, labels text[], test boolean, personal_data jsonb,
    author wallet.author default null)
returns table (bucket integer, player bigint, created boolean)
language plpgsql security definer set search_path = wallet, pg_temp as $$
#variable_conflict use_column
begin
    perform set_author(author);
    -- The same player always hashes to the same bucket; the mask keeps the hash positive.
    select ((hashtextextended(create_player.external_id, 0) & 9223372036854775807) % i.buckets)::integer
    into create_player.bucket
    from installation i;

    insert into player as p (bucket, external_id, country, jurisdiction, brand, affiliate, birth_date, language,
                             registered_at, labels, test)
    values (create_player.bucket, create_player.external_id, create_player.country, create_player.jurisdiction,
            create_player.brand, create_player.affiliate, create_player.birth_date, create_player.language,
            coalesce(create_player.registered_at, now()), create_player.labels, create_player.test)
    on conflict (bucket, external_id) do nothing
    returning p.id into create_player.player;
    create_player.created := found;

    if create_player.created and create_player.personal_data is not null then
        insert into personal_data (bucket, player, data)
        values (create_player.bucket, create_player.player, create_player.personal_data);
    elsif not create_player.created then
        select p.id into create_player.player
        from player p
        where p.bucket = create_player.bucket and p.external_id = create_player.external_id;
    end if;
    return next;
end $$;
