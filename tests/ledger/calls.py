"""Wallets and calls for the tests of this folder, and an observer that remembers."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable

import asyncpg

from wallet.ledger import Action
from wallet.types import Call, Kind, Op, Policy

ACCOUNT = 1
NUMBERS = itertools.count(1)

OpenWallet = Callable[..., Awaitable[int]]


class Journal:
    """Everything an `Observer` was told."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.failures: list[tuple[str, Action]] = []
        self.fences = 0

    def batch(self, calls: int, operations: int, seconds: float) -> None:
        self.batches.append(calls)

    def failure(self, state: str, action: Action) -> None:
        self.failures.append((state, action))

    def fence(self) -> None:
        self.fences += 1


def soon(seconds: float = 10.0) -> float:
    """A deadline."""
    return time.monotonic() + seconds


def unique(word: str) -> str:
    """A key that no other test uses."""
    return f"{word}-{next(NUMBERS)}"


def call(wallet: int, *ops: Op, account: int = ACCOUNT, policy: Policy | None = None) -> Call:
    """A call with an id of its own."""
    return Call(next(NUMBERS), account, wallet, ops, policy or Policy())


def bet(wallet: int, amount: int, key: str | None = None, **more: object) -> Call:
    """A call of one bet."""
    return call(wallet, Op(Kind.BET, key or unique("bet"), amount, **more))


async def until(condition: Callable[[], Awaitable[object]]) -> None:
    """Wait until something is so, and fail when it never is."""
    async with asyncio.timeout(15):
        while not await condition():  # noqa: ASYNC110 - the change is in another process
            await asyncio.sleep(0.01)


async def until_waiting(owner: asyncpg.Connection, number: int) -> None:
    """Wait until so many connections of the database stand before a lock."""
    waiting = (
        "select count(*) >= $1 from pg_stat_activity"
        " where datname = current_database() and wait_event_type = 'Lock'"
    )

    async def waits() -> object:
        await owner.execute("select pg_stat_clear_snapshot()")  # in a transaction the view stands still
        return await owner.fetchval(waiting, number)

    await until(waits)


async def make_wallet(owner: asyncpg.Connection, cash: int = 0, currency: str = "EUR") -> int:
    """A new player's wallet, with cash that a deposit posted."""
    player = await owner.fetchval(
        "insert into wallet.player (bucket, external_id, country) values (0, $1, 'MT') returning id",
        f"player-{time.time_ns()}-{next(NUMBERS)}",
    )
    return await owner.fetchval(
        "insert into wallet.wallet (bucket, player, currency) values (0, $1, $2) returning id",
        player,
        currency,
    )
