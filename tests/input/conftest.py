"""One gateway for all who throw bytes at it: the next honest request is part of every promise."""

import json
import os
from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio

from tests.gateway.door import door  # noqa: F401 - a fixture, one a module
from tests.gateway.road import road_on
from tests.input.tally import COUNTED
from tests.input.wire import Wire
from tests.servers import Database, ServersUnderTest


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def wire(database: Database, servers: ServersUnderTest, worker: str) -> AsyncIterator[Wire]:
    """A caller of a running gateway, somebody with money there, and the database's owner to look at the journal."""
    prefix = f"{servers.run}_{worker}_input:"
    owner = await asyncpg.connect(database.owner_url)
    async with road_on(database, servers.redis_url, prefix, owner) as road:
        yield Wire(road, await road.somebody())
    await owner.close()
    servers.forget_keys(prefix)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """End a long run with one line of JSON: what was sent, and how much of it failed."""
    if "FUZZ_MINUTES" in os.environ:
        failed = len(terminalreporter.stats.get("failed", ())) + len(terminalreporter.stats.get("error", ()))
        line = {"seed": os.environ.get("FUZZ_SEED", "1"), **COUNTED, "failed": failed}
        terminalreporter.write_line(json.dumps(line))
