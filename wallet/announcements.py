"""Hears what Postgres announces with a commit (LISTEN), and knows since when it has missed nothing.

One connection of its own, spoken to once a second, so that a line that went silent is noticed and made anew.  Who
keeps copies of rows asks `since`: an announcement that came before it may have been missed, so a copy that is older
proves nothing.  It never reads a row and never keeps what was said.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import asyncpg

from wallet.database import connect
from wallet.patience import AWAY

BEAT_SECONDS = 1.0
BEAT_TIMEOUT = 2.0
SILENCE_SECONDS = 5.0
"""Without an answer for so long, nothing is trusted: the line may be dead and nobody has told us."""

PAUSE_SECONDS = 0.5  # between attempts to connect

Heard = Callable[[str], None]

logger = logging.getLogger(__name__)


class Announcements:
    """Calls back with the payload of every announcement on the channels subscribed to.

    Subscribe before `start`.  Callbacks must not wait and must not raise.
    """

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._subscribers: dict[str, list[Heard]] = {}
        self._since: datetime | None = None
        self._last_beat = 0.0
        self._task: asyncio.Task[None] | None = None

    def subscribe(self, channel: str, heard: Heard) -> None:
        """Call `heard` with every payload announced on `channel`."""
        self._subscribers.setdefault(channel, []).append(heard)

    @property
    def since(self) -> datetime | None:
        """From when on nothing was missed, by the database's clock; None while we cannot hear."""
        if time.monotonic() - self._last_beat > SILENCE_SECONDS:
            return None
        return self._since

    async def start(self) -> None:
        """Begin to listen; return when the first attempt to connect has come to its end, whichever it is."""
        attempted = asyncio.Event()
        self._task = asyncio.create_task(self._listen(attempted))
        await attempted.wait()

    async def close(self) -> None:
        """Stop listening."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _listen(self, attempted: asyncio.Event) -> None:
        """Listen on one connection after the other, for as long as we live."""
        while True:
            try:
                await self._listen_once(attempted)
            except (*AWAY, asyncpg.PostgresError) as error:
                logger.warning("cannot hear announcements: %s", error or type(error).__name__)
            except Exception:
                logger.exception("cannot hear announcements")
            finally:
                self._since = None
                attempted.set()
            await asyncio.sleep(PAUSE_SECONDS)

    async def _listen_once(self, attempted: asyncio.Event) -> None:
        # asyncpg carries no types, and `database.Connection` need not know of listening.
        connection: Any = await connect(self._url, purpose="announcements")
        try:
            for channel in self._subscribers:
                await connection.add_listener(channel, self._heard)
            # After LISTEN: what was committed before this moment may have been missed, nothing after it.
            since = await connection.fetchval("select clock_timestamp()", timeout=BEAT_TIMEOUT)
            self._last_beat = time.monotonic()
            self._since = since
            attempted.set()
            while True:
                await asyncio.sleep(BEAT_SECONDS)
                await connection.fetchval("select 1", timeout=BEAT_TIMEOUT)
                self._last_beat = time.monotonic()
        finally:
            connection.terminate()

    def _heard(self, _connection: object, _process: int, channel: str, payload: object) -> None:
        for heard in self._subscribers[channel]:
            heard(str(payload))
