"""Postgres and Valkey of this run's own, each of which can be killed, paused and started again at its port.

They are embedded servers like any others, and are started again as those are.  To be used from the main thread.
"""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import asyncpg
from redis.asyncio import Redis
from redis.exceptions import RedisError

from wallet import embedded

READY_SECONDS = 60.0
LOOK_SECONDS = 0.05
STOPPED = "T"
PATIENCE = 3.0
"""Seconds that a server has to end when it is asked to: a Postgres that just recovered from a crash may never."""

AWAY = (
    *(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError),
    RedisError,
)


class Servers:
    """The two servers.  `stop` leaves none of them behind."""

    def __init__(self, directory: Path, *, durable: bool = True) -> None:
        self._directory = directory.resolve()
        self._running = embedded.start(directory, report=lambda _line: None, durable=durable)
        self.owner_url = self._running.owner_url
        self.database_url = self._running.database_url
        self.redis_url = self._running.redis_url

    def stop(self) -> None:
        """Stop both, and whatever is paused."""
        self.pause(going_on=True)
        self._running.stop()

    def process_id(self, name: str) -> int:
        """The process of a server."""
        return int((self._directory / f"{name}.pid").read_text(encoding="ascii").split()[0])

    def ended(self, name: str) -> bool:
        """Whether a server has ended.  It is waited for, too: one that nobody buried still holds its data."""
        try:
            return os.waitpid(self.process_id(name), os.WNOHANG)[0] != 0
        except ChildProcessError:
            return True

    async def end(self, name: str, number: signal.Signals) -> bool:
        """End a server by a signal, and if that does not help in time, by force, as whoever runs one does.

        Whether it was running, and has ended.
        """
        running = not self.ended(name)
        for attempt in (number, signal.SIGKILL):
            deadline = time.monotonic() + PATIENCE
            if not self.ended(name):
                os.kill(self.process_id(name), attempt)
            while not self.ended(name) and time.monotonic() < deadline:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(LOOK_SECONDS)
        return running and self.ended(name)

    async def postgres_again(self) -> None:
        """Start Postgres again on the data that are there; returns when it answers."""

        async def ask() -> None:
            connection = await asyncpg.connect(self.owner_url, timeout=2)
            await connection.close()

        await self._again(ask)

    async def valkey_again(self) -> None:
        """Start Valkey again, empty; returns when it answers."""

        async def ask() -> None:
            async with Redis.from_url(self.redis_url) as redis:
                await redis.ping()

        await self._again(ask)

    async def _again(self, ask: Callable[[], Awaitable[None]]) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            self._running.tend()
            with suppress(*AWAY):
                await ask()
                return
            await asyncio.sleep(LOOK_SECONDS)
        raise TimeoutError("a server did not come back")

    def pause(self, *, going_on: bool = False) -> None:
        """Stop every process of Postgres where it is, or let all of them go on."""
        leader = self.process_id("postgres")
        number = signal.SIGCONT if going_on else signal.SIGSTOP
        for process in (leader, *children(leader)):
            with suppress(ProcessLookupError):
                os.kill(process, number)

    def paused(self) -> int:
        """How many processes of Postgres stand still."""
        leader = self.process_id("postgres")
        return sum(
            state == STOPPED
            for process, (state, parent) in processes().items()
            if leader in (process, parent)
        )


def processes() -> dict[int, tuple[str, int]]:
    """Every process: its state, and whose child it is."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):
            state, parent = entry.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[:2]
            found[int(entry.parent.name)] = (state, int(parent))
    return found


def children(process: int) -> list[int]:
    """The processes that a process started and that live."""
    return [child for child, (_, parent) in processes().items() if parent == process]
