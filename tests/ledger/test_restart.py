"""A Postgres of this module's own, because it is restarted and made to wait for a standby that never comes."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from bench.faults.proxy import Proxy
from tests.ledger.calls import Journal, bet, call, make_wallet, soon, unique, until
from tests.ledger.copies import Standby, commit_on
from wallet import embedded
from wallet.failures import SYNC_REPLICATION, Action
from wallet.ledger import Ledger
from wallet.migrate import migrate
from wallet.types import Kind, Op, Status
from wallet.verify import verify


class OwnServer:
    """Servers under one directory, which can be stopped and started again; the port changes."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.start()

    def start(self) -> None:
        self.running = embedded.start(self.directory, report=lambda line: None)

    def stop(self) -> None:
        self.running.stop()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnServer]:
    """A migrated server."""
    own = OwnServer(tmp_path_factory.mktemp("own"))
    try:
        asyncio.run(migrate(own.running.owner_url))
        yield own
    finally:
        own.stop()


@pytest.fixture
async def wire(server: OwnServer) -> AsyncIterator[Proxy]:
    """A wire that leads to the server wherever it is."""
    proxy = Proxy(server.running.database_url)
    yield proxy
    await proxy.close()


@pytest.fixture
async def own_ledger(wire: Proxy, journal: Journal) -> AsyncIterator[Ledger]:
    """A ledger of two lanes behind the wire."""
    ledger = Ledger(await wire.start(), lanes=2, observer=journal)
    await ledger.start()
    yield ledger
    await ledger.close()


@pytest.fixture
async def owner(server: OwnServer) -> AsyncIterator[asyncpg.Connection]:
    """The owner's connection to the server."""
    connection = await asyncpg.connect(server.running.owner_url)
    yield connection
    await connection.close()


async def funded(server: OwnServer, ledger: Ledger, count: int) -> list[int]:
    owner = await asyncpg.connect(server.running.owner_url)
    wallets = [await make_wallet(owner) for _ in range(count)]
    await owner.close()
    for wallet in wallets:
        await ledger.post(call(wallet, Op(Kind.DEPOSIT, unique("deposit"), 10_000)), soon())
    return wallets


async def test_a_restart_in_mid_load_is_a_pause(server: OwnServer, wire: Proxy, own_ledger: Ledger) -> None:
    """Every call is answered created, every acknowledged posting is there once, and the books hold (case 25)."""
    wallets = await funded(server, own_ledger, 10)
    restarted = asyncio.Event()

    async def play(wallet: int) -> list[int]:
        ids = []
        after = 0
        while after < 5:
            outcome = await own_ledger.post(bet(wallet, 1), soon(30))
            assert outcome.status is Status.CREATED
            assert outcome.ops[0].posting is not None
            ids.append(outcome.ops[0].posting)
            after += restarted.is_set()
        return ids

    async def restart() -> None:
        await asyncio.sleep(0.2)
        server.stop()
        await asyncio.sleep(0.2)
        server.start()
        wire.retarget(server.running.database_url)
        restarted.set()

    *played, _ = await asyncio.gather(*(play(wallet) for wallet in wallets), restart())
    ids = [posting for one in played for posting in one]
    owner = await asyncpg.connect(server.running.owner_url)
    assert await owner.fetchval("select count(*) from wallet.posting where kind = 'bet'") == len(ids)
    assert await owner.fetchval("select count(*) from wallet.posting where id = any ($1)", ids) == len(ids)
    await owner.close()
    report = await verify(server.running.database_url)
    assert report.holds, report.lines()


async def test_a_commit_that_was_not_replicated_is_unknown(
    server: OwnServer, owner: asyncpg.Connection, own_ledger: Ledger, journal: Journal
) -> None:
    """When the server stops waiting for its standby the lane fences and posts again: created, once."""
    [wallet] = await funded(server, own_ledger, 1)
    await commit_on(server.running.owner_url, "a_standby_that_never_comes")
    waiting = (
        "select pid from pg_stat_activity where wait_event = 'SyncRep' and application_name = 'bankroll lane'"
    )
    try:
        post = asyncio.create_task(own_ledger.post(bet(wallet, 10), soon(30)))
        await until(lambda: owner.fetchval(waiting))
        first = await owner.fetchval(waiting)
        await owner.fetchval("select pg_cancel_backend($1)", first)
        # The fence's own commit waits as well, in the lane's next connection.
        await until(lambda: owner.fetchval(f"select exists ({waiting} and pid <> $1)", first))
        assert not post.done()
    finally:
        await owner.execute("alter system reset synchronous_standby_names")
        await owner.fetchval("select pg_reload_conf()")
    outcome = await post
    assert (outcome.status, outcome.cash) == (Status.CREATED, 9990)
    assert journal.failures == [(SYNC_REPLICATION, Action.FENCE)]
    assert await owner.fetchval("select count(*) from wallet.posting where wallet = $1", wallet) == 2


@pytest.fixture
async def replicated(server: OwnServer, tmp_path: Path) -> AsyncIterator[tuple[Proxy, Standby]]:
    """A synchronous standby, and the wire that it streams over."""
    streaming = Proxy(server.running.owner_url)
    url = await streaming.start()
    passwords = server.directory / "passwords.json"
    standby = await asyncio.to_thread(Standby, url, passwords, tmp_path / "standby")
    try:
        await standby.ready(server.running.owner_url)
        await commit_on(server.running.owner_url, "standby")
        owner = await asyncpg.connect(server.running.owner_url)
        synchronous = "select exists (select from pg_stat_replication where sync_state = 'sync')"
        await until(lambda: owner.fetchval(synchronous))
        await owner.close()
        yield streaming, standby
    finally:
        standby.stop()


CANCEL_WAITS = """
select count(pg_cancel_backend(pid)) from pg_stat_activity
where wait_event = 'SyncRep' and application_name = 'bankroll lane'
"""


async def test_a_promoted_standby_has_every_acknowledged_posting(
    server: OwnServer, wire: Proxy, own_ledger: Ledger, replicated: tuple[Proxy, Standby], journal: Journal
) -> None:
    """The standby is cut off, waits for it are cancelled, the primary dies: what was answered is on the standby."""
    streaming, standby = replicated
    wallets = await funded(server, own_ledger, 6)
    answered: dict[str, int | None] = {}
    promoted = asyncio.Event()

    async def play(wallet: int) -> None:
        after = 0
        while after < 3:
            key = unique("promoted")
            outcome = await own_ledger.post(bet(wallet, 1, key), soon(30))
            assert outcome.status is Status.CREATED
            answered[key] = outcome.ops[0].posting
            after += promoted.is_set()

    async def promote() -> None:
        await until(lambda: reached(answered, 50))
        owner = await asyncpg.connect(server.running.owner_url)
        await streaming.close()
        await until(lambda: owner.fetchval(CANCEL_WAITS))
        await asyncio.sleep(0.2)
        before = len(answered)
        for _ in range(5):  # the fences' waits too
            await owner.fetchval(CANCEL_WAITS)
            await asyncio.sleep(0.05)
        assert len(answered) == before
        committed = "select count(*) from wallet.posting where key like 'promoted-%'"
        assert await owner.fetchval(committed) > before
        owner.terminate()
        server.running._running[0].process.kill()
        copy = await asyncpg.connect(standby.at(server.running.owner_url))
        assert await copy.fetchval("select pg_promote()")
        assert await copy.fetchval(committed) >= before
        await copy.close()
        promoted.set()
        wire.retarget(standby.at(server.running.database_url))

    try:
        await asyncio.gather(*(play(wallet) for wallet in wallets), promote())
        assert (SYNC_REPLICATION, Action.FENCE) in journal.failures
        copy = await asyncpg.connect(standby.at(server.running.owner_url))
        rows = await copy.fetch("select key, id from wallet.posting where key like 'promoted-%'")
        await copy.close()
        assert len(rows) == len(answered)
        assert {row["key"]: row["id"] for row in rows} == answered
        report = await verify(standby.at(server.running.database_url))
        assert report.holds, report.lines()
    finally:
        server.stop()
        server.start()
        owner = await asyncpg.connect(server.running.owner_url)
        await owner.execute("alter system reset synchronous_standby_names")
        await owner.fetchval("select pg_reload_conf()")
        await owner.close()


async def reached(answered: dict[str, int | None], count: int) -> bool:
    return len(answered) >= count
