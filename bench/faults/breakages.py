"""What can be broken, each way a function: it breaks, waits, makes whole again, and says how many it hit.

It never asks whether the money is right, and decides nothing of when.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import Awaitable, Callable, Sequence
from random import Random
from subprocess import Popen, TimeoutExpired
from time import monotonic

import asyncpg
from redis.asyncio import Redis

from bench.faults.proxy import Connection, Proxy
from bench.faults.scene import Scene
from gateway.processes import Supervisor

OFTEN = 0.1
"""Seconds between blows where a breakage is many of them."""

OVERTAKEN_SECONDS = 1.0
"""How late a batch is: long enough to be sent again, and earlier than the server hears that its client is gone."""

LANES = "application_name = 'bankroll lane' and datname = current_database()"
KILLED_SECONDS = 5.0
ENDED_SESSIONS = 3
LOCKED = 5
TORN = (1, 7, -1)
"""How much of a torn answer arrives: where one of Postgres's messages has begun, or all but its last byte."""

MORE_CONNECTIONS = 200


# The gateway


async def worker_killed(scene: Scene, _seconds: float, rng: Random) -> int:
    """Kill -9 of one worker."""
    workers = living(rng.choice(scene.supervisors))
    return await killed([rng.choice(workers)] if workers else [])


async def workers_killed(scene: Scene, _seconds: float, _rng: Random) -> int:
    """Kill -9 of all."""
    return await killed([process for supervisor in scene.supervisors for process in living(supervisor)])


async def killed(processes: Sequence[Popen[bytes]]) -> int:
    """Kill -9 of processes; how many ended by it."""
    for process in processes:
        process.kill()
    for process in processes:
        with contextlib.suppress(TimeoutExpired):
            await asyncio.to_thread(process.wait, KILLED_SECONDS)
    return sum(process.returncode == -signal.SIGKILL for process in processes)


def living(supervisor: Supervisor) -> list[Popen[bytes]]:
    """The processes of a supervisor's workers."""
    found = [worker.process for worker in supervisor.workers]
    return [process for process in found if process is not None and process.poll() is None]


async def studios_cut(scene: Scene, _seconds: float, rng: Random) -> int:
    """Every connection of the studios breaks."""
    return rng.choice(scene.lines).cut()


async def sessions_expired(scene: Scene, _seconds: float, rng: Random) -> int:
    """A few sessions end in mid-game."""
    playing = [hand for hand in scene.hands if not hand.ending]
    chosen = rng.sample(playing, min(ENDED_SESSIONS, len(playing)))
    return sum([await hand.end() for hand in chosen])


async def wallets_locked(scene: Scene, seconds: float, _rng: Random) -> int:
    """Somebody locks wallets by hand and thinks about it."""
    async with scene.owner() as owner:
        await owner.execute("begin")
        locked = await owner.fetch(f"select id from wallet.wallet where seq > 0 limit {LOCKED} for update")
        await asyncio.sleep(seconds)  # the connection ends, and the transaction with it
    return len(locked)


# Postgres


async def backend_killed(scene: Scene, _seconds: float, _rng: Random) -> int:
    """Kill -9 of a lane's backend: Postgres ends all others too and recovers."""
    async with scene.owner() as owner:
        backends = await owner.fetch(f"select pid from pg_stat_activity where {LANES} limit 1")
    for backend in backends:
        os.kill(backend["pid"], signal.SIGKILL)
    return len(backends)


async def terminated(scene: Scene, seconds: float, _rng: Random) -> int:
    """Lanes that are posting are terminated."""
    return await blows(scene, seconds, "pg_terminate_backend")


async def cancelled(scene: Scene, seconds: float, _rng: Random) -> int:
    """Batches under way are cancelled."""
    return await blows(scene, seconds, "pg_cancel_backend")


async def blows(scene: Scene, seconds: float, function: str) -> int:
    """Again and again, to every lane of this database that is at work."""
    hits, until = 0, monotonic() + seconds
    async with scene.owner() as owner:
        while monotonic() < until:
            hits += await struck(owner, function, f"{LANES} and state = 'active'")
            await asyncio.sleep(OFTEN / 50)  # a batch takes a few milliseconds
    return hits


async def struck(owner: asyncpg.Connection, function: str, which: str) -> int:
    """A blow to some backends; how many it reached."""
    rows = await owner.fetch(f"select {function}(pid) from pg_stat_activity where {which}")
    return sum(row[0] for row in rows)


async def answers_cut(scene: Scene, seconds: float, _rng: Random) -> int:
    """Lanes lose their connection between the commit and its answer."""
    return await swallowed(scene.postgres, seconds, lambda: 0)


async def answers_torn(scene: Scene, seconds: float, rng: Random) -> int:
    """Lanes lose their connection in the middle of an answer, inside one of its messages."""
    return await swallowed(scene.postgres, seconds, lambda: rng.choice(TORN))


async def swallowed(proxy: Proxy, seconds: float, spare: Callable[[], int]) -> int:
    """One answer after the other is lost, but for so much of it."""
    hits, until = 0, monotonic() + seconds
    while monotonic() < until:
        proxy.swallow, proxy.spare = True, spare()
        await asyncio.sleep(OFTEN)
        hits += not proxy.swallow
    proxy.swallow, proxy.spare = False, 0
    return hits


async def shut(proxy: Proxy, seconds: float) -> int:
    """Break every connection of a proxy, and take no new one for a while."""
    proxy.refuse, proxy.refused = True, 0
    cut = proxy.cut()
    await asyncio.sleep(seconds)
    proxy.refuse = False
    return cut + proxy.refused


async def line_cut(scene: Scene, seconds: float, _rng: Random) -> int:
    """Every connection to Postgres breaks, and for a while there is no new one."""
    return await shut(scene.postgres, seconds)


async def held_back(scene: Scene, seconds: float, _rng: Random) -> int:
    """What is sent to Postgres stays on the line; what was sent first arrives after what was sent again."""
    held = await holding(scene.postgres, seconds)
    hits = 0
    for late in (False, True):
        hits += await delivered(
            scene.postgres, [connection for connection in held if connection.gone is late]
        )
        await asyncio.sleep(0.5)
    return hits


async def holding(proxy: Proxy, seconds: float) -> list[Connection]:
    """Hold back what clients send for a while; the connections on which something is held then."""
    proxy.hold = True
    await asyncio.sleep(seconds)
    proxy.hold = False
    return [connection for connection in proxy.connections if connection.held]


async def delivered(proxy: Proxy, held: Sequence[Connection]) -> int:
    """Deliver what was held back; how many of the connections still led anywhere."""
    return sum([await proxy.deliver(connection) for connection in held])


async def overtaken(scene: Scene, seconds: float, _rng: Random) -> int:
    """Lanes lose their connection with a batch on the line, which arrives when it was long sent again."""
    hits, until = 0, monotonic() + seconds
    while monotonic() < until:
        held = [one for one in await holding(scene.postgres, OFTEN) if not one.gone]
        for connection in held:
            connection.client.close()
        await asyncio.sleep(OVERTAKEN_SECONDS)
        hits += await delivered(scene.postgres, held)
    return hits


async def used_up(scene: Scene, seconds: float, _rng: Random) -> int:
    """Strangers take every connection there is, and the lanes lose theirs."""
    taken: list[asyncpg.Connection] = []
    try:
        async with scene.owner() as owner:
            with contextlib.suppress(asyncpg.TooManyConnectionsError):
                while len(taken) < MORE_CONNECTIONS:
                    taken.append(await asyncpg.connect(scene.database_url, timeout=5))
            hits = await struck(owner, "pg_terminate_backend", LANES)
        await asyncio.sleep(seconds)
    finally:
        for connection in taken:
            connection.terminate()
    return hits if len(taken) < MORE_CONNECTIONS else 0


async def postgres_killed(scene: Scene, seconds: float, _rng: Random) -> int:
    """Kill -9 of Postgres, and a new one on its data."""
    return await ended(scene, signal.SIGKILL, seconds)


async def postgres_restarted(scene: Scene, seconds: float, _rng: Random) -> int:
    """Postgres is stopped as an operator stops it, and started again."""
    return await ended(scene, signal.SIGINT, seconds)


async def ended(scene: Scene, number: signal.Signals, seconds: float) -> int:
    """Postgres ends by a signal, and is started again later."""
    hit = await scene.own.end("postgres", number)
    await asyncio.sleep(seconds)
    await scene.own.postgres_again()
    return hit


async def postgres_paused(scene: Scene, seconds: float, _rng: Random) -> int:
    """Postgres stands still, past every deadline."""
    scene.own.pause()
    try:
        await asyncio.sleep(seconds)
        return scene.own.paused()
    finally:
        scene.own.pause(going_on=True)


# Valkey


async def valkey_emptied(scene: Scene, _seconds: float, _rng: Random) -> int:
    """Every session token is lost."""
    async with Redis.from_url(scene.redis_url) as redis:
        lost = await redis.dbsize()
        await redis.flushall()
    return int(lost)


async def valkey_gone(scene: Scene, seconds: float, _rng: Random) -> int:
    """Nobody answers there."""
    return await shut(scene.valkey, seconds)


async def valkey_restarted(scene: Scene, _seconds: float, _rng: Random) -> int:
    """Kill -9 of Valkey, and an empty one in its place."""
    hit = await scene.own.end("valkey", signal.SIGKILL)
    await asyncio.sleep(OFTEN)
    await scene.own.valkey_again()
    return hit


async def valkey_silent(scene: Scene, seconds: float, _rng: Random) -> int:
    """It is connected, and says nothing."""
    held = await holding(scene.valkey, seconds)
    await delivered(scene.valkey, [connection for connection in held if not connection.gone])
    return len(held)


Break = Callable[[Scene, float, Random], Awaitable[int]]

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
    "answers torn": answers_torn,
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
    "valkey gone for a minute": valkey_gone,
    "valkey silent": valkey_silent,
}
"""How each breakage is done, by its name in the schedule; it says how many it hit."""
