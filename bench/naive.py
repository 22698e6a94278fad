"""The wallet that one would write first: one Redis GET and one transaction for each request, over a pool.

Everything else is the gateway's own: its stack, protocols and bindings, and the same ``wallet.post``, asked for one
call at a time.  It gathers nothing, fences nothing, tries nothing again, and keeps no exchange.
"""

import asyncio
import contextlib
import random
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, TypeVar

import asyncpg
import msgspec
from litestar.types import ASGIApp
from msgspec.structs import replace
from redis.asyncio import Redis

from bench.null import Unkept
from gateway import binding
from gateway.app import application, running
from gateway.binding import Party
from gateway.configured_accounts import ConfiguredAccount
from gateway.resolution import Resolution
from gateway.settings import Settings
from gateway.worker import main
from providers.contract import Exchange, Fault, Refused, StudioCall
from providers.dialogue import fail
from wallet import database
from wallet.lane import BUCKET, RENEW_SECONDS
from wallet.named_wallets import NamedWallet
from wallet.sessions import digest_of
from wallet.types import Call, Outcome, Session

CONNECTIONS = 16
REMEMBERED_SECONDS = 3600
PREFIX = "bankroll:naive:"

T = TypeVar("T")


class Naive:
    """Resolves one call by one look-up and one transaction."""

    def __init__(self, pool: asyncpg.Pool, redis: Redis, behind: Resolution) -> None:
        self.pool = pool
        self.redis = redis
        self.behind = behind  # answers what Redis does not know yet
        self.lanes: list[tuple[int, int]] = []  # a lane and its epoch for each connection

    async def lease(self) -> None:
        """A lane for every connection: two that shared one would wait for each other."""
        leases = [self.pool.fetchrow(database.LEASE_LANE) for _ in range(CONNECTIONS)]
        self.lanes = [tuple(row) for row in await asyncio.gather(*leases) if row is not None]

    async def keep(self) -> None:
        """Renew the leases, again and again."""
        leased = self.lanes[:]
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            for lane, epoch in leased:
                await self.pool.fetchval(database.RENEW_LANE, lane, epoch)

    async def resolve(self, exchange: Exchange, account: ConfiguredAccount, deadline: float) -> Party:
        """Fill the exchange with the outcome, or with the fault that stands in its place."""
        asked, party = exchange.asked, Party()
        if not isinstance(asked, StudioCall) or not asked.ops:
            fail(exchange, Fault.UNKNOWN_VERB)
            return party
        try:
            async with asyncio.timeout(deadline - time.monotonic()):
                party = await self.party(asked, account)
                exchange.session = party.session
                call = binding.call_of(asked, party, account, random.getrandbits(63))
                outcome = await self.post(call)
        except Refused as refused:
            fail(exchange, refused.fault, str(refused))
        except TimeoutError:
            fail(exchange, Fault.OVERLOADED)
        else:
            binding.report(exchange, outcome, party, account)
        return party

    async def party(self, asked: StudioCall, account: ConfiguredAccount) -> Party:
        """Whom the call means: by its token, where it has one, else by its player."""
        session = named = None
        if (token := asked.token) is not None:
            session = await self.remembered(
                digest_of(account.id, token).hex(),
                Session,
                lambda: self.behind.sessions.find(account.id, token),
            )
        elif (player := asked.player) is not None:
            named = await self.remembered(
                f"{account.id}:{player}",
                NamedWallet,
                lambda: self.behind.external_ids.find_wallet(account.id, player),
            )
        return binding.party_of(asked, account.id, session, named)

    async def remembered(self, key: str, kind: type[T], find: Callable[[], Awaitable[T | None]]) -> T | None:
        """What Redis has under the key; what it does not have is found once, and written there."""
        packed: Any = await self.redis.get(PREFIX + key)
        if packed is not None:
            return msgspec.msgpack.decode(packed, type=kind)
        found = await find()
        if found is not None:
            await self.redis.set(PREFIX + key, msgspec.msgpack.encode(found), ex=REMEMBERED_SECONDS)
        return found

    async def post(self, call: Call) -> Outcome:
        """One call in a transaction of its own."""
        policies, columns = database.columns_of([call])
        async with self.pool.acquire() as connection:
            lane = self.lanes.pop()
            try:
                rows: list[Any] = await connection.fetch(database.POST, BUCKET, *lane, policies, *columns)
            finally:
                self.lanes.append(lane)
        return database.outcomes_of([call], rows)[0]


@contextlib.asynccontextmanager
async def naive(settings: Settings) -> AsyncGenerator[ASGIApp]:
    """The gateway's application over the naive wallet."""
    assert settings.database_url
    assert settings.redis_url
    async with contextlib.AsyncExitStack() as closing:
        gateway = await closing.enter_async_context(running(settings))
        pool = await database.open_pool(settings.database_url, purpose="naive", size=CONNECTIONS)
        closing.push_async_callback(pool.close)
        redis = Redis.from_url(settings.redis_url)
        closing.push_async_callback(redis.aclose)
        wallet = Naive(pool, redis, gateway.callbacks.resolution)
        await wallet.lease()
        keeping = asyncio.create_task(wallet.keep())
        closing.callback(keeping.cancel)
        callbacks = replace(gateway.callbacks, resolution=wallet, exchanges=Unkept())
        yield application(replace(gateway, callbacks=callbacks))


if __name__ == "__main__":
    sys.exit(main(naive))
