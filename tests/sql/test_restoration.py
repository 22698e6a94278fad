"""A database that was restored: nothing that was issued in the lost future is issued again, or believed."""

import asyncio
from secrets import randbits

import asyncpg
import pytest
from redis.asyncio import Redis

from tests.ledger.calls import until_waiting
from tests.ledgers import PostgresLedger
from tests.servers import Database
from wallet.database import open_pool
from wallet.history import History, TransactionFilters, Transactions
from wallet.restoration import LAST_EPOCH, settle
from wallet.types import Call, Kind, Op, OpOutcome, Policy, Status
from wallet.vault import CopyError
from wallet.verify import verify

LAST_VALUES = """
select sequencename, coalesce(last_value, 0) as last_value, data_type::text from pg_sequences
where schemaname = 'wallet'
"""
GAPS = {"bigint": 2**32, "integer": 2**16}


@pytest.fixture
async def ledger(fresh_database: Database):
    """A ledger with a lane, in a database of this test's own."""
    connected = await PostgresLedger.connect(fresh_database.service_url, fresh_database.owner_url)
    yield connected
    await connected.disconnect()


def deposit(wallet: int, key: str, call: int) -> Call:
    return Call(call, 0, wallet, (Op(Kind.DEPOSIT, key, 100),), Policy())


async def play(ledger: PostgresLedger, wallet: int, kind: Kind, key: str, of: str | None = None) -> OpOutcome:
    """Post one operation, in a call of its own."""
    op = Op(kind, key, 10, reference=of)
    (outcome,) = await ledger.post([Call(randbits(63), 0, wallet, (op,), Policy())])
    return outcome.ops[0]


async def restore(ledger: PostgresLedger) -> int:
    """Raise the restore epoch, and lease a lane of it."""
    epoch = await ledger.owner.fetchval("select wallet.raise_restore_epoch(null)")
    ledger.lane, ledger.epoch = await ledger.service.fetchrow("select * from wallet.lease_lane()")
    return epoch


async def values(owner: asyncpg.Connection) -> dict[str, tuple[int, str]]:
    return {name: (last, kind) for name, last, kind in await owner.fetch(LAST_VALUES)}


async def test_nothing_of_the_lost_future_is_issued_again(
    fresh_database: Database, ledger: PostgresLedger, redis_url: str, redis_prefix: str
) -> None:
    """After a restore public ids, ids of rows and lanes are new, Redis has forgotten sessions, and the books hold."""
    wallet = await ledger.open("alice", "EUR")
    before = (await ledger.post([deposit(wallet, "d1", 1)]))[0].ops[0]
    sequences = await values(ledger.owner)
    redis = Redis.from_url(redis_url)
    await redis.mset({f"{redis_prefix}session:one": "1", f"{redis_prefix}other": "1"})

    restored = await settle(
        fresh_database.owner_url, fresh_database.service_url, redis_url, above=6, prefix=redis_prefix
    )
    assert (restored.restore_epoch, restored.report.holds) == (7, True)
    assert restored.last.public_id == before.public_id == f"1-{before.posting}"
    assert restored.last.recorded_at == before.recorded_at
    assert await redis.keys(f"{redis_prefix}*") == [f"{redis_prefix}other".encode()]
    await redis.aclose()

    for name, (last, kind) in (await values(ledger.owner)).items():
        assert last >= sequences[name][0] + GAPS[kind], name
    with pytest.raises(asyncpg.PostgresError) as raised:
        await ledger.post([deposit(wallet, "d2", 2)])
    assert raised.value.sqlstate == "BR001"
    for _ in range(2):  # the lane there was, and a new one
        ledger.lane, ledger.epoch = await ledger.service.fetchrow("select * from wallet.lease_lane()")
        assert ledger.epoch >> 32 == 7
    after = (await ledger.post([deposit(wallet, "d2", 2)]))[0].ops[0]
    assert (after.status, after.seq, after.public_id) == (Status.CREATED, 2, f"7-{after.posting}")
    known = (await ledger.post([deposit(wallet, "d1", 3)]))[0].ops[0]
    assert (known.status, known.public_id) == (Status.DUPLICATE, before.public_id)


async def test_an_original_of_before_a_restore_keeps_its_id(ledger: PostgresLedger) -> None:
    """What an operation refers to is told by the id it was posted under, however many restores ago, and repeated so."""
    wallet = await ledger.open("alice", "EUR")
    before = []
    for epoch in (1, 2, 3):
        await play(ledger, wallet, Kind.DEPOSIT, f"deposit {epoch}")
        bet = await play(ledger, wallet, Kind.BET, f"bet {epoch}")
        win = await play(ledger, wallet, Kind.WIN, f"win {epoch}", f"bet {epoch}")
        assert (bet.public_id, win.original_id) == (f"{epoch}-{bet.posting}", bet.public_id)
        undone = await play(ledger, wallet, Kind.BET, f"undone {epoch}")
        back = await play(ledger, wallet, Kind.ROLLBACK, f"back {epoch}", f"undone {epoch}")
        first = await play(ledger, wallet, Kind.ROLLBACK, f"first {epoch}", f"never {epoch}")
        assert (back.original_id, first.original_id) == (undone.public_id, f"{epoch}-{first.original}")
        before.append((epoch, bet, win, back, first))
        assert await restore(ledger) == epoch + 1

    for epoch, bet, win, back, first in before:
        known = await play(ledger, wallet, Kind.WIN, f"win {epoch}", f"bet {epoch}")
        assert (known.public_id, known.original_id) == (win.public_id, bet.public_id)
        for status in (Status.CREATED, Status.DUPLICATE):
            late = await play(ledger, wallet, Kind.ROLLBACK, f"late {epoch}", f"win {epoch}")
            assert (late.status, late.original_id) == (status, win.public_id)
            assert late.public_id == f"4-{late.posting}"
        again = await play(ledger, wallet, Kind.ROLLBACK, f"again {epoch}", f"win {epoch}")
        assert (again.status, again.told_id) == (Status.REFERENCE_REVERSED, late.public_id)
        again = await play(ledger, wallet, Kind.ROLLBACK, f"again {epoch}", f"undone {epoch}")
        assert (again.status, again.told_id) == (Status.REFERENCE_REVERSED, back.public_id)
        never = await play(ledger, wallet, Kind.BET, f"never {epoch}")
        assert (never.status, never.told_id) == (Status.TOMBSTONED, first.public_id)


async def test_no_lane_is_leased_while_the_epoch_rises(
    fresh_database: Database, ledger: PostgresLedger
) -> None:
    """Who asks meanwhile waits, and gets a lane of the new epoch."""
    await ledger.owner.execute("truncate wallet.lane")
    watching = await asyncpg.connect(fresh_database.owner_url)
    async with ledger.owner.transaction():
        await ledger.owner.execute("select wallet.raise_restore_epoch(null)")
        leasing = asyncio.create_task(ledger.service.fetchrow("select * from wallet.lease_lane()"))
        await until_waiting(watching, 1)
    _, epoch = await leasing
    assert epoch >> 32 == 2
    await watching.close()


async def test_no_audit_entry_is_on_its_way_while_the_epoch_rises(
    fresh_database: Database, ledger: PostgresLedger
) -> None:
    """The raise waits for whoever writes one: a list that counts what is of before as ended meets nothing that comes late."""
    entry = "insert into wallet.audit_entry (actor, operation, subject, name) values ('a', 'b', 'call', 'c') returning id"
    watching = await asyncpg.connect(fresh_database.owner_url)
    writing = await asyncpg.connect(fresh_database.owner_url)
    for epoch in (2, 3):
        async with writing.transaction():
            before = await writing.fetchval(entry)
            raising = asyncio.create_task(ledger.owner.fetchval("select wallet.raise_restore_epoch(null)"))
            await until_waiting(watching, 1)
        assert await raising == epoch
        after = await writing.fetchval(entry)
        epochs = "select array_agg(restore_epoch order by id) from wallet.audit_log where id = any ($1)"
        assert await writing.fetchval(epochs, [before, after]) == [epoch - 1, epoch]
    await watching.close()
    await writing.close()


async def test_no_restore_goes_beyond_the_last_epoch(
    fresh_database: Database, ledger: PostgresLedger, redis_url: str, redis_prefix: str
) -> None:
    """Under the last epoch that an id can show postings are posted and listed page by page; the next restore is refused."""
    urls = fresh_database.owner_url, fresh_database.service_url, redis_url
    wallet = await ledger.open("alice", "EUR")
    restored = await settle(*urls, above=LAST_EPOCH - 1, prefix=redis_prefix)
    assert (restored.restore_epoch, restored.report.holds) == (LAST_EPOCH, True)
    ledger.lane, ledger.epoch = await ledger.service.fetchrow("select * from wallet.lease_lane()")
    posted = [await play(ledger, wallet, Kind.DEPOSIT, key) for key in ("d1", "d2", "d3")]
    assert {one.public_id for one in posted} == {f"{LAST_EPOCH}-{one.posting}" for one in posted}

    async with await open_pool(fresh_database.service_url, purpose="test") as pool:
        listed, page = [], Transactions([])
        for _ in posted:
            page = await History(pool).transactions(TransactionFilters(), page.next_cursor, 1)
            listed += [item.id for item in page.items]
    assert listed[::-1] == [one.posting for one in posted]

    for above in (0, LAST_EPOCH, 2**20):
        with pytest.raises(CopyError, match=f"above {LAST_EPOCH}"):
            await settle(*urls, above=above, prefix=redis_prefix)
    assert await ledger.owner.fetchval("select restore_epoch from wallet.installation") == LAST_EPOCH
    assert (await verify(fresh_database.service_url)).holds


async def test_every_restore_has_an_epoch_of_its_own(
    fresh_database: Database, ledger: PostgresLedger
) -> None:
    """The epoch rises each time, and to what no other restore was given; the service may not raise it."""
    raise_epoch = "select wallet.raise_restore_epoch($1)"
    assert await ledger.owner.fetchval(raise_epoch, None) == 2
    assert await ledger.owner.fetchval(raise_epoch, 2) == 3
    assert await ledger.owner.fetchval(raise_epoch, 9) == 9
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await ledger.service.fetchval(raise_epoch, None)
