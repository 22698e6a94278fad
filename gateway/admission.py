"""How many callbacks may be under way in a process: as many as it answers in a moment, and no fewer than a floor.

What comes beyond that is refused at once, in its protocol's words for later, so that what is accepted stays quick when
more arrives than can be done, or when the database stands still.  Whoever has less than a fair share of them under way
is let in all the same: one studio's flood shuts no other out.  It knows an account by its name alone, and no money.
"""

import asyncio
import time

LEAST = 256
"""Callbacks that may be under way however slow they are."""

MOST = 2
"""Times the bound: so many may be under way with those who are let in for their share."""

WAIT_SECONDS = 0.08
"""As long as what is let in waits, about, where more arrives than can be done."""

WINDOW_SECONDS = 0.25
"""How often the pace is looked at."""


class Admission:
    """Counts those who are under way, and how many accounts they are of."""

    def __init__(self) -> None:
        self.under_way = 0
        self.sharing = 0  # accounts with anything under way
        self.bound = LEAST
        self._shares: dict[str, Share] = {}
        self._left = 0
        self._since = 0.0

    def of(self, account: str) -> "Share":
        """An account's share of it."""
        share = self._shares.get(account)
        if share is None:
            share = self._shares[account] = Share(self)
        return share

    def leave(self) -> None:
        """Count one that is done: the pace is how many are in a while."""
        self._left += 1
        now = time.monotonic()
        elapsed = now - self._since
        if elapsed >= WINDOW_SECONDS:
            self.bound = max(LEAST, round(self._left / elapsed * WAIT_SECONDS))
            self._left, self._since = 0, now


class Share:
    """One account's calls under way: a context for each of them, entered after nothing of it is awaited any more."""

    def __init__(self, admission: Admission) -> None:
        self.under_way = 0
        self._admission = admission

    @property
    def full(self) -> bool:
        """Whether nothing more of this account is to come in."""
        everybody = self._admission
        if everybody.under_way < everybody.bound:
            return False
        sharing = everybody.sharing + (not self.under_way)
        return self.under_way * sharing >= everybody.bound or everybody.under_way >= MOST * everybody.bound

    async def aside(self, seconds: float) -> None:
        """Let somebody wait who does nothing meanwhile, and is not counted: they keep nobody out."""
        self._less()
        try:
            await asyncio.sleep(seconds)
        finally:
            self._more()

    def __enter__(self) -> None:
        self._more()

    def __exit__(self, *_: object) -> None:
        self._less()
        self._admission.leave()

    def _more(self) -> None:
        self._admission.under_way += 1
        self._admission.sharing += not self.under_way
        self.under_way += 1

    def _less(self) -> None:
        self.under_way -= 1
        self._admission.sharing -= not self.under_way
        self._admission.under_way -= 1
