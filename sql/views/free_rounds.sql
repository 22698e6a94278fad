-- Free rounds that were given, with the wallet they name.
create or replace view wallet.free_rounds as
select f.provider_account, f.issue, f.external_id, f.bucket, f.wallet, w.player, w.currency, f.currency_code, f.games,
       f.quantity, f.bet_level, f.bet_value, f.options, f.starts_at, f.expires_at, f.state, f.created_at, f.changed_at
from wallet.free_rounds_issue f
join wallet.wallet w on w.bucket = f.bucket and w.id = f.wallet;
