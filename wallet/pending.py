"""One item on its way to a lane, and whoever waits for what becomes of it.

A lane answers it or fails it; its deadline may come first, or whoever waited may leave.  It knows no queue and no
order: those are the coalescer's.
"""

import asyncio
import contextlib
import time
from collections.abc import Collection, Hashable
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class DeadlinePassed(Exception):  # noqa: N818 - the same
    """The deadline passed first.  `started` says that a lane has the item, which may still take effect."""

    def __init__(self, *, started: bool) -> None:
        super().__init__("the deadline passed under way" if started else "no lane was free in time")
        self.started = started


class Pending(Generic[Item, Result]):
    """One item on its way: a lane reads `item` and calls `answer` or `fail`, once."""

    __slots__ = ("_future", "exclusive", "item", "key", "started", "weight")

    def __init__(
        self, item: Item, key: Hashable | None, exclusive: Collection[Hashable], weight: int
    ) -> None:
        self.item = item
        self.key = key
        self.exclusive = exclusive
        self.weight = weight
        self.started = False
        self._future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()

    @property
    def waits(self) -> bool:
        """Whether somebody still waits for the result."""
        return not self._future.done()

    def answer(self, result: Result) -> None:
        """Hand the result to whoever waits; nothing happens where nobody does any more."""
        if not self._future.done():
            self._future.set_result(result)

    def fail(self, error: Exception) -> None:
        """Raise an error where the result is awaited."""
        if not self._future.done():
            self._future.set_exception(error)

    def expire(self) -> None:
        """Raise `DeadlinePassed` where the result is awaited."""
        self.fail(DeadlinePassed(started=self.started))

    def abandon(self) -> None:
        """Nobody waits any more, nor will anybody look."""
        if not self._future.cancel() and not self._future.cancelled():
            self._future.exception()

    async def settled(self) -> None:
        """Wait until there is a result or an error."""
        with contextlib.suppress(Exception):
            await self._future

    def outcome(self) -> Result | BaseException:
        """The result, or the error in its place, of what is settled."""
        return self._future.exception() or self._future.result()

    async def result(self, deadline: float) -> Result:
        """Wait for the lane's answer, until `deadline` of ``time.monotonic()``."""
        timer = self._future.get_loop().call_later(deadline - time.monotonic(), self.expire)
        try:
            return await self._future
        finally:
            timer.cancel()
