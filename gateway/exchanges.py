"""Keeps every exchange with a studio for disputes: scrubbed, in batches, on a connection of its own, after the answer.

Bounded in number and in bytes.  What does not fit, or cannot be written, is dropped with a count: it never slows,
changes or refuses a call.  Signatures and other headers are not kept at all, tokens only as stars, nor an answer that
tells what a person may have erased.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import asyncpg
from msgspec import Struct

from gateway import logs
from gateway.logs import HIDDEN
from gateway.metrics import Loss, Metrics
from providers.contract import Request
from wallet.database import connect

MAXIMUM_WAITING = 20_000
MAXIMUM_WAITING_BYTES = 64 * 1024 * 1024
MAXIMUM_BATCH = 250
MAXIMUM_TEXT = 128 * 1024
UNVERIFIED_TEXT = 4 * 1024  # of what anybody could send
ROW_BYTES = 500  # of a row, beside its texts
SHORTEST_TOKEN = 12  # that is searched for anywhere: a shorter one stands in the evidence by chance
MAXIMUM_WORD = 255
FLUSH_SECONDS = 0.05  # seldom means long: what piles up is written while calls wait for the same cores
RETRY_SECONDS = 1.0
HOUSEKEEPING_SECONDS = 3600.0
COMMAND_SECONDS = 10.0
DAYS_AHEAD = 8

KEEP = "select wallet.keep_exchanges($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
PREPARE = "select wallet.prepare_exchanges($1)"
DROP = "select wallet.drop_exchanges($1)"

WITHHELD = "(withheld: it could not be scrubbed)"
PERSONAL = b"(withheld: it tells something personal)"


class Kept(Struct):
    """One exchange as it waits to be written."""

    received_at: datetime
    provider_account: int
    wallet: int | None
    http_status: int
    duration_us: int
    outcome: str
    verb: str
    request_id: str
    key: str | None
    round: str | None
    request: Request
    answer: bytes
    scrub: Callable[[str], str]
    tokens: tuple[str, ...] = ()  # what else must not be kept, where it is long enough to tell
    further: tuple[tuple[str, str | None], ...] = ()  # key and round of the call's other operations
    longest_text: int = MAXIMUM_TEXT  # beyond it a text is cut, after it was scrubbed

    @property
    def size(self) -> int:
        """About how many bytes it occupies."""
        texts = len(self.request.body) + len(self.request.target) + len(self.answer)
        return ROW_BYTES * (1 + len(self.further)) + texts


class Exchanges:
    """The queue of exchanges and the task that writes it."""

    def __init__(self, database_url: str, metrics: Metrics, *, days: int) -> None:
        self._database_url = database_url
        self._metrics = metrics
        self._days = days
        self._waiting: deque[Kept] = deque()
        self._bytes = 0
        self._connection: asyncpg.Connection | None = None
        self._task: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()

    async def start(self) -> None:
        """Begin to write; a database that is away is waited for."""
        self._task = asyncio.create_task(self._run())

    async def close(self, seconds: float = 5.0) -> None:
        """Write what waits, for at most `seconds`."""
        self._closing.set()
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=seconds)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._drop("closing", len(self._waiting))
        await self._disconnect()

    def keep(self, kept: Kept) -> None:
        """Take an exchange to be written; dropped where too many wait."""
        if len(self._waiting) >= MAXIMUM_WAITING or self._bytes + kept.size > MAXIMUM_WAITING_BYTES:
            self._drop("full")
            return
        self._waiting.append(kept)
        self._bytes += kept.size

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        next_housekeeping = 0.0
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), FLUSH_SECONDS)
            try:
                if loop.time() >= next_housekeeping and not self._closing.is_set():
                    next_housekeeping = loop.time() + HOUSEKEEPING_SECONDS
                    await self._execute(PREPARE, DAYS_AHEAD)
                    await self._execute(DROP, self._days)
                await self._write_waiting()
            except Exception as error:  # noqa: BLE001 - a task that ended would keep no evidence until a restart
                logs.event(logging.WARNING, "exchanges_not_written", error, waiting=len(self._waiting))
                await self._disconnect()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._closing.wait(), RETRY_SECONDS)
            if self._closing.is_set():
                return

    async def _write_waiting(self) -> None:
        """Write everything that waits; a batch stays in the queue until the database has it."""
        while self._waiting:
            batch = [self._waiting[position] for position in range(min(MAXIMUM_BATCH, len(self._waiting)))]
            await self._write(batch)
            for kept in batch:
                self._waiting.popleft()
                self._bytes -= kept.size
            await asyncio.sleep(0)

    async def _write(self, batch: Sequence[Kept]) -> None:
        """Write a batch; of one that the database refuses, whatever it does take."""
        try:
            await self._execute(KEEP, *columns_of(batch))
        except (
            asyncpg.DataError,
            asyncpg.IntegrityConstraintViolationError,
            asyncpg.ProgramLimitExceededError,
        ) as error:
            if len(batch) == 1:
                logs.event(logging.WARNING, "exchange_refused", error, request_id=batch[0].request_id)
                self._drop("refused")
                return
            middle = len(batch) // 2
            await self._write(batch[:middle])
            await self._write(batch[middle:])
        else:
            self._metrics.exchanges_kept.add(amount=len(batch))

    async def _execute(self, statement: str, *arguments: object) -> None:
        if self._connection is None or self._connection.is_closed():
            self._connection = await connect(
                self._database_url, purpose="exchanges", statement_seconds=COMMAND_SECONDS
            )
        await self._connection.execute(statement, *arguments, timeout=2 * COMMAND_SECONDS)

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()

    def _drop(self, reason: Loss, number: int = 1) -> None:
        if number:
            self._metrics.exchanges_dropped.add((reason,), number)


def columns_of(batch: Sequence[Kept]) -> tuple[list[Any], ...]:
    """The batch as the arrays that ``wallet.keep_exchanges`` takes."""
    return tuple(map(list, zip(*(row for kept in batch for row in rows_of(kept)), strict=True)))


def rows_of(kept: Kept) -> list[tuple[Any, ...]]:
    """An exchange as its row, and a short row for each further operation: so it is found under every key of its call."""
    answer = _scrubbed(kept, kept.answer.decode("utf-8", "replace"))
    head = (kept.received_at, kept.provider_account, kept.wallet, kept.http_status)
    tail = (min(kept.duration_us, 2**31 - 1), kept.outcome, kept.verb)
    rows = [(*head, *tail, kept.request_id, _word(kept.key), _word(kept.round), request_text(kept), answer)]
    for number, (key, studio_round) in enumerate(kept.further, start=2):
        whole = f"operation {number} of the call that is kept whole as {kept.request_id}"
        rows.append((*head, *tail, f"{kept.request_id}#{number}", _word(key), _word(studio_round), whole, ""))
    return rows


def request_text(kept: Kept) -> str:
    """The request as it is kept: its line, an empty line, its body."""
    request = kept.request
    return _scrubbed(kept, f"{request.method} {request.target}\n\n{request.body.decode('utf-8', 'replace')}")


def _scrubbed(kept: Kept, text: str) -> str:
    try:
        text = kept.scrub(text)
    except Exception:  # noqa: BLE001 - an adapter's mistake may cost the text, never keep a secret
        return WITHHELD
    for token in kept.tokens:
        if len(token) >= SHORTEST_TOKEN:
            text = text.replace(token, HIDDEN)
    return _storable(text)[: kept.longest_text]


def _storable(text: str) -> str:
    """`text` without what Postgres cannot hold: NUL, and half of a surrogate pair."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def _word(text: str | None) -> str | None:
    return None if text is None else _storable(text)[:MAXIMUM_WORD]
