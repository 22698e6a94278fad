"""Players who bet and win without a pause over kept-alive connections, as a studio's pool does, and remember every answer.

A call is cut where its connection ends before the answer; nothing is ever sent twice.
"""

import asyncio
import hashlib
import hmac
import json
import secrets
from collections import Counter
from dataclasses import dataclass, field

import asyncpg

from bench.client import Connection, encoded
from tests.gateway.road import GAME, SECRET, Road, Somebody, bet, win

PAUSE_SECONDS = 0.05
HOST = "127.0.0.1"


@dataclass
class Traffic:
    """Everybody's calls at one account; `ports` are where a new connection may go, drawn in turn."""

    slug: str
    people: list[Somebody]
    ports: list[int]
    acknowledged: set[str] = field(default_factory=set)  # keys
    others: Counter[str] = field(default_factory=Counter)  # whatever is no acknowledgement, by what it was
    farewells: int = 0  # answers that were the last of their connection
    leaving: bool = False  # who is sent away comes no more
    _ended: asyncio.Event = field(default_factory=asyncio.Event)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def start(self) -> None:
        """Let everybody play."""
        self._tasks = [asyncio.create_task(self._play(who)) for who in self.people]

    async def until(self, calls: int) -> None:
        """Wait until so many further calls were acknowledged."""
        target = len(self.acknowledged) + calls
        async with asyncio.timeout(60):
            while len(self.acknowledged) < target:
                for task in self._tasks:
                    assert not task.done(), task.result() or self.others
                await asyncio.sleep(0.01)

    async def end(self) -> None:
        """Let everybody finish the call under way."""
        self._ended.set()
        await self.ended()

    async def ended(self) -> None:
        """Wait until everybody has left."""
        await asyncio.gather(*self._tasks)

    async def _play(self, who: Somebody) -> None:
        connection = await self._played(who)
        if connection is not None and connection.transport is not None:
            connection.transport.close()

    async def _played(self, who: Somebody) -> Connection | None:
        """Play to the end: the connection that is left then."""
        connection: Connection | None = None
        while not self._ended.is_set():
            studio_round = secrets.token_hex(8)
            for op in (bet("0.02"), win("0.02", end_round=True)):
                op |= {"key": secrets.token_hex(8), "round": studio_round}
                if connection is None:
                    if self.leaving:
                        return None
                    connection = await self._connected()
                if not await self._call(connection, who, op):
                    connection = None
            await asyncio.sleep(PAUSE_SECONDS)
        return connection

    async def _connected(self) -> Connection:
        port = self.ports[0]
        self.ports.append(self.ports.pop(0))
        _, connection = await asyncio.get_running_loop().create_connection(Connection, HOST, port)
        return connection

    async def _call(self, connection: Connection, who: Somebody, op: dict[str, object]) -> bool:
        """Send one call, and say whether its connection may carry another."""
        body = json.dumps({"player": who.name, "token": who.token, "game": GAME, "ops": [op]}).encode()
        signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        headers = [("x-bogus-signature", signature)]
        connection.headers, connection.body = {}, b""
        connection.waiting = asyncio.get_running_loop().create_future()
        if connection.transport is None:
            return False
        connection.transport.write(encoded(HOST, "POST", f"/callbacks/{self.slug}/call", headers, body))
        try:
            async with asyncio.timeout(15):
                answer = await connection.waiting
        except (OSError, TimeoutError) as error:
            self.others[f"cut: {error!r}"] += 1
            return False
        code = json.loads(answer.body).get("code") if answer.http_status == 200 else answer.http_status
        if code == "created":
            self.acknowledged.add(str(op["key"]))
        else:
            self.others[f"{code}: {answer.body[:200]!r}"] += 1
        if answer.headers.get("connection") == "close":
            self.farewells += 1
            return False
        return True


async def traffic_at(road: Road, *ports: int, players: int = 3) -> Traffic:
    """Players of the road's account with money, who will play at these ports."""
    people = [await road.somebody("1000.00") for _ in range(players)]
    return Traffic(road.slug, people, list(ports))


async def booked(owner: asyncpg.Connection, keys: set[str]) -> int:
    """How many of these keys are in the journal."""
    return await owner.fetchval("select count(*) from wallet.posting where key = any ($1)", list(keys))
