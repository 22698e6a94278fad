"""Walks back through rows that are ordered by time, in windows that hold a bounded number of them.

The journal has no ordered index by time, only one that says which pages a stretch of time lies in: a few bytes
instead of an entry per posting on the hot path.  So a window is read whole and sorted.  It widens over empty
stretches and narrows over busy ones; a walk that finds too little in its time says how far it came.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

from msgspec import Struct

T = TypeVar("T")

MAXIMUM_SEEN = 20_000
"""Most rows a window may hold; many times what one batch writes at the same microsecond."""

WALK_SECONDS = 2.0
FIRST_WINDOW = timedelta(seconds=4)
SMALLEST_WINDOW = timedelta(microseconds=1)
LARGEST_WINDOW = timedelta(days=36_500)
AHEAD = timedelta(hours=1)
"""How far ahead of the clock a row may be: a clock that was set back never makes a wallet's times go back."""

OLDEST = datetime(1970, 1, 1, tzinfo=UTC)


class Window(Struct, frozen=True):
    """From `oldest`, inclusive, to `newest`; of the rows at `newest` itself those before `tie`."""

    oldest: datetime
    newest: datetime
    tie: int | str


class Walked(Struct, Generic[T], frozen=True):
    """What a walk found, newest first, and where it stopped if there may be more."""

    rows: list[T]
    stopped_at: datetime | None = None  # None: at the last row if the page is full, else at the end


Look = Callable[[Window, int], Awaitable[tuple[int, Sequence[T]]]]
"""(window, limit) → how many rows the window holds (counted up to one beyond the most), and the newest that match."""


def stretch(now: datetime, since: datetime | None, until: datetime | None, first_tie: int | str) -> Window:
    """All that there is up to now, or what lies from `since`, inclusive, to `until`, exclusive."""
    end = now + AHEAD
    return Window(max(since or OLDEST, OLDEST), min(until or end, end), first_tie)


async def walk(
    look: Look[T], start: Window, limit: int, first_tie: int | str, maximum_seen: int = MAXIMUM_SEEN
) -> Walked[T]:
    """Walk from the newest end of `start` to its oldest until `limit` rows match; `first_tie` sorts before all."""
    clock = asyncio.get_running_loop().time
    began = clock()
    rows: list[T] = []
    newest, tie, width = start.newest, start.tie, AHEAD + FIRST_WINDOW
    while newest > start.oldest or tie != first_tie:
        oldest = newest - min(width, newest - start.oldest)
        seen, found = await look(Window(oldest, newest, tie), limit - len(rows))
        if seen > maximum_seen and newest - oldest > SMALLEST_WINDOW:
            width = max((newest - oldest) / 4, SMALLEST_WINDOW)
            continue
        rows.extend(found)
        if len(rows) >= limit:
            return Walked(rows)
        newest, tie = oldest, first_tie
        if seen < maximum_seen // 8:
            width = min(width * 8, LARGEST_WINDOW)
        if newest > start.oldest and clock() - began > WALK_SECONDS:
            return Walked(rows, newest)
    return Walked(rows)
