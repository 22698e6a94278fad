"""How many callbacks may be under way in a process: as many as it answers in a moment, and no fewer than a floor.

What comes beyond that is refused at once, in its protocol's words for later, so that what is accepted stays quick when
more arrives than can be done, or when the database stands still.  It knows no account and no money.
"""

import asyncio
import time

LEAST = 256
"""Callbacks that may be under way however slow they are."""

WAIT_SECONDS = 0.08
"""As long as what is let in waits, about, where more arrives than can be done."""

WINDOW_SECONDS = 0.25
"""How often the pace is looked at."""


class Admission:
    """Counts those who are under way: a context for each of them, entered after nothing of it is awaited any more."""

    def __init__(self) -> None:
        self.under_way = 0
        self.bound = LEAST
        self._left = 0
        self._since = 0.0

    @property
    def full(self) -> bool:
        """Whether nobody more is to come in."""
        return self.under_way >= self.bound

    async def aside(self, seconds: float) -> None:
        """Let somebody wait who does nothing meanwhile, and is not counted: they keep nobody out."""
        self.under_way -= 1
        try:
            await asyncio.sleep(seconds)
        finally:
            self.under_way += 1

    def __enter__(self) -> None:
        self.under_way += 1

    def __exit__(self, *_: object) -> None:
        self.under_way -= 1
        self._left += 1
        now = time.monotonic()
        elapsed = now - self._since
        if elapsed >= WINDOW_SECONDS:
            self.bound = max(LEAST, round(self._left / elapsed * WAIT_SECONDS))
            self._left, self._since = 0, now
