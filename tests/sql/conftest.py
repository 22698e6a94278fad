"""The ledgers that a table is run against: the oracle, wallet.post call by call, and wallet.post in batches."""

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

import pytest

from tests.columns import check
from tests.ledgers import OracleLedger, PostgresLedger

Play = Callable[..., Awaitable[None]]


@pytest.fixture(params=["oracle", "postgres", "batches"])
async def play(request: pytest.FixtureRequest) -> AsyncIterator[Play]:
    """Runs a table, with ``flags`` for all its lines if wanted."""
    if request.param == "oracle":
        yield partial(check, OracleLedger())
        return
    database = request.getfixturevalue("database")
    ledger = await PostgresLedger.connect(database.service_url, database.owner_url)
    yield partial(check, ledger, batch=request.param == "batches")
    await ledger.disconnect()
