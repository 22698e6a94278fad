"""Many calls at once: in what order they may share batches, so that no two that must not meet ever wait for each other.

Pure but for the turns it gives the event loop.  It posts nothing: `Ledger.post_many` does.
"""

import asyncio
from collections.abc import AsyncIterator, Hashable, Sequence
from typing import Generic, TypeVar

from wallet.pending import Item, Pending, Result

T = TypeVar("T")

MAXIMUM_CALLS = 8_000
"""Most calls of one bulk request."""

MAXIMUM_OPERATIONS = 16_000
"""Most operations of all bulk requests under way in a process, and so of one; beyond it `Overloaded` is raised."""

SLICE = 250
"""So many are made ready in one turn of the event loop: some milliseconds."""


class Waves(Generic[Item, Result]):
    """Items sorted into waves, to be submitted one after the other.

    In a wave a key stands once, and so does an element of `exclusive`; those that share one keep their order.  As
    many waves as the most repeated of them, each as early as it can be: the work is linear in the items.
    """

    def __init__(self) -> None:
        self.waves: list[list[Pending[Item, Result]]] = []
        self._next: dict[Hashable, int] = {}

    def add(self, pending: Pending[Item, Result]) -> None:
        """Put an item behind all that it may not meet."""
        names = (pending.key, *pending.exclusive)
        wave = max(self._next.get(name, 0) for name in names)
        self._next.update(dict.fromkeys(names, wave + 1))
        if wave == len(self.waves):
            self.waves.append([])
        self.waves[wave].append(pending)


async def slices(items: Sequence[T]) -> AsyncIterator[Sequence[T]]:
    """The items, some at a time, and between them a turn of the event loop for everybody else."""
    for first in range(0, len(items), SLICE):
        if first:
            await asyncio.sleep(0)
        yield items[first : first + SLICE]
