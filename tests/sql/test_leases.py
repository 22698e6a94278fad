"""Lanes as the database leases them: one holder each, fenced when it changes, whoever asks at the same moment."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

LEASED = "select leased_until > clock_timestamp() + interval '30 seconds' from wallet.lane where id = $1"


@pytest.fixture
async def second(database) -> AsyncIterator[asyncpg.Connection]:
    """Another connection with the service's rights."""
    connection = await asyncpg.connect(database.service_url)
    yield connection
    await connection.close()


@pytest.fixture(autouse=True)
async def no_lanes(owner) -> None:
    """Every test begins without lanes."""
    await owner.execute("truncate wallet.lane")


async def lease(connection: asyncpg.Connection) -> tuple[int, int]:
    """Lease a lane: its id and epoch."""
    return tuple(await connection.fetchrow("select * from wallet.lease_lane()"))


async def expire(owner: asyncpg.Connection, *lanes: int) -> None:
    """Let leases run out."""
    await owner.execute(
        "update wallet.lane set leased_until = clock_timestamp() - interval '1 second' where id = any ($1)",
        lanes,
    )


async def epoch(owner: asyncpg.Connection, lane: int) -> int:
    return await owner.fetchval("select epoch from wallet.lane where id = $1", lane)


async def test_a_leased_lane_is_nobody_elses(service, second, owner):
    """Every lease is another lane, also of a lane that was free before."""
    lanes = [(await lease(connection))[0] for connection in (service, second, service)]
    assert len(set(lanes)) == 3
    await expire(owner, lanes[1])
    assert (await lease(service))[0] == lanes[1]
    assert (await lease(second))[0] not in lanes


async def test_a_lease_that_ran_out_is_fenced_by_the_next(service, second, owner):
    """Who takes a lane over takes it into a new epoch: what the last holder still sends raises."""
    lane, old = await lease(service)
    await expire(owner, lane)
    assert await lease(second) == (lane, old + 1)


async def test_leases_at_the_same_moment_differ(service, second, owner):
    """Of two that ask at once each gets a lane of its own, of those that are free and of new ones."""
    for free in (2, 1, 0):
        await owner.execute("truncate wallet.lane")
        await expire(owner, *[(await lease(service))[0] for _ in range(free)])
        transaction = service.transaction()
        await transaction.start()
        first = await lease(service)
        other = asyncio.ensure_future(lease(second))
        await asyncio.sleep(0.05)
        await transaction.commit()
        assert (await other)[0] != first[0], f"{free} lanes were free"


async def test_a_lane_is_fenced_by_its_holder_alone(service, second, owner):
    """Who lost the lane meanwhile is told so, and does not fence the new holder."""
    lane, old = await lease(service)
    await expire(owner, lane)
    await lease(second)
    assert await service.fetchval("select wallet.fence_lane($1, $2)", lane, old) is None
    assert await epoch(owner, lane) == old + 1
    assert await second.fetchval("select wallet.fence_lane($1, $2)", lane, old + 1) == old + 2


async def test_a_fence_renews_the_lease(service, owner):
    """A lane that was fenced is held for another minute."""
    lane, old = await lease(service)
    await expire(owner, lane)
    assert await service.fetchval("select wallet.fence_lane($1, $2)", lane, old) == old + 1
    assert await owner.fetchval(LEASED, lane)


async def test_a_lane_is_renewed_and_released_by_its_holder_alone(service, second, owner):
    """Who lost the lane meanwhile neither keeps it nor gives it away; its holder does both."""
    lane, old = await lease(service)
    await expire(owner, lane)
    assert await service.fetchval("select wallet.renew_lane($1, $2)", lane, old)
    assert await owner.fetchval(LEASED, lane)
    await expire(owner, lane)
    await lease(second)
    assert not await service.fetchval("select wallet.renew_lane($1, $2)", lane, old)
    assert not await service.fetchval("select wallet.release_lane($1, $2)", lane, old)
    assert await owner.fetchval(LEASED, lane)
    assert await second.fetchval("select wallet.release_lane($1, $2)", lane, old + 1)
    assert not await owner.fetchval(LEASED, lane)
