"""Who takes turns at posting: `Ledger.post`, `Ledger.post_many`, and the same function with one call a transaction.

All are closed loops: so many callers, each with its next call as soon as it has an answer.  Every commit waits for
the disk.  They change no setting of the server and no bound that a contender's parameters do not name.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from time import monotonic, perf_counter

import asyncpg
from typing_extensions import override

from bench.calls import Play
from bench.points import Turn
from wallet import database
from wallet.bulk import MAXIMUM_OPERATIONS, slices
from wallet.coalesce import QUEUE_BOUND
from wallet.lane import BUCKET, Unobserved
from wallet.ledger import Ledger, Overloaded, Told, Unavailable
from wallet.types import SUCCESSES, Call, Outcome

DEADLINE_SECONDS = 60.0
CONNECTIONS = 16
"""Of whoever posts one call a transaction."""

AGAIN_SECONDS = 0.02
"""A caller that is told to come later, because too many wait for its player, comes later, with another call."""

AHEAD = 2
"""Batches that callers have ready for each lane: one under way, one that waits."""


class Batches(Unobserved):
    """Counts the batches that a ledger posts; what a failure leads to, the callers are told."""

    def __init__(self) -> None:
        self.batches = self.operations = 0

    @override
    def batch(self, calls: int, operations: int, seconds: float) -> None:
        """One more."""
        self.batches += 1
        self.operations += operations

    def mean(self) -> dict[str, float]:
        """How large they were, on average."""
        return {"mean_batch": round(self.operations / max(self.batches, 1), 1)}


def note(turn: Turn, play: Play, call: Call, told: Told) -> None:
    """Count what became of one call."""
    if not isinstance(told, Outcome):
        turn.errors[str(told) or type(told).__name__] += 1
    elif told.status in SUCCESSES:
        turn.count += 1
        play.answered(call)
    else:
        turn.refusals[told.status.value] += 1


class Singly:
    """Callers that each await `Ledger.post`."""

    def __init__(self, ledger: Ledger, play: Play, callers: int) -> None:
        self.ledger, self.play, self.callers = ledger, play, callers

    async def turn(self, seconds: float) -> Turn:
        """Go on for so long, then let every caller have its answer."""
        turn, began = Turn(), perf_counter()
        await asyncio.gather(*(self._call(turn, began + seconds) for _ in range(self.callers)))
        turn.seconds = perf_counter() - began
        return turn

    async def _call(self, turn: Turn, ends: float) -> None:
        now = perf_counter()
        while True:
            call, began = self.play.next(), now
            try:
                told: Told = await self.ledger.post(call, monotonic() + DEADLINE_SECONDS)
            except Overloaded:
                turn.refusals["overloaded"] += 1
                await asyncio.sleep(AGAIN_SECONDS)
                now = perf_counter()
                if now >= ends:
                    return
                continue
            except Unavailable as error:
                told = error
            now = perf_counter()
            note(turn, self.play, call, told)
            if isinstance(told, Outcome):
                turn.latencies.add(now - began)
            if now >= ends:
                return


class InBulk:
    """Callers that each await `Ledger.post_many` with `request` calls.  A latency is a request's."""

    def __init__(self, ledger: Ledger, play: Play, callers: int, request: int) -> None:
        self.ledger, self.play, self.callers, self.request = ledger, play, callers, request

    async def turn(self, seconds: float) -> Turn:
        """Go on for so long, then let every caller have its answer."""
        turn, began = Turn(), perf_counter()
        await asyncio.gather(*(self._call(turn, began + seconds) for _ in range(self.callers)))
        turn.seconds = perf_counter() - began
        return turn

    async def _call(self, turn: Turn, ends: float) -> None:
        while True:
            calls: list[Call] = []
            async for some in slices(range(self.request)):
                calls.extend(self.play.next() for _ in some)
            began = perf_counter()
            try:
                told = await self.ledger.post_many(calls, monotonic() + DEADLINE_SECONDS)
            except Overloaded as error:
                turn.errors[type(error).__name__] += len(calls)
            else:
                turn.latencies.add(perf_counter() - began)
                for call, one in zip(calls, told, strict=True):
                    note(turn, self.play, call, one)
            if perf_counter() >= ends:
                return


class OneByOne:
    """`CONNECTIONS` connections that each call ``wallet.post`` with one call, commit, and go on."""

    def __init__(self, leases: list[tuple[asyncpg.Connection, int, int]], play: Play) -> None:
        self.leases, self.play = leases, play

    async def turn(self, seconds: float) -> Turn:
        """Go on for so long."""
        for connection, lane, epoch in self.leases:
            await connection.fetchval(database.RENEW_LANE, lane, epoch)
        turn, began = Turn(), perf_counter()
        await asyncio.gather(*(self._call(turn, began + seconds, *lease) for lease in self.leases))
        turn.seconds = perf_counter() - began
        return turn

    async def _call(
        self, turn: Turn, ends: float, connection: asyncpg.Connection, lane: int, epoch: int
    ) -> None:
        now = perf_counter()
        while True:
            call, began = self.play.next(), now
            try:
                policies, columns = database.columns_of([call])
                rows = await connection.fetch(database.POST, BUCKET, lane, epoch, policies, *columns)
            except asyncpg.PostgresError as error:
                turn.errors[type(error).__name__] += 1
                now = perf_counter()
            else:
                [outcome] = database.outcomes_of([call], rows)
                now = perf_counter()
                note(turn, self.play, call, outcome)
                turn.latencies.add(now - began)
            if now >= ends:
                return


@asynccontextmanager
async def singly(
    url: str, play: Play, lanes: int, batch: int, most: int
) -> AsyncGenerator[tuple[Singly, Batches]]:
    """Enough callers to fill batches of `batch` calls on every lane, `most` at most."""
    batches = Batches()
    ledger = Ledger(url, lanes=lanes, batch_bound=batch, observer=batches)
    await ledger.start()
    try:
        yield Singly(ledger, play, min(AHEAD * lanes * batch, QUEUE_BOUND, most)), batches
    finally:
        await ledger.close()


@asynccontextmanager
async def in_bulk(
    url: str, play: Play, lanes: int, batch: int, request: int
) -> AsyncGenerator[tuple[InBulk, Batches]]:
    """Enough requests for every lane, as far as a process takes them."""
    batches = Batches()
    ledger = Ledger(url, lanes=lanes, bulk_batch_bound=batch, observer=batches)
    await ledger.start()
    try:
        callers = max(1, min(AHEAD * lanes, MAXIMUM_OPERATIONS // request))
        yield InBulk(ledger, play, callers, request), batches
    finally:
        await ledger.close()


@asynccontextmanager
async def one_by_one(url: str, play: Play) -> AsyncGenerator[OneByOne]:
    """Connections with a lane of their own each."""
    leases: list[tuple[asyncpg.Connection, int, int]] = []
    try:
        for _ in range(CONNECTIONS):
            connection = await database.connect(url, purpose="bench")
            [lease] = await connection.fetch(database.LEASE_LANE)
            leases.append((connection, *lease))
        yield OneByOne(leases, play)
    finally:
        for connection, lane, epoch in leases:
            await connection.fetchval(database.RELEASE_LANE, lane, epoch)
            await connection.close()
