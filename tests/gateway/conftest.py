"""A gateway on a socket for every test that asks for one."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

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
async def fresh_owner(fresh_database: Database) -> AsyncIterator[asyncpg.Connection]:
    """A connection to the test's own database that may do everything."""
    connection = await asyncpg.connect(fresh_database.owner_url)
    yield connection
    await connection.close()
