"""Adjustments that are more than one actor may do alone: asked for by one, approved by another, posted by either.

The limit is the currency's, and the ledger holds to it by itself: it posts such an adjustment only as it was approved,
the same wallet, key, amount and reason.  A request and an approval expire, each after what the table says (`expires_at`).
Nothing here moves money.
"""

from datetime import datetime
from typing import Any

import asyncpg
from msgspec import Struct

from wallet.audit import Author, signed
from wallet.cursors import Moment, Word, cursor_of, position_of
from wallet.history import BUCKET, History
from wallet.types import Call

REQUEST = "select wallet.request_adjustment($1, $2, $3, $4, $5, $6)"
APPROVE = "select wallet.approve_adjustment($1, $2, $3, $4, $5, $6)"
LIST = """
select key, player_external_id, currency, amount, reason, requested_by, requested_at, approved_by, approved_at, posted,
       expires_at
from wallet.large_adjustments
where bucket = $1 and ($2 or not posted and approved_by is null and expires_at > clock_timestamp())
  and ($3::timestamptz is null or (requested_at, key) < ($3, $4))
order by requested_at desc, key desc
limit $5
"""


class LargeAdjustment(Struct, frozen=True):
    """One, and how far it is.  `amount` in ledger units."""

    key: str  # of the posting that is to be
    player_external_id: str
    currency: str
    amount: int
    reason: str
    requested_by: str
    requested_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    posted: bool
    expires_at: datetime


class Filters(Struct, frozen=True):
    """Which: those that wait, or all."""

    all: bool


class Place(Struct, frozen=True):
    """Where a page ended."""

    requested_at: Moment
    key: Word


class LargeAdjustmentList(Struct, frozen=True):
    """One page, and the cursor of the next if there may be one."""

    items: list[LargeAdjustment]
    next_cursor: str | None = None


class LargeAdjustments:
    """The large adjustments of one installation."""

    def __init__(self, database: asyncpg.Pool) -> None:
        self._database = database

    async def request(self, call: Call, author: Author) -> None:
        """Let the adjustment of a call that was refused wait for a second actor."""
        op = call.ops[0]
        arguments = (BUCKET, op.key, call.wallet, op.amount, call.reason, signed(author))
        await self._database.execute(REQUEST, *arguments)

    async def approve(self, key: str, wallet: int, amount: int, reason: str, author: Author) -> bool | None:
        """The second actor's yes; False for the one who asked for it, None where nothing like it waits any more."""
        approved: bool | None = await self._database.fetchval(
            APPROVE, BUCKET, key, wallet, amount, reason, signed(author)
        )
        return approved


async def list_of(history: History, wanted: Filters, cursor: str | None, limit: int) -> LargeAdjustmentList:
    """A page of them, the newest first.  Raises `BadCursor`."""
    after = position_of(cursor, wanted, Place) if cursor else None
    place: tuple[Any, Any] = (None, None) if after is None else (after.requested_at, after.key)
    rows = await history.rows(LIST, BUCKET, wanted.all, *place, limit + 1)
    items = [LargeAdjustment(**row) for row in rows[:limit]]
    if len(rows) <= limit:
        return LargeAdjustmentList(items)
    return LargeAdjustmentList(items, cursor_of(Place(items[-1].requested_at, items[-1].key), wanted))
