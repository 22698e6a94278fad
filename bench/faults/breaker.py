"""Breaks what the schedule says, when it says it, and puts it right again.  It never asks whether the money is right."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Awaitable, Callable, Sequence
from random import Random
from time import monotonic
from typing import Any

import asyncpg
from redis.asyncio import Redis

from bench.faults.proxy import Proxy
from bench.faults.scene import Scene
from bench.faults.schedule import Breakage
from bench.faults.servers import AWAY
from gateway.processes import Supervisor

OFTEN = 0.1
"""Seconds between blows where a breakage is many of them."""

OVERTAKEN_SECONDS = 1.0
"""How late a batch is: long enough to be sent again, and earlier than the server hears that its client is gone."""

LANES = "application_name = 'bankroll lane'"
ENDED_SESSIONS = 3
LOCKED = 5
MORE_CONNECTIONS = 200


# The gateway


async def worker_killed(scene: Scene, _seconds: float, rng: Random) -> None:
    """Kill -9 of one worker."""
    workers = living(rng.choice(scene.supervisors))
    if workers:
        rng.choice(workers).kill()


async def workers_killed(scene: Scene, _seconds: float, _rng: Random) -> None:
    """Kill -9 of all."""
    for supervisor in scene.supervisors:
        for process in living(supervisor):
            process.kill()


def living(supervisor: Supervisor) -> list[Any]:
    """The processes of a supervisor's workers."""
    return [worker.process for worker in supervisor.workers if worker.process is not None]


async def studios_cut(scene: Scene, _seconds: float, rng: Random) -> None:
    """Every connection of the studios breaks."""
    rng.choice(scene.lines).cut()


async def sessions_expired(scene: Scene, _seconds: float, rng: Random) -> None:
    """A few sessions end in mid-game."""
    playing = [hand for hand in scene.hands if not hand.ending]
    for hand in rng.sample(playing, min(ENDED_SESSIONS, len(playing))):
        await hand.end()


async def wallets_locked(scene: Scene, seconds: float, _rng: Random) -> None:
    """Somebody locks wallets by hand and thinks about it."""
    async with scene.owner() as owner:
        await owner.execute("begin")
        await owner.fetch(f"select id from wallet.wallet where seq > 0 limit {LOCKED} for update")
        await asyncio.sleep(seconds)  # the connection ends, and the transaction with it


# Postgres


async def backend_killed(scene: Scene, _seconds: float, _rng: Random) -> None:
    """Kill -9 of a lane's backend: Postgres ends all others too and recovers."""
    async with scene.owner() as owner:
        backend = await owner.fetchval(f"select pid from pg_stat_activity where {LANES} limit 1")
    if backend is not None:
        os.kill(backend, signal.SIGKILL)


async def terminated(scene: Scene, seconds: float, _rng: Random) -> None:
    """Lanes that are posting are terminated."""
    await blows(scene, seconds, "pg_terminate_backend")


async def cancelled(scene: Scene, seconds: float, _rng: Random) -> None:
    """Batches under way are cancelled."""
    await blows(scene, seconds, "pg_cancel_backend")


async def blows(scene: Scene, seconds: float, function: str) -> None:
    """Again and again, to every lane of this database that is at work."""
    until = monotonic() + seconds
    async with scene.owner() as owner:
        while monotonic() < until:
            await owner.fetch(
                f"select {function}(pid) from pg_stat_activity where {LANES} and datname = current_database() and state = 'active'"
            )
            await asyncio.sleep(OFTEN / 10)


async def answers_cut(scene: Scene, seconds: float, _rng: Random) -> None:
    """Lanes lose their connection between the commit and its answer."""
    until = monotonic() + seconds
    while monotonic() < until:
        scene.postgres.swallow = True
        await asyncio.sleep(OFTEN)
    scene.postgres.swallow = False


async def shut(proxy: Proxy, seconds: float) -> None:
    """Break every connection of a proxy, and take no new one for a while."""
    proxy.refuse = True
    proxy.cut()
    await asyncio.sleep(seconds)
    proxy.refuse = False


async def line_cut(scene: Scene, seconds: float, _rng: Random) -> None:
    """Every connection to Postgres breaks, and for a while there is no new one."""
    await shut(scene.postgres, seconds)


async def held_back(scene: Scene, seconds: float, _rng: Random) -> None:
    """What is sent to Postgres stays on the line; what was sent first arrives after what was sent again."""
    proxy = scene.postgres
    proxy.hold = True
    await asyncio.sleep(seconds)
    proxy.hold = False
    held = [connection for connection in proxy.connections if connection.held]
    for late in (False, True):
        for connection in held:
            if connection.gone is late:
                with contextlib.suppress(OSError):
                    await proxy.deliver(connection)
        await asyncio.sleep(0.5)


async def overtaken(scene: Scene, seconds: float, _rng: Random) -> None:
    """Lanes lose their connection with a batch on the line, which arrives when it was long sent again."""
    proxy = scene.postgres
    until = monotonic() + seconds
    while monotonic() < until:
        proxy.hold = True
        await asyncio.sleep(OFTEN)
        proxy.hold = False
        held = [connection for connection in proxy.connections if connection.held and not connection.gone]
        for connection in held:
            connection.client.close()
        await asyncio.sleep(OVERTAKEN_SECONDS)
        for connection in held:
            with contextlib.suppress(OSError):
                await proxy.deliver(connection)


async def used_up(scene: Scene, seconds: float, _rng: Random) -> None:
    """Strangers take every connection there is, and the lanes lose theirs."""
    taken: list[asyncpg.Connection] = []
    try:
        async with scene.owner() as owner:
            with contextlib.suppress(asyncpg.TooManyConnectionsError):
                while len(taken) < MORE_CONNECTIONS:
                    taken.append(await asyncpg.connect(scene.database_url, timeout=5))
            await owner.fetch(f"select pg_terminate_backend(pid) from pg_stat_activity where {LANES}")
        await asyncio.sleep(seconds)
    finally:
        for connection in taken:
            connection.terminate()


async def postgres_killed(scene: Scene, seconds: float, _rng: Random) -> None:
    """Kill -9 of Postgres, and a new one on its data."""
    await scene.own.end("postgres", signal.SIGKILL)
    await asyncio.sleep(seconds)
    await scene.own.postgres_again()


async def postgres_restarted(scene: Scene, seconds: float, _rng: Random) -> None:
    """Postgres is stopped as an operator stops it, and started again."""
    await scene.own.end("postgres", signal.SIGINT)
    await asyncio.sleep(seconds)
    await scene.own.postgres_again()


async def postgres_paused(scene: Scene, seconds: float, _rng: Random) -> None:
    """Postgres stands still, past every deadline."""
    scene.own.pause()
    try:
        await asyncio.sleep(seconds)
    finally:
        scene.own.pause(going_on=True)


# Valkey


async def valkey_emptied(scene: Scene, _seconds: float, _rng: Random) -> None:
    """Every session token is lost."""
    async with Redis.from_url(scene.redis_url) as redis:
        await redis.flushall()


async def valkey_gone(scene: Scene, seconds: float, _rng: Random) -> None:
    """Nobody answers there."""
    await shut(scene.valkey, seconds)


async def valkey_restarted(scene: Scene, _seconds: float, _rng: Random) -> None:
    """Kill -9 of Valkey, and an empty one in its place."""
    await scene.own.end("valkey", signal.SIGKILL)
    await asyncio.sleep(OFTEN)
    await scene.own.valkey_again()


async def valkey_silent(scene: Scene, seconds: float, _rng: Random) -> None:
    """It is connected, and says nothing."""
    scene.valkey.hold = True
    await asyncio.sleep(seconds)
    scene.valkey.hold = False
    for connection in [one for one in scene.valkey.connections if one.held and not one.gone]:
        with contextlib.suppress(OSError):
            await scene.valkey.deliver(connection)


Break = Callable[[Scene, float, Random], Awaitable[None]]

BREAK: dict[str, Break] = {
    "gateway worker killed": worker_killed,
    "all gateway workers killed": workers_killed,
    "studios' connections cut": studios_cut,
    "sessions expired": sessions_expired,
    "wallets locked by hand": wallets_locked,
    "backend killed": backend_killed,
    "backends terminated": terminated,
    "batches cancelled": cancelled,
    "answers cut off": answers_cut,
    "line cut": line_cut,
    "batches held back": held_back,
    "attempts overtaken": overtaken,
    "connections used up": used_up,
    "postgres killed": postgres_killed,
    "postgres restarted": postgres_restarted,
    "postgres paused": postgres_paused,
    "valkey emptied": valkey_emptied,
    "valkey restarted": valkey_restarted,
    "valkey gone": valkey_gone,
    "valkey silent": valkey_silent,
}
"""How each breakage is done, by its name in the schedule."""


async def follow(scene: Scene, planned: Sequence[Breakage]) -> None:
    """Break everything that is planned; returns when the last of it is whole again."""
    began = monotonic()

    async def one(breakage: Breakage) -> None:
        await asyncio.sleep(max(0.0, began + breakage.at - monotonic()))
        scene.broken[breakage.kind] += 1
        try:
            await BREAK[breakage.kind](scene, breakage.seconds, Random(breakage.seed))
            scene.times[breakage.kind] += 1
        except AWAY as error:  # another breakage was in its way
            scene.failed.append(f"{breakage.kind}: {type(error).__name__}: {error}")
        finally:
            scene.broken[breakage.kind] -= 1

    async with asyncio.TaskGroup() as group:
        for breakage in planned:
            group.create_task(one(breakage))
