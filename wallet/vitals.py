"""How the database is: connections, transaction ids, log, hot tables, and its clock beside ours.

Read now and then for whoever watches the gateway, from statistics and never from a table's rows.  It judges nothing:
what is too much stands in the alerts.
"""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import asyncpg
import msgspec
from msgspec import Struct

TOLERATED_SECONDS = 1.0
"""Clocks that are further apart are worth a word."""

READ_SECONDS = 5.0

CLOCK = "select clock_timestamp()"
SERVER = """
select connections, connections_bound, transaction_id_age, multixact_age, oldest_transaction_seconds::float8,
       slot_bytes::bigint, idle_slots, lost_slots, standbys, standby_lag_seconds::float8, archives, archiving_fails
from wallet.database_vitals
"""
TABLES = """
select name, bytes, live_rows, dead_rows, transaction_id_age, vacuumed_at from wallet.table_vitals order by name
"""


class ServerVitals(Struct, frozen=True):
    """The server as a whole.  None: there is nothing of it, or the service may not see it."""

    connections: int
    connections_bound: int
    transaction_id_age: int
    multixact_age: int
    oldest_transaction_seconds: float | None
    slot_bytes: int | None
    idle_slots: int
    lost_slots: int
    standbys: int
    standby_lag_seconds: float | None
    archives: bool
    archiving_fails: bool


class TableVitals(Struct, frozen=True):
    """One table."""

    name: str
    bytes: int
    live_rows: int
    dead_rows: int
    transaction_id_age: int
    vacuumed_at: datetime | None


async def server_vitals(database: asyncpg.Pool) -> ServerVitals:
    """The server, now.  Raises what asyncpg raises."""
    row: Any = await database.fetchrow(SERVER, timeout=READ_SECONDS)
    return msgspec.convert(dict(row), ServerVitals)


async def table_vitals(database: asyncpg.Pool) -> list[TableVitals]:
    """The hot tables, now."""
    rows = await database.fetch(TABLES, timeout=READ_SECONDS)
    return [msgspec.convert(dict(row), TableVitals) for row in rows]


async def clock_skew(
    database: asyncpg.Pool | asyncpg.Connection, clock: Callable[[], float] = time.time
) -> float:
    """By how many seconds the database's clock is ahead of ours, at least; negative where it is behind."""
    before = clock()
    theirs: Any = await database.fetchval(CLOCK, timeout=READ_SECONDS)
    return skew_of(before, theirs.timestamp(), clock())


def skew_of(before: float, theirs: float, after: float) -> float:
    """How far a clock that was read between two looks at ours is apart from it at least: 0 between the two.

    So an answer that took long is never taken for a clock that is wrong.
    """
    return min(theirs - before, 0.0) or max(theirs - after, 0.0)


def told_apart(skew: float) -> str | None:
    """In words, where clocks are too far apart."""
    if abs(skew) <= TOLERATED_SECONDS:
        return None
    return f"Postgres' clock is {abs(skew):.1f} s {'ahead of' if skew > 0 else 'behind'} ours"
