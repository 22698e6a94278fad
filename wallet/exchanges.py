"""Exchanges with studios as they were kept for disputes: what was asked, what was answered, when.

Reads only, through a view.  They are written some moments after the answer and dropped
after their time, so the newest may be missing and the oldest are gone.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from wallet.backwards import Window, stretch, walk
from wallet.cursors import Moment, Word, cursor_of, position_of
from wallet.history import History
from wallet.history_statements import EXCHANGES_IN_WINDOW, EXCHANGES_OF_ROUND, EXCHANGES_UNDER_KEY, SNAPSHOT


class Exchange(Struct, frozen=True):
    """One request of a studio and its answer, scrubbed."""

    received_at: datetime
    request_id: str
    provider_account_slug: str
    player_external_id: str | None
    status: int  # HTTP
    duration_us: int
    outcome: str  # a status or a fault
    verb: str
    key: str | None
    round: str | None
    request: str
    answer: str


class ExchangeFilters(Struct, frozen=True):
    """Which exchanges; every filter that is given must match.  `since` inclusive, `until` exclusive."""

    provider_account: str | None = None
    key: str | None = None
    round: str | None = None
    player: str | None = None
    outcome: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class Place(Struct, frozen=True):
    """Where a page ended."""

    received_at: Moment
    request_id: Word


class Exchanges(Struct, frozen=True):
    """One page, and the cursor of the next if there may be one."""

    items: list[Exchange]
    next_cursor: str | None = None


MAXIMUM_SEEN = 4_000  # they are wide rows


async def list_exchanges(
    history: History, wanted: ExchangeFilters, cursor: str | None, limit: int
) -> Exchanges:
    """A page of exchanges, newest first.  Raises `BadCursor`."""
    after = position_of(cursor, wanted, Place) if cursor else None
    (clock,) = await history.rows(SNAPSHOT)
    start = stretch(clock["now"], wanted.since, wanted.until, "")
    if after is not None:
        start = Window(start.oldest, after.received_at, after.request_id)
    indexed = None
    if wanted.key is not None:
        indexed = EXCHANGES_UNDER_KEY
    elif wanted.round is not None and wanted.player is not None:
        indexed = EXCHANGES_OF_ROUND
    accounts = await history.accounts(wanted.provider_account)
    wallets = None
    if wanted.player is not None:
        wallets = [balance.wallet for balance in await history.balances(wanted.player)]
    filters = (accounts, wanted.key, wanted.round, wallets, wanted.outcome)

    async def look(window: Window, most: int) -> tuple[int, Sequence[Any]]:
        place = (window.oldest, window.newest, window.tie)
        rows = await history.rows(EXCHANGES_IN_WINDOW, *place, *filters, most, MAXIMUM_SEEN + 1)
        return rows[0]["seen"], [row for row in rows if row["request_id"] is not None]

    stopped_at = None
    if indexed is not None:
        rows = await history.rows(indexed, start.oldest, start.newest, start.tie, *filters, limit)
    else:
        walked = await walk(look, start, limit, "", MAXIMUM_SEEN)
        rows, stopped_at = walked.rows, walked.stopped_at
    items = [_exchange(row) for row in rows]
    if stopped_at is not None:
        return Exchanges(items, cursor_of(Place(stopped_at, ""), wanted))
    if len(rows) < limit:
        return Exchanges(items)
    return Exchanges(items, cursor_of(Place(items[-1].received_at, items[-1].request_id), wanted))


def _exchange(row: Any) -> Exchange:  # asyncpg publishes no types
    return Exchange(*(row[name] for name in Exchange.__struct_fields__))
