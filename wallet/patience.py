"""Reads that outlast a restart of Postgres: repeated while somebody waits for the answer.

Only for reads, which may be repeated; never for what writes.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import asyncpg

from wallet.coalesce import Pending

T = TypeVar("T")

AWAY = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what the driver makes of a connection that died while it was idle
    asyncpg.PostgresConnectionError,
    asyncpg.exceptions.OperatorInterventionError,  # shutting down, starting up, a statement that took too long
    asyncpg.exceptions.InsufficientResourcesError,  # too many connections
)
"""What says nothing about the read itself."""

PAUSE_SECONDS = 0.05


async def patiently(read: Callable[[], Awaitable[T]], batch: Sequence[Pending[Any, Any]]) -> T:
    """What `read` answers, asked again while Postgres is away and any of the batch still waits."""
    while True:
        try:
            return await read()
        except AWAY:
            if not any(pending.waits for pending in batch):
                raise
        await asyncio.sleep(PAUSE_SECONDS)
