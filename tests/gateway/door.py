"""The internal API as the operator's services meet it: the whole gateway on a real socket, with keys of every scope."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio

from gateway.app import Gateway, application, running
from gateway.sealing import new_master_key
from gateway.settings import settings_from
from gateway.worker import server_for
from tests.servers import Database, ServersUnderTest
from wallet.api_keys import ApiScope

MASTER_KEY = new_master_key()


@dataclass
class Door:
    """A running gateway, a client with a key of every scope, and the database's owner to look behind the door."""

    gateway: Gateway
    http: httpx.AsyncClient
    owner: asyncpg.Connection

    async def key(self, *scopes: ApiScope, days: int = 1) -> str:
        """An API key of these scopes."""
        until = datetime.now(UTC) + timedelta(days=days)
        return await self.gateway.desk.api_keys.create("test", scopes or tuple(ApiScope), until)

    async def get(self, path: str, expected: int = 200, **parameters: Any) -> Any:
        """What is answered at a path, with this HTTP status."""
        return answered(await self.http.get(f"/v1{path}", params=parameters), expected)

    async def post(self, path: str, body: Any = None, expected: int = 201, key: str | None = None) -> Any:
        """What a POST answers, with this HTTP status; a key of its own for what moves money."""
        headers = {"idempotency-key": key or secrets.token_hex(8)}
        return answered(await self.http.post(f"/v1{path}", json=body, headers=headers), expected)

    async def patch(self, path: str, body: Any, expected: int = 200) -> Any:
        """What a PATCH answers, with this HTTP status."""
        return answered(await self.http.patch(f"/v1{path}", json=body), expected)

    async def player(self, **amounts: str) -> str:
        """A player with a wallet of each currency, with so much in it."""
        player = secrets.token_hex(8)
        await self.post("/players", {"id": player, "country": "MT"})
        for currency, amount in amounts.items():
            await self.post(f"/players/{player}/wallets", {"currency": currency})
            if amount != "0":
                await self.post("/deposits", {"player": player, "currency": currency, "amount": amount})
        return player

    async def cash(self, player: str, currency: str = "EUR") -> str:
        """What the player has in cash."""
        wallet = await self.get(f"/players/{player}/wallets/{currency}")
        return wallet["balances"]["cash"]

    async def postings(self) -> int:
        """How many postings there are."""
        return await self.owner.fetchval("select count(*) from wallet.posting")


async def holds_a_setting_to_its_form(
    door: Door, protocol: str, name: str, right: str, wrong: Sequence[str]
) -> None:
    """An account of the protocol takes the setting as it may be, and names it in refusing it as it may not."""
    slug = f"formed-{secrets.token_hex(4)}"
    account = {"slug": slug, "protocol": protocol, "environment": "test", "secret": "a secret of the studio"}
    await door.post("/provider-accounts", {**account, "settings": {name: right}})
    for each in wrong:
        answer = await door.http.patch(f"/v1/provider-accounts/{slug}", json={"settings": {name: each}})
        assert (answer.status_code, name in answer.text) == (400, True), answer.text


def answered(response: httpx.Response, expected: int) -> Any:
    """The body of an answer with the HTTP status that was expected; a problem is one in every way."""
    assert response.status_code == expected, f"{response.status_code}: {response.text[:1000]}"
    if response.status_code >= 400:
        problem = response.json()
        assert response.headers["content-type"] == "application/problem+json"
        assert problem["status"] == response.status_code
        assert problem["type"].startswith("urn:bankroll:problem:")
        assert problem["title"]
        assert problem["detail"]
        assert problem["instance"] == response.request.url.path
        return problem
    return response.json() if response.content else None


def name_of(problem: dict[str, Any]) -> str:
    """The problem's name."""
    return problem["type"].removeprefix("urn:bankroll:problem:")


@asynccontextmanager
async def door_to(database: Database, redis_url: str, prefix: str) -> AsyncIterator[Door]:
    """Serve until the tests are over."""
    chosen = settings_from(
        {
            "BANKROLL_DATABASE_URL": database.service_url,
            "BANKROLL_REDIS_URL": redis_url,
            "BANKROLL_MASTER_KEYS": MASTER_KEY,
            "BANKROLL_PORT": "0",
        }
    )
    owner = await asyncpg.connect(database.owner_url)
    async with running(chosen, redis_prefix=prefix) as gateway:
        server = server_for(chosen, application(gateway))
        serving = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 - the server has no event for it
            await asyncio.sleep(0.005)
        port = server.servers[0].sockets[0].getsockname()[1]
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as http:
            door = Door(gateway, http, owner)
            http.headers["authorization"] = f"Bearer {await door.key()}"
            yield door
        server.should_exit = True
        await serving
    await owner.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(database: Database, servers: ServersUnderTest, worker: str) -> AsyncIterator[Door]:
    """One gateway for a module's tests, which must not disturb each other."""
    prefix = f"{servers.run}_{worker}_door:"
    async with door_to(database, servers.redis_url, prefix) as opened:
        yield opened
    servers.forget_keys(prefix)


one_loop = pytest.mark.asyncio(loop_scope="module")
"""The mark of a module that uses `door`."""
