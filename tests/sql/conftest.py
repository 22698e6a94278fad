"""The ledgers that a table is run against: the oracle, wallet.post call by call, and wallet.post in batches."""

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

import pytest

from tests.columns import check
from tests.ledgers import OracleLedger, PostgresLedger
from tests.servers import Database

Play = Callable[..., Awaitable[None]]


@pytest.fixture(params=["oracle", "postgres", "batches"])
def door(request: pytest.FixtureRequest) -> tuple[str, Database | None]:
    """Which ledger, and where; for the oracle no server is started."""
    needed = request.param != "oracle"
    return request.param, request.getfixturevalue("database") if needed else None


@pytest.fixture
async def play(door: tuple[str, Database | None]) -> AsyncIterator[Play]:
    """Runs a table, with ``flags`` for all its lines if wanted."""
    manner, database = door
    if database is None:
        yield partial(check, OracleLedger())
        return
    ledger = await PostgresLedger.connect(database.service_url, database.owner_url)
    yield partial(check, ledger, batch=manner == "batches")
    await ledger.disconnect()
