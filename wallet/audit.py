"""The audit log: who changed what through the internal API and the command line, when, why, from what to what.

What changes a row is written down by the database itself, with the change: a writing function is told who its author
is.  What moves money is written down before the ledger is asked, and points to the journal, where it stands for good.
An entry is never changed and never dropped.  It names what is personal and tells none of it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg
import msgspec
from msgspec import Struct
from msgspec.structs import astuple

from wallet.cursors import Number, Snapshot, cursor_of, position_of
from wallet.history import BUCKET, History
from wallet.history_statements import SNAPSHOT
from wallet.types import Call

KEEP = "select wallet.keep_audit_entry($1, $2, $3, $4, $5, $6)"
LIST = """
select id, recorded_at, actor, operation, request_id, reason, subject, name, player_external_id, before, after, changed,
       calls
from wallet.audit_log
where id < $1 and (restore_epoch < $4::integer or writer < $2::text::xid8 and writer <> all ($3::text[]::xid8[]))
  and ($5::text is null or actor = $5) and ($6::text is null or operation = $6)
  and ($7::text is null or subject = $7) and ($8::text is null or name = $8) and ($9::text is null or request_id = $9)
  and ($10::text is null or player_external_id = $10) and ($11::timestamptz is null or recorded_at >= $11)
  and ($12::timestamptz is null or recorded_at < $12)
order by id desc
limit $13
"""
CALL = "call"
LAST = 2**62


class Author(Struct, frozen=True):
    """Who changes something, with what, and why."""

    actor: str  # api_key:7, command_line:anna
    operation: str  # create_player
    request_id: str | None = None
    reason: str | None = None


class AuditEntry(Struct, frozen=True):
    """One change.  Of money `before` and `after` are in ledger units, and absent where nothing was moved."""

    id: int
    recorded_at: datetime
    actor: str
    operation: str
    request_id: str | None
    reason: str | None
    subject: str  # a table's name, or `call`
    name: str
    player_external_id: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    changed: list[str] | None  # what an update changed, also what is not shown
    calls: list[int] | None  # to the ledger


class AuditFilters(Struct, frozen=True):
    """Which entries; every filter that is given must match.  `since` inclusive, `until` exclusive."""

    actor: str | None = None
    operation: str | None = None
    subject: str | None = None
    name: str | None = None
    request_id: str | None = None
    player: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class Place(Struct, frozen=True):
    """Where a page ended, in the set that the first page saw."""

    entry: Number
    snapshot: Snapshot


class AuditEntries(Struct, frozen=True):
    """One page, and the cursor of the next if there may be one."""

    items: list[AuditEntry]
    next_cursor: str | None = None


class Audit:
    """The audit log of one installation, for what the database cannot write down by itself."""

    def __init__(self, database: asyncpg.Pool) -> None:
        self._database = database

    async def movement(self, author: Author, call: Call) -> None:
        """Write down each operation of a call that is to be posted.  Raises what Postgres raises: then post nothing."""
        for op in call.ops:
            await self._keep(author, CALL, op.key, call.wallet, [call.id])

    async def task(self, author: Author, subject: str, name: str, calls: Sequence[Call] = ()) -> None:
        """Write down that a task which posts many calls is to be done.  Raises as `movement` does."""
        await self._keep(author, subject, name, None, [call.id for call in calls])

    async def _keep(
        self, author: Author, subject: str, name: str, wallet: int | None, calls: list[int]
    ) -> None:
        await self._database.execute(KEEP, signed(author), subject, name, BUCKET, wallet, calls)


async def list_entries(
    history: History, wanted: AuditFilters, cursor: str | None, limit: int
) -> AuditEntries:
    """A page of entries, newest first, of those that the first page saw.  Raises `BadCursor`."""
    if cursor:
        after = position_of(cursor, wanted, Place)
    else:
        (clock,) = await history.rows(SNAPSHOT)
        after = Place(LAST, Snapshot.of(clock["next"], clock["running"], clock["restore_epoch"]))
    filters = astuple(wanted)
    rows = await history.rows(LIST, after.entry, *after.snapshot.arguments(), *filters, limit + 1)
    items = [_entry(row) for row in rows[:limit]]
    if len(rows) <= limit:
        return AuditEntries(items)
    return AuditEntries(items, cursor_of(Place(items[-1].id, after.snapshot), wanted))


def signed(author: Author | None) -> tuple[Any, ...] | None:
    """An author as ``wallet.author``."""
    return None if author is None else astuple(author)


def _entry(row: Any) -> AuditEntry:
    values = dict(row)
    for name in ("before", "after"):
        values[name] = None if row[name] is None else msgspec.json.decode(row[name])
    return AuditEntry(**values)
