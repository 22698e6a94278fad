"""The only door to money: `Ledger.post` takes a call and answers what became of it.

Calls queue, and a free lane posts all that wait in one transaction.  A wallet has at most one call in flight, and its
calls keep their order.  It reads no request, writes no answer and decides nothing: that is the business of the
gateway, of adapters, and of ``wallet.post``.
"""

import asyncio

from wallet.coalesce import BATCH_BOUND, QUEUE_BOUND, Coalescer, DeadlinePassed, Overloaded
from wallet.failures import Action
from wallet.lane import Lane, Observer, Reason, Unavailable, Unobserved
from wallet.types import MAXIMUM_OPS, Call, Outcome, Scope

__all__ = ["Action", "Ledger", "Observer", "Overloaded", "Reason", "Unavailable"]

LANES = 2
CLOSE_SECONDS = 5.0


class Ledger:
    """Posts calls over pinned lanes.  `start` it on the event loop that will use it, `close` it at the end."""

    def __init__(
        self,
        database_url: str,
        *,
        lanes: int = LANES,
        queue_bound: int = QUEUE_BOUND,
        batch_bound: int = BATCH_BOUND,
        observer: Observer | None = None,
    ) -> None:
        """`queue_bound` and `batch_bound` count operations; every lane is a direct connection to Postgres."""
        self._lanes = [Lane(database_url, observer or Unobserved()) for _ in range(lanes)]
        self._coalescer: Coalescer[Call, Outcome] = Coalescer(
            [lane.run for lane in self._lanes], queue_bound=queue_bound, batch_bound=batch_bound
        )

    @property
    def depth(self) -> int:
        """Operations that wait for a lane."""
        return self._coalescer.depth

    @property
    def lanes_up(self) -> int:
        """Lanes that have a connection."""
        return sum(lane.up for lane in self._lanes)

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
        if not 0 < len(call.ops) <= MAXIMUM_OPS:
            raise ValueError(f"a call holds 1 to {MAXIMUM_OPS} operations, not {len(call.ops)}")
        try:
            return await self._coalescer.submit(
                call, deadline, key=call.wallet, exclusive=keys_of(call), weight=len(call.ops)
            )
        except DeadlinePassed as passed:
            raise Unavailable(Reason.DEADLINE) from passed

    async def close(self) -> None:
        """Take no more, finish what was accepted, give the lanes back."""
        await self._coalescer.close(CLOSE_SECONDS)
        await asyncio.gather(*(lane.close() for lane in self._lanes))


def keys_of(call: Call) -> list[tuple[int, str]]:
    """What a call may write into the journal's unique key: its own keys, and those its reversals may entomb."""
    keys = [(call.provider_account, op.key) for op in call.ops]
    keys.extend(
        (call.provider_account, op.reference)
        for op in call.ops
        if op.reference is not None and op.scope is not Scope.ROUND
    )
    return keys
