"""A gateway on a socket for every test that asks for one."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from gateway.exposition import Family
from tests.gateway.door import door  # noqa: F401 - a fixture, one a module
from tests.gateway.road import Road, road_on
from tests.servers import Database


@pytest.fixture
async def road(
    database: Database, redis_url: str, redis_prefix: str, owner: asyncpg.Connection
) -> AsyncIterator[Road]:
    """The gateway, with one provider account."""
    async with road_on(database, redis_url, redis_prefix, owner) as found:
        yield found


@pytest.fixture
def families(road: Road) -> dict[str, Family]:
    """What a gateway exposes, by the names under which Prometheus keeps it."""
    found: dict[str, Family] = {}
    for family in (metric.family for metric in road.gateway.metrics.registered):
        endings = ("_bucket", "_sum", "_count") if family.type == "histogram" else ("",)
        found |= {family.name + ending: family for ending in endings}
    return found


@pytest.fixture
async def fresh_owner(fresh_database: Database) -> AsyncIterator[asyncpg.Connection]:
    """A connection to the test's own database that may do everything."""
    connection = await asyncpg.connect(fresh_database.owner_url)
    yield connection
    await connection.close()
