"""What one process of a gateway does for the database beside its work: it measures it, and drops dead sessions in time.

Every process would do it, and the first to claim it does, until it ends.  It is no part of any call: nothing waits for
it, and what it cannot do now it tries again.  Exchanges are dropped by who writes them (gateway/exchanges.py).
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

import asyncpg

from gateway import logs
from gateway.metrics import Levels, Metrics
from gateway.run_directories import claimed
from wallet.sessions import Sessions
from wallet.vitals import clock_skew, server_vitals, table_vitals, told_apart

CLAIM = "housekeeping"
FIRST_SECONDS = 1.0  # a process that has just begun has other things to do
MEASURE_SECONDS = 15.0
DROP_SECONDS = 3600.0
DROP_PAUSE_SECONDS = 0.5  # between two lots of sessions: nobody is in a hurry

SERVER = {
    "connections": "Connections of clients to the database server.",
    "connections_bound": "Connections that the database server has for clients.",
    "transaction_id_age": "Age of the oldest transaction id of the server that is not frozen.",
    "multixact_age": "Age of the oldest multixact id of the server.",
    "oldest_transaction_seconds": "How long the oldest transaction runs, of those that we may see.",
    "slot_bytes": "Log that is kept for the replication slot that is furthest behind.",
    "idle_slots": "Replication slots that nobody reads from.",
    "lost_slots": "Replication slots whose log is gone.",
    "standbys": "Connections that stream the log: standbys, and base backups while they run.",
    "standby_lag_seconds": "How far the slowest standby is behind, where we may see it.",
    "archives": "Whether the log is archived.",
    "archiving_fails": "Whether the last attempt to archive the log failed.",
}
"""Field of `wallet.vitals.ServerVitals` -> what its level means."""

TABLE = {
    "bytes": "Size of a table with its indexes.",
    "live_rows": "Rows of a table, about.",
    "dead_rows": "Rows of a table that are dead and not cleared away, about.",
    "transaction_id_age": "Age of the oldest transaction id of a table that is not frozen.",
}
"""Field of `wallet.vitals.TableVitals` -> what its level means."""


class Housekeeping:
    """The task, with its levels."""

    def __init__(
        self,
        database: asyncpg.Pool,
        sessions: Sessions,
        metrics: Metrics,
        run_directory: Path | None,
        *,
        session_days: int,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._sessions = sessions
        self._run_directory = run_directory
        self._session_days = session_days
        self._clock = clock
        self._claim: IO[str] | None = None
        self._task: asyncio.Task[None] | None = None
        self._next_drop = 0.0
        self._skew = metrics.levels(
            "bankroll_clock_skew_seconds", "By how much the database's clock is ahead of ours, at least."
        )
        self._dropped = metrics.counter(
            "bankroll_sessions_dropped_total", "Dead sessions whose time was over."
        )
        self._server = {
            field: metrics.levels(f"bankroll_database_{field}", meaning) for field, meaning in SERVER.items()
        }
        self._table = {
            field: metrics.levels(f"bankroll_table_{field}", meaning, ("table",))
            for field, meaning in TABLE.items()
        }
        self._vacuumed = metrics.levels(
            "bankroll_table_vacuumed_timestamp_seconds", "When a table was last vacuumed.", ("table",)
        )

    def start(self) -> None:
        """Begin, on the running event loop."""
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Stop, and let another process do it."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._claim is not None:
            self._claim.close()

    async def _run(self) -> None:
        await asyncio.sleep(FIRST_SECONDS)
        while True:
            if self._is_ours():
                try:
                    await self.measure()
                    await self._drop_in_time()
                except Exception as error:  # noqa: BLE001 - whatever it was, the next turn tries again
                    self._forget()
                    logs.event(logging.WARNING, "housekeeping_failed", error)
            await asyncio.sleep(MEASURE_SECONDS)

    def _is_ours(self) -> bool:
        if self._claim is None and self._run_directory is not None:
            with contextlib.suppress(OSError):
                self._claim = claimed(self._run_directory, CLAIM)
            return self._claim is not None
        return True

    async def measure(self) -> None:
        """Take the levels as they are now.  Raises what asyncpg raises."""
        skew = await clock_skew(self._database, self._clock)
        self._skew.put(skew)
        if apart := told_apart(skew):
            logs.event(logging.WARNING, "clocks_differ", reason=apart)
        server = await server_vitals(self._database)
        for field, levels in self._server.items():
            levels.put(getattr(server, field))
        for table in await table_vitals(self._database):
            for field, levels in self._table.items():
                levels.put(getattr(table, field), (table.name,))
            at = table.vacuumed_at
            self._vacuumed.put(None if at is None else at.timestamp(), (table.name,))

    async def drop_sessions(self) -> int:
        """Drop the sessions that ended long ago, lot by lot, and say how many they were."""
        dropped = 0
        while lot := await self._sessions.drop(self._session_days):
            dropped += lot
            self._dropped.add(amount=lot)
            await asyncio.sleep(DROP_PAUSE_SECONDS)
        return dropped

    async def _drop_in_time(self) -> None:
        now = time.monotonic()
        if now >= self._next_drop:
            self._next_drop = now + DROP_SECONDS
            await self.drop_sessions()

    def _forget(self) -> None:
        """Show no level rather than an old one."""
        levels: list[Levels] = [self._skew, self._vacuumed, *self._server.values(), *self._table.values()]
        for each in levels:
            each.values.clear()
