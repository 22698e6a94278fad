"""The only door to money: `Ledger.post` takes a call and answers what became of it, `Ledger.post_many` takes thousands.

Calls queue, and a free lane posts all that wait in one transaction.  A wallet has at most one call in flight, and its
calls keep their order.  It reads no request, writes no answer and decides nothing: that is the business of the
gateway, of adapters, and of ``wallet.post``.
"""

import asyncio
import time
from collections.abc import Sequence

from wallet.bulk import MAXIMUM_CALLS, MAXIMUM_OPERATIONS, Waves, slices
from wallet.coalesce import (
    BATCH_BOUND,
    BULK_BATCH_BOUND,
    QUEUE_BOUND,
    Coalescer,
    DeadlinePassed,
    Overloaded,
    Pending,
)
from wallet.failures import Action
from wallet.lane import Lane, Observer, Reason, Unavailable, Unobserved
from wallet.types import MAXIMUM_OPS, Call, Kind, Outcome, Scope

__all__ = ["Action", "Ledger", "Observer", "Overloaded", "Reason", "Unavailable"]

Told = Outcome | Overloaded | Unavailable
"""What became of one call of many, or why that cannot be said; `Overloaded` says that it was not posted."""

LANES = 2
CLOSE_SECONDS = 5.0

OUT_OF_RESOURCES = "53"
"""The class of SQLSTATE of a full disk, or no memory."""

REFUSED_SECONDS = 15.0
"""So long the server is taken to refuse everything that refused a batch; where nothing is posted nobody else finds out."""

ENTOMBING = frozenset({Kind.REFUND, Kind.ROLLBACK})
"""Kinds that write under the key they refer to where nothing was posted there."""


class PostingHealth:
    """Passes on what lanes report, and remembers whether the server said last that it would refuse whatever is sent."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._refused: tuple[str, float] | None = None
        self.fence = observer.fence

    @property
    def refused(self) -> str | None:
        """The SQLSTATE."""
        if self._refused is None or time.monotonic() > self._refused[1]:
            return None
        return self._refused[0]

    def batch(self, calls: int, operations: int, seconds: float) -> None:
        """A batch was posted."""
        self._refused = None
        self._observer.batch(calls, operations, seconds)

    def failure(self, state: str, action: Action) -> None:
        """A batch failed."""
        if action is Action.GIVE_UP or state.startswith(OUT_OF_RESOURCES):
            self._refused = state, time.monotonic() + REFUSED_SECONDS
        self._observer.failure(state, action)


class Ledger:
    """Posts calls over pinned lanes.  `start` it on the event loop that will use it, `close` it at the end."""

    def __init__(
        self,
        database_url: str,
        *,
        lanes: int = LANES,
        queue_bound: int = QUEUE_BOUND,
        batch_bound: int = BATCH_BOUND,
        bulk_batch_bound: int = BULK_BATCH_BOUND,
        observer: Observer | None = None,
    ) -> None:
        """The bounds count operations; every lane is a direct connection to Postgres."""
        self.restored = asyncio.Event()
        """Set when the database was restored since: this process must end, and another one begin."""
        self._health = PostingHealth(observer or Unobserved())
        self._lanes = [Lane(database_url, self._health, self.restored) for _ in range(lanes)]
        self._coalescer: Coalescer[Call, Outcome] = Coalescer(
            [lane.run for lane in self._lanes],
            queue_bound=queue_bound,
            batch_bound=batch_bound,
            bulk_batch_bound=bulk_batch_bound,
        )
        self.bulk_depth = 0  # operations of the bulk requests under way

    @property
    def depth(self) -> int:
        """Operations that wait for a lane."""
        return self._coalescer.depth

    @property
    def lanes_up(self) -> int:
        """Lanes that have a connection."""
        return sum(lane.up for lane in self._lanes)

    @property
    def refused(self) -> str | None:
        """The SQLSTATE with which Postgres refuses whatever is posted, as far as was seen lately."""
        return self._health.refused

    async def start(self) -> None:
        """Connect and lease every lane.

        Raises `wallet.database.UnsafeServer` where a committed posting might be lost in a crash, and whatever
        connecting raises.
        """
        try:
            for lane in self._lanes:
                await lane.open()
        except BaseException:
            await asyncio.gather(*(lane.close() for lane in self._lanes))
            raise
        self._coalescer.start()

    async def post(self, call: Call, deadline: float) -> Outcome:
        """What became of the call.  `deadline` is a moment of ``time.monotonic()``.

        Raises `Overloaded` (nothing was posted) and `Unavailable` (see its reason); both are temporary, and the
        same keys may be tried again.  Raises ValueError for a call of no or too many operations.
        """
        _check_size(call)
        try:
            return await self._coalescer.submit(
                call, deadline, key=call.wallet, exclusive=keys_of(call), weight=len(call.ops)
            )
        except DeadlinePassed as passed:
            raise Unavailable(Reason.DEADLINE) from passed

    async def post_many(self, calls: Sequence[Call], deadline: float) -> list[Told]:
        """What became of each of up to `MAXIMUM_CALLS` calls, in their order; none of them depends on another.

        The same lanes post them, with the same fence, and by the same table of failures.  They go in waves, in which a
        wallet and a key stand once: calls of one wallet keep their order, and those before a failure stand.

        Calls that are posted singly do not starve: a lane looks at these only when no other is ready, so that such a
        call waits for one batch of `bulk_batch_bound` operations at most, and what its failure asks for; a wallet is taken with its batch, so that
        no other call waits for one that only stands here; what there is to do for thousands of calls is done some at
        a time; and the operations of all bulk requests are bounded.  Under full load these wait, to their deadline.

        Raises `Overloaded` where nothing was posted at all, ValueError for a number of calls or operations that is
        none.  `deadline` is a moment of ``time.monotonic()``; calls that it left unposted are answered `Overloaded`.
        """
        if not 0 < len(calls) <= MAXIMUM_CALLS:
            raise ValueError(f"1 to {MAXIMUM_CALLS} calls, not {len(calls)}")
        for call in calls:
            _check_size(call)
        operations = sum(len(call.ops) for call in calls)
        if operations > MAXIMUM_OPERATIONS:
            raise ValueError(f"at most {MAXIMUM_OPERATIONS} operations, not {operations}")
        if self.bulk_depth + operations > MAXIMUM_OPERATIONS:
            raise Overloaded
        self.bulk_depth += operations
        pendings: list[Pending[Call, Outcome]] = []
        try:
            sorted_calls: Waves[Call, Outcome] = Waves()
            async for some in slices(calls):
                for call in some:
                    pending: Pending[Call, Outcome] = Pending(call, call.wallet, keys_of(call), len(call.ops))
                    pendings.append(pending)
                    sorted_calls.add(pending)
            await self._submit(sorted_calls.waves, deadline)
            return [_told(pending) for pending in pendings]
        finally:
            self.bulk_depth -= operations
            for pending in pendings:
                pending.abandon()

    async def _submit(self, waves: list[list[Pending[Call, Outcome]]], deadline: float) -> None:
        """Submit one wave after the other; what can not begin any more was not posted."""
        for position, wave in enumerate(waves):
            try:
                await self._coalescer.submit_many(wave, deadline)
            except (Overloaded, DeadlinePassed):
                if position == 0:
                    raise Overloaded from None
                for pending in wave:
                    pending.fail(Overloaded())

    async def close(self) -> None:
        """Take no more, finish what was accepted, give the lanes back."""
        await self._coalescer.close(CLOSE_SECONDS)
        await asyncio.gather(*(lane.close() for lane in self._lanes))


def _check_size(call: Call) -> None:
    if not 0 < len(call.ops) <= MAXIMUM_OPS:
        raise ValueError(f"a call holds 1 to {MAXIMUM_OPS} operations, not {len(call.ops)}")


def _told(pending: Pending[Call, Outcome]) -> Told:
    """What a settled call is answered.  An error that nobody foresaw says nothing about what was posted."""
    match pending.outcome():
        case Outcome() | Overloaded() | Unavailable() as known:
            return known
        case DeadlinePassed(started=False):
            return Overloaded()
        case DeadlinePassed():
            return Unavailable(Reason.DEADLINE)
        case _:
            return Unavailable(Reason.UNKNOWN)


def keys_of(call: Call) -> list[tuple[int, str]]:
    """What a call may write into the journal's unique key: its own keys, and those its reversals may entomb."""
    keys = [(call.provider_account, op.key) for op in call.ops]
    keys.extend(
        (call.provider_account, op.reference)
        for op in call.ops
        if op.kind in ENTOMBING and op.reference is not None and op.scope is not Scope.ROUND
    )
    return keys
