"""What ``wallet.post`` keeps of a batch as a whole: whose calls these are, what is locked when, which time it is.

Asked over plain lanes of Postgres alone: batches and locks are nothing that the oracle knows.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.ledger.calls import until
from tests.ledgers import UNKNOWN_WALLET, PostgresLedger
from wallet.types import OPERATOR, Call, Kind, Op, Policy, Scope, Status

LANE_WAITS = """
select exists (select from pg_stat_activity where datname = current_database() and pid = $1 and wait_event_type = 'Lock')
"""
READ_FACTS = """
select fact.wallet_found from unnest(wallet.read_facts(
    bucket => 0, missing => $1, policies => '{}', call_id => '{1}', provider_account => '{1}', wallet => $2,
    policy => '{1}', currency => '{null}', session => '{null}', session_defect => '{null}', session_checked => '{false}', game => '{null}',
    game_disabled => '{false}', account_disabled => '{false}', reason => '{null}', kind => '{bet}', key => '{new}', amount => '{1}', nominal => '{0}',
    reference => '{null}', scope => '{key}', round => '{null}', end_round => '{false}')) as fact
"""


@pytest.fixture
async def lanes(database) -> AsyncIterator[list[PostgresLedger]]:
    """Two lanes to one database."""
    ledgers = [await PostgresLedger.connect(database.service_url, database.owner_url) for _ in range(2)]
    yield ledgers
    for ledger in ledgers:
        await ledger.disconnect()


@pytest.fixture
def account() -> int:
    """A provider account that no other test has used."""
    return 2_000_000_000 + secrets.randbelow(100_000_000)


async def funded(ledger: PostgresLedger, cash: int = 100) -> int:
    """Open a wallet with some cash."""
    wallet = await ledger.open(secrets.token_hex(6), "EUR")
    await ledger.post([asked(OPERATOR, wallet, Op(Kind.DEPOSIT, secrets.token_hex(6), cash))])
    return wallet


def asked(account: int, wallet: int, *ops: Op) -> Call:
    """Build a call."""
    return Call(secrets.randbits(62), account, wallet, ops, Policy())


async def statuses(lane: PostgresLedger, *calls: Call) -> list[Status]:
    """Post one batch."""
    return [outcome.status for outcome in await lane.post(calls)]


async def test_case_29_a_call_on_two_wallets_is_the_callers_error(lanes, account):
    """Case 29: a call has one wallet; two under one call id are refused before anything is written."""
    first, second = [asked(account, await funded(lanes[0]), Op(Kind.BET, f"b{n}", 10)) for n in range(2)]
    second.id = first.id
    with pytest.raises(asyncpg.PostgresError) as raised:
        await lanes[0].post([first, second])
    assert raised.value.sqlstate == "BR002"
    second.id += 1
    assert await statuses(lanes[0], first, second) == [Status.CREATED] * 2


async def test_case_29_calls_on_unknown_wallets_are_refused_alone(lanes, account):
    """Case 29: whatever wallets are not there, and how often, their neighbours are posted."""
    wallet = await funded(lanes[0])
    strange = [asked(account, UNKNOWN_WALLET - n // 2, Op(Kind.BET, f"u{n}", 10)) for n in range(4)]
    sound = asked(account, wallet, Op(Kind.BET, "b1", 10))
    outcomes = await statuses(lanes[0], *strange[:2], sound, *strange[2:])
    assert outcomes == [*[Status.WALLET_NOT_FOUND] * 2, Status.CREATED, *[Status.WALLET_NOT_FOUND] * 2]


async def test_what_was_not_there_to_be_locked_is_not_found(lanes, owner):
    """A wallet that appears between the first beat and the second is not found: nobody has locked it."""
    wallet = await funded(lanes[0])
    assert await owner.fetchval(READ_FACTS, [], [wallet]) is True
    assert await owner.fetchval(READ_FACTS, [wallet], [wallet]) is False


async def test_accounts_share_no_keys_within_a_batch(lanes, account):
    """Equal keys of two accounts are two keys, in one batch too."""
    calls = [asked(account + n, await funded(lanes[0]), Op(Kind.BET, "same", 10)) for n in range(2)]
    assert await statuses(lanes[0], *calls) == [Status.CREATED] * 2


async def test_a_key_is_held_by_who_was_first_in_the_batch(lanes, account):
    """Case 2: of many wallets with one key the first is created, every other one reused, whoever stands between."""
    wallets = [await funded(lanes[0]) for _ in range(4)]
    poor = await lanes[0].open(secrets.token_hex(6), "EUR")
    calls = [asked(account, wallet, Op(Kind.BET, "same", 10)) for wallet in (poor, *wallets)]
    assert await statuses(lanes[0], *calls) == [
        Status.INSUFFICIENT_FUNDS,
        Status.CREATED,
        *[Status.KEY_REUSED] * 3,
    ]


async def test_a_round_is_named_by_no_key(lanes, account):
    """A rollback of a whole round means the round of that name, though somebody's key is called so too."""
    alice, bob = await funded(lanes[0]), await funded(lanes[0])
    await lanes[0].post([asked(account, bob, Op(Kind.BET, "r1", 10))])
    await lanes[0].post([asked(account, alice, Op(Kind.BET, "b1", 10, round="r1"))])
    back = asked(account, alice, Op(Kind.ROLLBACK, "x1", reference="r1", scope=Scope.ROUND, round="r1"))
    outcome = (await lanes[0].post([back]))[0]
    assert (outcome.status, outcome.cash) == (Status.CREATED, 100)


async def test_wallets_are_locked_in_the_order_of_their_ids(lanes, account, owner):
    """Whatever the order of the calls: while the lower wallet is waited for, the higher one is free."""
    low, high = await funded(lanes[0]), await funded(lanes[0])
    assert low < high
    calls = [asked(account, wallet, Op(Kind.BET, f"b{wallet}", 10)) for wallet in (high, low)]
    calls[0].id, calls[1].id = sorted(call.id for call in calls)
    backend = await lanes[0].service.fetchval("select pg_backend_pid()")
    async with owner.transaction():
        await owner.execute("select from wallet.wallet where id = $1 for update", low)
        post = asyncio.ensure_future(lanes[0].post(calls))
        await until(lambda: lanes[1].owner.fetchval(LANE_WAITS, backend))
        await lanes[1].owner.execute("select from wallet.wallet where id = $1 for update nowait", high)
    assert [outcome.status for outcome in await post] == [Status.CREATED] * 2


async def test_keys_are_written_in_their_order(lanes, account, owner):
    """Two batches with the same keys wait for each other at the first of them, never crosswise."""
    keys = [f"{letter}{secrets.token_hex(4)}" for letter in "dbeac"]
    calls = [asked(account, await funded(lanes[0]), Op(Kind.BET, key, 10)) for key in keys]
    await lanes[0].post(calls)
    rows = await owner.fetch("select key from wallet.posting where key = any ($1) order by ctid", keys)
    assert [row["key"] for row in rows] == sorted(keys)


async def test_lanes_do_not_wait_for_each_others_house_balances(lanes, account):
    """A lane that has posted and not yet committed holds up no other one."""
    calls = [asked(account, await funded(lane), Op(Kind.BET, f"b{n}", 10)) for n, lane in enumerate(lanes)]
    await lanes[0].post([asked(account, await funded(lanes[0]), Op(Kind.BET, "first", 10))])
    async with lanes[0].service.transaction():
        await lanes[0].post(calls[:1])
        assert await statuses(lanes[1], calls[1]) == [Status.CREATED]


async def test_time_never_runs_backwards_in_a_wallet(lanes, account, owner):
    """A server's clock may be set back, a wallet's postings stay in order of time."""
    wallet = await funded(lanes[0])
    ahead = await owner.fetchval(
        "update wallet.wallet set recorded_at = clock_timestamp() + interval '1 hour' where id = $1 returning recorded_at",
        wallet,
    )
    outcome = (await lanes[0].post([asked(account, wallet, Op(Kind.BET, "b1", 10))]))[0]
    assert outcome.ops[0].recorded_at == ahead


async def test_the_time_is_read_after_the_locks(lanes, account):
    """A posting is as late as the moment of its decision, however long ago its transaction began."""
    wallet = await funded(lanes[0])
    async with lanes[0].service.transaction():
        before = await lanes[0].service.fetchval("select clock_timestamp()")
        outcome = (await lanes[0].post([asked(account, wallet, Op(Kind.BET, "b1", 10))]))[0]
    assert outcome.ops[0].recorded_at > before


async def test_a_loss_is_booked_where_there_is_one(lanes, account, owner):
    """A rollback that finds all it takes back has the one house of what it reverses, and no leg of nothing beside it."""
    wallet = await funded(lanes[0])
    for op in (Op(Kind.PAYOUT, "p1", 10), Op(Kind.ROLLBACK, "x1", reference="p1")):
        await lanes[0].post([asked(account, wallet, op)])
    legs = (
        "select house, house_amount, other_houses from wallet.posting where wallet = $1 and kind = 'rollback'"
    )
    assert tuple(await owner.fetchrow(legs, wallet)) == ("game_revenue", 10, None)


async def test_an_exclusion_locks_wallets_in_the_order_of_their_ids(lanes):
    """Whatever order the rows lie in: a batch that locks the same wallets can wait for it, never crosswise."""
    office, desk = lanes
    name = secrets.token_hex(6)
    low, high = await office.open(name, "USD"), await office.open(name, "EUR")
    player = await office.owner.fetchval(
        "update wallet.wallet set seq = seq where id = $1 returning player", low
    )
    change = "select status from wallet.change_player_status(0, $1, '{active}', 'excluded')"
    backend = await office.service.fetchval("select pg_backend_pid()")
    async with office.owner.transaction():
        await office.owner.execute("select from wallet.wallet where id = $1 for update", low)
        exclusion = asyncio.ensure_future(office.service.fetchval(change, player))
        await until(lambda: desk.owner.fetchval(LANE_WAITS, backend))
        await desk.owner.execute("select from wallet.wallet where id = $1 for update nowait", high)
    assert await exclusion == "excluded"


async def test_the_journal_carries_what_reports_need(lanes, account, owner):
    """What a posting is later asked for is written with it: it can not be filled in afterwards."""
    wallet = await funded(lanes[0])
    await owner.execute("update wallet.wallet set brand = 'acme' where id = $1", wallet)
    call = asked(
        account,
        wallet,
        Op(Kind.BET, "b1", 10, round="r1", metadata='{"campaign": 7}'),
        Op(Kind.ROLLBACK, "x1", reference="never"),
        Op(Kind.WIN, "w1", 5, reference="b1", round="r1"),
    )
    call.session, call.game, call.channel, call.actor = 5, 7, "mobile", "studio"
    await lanes[0].post([call])
    rows = await owner.fetch(
        "select kind, seq, call_id, op_index, brand, session, game, channel, actor, metadata, scope,"
        " writer::text <> '0' as writer"
        " from wallet.posting where wallet = $1 and seq > 1 order by seq",
        wallet,
    )
    common = (call.id, "acme", True)
    assert [(row["kind"], row["seq"], row["op_index"]) for row in rows] == [
        ("bet", 2, 0),
        ("tombstone", 3, 1),
        ("rollback", 4, 1),
        ("win", 5, 2),
    ]
    assert [(row["call_id"], row["brand"], row["writer"]) for row in rows] == [common] * 4
    told = [(row["session"], row["game"], row["channel"], row["actor"]) for row in rows]
    assert told[0] == told[2] == told[3] == (5, 7, "mobile", "studio")
    assert [row["scope"] for row in rows] == [None, None, "key", "key"]
    assert rows[0]["metadata"] == '{"campaign": 7}'
