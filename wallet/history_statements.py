"""The statements by which history is read: views only, each bounded by an index and a limit.

Text and nothing else.  A filter that is null lets everything pass.
"""

BALANCES = """
select w.id as wallet, p.external_id as player_external_id, w.currency, w.cash, w.bonus, w.held, w.overdraft,
       w.status::text, p.status::text as player_status
from wallet.players p
join wallet.wallets w on w.bucket = p.bucket and w.player = p.id
where p.bucket = $1 and p.external_id = $2 and ($3::text is null or w.currency = $3)
order by w.currency
"""

ACCOUNTS = "select id from wallet.account_name where slug = $1 or $1::text is null order by id"

ACCOUNT_NAMES = "select id, slug from wallet.account_name"

# A writer below `next` that is not `running` has ended: committed or gone for good.  So has each of a restore epoch
# before, whose number may be another cluster's: a dump brings it along, and counting begins anew.
SNAPSHOT = """
select clock_timestamp() as now, pg_snapshot_xmax(snapshot)::text::bigint as next,
       array(select pg_snapshot_xip(snapshot)::text::bigint) as running, restore_epoch
from pg_current_snapshot() snapshot, wallet.restoration
"""

# Where transactions are

BY_ID = "select wallet, seq from wallet.journal where bucket = $1 and id = $2 and restore_epoch = $3"

# A hold's end is its reversal; a confirmation after a release is a posting of its own.
CONFIRMATION = """
select wallet, seq
from wallet.transaction
where bucket = $1 and wallet = $2 and seq > $3 and original = $4 and kind = 'withdrawal'
order by seq
limit 1
"""

IN_WALLET = """
select wallet, seq
from wallet.journal
where bucket = $1 and wallet = $2 and seq < $3
  and ($4::timestamptz is null or recorded_at >= $4) and ($5::timestamptz is null or recorded_at < $5)
  and (cardinality($6::text[]) = 0 or kind::text = any ($6)) and ($7::text is null or round = $7)
  and ($8::integer[] is null or provider_account = any ($8)) and ($9::text is null or currency = $9)
order by seq desc
limit $10
"""

UNDER_KEY = """
select wallet, seq
from wallet.journal
where bucket = $1 and ($2::integer[] is null or provider_account = any ($2)) and key = $3
  and ($4::timestamptz is null or recorded_at >= $4) and ($5::timestamptz is null or recorded_at < $5)
  and (cardinality($6::text[]) = 0 or kind::text = any ($6)) and ($7::text is null or round = $7)
  and ($8::bigint[] is null or wallet = any ($8)) and ($9::text is null or currency = $9)
order by provider_account
limit $10
"""

# A window is read whole, then filtered and sorted: how many rows it holds says how wide the next may be.
IN_WINDOW = """
with seen as materialized (
    select wallet, seq, id, recorded_at, provider_account, kind, round, currency
    from wallet.journal
    where bucket = $1 and recorded_at >= $2 and recorded_at <= $3 and (recorded_at, id) < ($3, $4)
      and (restore_epoch < $7::integer or writer < $5::text::xid8 and writer <> all ($6::text[]::xid8[]))
    limit $8)
select counted.seen, found.wallet, found.seq, found.id, found.recorded_at
from (select count(*) as seen from seen) counted
left join lateral (
    select wallet, seq, id, recorded_at
    from seen
    where (cardinality($9::text[]) = 0 or kind::text = any ($9)) and ($10::text is null or round = $10)
      and ($11::integer[] is null or provider_account = any ($11)) and ($12::text is null or currency = $12)
    order by recorded_at desc, id desc
    limit $13) found on true
"""

IN_ROUND = """
select wallet, seq
from wallet.journal
where bucket = $1 and wallet = $2 and seq between $3 and $4 and provider_account = $5 and round = $6
order by seq
limit $7
"""

# What they are

DETAILS = """
select t.id, t.wallet, t.seq, t.recorded_at, t.player_external_id, t.provider_account_slug, t.kind,
       t.key, t.amount, t.currency, t.cash, t.bonus, t.held, t.cash_after, t.bonus_after, t.held_after, t.nominal,
       t.reference, t.scope::text, t.original, t.original_kind, t.reversed_whole, t.reversed_by_kind, t.reversed_by,
       t.round, t.end_round, t.late, t.game_code, t.session, t.brand, t.channel, t.occurred_at, t.actor, t.reason,
       t.metadata
from unnest($2::bigint[], $3::bigint[]) with ordinality as place (wallet, seq, position)
cross join lateral (
    select *
    from wallet.transaction
    where bucket = $1 and wallet = place.wallet and seq = place.seq
    limit 1) t
order by place.position
"""

ENTRIES = """
select e.posting, e.account, e.side, e.amount
from unnest($2::bigint[], $3::bigint[]) as place (wallet, seq)
cross join lateral (
    select *
    from wallet.entry
    where bucket = $1 and wallet = place.wallet and seq = place.seq) e
order by e.posting, e.position
"""

# Rounds

ROUNDS_OF_WALLETS = """
select *
from wallet.round_summary
where bucket = $1 and provider_account = any ($2::integer[]) and wallet = any ($3::bigint[])
  and ($4::text is null or round = $4) and ($5::boolean is null or closed = $5)
  and ($6::timestamptz is null or opened_at >= $6) and ($7::timestamptz is null or opened_at < $7)
  and ($8::bigint is null or (wallet, first_seq) < ($8, $9::bigint))
order by wallet desc, first_seq desc
limit $10
"""

ROUNDS_OF_ALL = """
select *
from wallet.round_summary
where bucket = $1 and provider_account = any ($2::integer[])
  and ($3::text is null or round = $3) and ($4::boolean is null or closed = $4)
  and ($5::timestamptz is null or opened_at >= $5) and ($6::timestamptz is null or opened_at < $6)
  and ($7::bigint is null or (wallet, round, provider_account) > ($7, $8::text collate "C", $9::integer))
order by wallet, round, provider_account
limit $10
"""

ROUND = """
select *
from wallet.round_summary
where bucket = $1 and provider_account = $2 and wallet = $3 and round = $4
"""

# Exchanges

EXCHANGES_UNDER_KEY = """
select *
from wallet.exchange_record
where received_at >= $1 and received_at <= $2 and (received_at, request_id) < ($2, $3)
  and provider_account = any ($4::integer[]) and key = $5 and ($6::text is null or round = $6)
  and ($7::bigint[] is null or wallet = any ($7)) and ($8::text is null or outcome = $8)
order by received_at desc, request_id desc
limit $9
"""

EXCHANGES_OF_ROUND = """
select *
from wallet.exchange_record
where received_at >= $1 and received_at <= $2 and (received_at, request_id) < ($2, $3)
  and provider_account = any ($4::integer[]) and ($5::text is null or key = $5) and round = $6
  and wallet = any ($7::bigint[]) and ($8::text is null or outcome = $8)
order by received_at desc, request_id desc
limit $9
"""

EXCHANGES_IN_WINDOW = """
with seen as materialized (
    select *
    from wallet.exchange_record
    where received_at >= $1 and received_at <= $2 and (received_at, request_id) < ($2, $3)
    limit $10)
select counted.seen, found.*
from (select count(*) as seen from seen) counted
left join lateral (
    select *
    from seen
    where provider_account = any ($4::integer[]) and ($5::text is null or key = $5) and ($6::text is null or round = $6)
      and ($7::bigint[] is null or wallet = any ($7)) and ($8::text is null or outcome = $8)
    order by received_at desc, request_id desc
    limit $9) found on true
"""
