"""A database that was restored: nothing that was issued in the lost future is issued again, or believed."""

import asyncpg
import pytest
from redis.asyncio import Redis

from tests.ledgers import PostgresLedger
from tests.servers import Database
from wallet.restoration import settle
from wallet.types import Call, Kind, Op, Policy, Status

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
