"""Which wallet a studio means by a name that never changes its meaning: looked up together, and remembered.

What the names are (external ids, issues of free rounds) is said by the statement it is made with.  It reads no
balance, and forgets nothing but what it has no room for.
"""

import math
import time
from collections import OrderedDict

import asyncpg
from msgspec import Struct

from wallet.coalesce import Coalescer, Pending
from wallet.patience import patiently

REMEMBERED = 100_000
FIND_SECONDS = 5.0  # at most; a caller with less time leaves earlier
READ_SECONDS = 1.5
LANES = 2


class NamedWallet(Struct, frozen=True):
    """The wallet that a name means."""

    provider_account: int
    external_id: str
    bucket: int
    wallet: int
    player: int
    currency: str  # ours
    currency_code: str  # the wire's


Name = tuple[int, str]


class NamedWallets:
    """Names of one kind, as one process knows them.

    `statement` takes provider accounts and names as arrays; its rows are an account, a name, and the fields of a
    `NamedWallet`.
    """

    def __init__(self, database: asyncpg.Pool, statement: str, *, remembered: int = REMEMBERED) -> None:
        self._database = database
        self._statement = statement
        self._known: OrderedDict[Name, NamedWallet] = OrderedDict()
        self._remembered = remembered
        self._lookups: Coalescer[Name, NamedWallet | None] = Coalescer([self._look_up] * LANES)

    def start(self) -> None:
        """Put the look-ups to work, on the running event loop."""
        self._lookups.start()

    async def close(self) -> None:
        """Finish the look-ups under way."""
        await self._lookups.close()

    async def find(self, provider_account: int, name: str, deadline: float = math.inf) -> NamedWallet | None:
        """The wallet that the name means at the account; None where it means none.

        `deadline` is a moment of ``time.monotonic()``; raises `coalesce.DeadlinePassed` or `coalesce.Overloaded`.
        """
        place = (provider_account, name)
        known = self._known.get(place)
        if known is not None:
            self._known.move_to_end(place)
            return known
        return await self._lookups.submit(place, min(deadline, time.monotonic() + FIND_SECONDS))

    async def _look_up(self, batch: list[Pending[Name, NamedWallet | None]]) -> None:
        accounts, names = zip(*{pending.item for pending in batch}, strict=True)
        rows = await patiently(
            lambda: self._database.fetch(self._statement, accounts, names, timeout=READ_SECONDS), batch
        )
        found = {(account, name): NamedWallet(*wallet) for account, name, *wallet in rows}
        for pending in batch:
            pending.answer(found.get(pending.item))
        self._known.update(found)
        while len(self._known) > self._remembered:
            self._known.popitem(last=False)
