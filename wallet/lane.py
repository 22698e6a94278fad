"""A lane: one pinned connection that executes one batch at a time, under a leased id and an epoch.

It posts until every call of its batch has an answer or nobody waits for one, and takes no other batch before the
fate of all that it sent is known.  It decides nothing about money: what a failure means is in `wallet.failures`, what
an operation becomes in ``wallet.post``.
"""

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

import asyncpg

from wallet import database
from wallet.coalesce import Pending
from wallet.failures import SYNC_REPLICATION, Action, action_for, state_of
from wallet.types import Call, Outcome

BUCKET = 0  # the only one of a single machine

STATEMENT_SECONDS = 5.0  # the server ends a statement after this
CLIENT_SECONDS = STATEMENT_SECONDS + 2.0  # and we a connection that stays silent
RENEW_SECONDS = 15.0  # a quarter of the lease
MOST_ATTEMPTS = 3  # of one part of a batch, before it is taken apart
MOST_WAITS = 2  # for a wallet that somebody holds; each takes the function's lock_timeout
FIRST_PAUSE = 0.02  # between attempts to connect; doubled up to the longest
LONGEST_PAUSE = 1.0

RESTORE_EPOCH_SHIFT = 32
"""A lane's epoch holds the restore epoch in its upper half."""

SYNC_REPLICATION_ROUTINE = "SyncRepWaitForLSN"
"""Where in the server the warning about a commit that was not replicated is written: messages are translated."""

logger = logging.getLogger(__name__)

MOST_WORDS = 300
"""Longest text of an error that is logged: the driver's may quote a whole batch."""


def words_of(error: Exception) -> str:
    """An error for the log."""
    return f"{type(error).__name__}: {error}"[:MOST_WORDS]


class Reason(StrEnum):
    """Why a call got no outcome."""

    DEADLINE = "deadline"  # the call may or may not have been posted
    BUSY = "busy"  # somebody holds the wallet; no attempt posted anything
    INTERNAL = "internal"  # a fault of ours or of the server; no attempt posted anything
    UNKNOWN = "unknown"  # a connection was lost under way; may or may not have been posted


class Unavailable(Exception):  # noqa: N818 - to be answered as the protocol's temporary error
    """A temporary error: never a refusal, and nothing is posted twice when the call comes again."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class RestoredMeanwhile(Exception):  # noqa: N818 - what is the case
    """The database was restored: what this process remembers of it may be of a future that was lost."""


class Observer(Protocol):
    """What the ledger reports as it happens.  Calls must return at once."""

    def batch(self, calls: int, operations: int, seconds: float) -> None:
        """A batch was posted."""
        ...

    def failure(self, state: str, action: Action) -> None:
        """A batch failed with an SQLSTATE (or a word of `wallet.failures`), and this is done about it."""
        ...

    def fence(self) -> None:
        """A lane was fenced, or found to be lost and leased anew."""
        ...


class Unobserved:
    """Reports to nobody."""

    def batch(self, calls: int, operations: int, seconds: float) -> None:
        """Nothing."""

    def failure(self, state: str, action: Action) -> None:
        """Nothing."""

    def fence(self) -> None:
        """Nothing."""


@dataclass
class Part:
    """Calls that are posted together, and what is known of the attempts so far."""

    calls: list[Pending[Call, Outcome]]
    attempts: int = 0
    unsure: bool = False  # an answer was lost: whatever a later attempt fails with, they may be posted

    def pieces(self, size: int, attempts: int = 0) -> Iterator["Part"]:
        """The same calls, `size` at a time; the first comes last, to be popped first."""
        for first in reversed(range(0, len(self.calls), size)):
            yield Part(self.calls[first : first + size], attempts, self.unsure)


class Lane:
    """One lane.  `open` it, let `run` have batches, `close` it.

    It sets `restored` when it finds that the database is not the one it began with any more, and then posts nothing.
    """

    def __init__(self, url: str, observer: Observer, restored: asyncio.Event) -> None:
        self._url = url
        self._observer = observer
        self._restored = restored
        self._restore_epoch: int | None = None
        self._connection: asyncpg.Connection | None = None
        self._lane = 0
        self._epoch: int | None = None
        self._unreplicated = False
        self._lost = asyncio.Event()
        self._busy = asyncio.Lock()
        self._keeper: asyncio.Task[None] | None = None

    @property
    def up(self) -> bool:
        """Whether the lane has a connection to the database that it began with."""
        return self._connection is not None and not self._restored.is_set()

    async def open(self) -> None:
        """Connect and lease.  Raises what connecting raises, and `database.UnsafeServer`."""
        await self._connect()
        self._keeper = asyncio.create_task(self._keep())

    async def close(self) -> None:
        """Give the lane back and hang up."""
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
        if self._connection is None:
            return
        with contextlib.suppress(Exception):
            await self._connection.fetchval(database.RELEASE_LANE, self._lane, self._epoch, timeout=1.0)
            await self._connection.close(timeout=1.0)
        self._drop()

    async def run(self, batch: list[Pending[Call, Outcome]]) -> None:
        """Post a batch and answer each of its calls; return when the fate of all that was sent is known."""
        async with self._busy:
            parts = [Part(batch)]
            while parts:
                connection = await self._ready()
                part = parts.pop()
                part.calls = [pending for pending in part.calls if pending.waits]
                if not part.calls:
                    continue
                part.attempts += 1
                state = await self._post(connection, part.calls)
                if state is not None:
                    parts.extend(await self._recover(connection, state, part))
            # Also when nobody waits any more: the next call of these wallets must not overtake this attempt.
            await self._ready()

    async def _post(self, connection: asyncpg.Connection, batch: list[Pending[Call, Outcome]]) -> str | None:
        """Post and answer; what went wrong, if anything, and then nothing was answered."""
        began = time.monotonic()
        calls = [pending.item for pending in batch]
        policies, columns = database.columns_of(calls)
        self._unreplicated = False
        try:
            rows: list[Any] = await connection.fetch(
                database.POST, BUCKET, self._lane, self._epoch, policies, *columns, timeout=CLIENT_SECONDS
            )
        except Exception as error:  # noqa: BLE001 - whatever it is, the table says what it means
            state = state_of(error)
            logger.warning("a batch of %d calls failed: %s %s", len(batch), state, words_of(error))
            return state
        if self._unreplicated:
            return SYNC_REPLICATION
        for pending, outcome in zip(batch, database.outcomes_of(calls, rows), strict=True):
            pending.answer(outcome)
        self._observer.batch(len(calls), len(rows), time.monotonic() - began)
        return None

    async def _recover(self, connection: asyncpg.Connection, state: str, part: Part) -> list[Part]:
        """Do what a failure asks for, and say what is to be posted again."""
        action = action_for(state)
        self._observer.failure(state, action)
        alone = len(part.calls) == 1
        tried = part.attempts >= MOST_ATTEMPTS
        reason = Reason.INTERNAL
        if action is Action.LEASE:
            with contextlib.suppress(Exception):  # whatever it was, the next attempt meets it again
                await self._take_lane(connection)
        elif action in (Action.RECONNECT, Action.FENCE):
            self._drop()
            part.unsure = True
        elif action is Action.SINGLE:
            reason = Reason.BUSY
            tried = part.attempts >= MOST_WAITS
        if action is Action.GIVE_UP or (alone and (tried or action is Action.SPLIT)):
            for pending in part.calls:
                pending.fail(Unavailable(Reason.UNKNOWN if part.unsure else reason))
            return []
        if action is Action.SINGLE:
            return list(part.pieces(1, part.attempts))
        if action is Action.SPLIT or tried:
            return list(part.pieces((len(part.calls) + 1) // 2))
        return [part]

    async def _ready(self) -> asyncpg.Connection:
        """The connection, made anew and fenced where it was lost, however long that takes."""
        pause = FIRST_PAUSE
        while self._connection is None or self._connection.is_closed() or self._epoch is None:
            try:
                await self._connect()
            except Exception as error:  # noqa: BLE001 - a server that is away may say so in any way
                self._drop()
                logger.warning("a lane cannot connect: %s", words_of(error))
                await asyncio.sleep(pause * random.uniform(0.5, 1.0))
                pause = min(pause * 2, LONGEST_PAUSE)
        return self._connection

    async def _connect(self) -> None:
        """A new connection to a server that is safe, and the lane in a new epoch: whatever came before is settled."""
        self._drop()
        if self._restored.is_set():
            raise RestoredMeanwhile
        connection = await database.connect(self._url, purpose="lane", statement_seconds=STATEMENT_SECONDS)
        self._connection = connection
        connection.add_log_listener(self._hear)
        connection.add_termination_listener(self._hang_up)
        await database.check_server(connection)
        await connection.execute(database.KEEP_WAITING, timeout=CLIENT_SECONDS)
        await self._take_lane(connection)

    async def _take_lane(self, connection: asyncpg.Connection) -> None:
        """Fence the lane we have, which waits for its old transaction; lease one where we have none any more."""
        if self._epoch is not None:
            self._epoch = await connection.fetchval(
                database.FENCE_LANE, self._lane, self._epoch, timeout=CLIENT_SECONDS
            )
            self._observer.fence()
        if self._epoch is None:
            [(lane, epoch)] = await connection.fetch(database.LEASE_LANE, timeout=CLIENT_SECONDS)
            restore_epoch = epoch >> RESTORE_EPOCH_SHIFT
            if self._restore_epoch not in (None, restore_epoch):
                self._restored.set()
                raise RestoredMeanwhile
            self._lane, self._epoch, self._restore_epoch = lane, epoch, restore_epoch

    async def _keep(self) -> None:
        """Renew the lease, and come back after the connection was lost, also while there is nothing to post."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(RENEW_SECONDS):
                    await self._lost.wait()
            async with self._busy:
                self._lost.clear()
                connection = await self._ready()
                try:
                    await connection.execute(database.KEEP_WAITING, timeout=CLIENT_SECONDS)
                    renewed = await connection.fetchval(
                        database.RENEW_LANE, self._lane, self._epoch, timeout=CLIENT_SECONDS
                    )
                    if not renewed:
                        await self._take_lane(connection)
                except Exception as error:  # noqa: BLE001 - the next turn connects anew
                    logger.warning("a lane could not be renewed: %s", words_of(error))
                    self._drop()
                    self._lost.set()

    def _drop(self) -> None:
        """Close at once: a late cancel or answer must not meet the next batch."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.remove_termination_listener(self._hang_up)
            connection.terminate()

    def _hang_up(self, _connection: object) -> None:
        self._lost.set()

    def _hear(self, _connection: object, message: Any) -> None:
        if message.server_source_function == SYNC_REPLICATION_ROUTINE:
            self._unreplicated = True
