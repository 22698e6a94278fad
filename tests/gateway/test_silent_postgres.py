"""A Postgres that takes what is said and answers nothing, as when it is stopped or a network loses its packets."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial

import pytest
import pytest_asyncio

from bench.faults.proxy import Proxy
from gateway import app
from tests.gateway.door import door_to, name_of
from tests.servers import Database
from wallet import database as connecting
from wallet.api_keys import ApiKey, ApiKeys
from wallet.database import POOL_SIZE, open_pool
from wallet.history import History, TooWide

HUNG_SECONDS = 60
"""After which a test says that something waits for ever."""

ASKED = (
    ("GET", "/v1/players", {}),
    ("GET", "/v1/provider-accounts", {}),
    ("GET", "/v1/audit", {}),
    ("GET", "/v1/transactions", {}),
    ("POST", "/v1/players", {"id": "somebody", "country": "MT"}),
    ("POST", "/v1/deposits", {"player": "somebody", "currency": "EUR", "amount": "1.00"}),
)


@pytest_asyncio.fixture
async def wire(database: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Proxy]:
    """A wire to Postgres; whoever hears nothing on it loses patience soon."""
    monkeypatch.setattr(connecting, "CONNECT_SECONDS", 1.0)
    monkeypatch.setattr(connecting, "SILENT_SECONDS", 0.2)
    monkeypatch.setattr(app, "open_pool", partial(open_pool, statement_seconds=1.0))
    proxy = Proxy(database.service_url)
    yield proxy
    await proxy.close()


@pytest.mark.parametrize("known", [False, True], ids=["an unknown key", "a known key"])
async def test_whoever_asks_is_told_that_it_cannot_be_done_now(
    *,
    known: bool,
    wire: Proxy,
    database: Database,
    redis_url: str,
    redis_prefix: str,
    monkeypatch: pytest.MonkeyPatch,
):
    """Every connection hangs, new ones too: each request of the internal API has its 503, and its answer afterwards."""
    behind = replace(database, service_url=await wire.start())
    async with door_to(behind, redis_url, redis_prefix) as door, asyncio.timeout(HUNG_SECONDS):
        await asyncio.gather(*(door.get("/players") for _ in range(POOL_SIZE)))
        if known:
            key = await door.gateway.desk.api_keys.find(door.http.headers["authorization"].split()[1])

            async def remembered(_keys: ApiKeys, _text: str) -> ApiKey | None:
                return key

            monkeypatch.setattr(ApiKeys, "find", remembered)
        wire.hold = True
        headers = {"idempotency-key": "k1"}
        requests = [
            door.http.request(method, path, json=body, headers=headers) for method, path, body in ASKED
        ]
        for response in await asyncio.gather(*requests):
            assert (response.status_code, name_of(response.json())) == (503, "temporarily_unavailable")
        assert (await door.http.get("/readyz")).status_code == 503
        wire.hold = False
        wire.cut()
        await door.player(EUR="1.00")


async def test_nobody_waits_for_ever_for_a_connection(wire: Proxy):
    """Where all are in use whoever comes next is told so, and served when one is free again."""
    pool = await open_pool(await wire.start(), purpose="test", size=1)
    async with asyncio.timeout(HUNG_SECONDS):
        async with pool.acquire():
            with pytest.raises(TimeoutError):
                await pool.fetchval("select 1")
        assert await pool.fetchval("select 1") == 1
        await pool.close()


async def test_a_question_too_wide_is_told_from_a_silent_server(wire: Proxy):
    """What Postgres itself ended would take too long; what it says nothing about may be asked again."""
    pool = await open_pool(await wire.start(), purpose="test", statement_seconds=0.1)
    history = History(pool)
    async with asyncio.timeout(HUNG_SECONDS):
        with pytest.raises(TooWide):
            await history.rows("select pg_sleep(60)")
        wire.hold = True
        with pytest.raises(TimeoutError):
            await history.rows("select 1")
        wire.hold = False
        assert [tuple(row) for row in await history.rows("select 1")] == [(1,)]
        await pool.close()
