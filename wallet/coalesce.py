"""Concurrent awaits become one bulk operation, and each await gets its own result.

A free lane takes everything that waits, so a batch is one item at low load and grows by itself under load: nothing
ever waits for a timer to fill it.  The queue and the batch are bounded, and every item has a deadline.  It knows no
money, no Postgres and no Redis, and it never retries: what a lane does with a batch is the lane's business.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Hashable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

QUEUE_BOUND = 10_000
"""Most weight that waits for a lane; beyond it `Overloaded` is raised at once."""

BATCH_BOUND = 1_000
"""Most weight of one batch; a single item that weighs more is a batch of its own."""


class Overloaded(Exception):  # noqa: N818 - an answer to the caller, not a fault of ours
    """The queue is full, or closed: nothing was started."""


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

    async def result(self, deadline: float) -> Result:
        """Wait for the lane's answer, until `deadline` of ``time.monotonic()``."""
        timer = self._future.get_loop().call_later(deadline - time.monotonic(), self.expire)
        try:
            return await self._future
        finally:
            timer.cancel()


Lane = Callable[[list[Pending[Item, Result]]], Awaitable[None]]
"""Runs one batch and answers each of it; returns when all that it started has come to its end."""


class Coalescer(Generic[Item, Result]):
    """Queues items for lanes.

    Items of one `key` run one at a time, in the order of their arrival; an item without a key waits for none.  Two
    items that share an element of `exclusive` never run in the same batch.
    """

    def __init__(
        self,
        lanes: Sequence[Lane[Item, Result]],
        *,
        queue_bound: int = QUEUE_BOUND,
        batch_bound: int = BATCH_BOUND,
    ) -> None:
        self.depth = 0  # weight that waits for a lane
        self.queue_bound = queue_bound
        self.batch_bound = batch_bound
        self._lanes = lanes
        self._ready: OrderedDict[Pending[Item, Result], None] = OrderedDict()
        # For every key that is ready or in flight: what waits until it is neither.
        self._behind: dict[Hashable, OrderedDict[Pending[Item, Result], None] | None] = {}
        self._idle: list[asyncio.Future[None]] = []
        self._waking = False
        self._closed = False
        self._callers = 0
        self._drained = asyncio.Event()
        self._workers: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Put the lanes to work, on the running event loop."""
        self._workers = [asyncio.create_task(self._work(lane)) for lane in self._lanes]

    async def submit(
        self,
        item: Item,
        deadline: float,
        *,
        key: Hashable | None = None,
        exclusive: Collection[Hashable] = (),
        weight: int = 1,
    ) -> Result:
        """Wait for the item's result, until `deadline` of ``time.monotonic()``.

        Raises `Overloaded`, `DeadlinePassed`, or what the lane failed the item with.
        """
        if self._closed or self.depth + weight > self.queue_bound:
            raise Overloaded
        if time.monotonic() >= deadline:
            raise DeadlinePassed(started=False)
        pending: Pending[Item, Result] = Pending(item, key, exclusive, weight)
        self._enqueue(pending)
        self._callers += 1
        try:
            return await pending.result(deadline)
        finally:
            self._callers -= 1
            if not pending.started:
                self._withdraw(pending)
            if self._closed and not self._callers:
                self._drained.set()

    async def close(self, grace: float = 5.0) -> None:
        """Accept nothing more, and return when everything accepted has its answer: the deadlines bound the wait.

        A lane that has answered everything and still has not come to its end is given `grace` seconds.
        """
        self._closed = True
        if self._callers:
            await self._drained.wait()
        for idle in self._idle:
            idle.set_result(None)
        self._idle.clear()
        if self._workers:
            _, late = await asyncio.wait(self._workers, timeout=grace)
            for worker in late:
                worker.cancel()
            await asyncio.gather(*self._workers, return_exceptions=True)

    def _enqueue(self, pending: Pending[Item, Result]) -> None:
        self.depth += pending.weight
        if pending.key is None:
            self._ready[pending] = None
        elif pending.key in self._behind:
            behind = self._behind[pending.key]
            if behind is None:
                behind = self._behind[pending.key] = OrderedDict()
            behind[pending] = None
            return
        else:
            self._behind[pending.key] = None
            self._ready[pending] = None
        self._wake()

    def _withdraw(self, pending: Pending[Item, Result]) -> None:
        """Take back what no lane has taken."""
        if pending in self._ready:
            del self._ready[pending]
            self.depth -= pending.weight
            self._release(pending.key)
        elif (behind := self._behind.get(pending.key)) is not None and pending in behind:
            del behind[pending]
            self.depth -= pending.weight

    def _release(self, key: Hashable | None) -> None:
        """Let the next item of a key come forward."""
        if key is None:
            return
        behind = self._behind[key]
        if behind:
            following, _ = behind.popitem(last=False)
            self._ready[following] = None
        else:
            del self._behind[key]

    def _take(self) -> list[Pending[Item, Result]]:
        """The next batch: whatever is ready, in order of arrival, within the bound; empty only if nothing is."""
        batch: list[Pending[Item, Result]] = []
        passed_over: list[Pending[Item, Result]] = []
        weight = 0
        used: set[Hashable] = set()
        while self._ready and weight < self.batch_bound:
            pending, _ = self._ready.popitem(last=False)
            if not pending.waits:
                self.depth -= pending.weight
                self._release(pending.key)
            elif (batch and weight + pending.weight > self.batch_bound) or not used.isdisjoint(
                pending.exclusive
            ):
                passed_over.append(pending)
            else:
                pending.started = True
                used.update(pending.exclusive)
                weight += pending.weight
                batch.append(pending)
        self.depth -= weight
        for pending in reversed(passed_over):
            self._ready[pending] = None
            self._ready.move_to_end(pending, last=False)
        return batch

    def _wake(self) -> None:
        """Wake one idle lane, unless one is waking up already: it will take this too."""
        if self._idle and not self._waking:
            self._waking = True
            self._idle.pop().set_result(None)

    async def _work(self, lane: Lane[Item, Result]) -> None:
        while True:
            while not self._ready:
                if self._closed and not self._callers:
                    return
                idle: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                self._idle.append(idle)
                await idle
                self._waking = False
            batch = self._take()
            if self._ready:
                self._wake()
            if batch:
                await self._run(lane, batch)

    async def _run(self, lane: Lane[Item, Result], batch: list[Pending[Item, Result]]) -> None:
        try:
            await lane(batch)
        except Exception as error:  # noqa: BLE001 - whoever waits must hear of it; the lane goes on
            for pending in batch:
                pending.fail(error)
        for pending in batch:
            if pending.waits:
                pending.fail(RuntimeError("the lane left an item without an answer"))
            self._release(pending.key)
        if self._ready:
            self._wake()
