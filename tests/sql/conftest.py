"""The ledgers that a table is run against: the oracle, wallet.post call by call and each again, and in batches."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial

import pytest

from tests.columns import check
from tests.ledgers import OracleLedger, PostgresLedger, RepostingLedger
from tests.servers import Database
from wallet.verify import verify

Play = Callable[..., Awaitable[None]]


@pytest.fixture(scope="module")
def verified_database(database: Database) -> Iterator[Database]:
    """The module's database, whose books must verify after everything that was played in it."""
    yield database
    report = asyncio.run(verify(database.service_url))
    assert report.holds, "\n".join(report.lines())


@pytest.fixture(params=["oracle", "postgres", "batches"])
def door(request: pytest.FixtureRequest) -> tuple[str, Database | None]:
    """Which ledger, and where; for the oracle no server is started."""
    needed = request.param != "oracle"
    return request.param, request.getfixturevalue("verified_database") if needed else None


@pytest.fixture
async def play(door: tuple[str, Database | None]) -> AsyncIterator[Play]:
    """Runs a table, with ``flags`` for all its lines if wanted."""
    manner, database = door
    if database is None:
        yield partial(check, OracleLedger())
        return
    kind = PostgresLedger if manner == "batches" else RepostingLedger
    ledger = await kind.connect(database.service_url, database.owner_url)
    yield partial(check, ledger, batch=manner == "batches")
    await ledger.disconnect()
