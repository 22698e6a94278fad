"""Postgres as the ledger sees it: connections, the statements that post, and the arrays and rows they carry.

The only Python file that names the SQL functions of posting and of lanes; modules with a noun of their own (sessions,
history, verify) keep their statements beside it.  It decides nothing, repeats nothing, and gives no connection back
with a RESET: a connection is made for one purpose and keeps its settings.
"""

from collections.abc import Sequence
from typing import Any

import asyncpg
from msgspec.structs import astuple
from typing_extensions import override

from wallet.types import Call, Kind, OpOutcome, Outcome, Policy, Status

CONNECT_SECONDS = 5.0
"""For a connection, of a pool too: a free one, or a new one."""

SILENT_SECONDS = 2.0
"""After the server should have ended a statement, until a connection that stays silent is given up."""

OLDEST_SERVER = 150000
POOL_SIZE = 4

ARGUMENTS = (
    *("bucket", "lane", "epoch", "policies"),
    *("call_id", "provider_account", "wallet", "policy", "currency", "session", "session_defect"),
    *("session_checked", "game", "game_disabled", "account_disabled", "channel", "actor", "reason"),
    *(
        "kind",
        "key",
        "amount",
        "nominal",
        "reference",
        "scope",
        "round",
        "end_round",
        "occurred_at",
        "metadata",
    ),
)
"""The arguments of ``wallet.post``: from `call_id` on arrays of one length, an element per operation."""

RESULTS = (
    *("status", "posting", "original", "original_kind", "late"),
    *("cash", "bonus", "held", "cash_after", "bonus_after", "held_after", "seq", "recorded_at"),
    *("wallet_cash", "wallet_bonus", "wallet_held", "wallet_currency"),
)
"""The columns of its answer, a row per operation and in their order: `OpOutcome`'s, then the wallet's balances."""

PLACES = ", ".join(f"${number}" for number in range(1, len(ARGUMENTS) + 1))
POST = f"select {', '.join(RESULTS)} from wallet.post({PLACES})"  # noqa: S608 - from the two lists above
LEASE_LANE = "select lane, epoch from wallet.lease_lane()"
RENEW_LANE = "select wallet.renew_lane($1, $2)"
FENCE_LANE = "select wallet.fence_lane($1, $2)"
RELEASE_LANE = "select wallet.release_lane($1, $2)"

DURABILITY = """
select name from unnest('{fsync,full_page_writes,synchronous_commit}'::text[]) name
where current_setting(name) = 'off' order by name
"""
KEEP_WAITING = """
select set_config(name, reset_val, false) from pg_settings where name = 'synchronous_commit' and reset_val <> 'off'
"""
"""A session goes on waiting for its commits when the server is told not to; it follows every other change."""


class UnsafeServer(Exception):  # noqa: N818 - what it is
    """The server would lose acknowledged money, or is too old; the message says which setting to change."""


async def connect(url: str, *, purpose: str, statement_seconds: float = 0.0) -> asyncpg.Connection:
    """A connection of our own, named after its purpose; a statement may take `statement_seconds` (0: any time).

    Raises OSError, TimeoutError or an asyncpg error.
    """
    milliseconds = str(round(statement_seconds * 1000))
    connection: asyncpg.Connection = await asyncpg.connect(
        url,
        timeout=CONNECT_SECONDS,
        max_cached_statement_lifetime=0,
        server_settings={
            "application_name": f"bankroll {purpose}",
            "statement_timeout": milliseconds,
            "idle_in_transaction_session_timeout": "10000",
            "default_transaction_isolation": "read committed",
            "timezone": "UTC",
            "jit": "off",
        },
    )
    try:
        # So that a statement ends when its client is gone; not every operating system can tell.
        await connection.execute("set client_connection_check_interval = 1000")
    except asyncpg.InvalidParameterValueError:
        pass
    except BaseException:
        connection.terminate()
        raise
    return connection


class Pool(asyncpg.Pool):
    """A pool for which nobody waits for ever: not for a connection, nor for a silent server to take one back."""

    @override
    def acquire(self, *, timeout: float | None = None) -> Any:
        """A connection within so long; `TimeoutError` where all are in use."""
        return super().acquire(timeout=CONNECT_SECONDS if timeout is None else timeout)


async def open_pool(
    url: str, *, purpose: str, size: int = POOL_SIZE, statement_seconds: float = 5.0
) -> asyncpg.Pool:
    """Connections for reads and for the rare writes of the edge: a pool that sends no RESET.

    Whatever is asked of it ends, with TimeoutError where the server says nothing.
    """

    async def leave_as_it_is(connection: asyncpg.Connection) -> None:
        pass

    return await Pool(
        url,
        min_size=0,
        max_size=size,
        max_queries=50_000,
        max_inactive_connection_lifetime=300.0,
        loop=None,
        connection_class=asyncpg.Connection,
        record_class=asyncpg.Record,
        timeout=CONNECT_SECONDS,
        command_timeout=statement_seconds + SILENT_SECONDS,
        max_cached_statement_lifetime=0,
        reset=leave_as_it_is,
        server_settings={
            "application_name": f"bankroll {purpose}",
            "statement_timeout": str(round(statement_seconds * 1000)),
            "timezone": "UTC",
            "jit": "off",
        },
    )


async def check_server(connection: asyncpg.Connection) -> None:
    """Raise `UnsafeServer` for a server on which a committed posting might not survive a crash."""
    version = await connection.fetchval("select current_setting('server_version_num')::integer")
    if version is None or version < OLDEST_SERVER:
        raise UnsafeServer(f"Postgres {OLDEST_SERVER // 10000} or newer is needed, this is version {version}")
    off = [row[0] for row in await connection.fetch(DURABILITY)]
    if off:
        raise UnsafeServer(unsafe(off))


def unsafe(off: Sequence[str]) -> str:
    """What is wrong with a server on which these settings are off."""
    return f"the server would lose acknowledged money in a crash: switch on {', '.join(sorted(off))}"


def columns_of(calls: Sequence[Call]) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """The policies, and one array per operation argument, in the order of `ARGUMENTS`."""
    policies: list[tuple[Any, ...]] = []
    positions: dict[Policy, int] = {}
    rows: list[tuple[Any, ...]] = []
    for call in calls:
        position = positions.get(call.policy)
        if position is None:
            policies.append(astuple(call.policy))
            position = positions[call.policy] = len(policies)
        leading = (
            *(call.id, call.provider_account, call.wallet, position, call.currency, call.session),
            *(
                call.session_defect,
                call.session_checked,
                call.game,
                call.game_disabled,
                call.account_disabled,
            ),
            *(call.channel, call.actor, call.reason),
        )
        rows.extend(leading + astuple(op) for op in call.ops)
    return policies, list(zip(*rows, strict=True))


def outcomes_of(calls: Sequence[Call], rows: Sequence[Sequence[Any]]) -> list[Outcome]:
    """One outcome per call, from one row per operation."""
    if len(rows) != sum(len(call.ops) for call in calls):
        raise ValueError("wallet.post answers every operation once")
    outcomes = []
    first = 0
    for call in calls:
        last = first + len(call.ops)
        wallet = rows[last - 1]
        outcomes.append(
            Outcome(
                ops=tuple(map(op_outcome, rows[first:last])),
                cash=wallet[13] or 0,
                bonus=wallet[14] or 0,
                held=wallet[15] or 0,
                currency=wallet[16],
            )
        )
        first = last
    return outcomes


def op_outcome(row: Sequence[Any]) -> OpOutcome:
    """A row of `RESULTS` as a value.  Where nothing was posted the balances are 0 and the rest is None."""
    original_kind = row[3]
    return OpOutcome(
        STATUSES[row[0]],
        row[1],
        row[2],
        None if original_kind is None else KINDS[original_kind],
        row[4] or False,
        row[5] or 0,
        row[6] or 0,
        row[7] or 0,
        row[8] or 0,
        row[9] or 0,
        row[10] or 0,
        row[11] or 0,
        row[12],
    )


STATUSES = {status.value: status for status in Status}
KINDS = {kind.value: kind for kind in Kind}
