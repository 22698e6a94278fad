"""Whatever is broken counts where it hits something, and nowhere else.

What would hurt other users of the servers is done to servers of this module's own.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bench.faults import breaker
from bench.faults.breaker import follow
from bench.faults.line import Line
from bench.faults.proxy import Proxy
from bench.faults.scene import Scene
from bench.faults.schedule import KINDS, STRANGERS, Breakage
from bench.faults.servers import Servers
from bench.faults.stage import POST
from gateway.processes import Supervisor, Worker
from gateway.settings import Settings
from tests.faults.test_verdict import found
from tests.ledger.calls import bet, make_wallet, soon
from tests.servers import Database
from wallet.ledger import Ledger, Unavailable
from wallet.migrate import migrate

HERE = "127.0.0.1"
SECONDS = 0.2
QUIET = "quiet"


@pytest.fixture(scope="module")
def own() -> Iterator[Servers]:
    """Servers that may be killed, with a database where nobody plays beside the usual one."""
    folder = Path(tempfile.mkdtemp(prefix="bankroll-test-"))
    folder.chmod(0o711)
    servers = Servers(folder, durable=False)
    try:
        asyncio.run(furnish(servers.owner_url))
        yield servers
    finally:
        os.kill(servers.process_id("postgres"), signal.SIGKILL)  # which may not listen to anything less
        servers.stop()
        shutil.rmtree(folder)


async def furnish(owner_url: str) -> None:
    await migrate(owner_url)
    elsewhere = await asyncpg.connect(at(owner_url, "postgres"))
    await elsewhere.execute(f"create database {QUIET} template {urlsplit(owner_url).path[1:]}")
    await elsewhere.close()


def at(url: str, name: str) -> str:
    """The same server's other database."""
    return urlsplit(url)._replace(path=f"/{name}").geturl()


@pytest.fixture
async def quiet(own: Servers) -> AsyncIterator[Scene]:
    """A scene in which there is nothing to break: nobody plays, and the servers that could be ended have ended."""
    postgres = Proxy(at(own.database_url, QUIET))
    valkey = Proxy(own.redis_url)
    line = Line(HERE, 1)
    for one in (postgres, valkey, line):
        await one.start()
    async with Redis.from_url(own.redis_url) as cache:
        await cache.flushall()
    yield Scene(
        at(own.owner_url, QUIET),
        at(own.database_url, QUIET),
        own.redis_url,
        postgres=postgres,
        valkey=valkey,
        lines=[line],
        supervisors=[Supervisor(Settings())],
        servers=Ended(),
    )
    for one in (postgres, valkey, line):
        await one.close()


class Ended(Servers):
    """Servers that have ended, and are not started again."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(["true"])
        self.process.wait()

    def process_id(self, name: str) -> int:
        return self.process.pid

    async def postgres_again(self) -> None:
        pass

    async def valkey_again(self) -> None:
        pass


@pytest.fixture
async def fragile(own: Servers) -> AsyncIterator[Scene]:
    """A scene in which there is a lane, and something is kept in Valkey."""
    await own.postgres_again()
    scene = Scene(
        own.owner_url,
        own.database_url,
        own.redis_url,
        postgres=Proxy(own.database_url),
        valkey=Proxy(own.redis_url),
        lines=[],
        supervisors=[],
        servers=own,
    )
    async with Redis.from_url(own.redis_url) as cache:
        await cache.set("session", "one")
    lane = await asyncpg.connect(own.database_url, server_settings={"application_name": "bankroll lane"})
    yield scene
    lane.terminate()


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process that lives."""
    process = subprocess.Popen(["sleep", "60"])
    yield process
    process.kill()
    process.wait()


@pytest.fixture
async def busy(database: Database, redis_url: str, sleeper: subprocess.Popen[bytes]) -> AsyncIterator[Scene]:
    """A scene in which lanes post, Valkey is asked, workers live, and studios hold a line and a session."""
    postgres, valkey, line = (
        Proxy(database.service_url, mark=POST, linger=2.0),
        Proxy(redis_url),
        Line(HERE, 1),
    )
    ledger = Ledger(await postgres.start(), lanes=2)
    cache = Redis.from_url(await valkey.start())
    await line.start()
    _, studio = await asyncio.open_connection(HERE, line.port)
    scene = Scene(
        database.owner_url,
        database.service_url,
        redis_url,
        postgres=postgres,
        valkey=valkey,
        lines=[line],
        supervisors=[Supervisor(Settings(), workers=[Worker(sleeper)])],
        servers=None,
    )
    scene.hands = [Guest()]
    async with scene.owner() as owner:
        wallets = [await make_wallet(owner) for _ in range(3)]
    await ledger.start()
    await asyncio.gather(*(ledger.post(bet(wallet, 0), soon()) for wallet in wallets))
    stop = asyncio.Event()
    tasks = [asyncio.create_task(betting(ledger, wallet, stop)) for wallet in wallets]
    tasks.append(asyncio.create_task(asking(cache, stop)))
    yield scene
    stop.set()
    await asyncio.gather(*tasks)
    await ledger.close()
    await cache.aclose()
    studio.close()
    for one in (postgres, valkey, line):
        await one.close()


class Guest:
    """Who plays in a session that can be ended."""

    ending = False

    async def end(self) -> int:
        return 1


async def betting(ledger: Ledger, wallet: int, stop: asyncio.Event) -> None:
    """Bets of nothing, one after the other."""
    while not stop.is_set():
        with contextlib.suppress(Unavailable):
            await ledger.post(bet(wallet, 0), soon(2.0))


async def asking(cache: Redis, stop: asyncio.Event) -> None:
    """A question after the other, whatever becomes of the last."""
    while not stop.is_set():
        with contextlib.suppress(RedisError, OSError):
            await cache.ping()
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("kind", KINDS)
async def test_what_hits_nothing_is_not_counted_and_fails_the_run(
    kind: str, quiet: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is nothing to break a breakage is told as a miss, and a run that planned it does not hold."""
    monkeypatch.setattr(breaker, "ATTEMPTS", 1)
    planned = [Breakage(0.0, kind, SECONDS, 1)]
    await follow(quiet, planned)
    assert quiet.times[kind] == 0
    assert quiet.failed == [f"{kind}: it hit nothing"]
    assert found(times=quiet.times, planned=planned).wrong() == ["missed"]


@pytest.mark.parametrize("kind", sorted(STRANGERS))
async def test_what_hits_something_is_counted(kind: str, busy: Scene) -> None:
    """Where there is something to break, once is once."""
    await follow(busy, [Breakage(0.0, kind, SECONDS, 1)])
    assert busy.times == {kind: 1}


@pytest.mark.parametrize("kind", sorted(set(KINDS) - STRANGERS))
async def test_what_hits_a_server_is_counted(kind: str, fragile: Scene) -> None:
    """Where there is a server to end, to stop or to fill, or what it holds to lose, once is once."""
    await follow(fragile, [Breakage(0.0, kind, SECONDS, 1)])
    assert fragile.times == {kind: 1}
