-- What may be erased while the journal stands; studios are told of `sex`, and of nothing else here.
create or replace view wallet.erasable_data as
select d.bucket, d.player, d.data, d.data ->> 'sex' as sex from wallet.personal_data d;
