-- Double entry: every posting as its lines, debits on one side and credits on the other, equal in sum.  In the
-- operator's books a player's money is owed to the player: more of it is a credit.
create or replace view wallet.entry as
select p.bucket, p.wallet, p.seq, p.id as posting, line.position, line.account, p.provider_account, p.currency,
       case when line.amount < 0 then 'debit' else 'credit' end as side, abs(line.amount) as amount
from wallet.posting p
cross join lateral (
    select own.position, own.account, own.amount
    from (values (1, 'player_cash', p.cash), (2, 'player_bonus', p.bonus), (3, 'player_held', p.held),
                 (4, p.house::text, p.house_amount)) own (position, account, amount)
    union all
    select 4 + other.position, other.house::text, other.amount
    from unnest(p.other_houses, p.other_amounts) with ordinality other (house, amount, position)) line
where line.amount <> 0;
