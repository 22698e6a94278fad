"""Concurrent awaits become one bulk operation, and each await gets its own result.

A free lane takes everything that waits, so a batch is one item at low load and grows by itself under load: nothing
waits for a timer to fill it.  A second lane begins beside the first only when that one takes long, since two small
batches at once cost twice what one of both does; where lanes are quick, one of them does all the work.  The queue
and the batch are bounded, and every item has a deadline.  What is submitted in bulk waits apart, and a lane takes of
it only when nothing that was submitted singly is ready.  It knows no money, no Postgres and no Redis, and it never
retries: what a lane does with a batch is the lane's business.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Hashable, Sequence
from typing import Generic

from wallet.pending import DeadlinePassed, Item, Pending, Result

__all__ = ["Coalescer", "DeadlinePassed", "Lane", "Overloaded", "Pending"]

QUEUE_BOUND = 10_000
"""Most weight that waits for a lane; beyond it `Overloaded` is raised at once."""

BEHIND_BOUND = 128
"""Most items that wait for another of their key: one player's flood is refused before it fills the queue."""

BATCH_BOUND = 1_000
"""Most weight of one batch; a single item that weighs more is a batch of its own."""

BULK_BATCH_BOUND = 500
"""The same for batches of what came in bulk: what is submitted singly may have to wait for one of them to end."""

BESIDE_SECONDS = 0.1
"""How long a batch of what was submitted singly has been under way before another may begin beside it."""


class Overloaded(Exception):  # noqa: N818 - an answer to the caller, not a fault of ours
    """The queue is full, or too many of one key wait, or it is closed: nothing was started."""


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
        bulk_batch_bound: int = BULK_BATCH_BOUND,
    ) -> None:
        self.depth = 0  # weight that waits for a lane, submitted singly
        self.queue_bound = queue_bound
        self.batch_bound = batch_bound
        self.bulk_batch_bound = bulk_batch_bound
        self._lanes = lanes
        self._ready: OrderedDict[Pending[Item, Result], None] = OrderedDict()
        self._bulk: OrderedDict[Pending[Item, Result], None] = OrderedDict()
        # For every key that is ready or in flight (of the bulk: in flight): what waits until it is neither.
        self._behind: dict[Hashable, OrderedDict[Pending[Item, Result], None] | None] = {}
        self._idle: list[asyncio.Future[None]] = []
        self._waking = False
        self._beside_at = 0.0  # the moment from which another lane may begin
        self._later: asyncio.TimerHandle | None = None
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
        if self._closed or self.depth + weight > self.queue_bound or self._crowded(key):
            raise Overloaded
        if time.monotonic() >= deadline:
            raise DeadlinePassed(started=False)
        pending: Pending[Item, Result] = Pending(item, key, exclusive, weight)
        self._enqueue(pending)
        self._callers += 1
        try:
            return await pending.result(deadline)
        finally:
            if not pending.started:
                self._withdraw(pending)
            self._leave()

    async def submit_many(self, bulk: Collection[Pending[Item, Result]], deadline: float) -> None:
        """Wait until each has its `outcome`, until `deadline`.  No two share a key or an element of `exclusive`.

        A key is taken with its batch, not before: nobody waits for what only stands here.  How much stands here is
        the caller's to bound.  Raises `Overloaded` or `DeadlinePassed` where nothing was started.
        """
        if self._closed:
            raise Overloaded
        left = deadline - time.monotonic()
        if left <= 0:
            raise DeadlinePassed(started=False)
        self._bulk.update(dict.fromkeys(bulk))
        self._callers += 1
        self._wake()
        timer = asyncio.get_running_loop().call_later(left, lambda: [pending.expire() for pending in bulk])
        try:
            for pending in bulk:
                await pending.settled()
        finally:
            timer.cancel()
            for pending in bulk:
                self._bulk.pop(pending, None)
            self._leave()

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

    def _crowded(self, key: Hashable | None) -> bool:
        """Whether too many of a key wait already."""
        behind = self._behind.get(key)
        return behind is not None and len(behind) >= BEHIND_BOUND

    def _leave(self) -> None:
        self._callers -= 1
        if self._closed and not self._callers:
            self._drained.set()

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
        """The next batch: what was submitted singly, if any of it is ready, else of the bulk what may run now."""
        batch = self._gather(self._ready, self.batch_bound)
        if not batch:
            return self._gather(self._bulk, self.bulk_batch_bound)
        # Nobody waits for a batch that could not have taken them in.
        full = bool(self._ready) or len(batch) >= self.batch_bound
        self._beside_at = 0.0 if full else time.monotonic() + BESIDE_SECONDS
        return batch

    def _gather(
        self, waiting: OrderedDict[Pending[Item, Result], None], bound: int
    ) -> list[Pending[Item, Result]]:
        """In order of arrival, within the bound; of those submitted singly empty only if none is ready."""
        bulk = waiting is self._bulk
        batch: list[Pending[Item, Result]] = []
        passed_over: list[Pending[Item, Result]] = []
        weight = gone = 0
        used: set[Hashable] = set()
        while waiting and weight < bound:
            pending, _ = waiting.popitem(last=False)
            if not pending.waits:
                if not bulk:
                    gone += pending.weight
                    self._release(pending.key)
            elif (
                (batch and weight + pending.weight > bound)
                or not used.isdisjoint(pending.exclusive)
                or (bulk and pending.key in self._behind)
            ):
                passed_over.append(pending)
            else:
                pending.started = True
                if bulk and pending.key is not None:
                    self._behind[pending.key] = None
                used.update(pending.exclusive)
                weight += pending.weight
                batch.append(pending)
        if not bulk:
            self.depth -= weight + gone
        for pending in reversed(passed_over):
            waiting[pending] = None
            waiting.move_to_end(pending, last=False)
        return batch

    def _wake(self) -> None:
        """Wake one idle lane, unless one is waking up already, or is at work and not late: it will take this too."""
        if not self._idle or self._waking:
            return
        left = self._beside_at - time.monotonic() if self._ready else 0.0
        if left <= 0:
            self._waking = True
            self._idle.pop().set_result(None)
        elif self._later is None:
            self._later = asyncio.get_running_loop().call_later(left, self._look_again)

    def _look_again(self) -> None:
        """Others may have waited for long enough."""
        self._later = None
        if self._ready or self._bulk:
            self._wake()

    async def _work(self, lane: Lane[Item, Result]) -> None:
        while True:
            batch = self._take()
            if batch:
                if self._ready or self._bulk:
                    self._wake()
                await self._run(lane, batch)
                self._beside_at = 0.0
            elif self._closed:
                return  # whatever comes forward yet stands behind another lane's batch, and that lane takes it
            else:
                idle: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                self._idle.append(idle)
                await idle
                self._waking = False

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
