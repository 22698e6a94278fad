"""Health says whether money can be posted and why not, and metrics are counted where they happen."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime

import asyncpg
import pytest
from msgspec import structs

from gateway import health
from gateway.accounts import AccountChange
from gateway.app import running
from gateway.settings import settings_from
from tests.gateway.road import MASTER_KEY, Road, bet
from tests.ledger.test_lanes import END_LANES
from tests.servers import Database
from wallet import ledger
from wallet.database import CONNECT_SECONDS, POOL_SIZE
from wallet.players import PlayerStatus
from wallet.types import Session

FULL_DISK = """
create function wallet.full_disk() returns trigger language plpgsql as $$
begin raise exception using errcode = 'disk_full', message = 'no room'; end $$;
create trigger full_disk before insert on wallet.posting for each statement execute function wallet.full_disk()"""
ROOM = "drop trigger full_disk on wallet.posting; drop function wallet.full_disk()"


async def test_a_gateway_with_everything_is_ready(road: Road) -> None:
    """Alive, ready, nothing degraded."""
    assert (await road.http.get("/healthz")).json() == {"status": "alive"}
    answer = await road.http.get("/readyz")
    assert answer.status_code == 200
    told = answer.json()
    assert (told["ready"], told["degraded"]) == (True, False)
    assert set(told["checks"]) == {
        "postgres",
        "migrations",
        "clock",
        "lanes",
        "announcements",
        "redis",
        "provider_accounts",
    }


async def test_without_redis_it_is_degraded_and_ready(
    database: Database, owner: asyncpg.Connection, redis_prefix: str
) -> None:
    """Redis may be lost at any time: bets go on, and readiness says what is missing."""
    settings = settings_from(
        {
            "BANKROLL_DATABASE_URL": database.service_url,
            "BANKROLL_REDIS_URL": "redis://127.0.0.1:1/0",
            "BANKROLL_MASTER_KEYS": MASTER_KEY,
        }
    )
    async with running(settings, redis_prefix=redis_prefix) as gateway:
        told = await gateway.health.readiness()
        assert (told.ready, told.degraded) == (True, True)
        assert told.checks["redis"].reason == "ConnectionError"
        assert await gateway.desk.sessions.find(1, "unknown") is None
        assert "bankroll_redis_fallbacks_total 1" in gateway.metrics.text()


async def test_a_schema_that_is_behind_is_not_ready(road: Road) -> None:
    """A process that needs a migration which is not there says which."""
    ahead = structs.replace(road.gateway.health, migrations=("0001_ledger.sql", "0999_later.sql"))
    told = await ahead.readiness()
    assert not told.ready
    assert told.checks["migrations"].reason == "not applied: 0999_later.sql"


async def test_a_schema_that_is_ahead_is_ready(road: Road) -> None:
    """While a release is rolled out, the old processes go on."""
    behind = structs.replace(road.gateway.health, migrations=("0001_ledger.sql",))
    assert (await behind.readiness()).ready


async def test_a_server_that_became_unsafe_is_not_ready(road: Road, database: Database) -> None:
    """A server that is told under way not to wait for its disk is named with the setting to change."""
    unsafe = {"synchronous_commit": "off"}
    async with asyncpg.create_pool(database.service_url, min_size=1, server_settings=unsafe) as pool:
        told = await structs.replace(road.gateway.health, database=pool).readiness()
    assert not told.ready
    assert told.checks["postgres"].reason == (
        "the server would lose acknowledged money in a crash: switch on synchronous_commit"
    )


async def test_without_lanes_it_is_not_ready(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    """Alive, but nobody's to call; no address or password in the reasons."""
    monkeypatch.setattr(type(road.gateway.desk.ledger), "lanes_up", 0)
    answer = await road.http.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["lanes"] == {"ok": False, "reason": "no lane is connected"}
    assert "postgresql://" not in answer.text


async def test_while_postgres_refuses_every_posting_it_is_not_ready(
    road: Road, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk without room is told with its state, until a call is posted again, or until nobody has tried for a while."""
    who = await road.somebody("1.00")
    await owner.execute(FULL_DISK)
    assert (await road.call(who, bet("1.00", key="b1")))["code"] == "internal"
    answer = await road.http.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["lanes"]["reason"] == "Postgres refuses every posting: 53100"
    await owner.execute(ROOM)
    assert (await road.call(who, bet("1.00", key="b1")))["code"] == "created"
    assert (await road.http.get("/readyz")).status_code == 200
    await owner.execute(FULL_DISK)
    monkeypatch.setattr(ledger, "REFUSED_SECONDS", -1.0)
    assert (await road.call(who, bet("1.00", key="b2")))["code"] == "internal"
    assert (await road.http.get("/readyz")).status_code == 200
    await owner.execute(ROOM)


async def test_a_process_that_outlived_a_restore_ends(road: Road, owner: asyncpg.Connection) -> None:
    """It remembers wallets of a future that was lost: it is ready no more, and ends itself as if it were asked to."""
    asked, loop = asyncio.Event(), asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, asked.set)
    try:
        await owner.execute("select wallet.raise_restore_epoch(null)")
        await owner.execute(END_LANES)
        await asyncio.wait_for(asked.wait(), 30)
    finally:
        loop.remove_signal_handler(signal.SIGTERM)
    assert (await road.http.get("/readyz")).json()["checks"]["lanes"]["ok"] is False


@asynccontextmanager
async def all_busy(database: asyncpg.Pool) -> AsyncIterator[None]:
    """Nobody else gets a connection of these."""
    async with AsyncExitStack() as held:
        for _ in range(POOL_SIZE):
            await held.enter_async_context(database.acquire())
        yield


async def test_readiness_waits_for_no_connection(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where none is to be had in the time of a check it says so, before whoever probes it has given up."""
    monkeypatch.setattr(health, "CHECK_SECONDS", 0.1)
    async with all_busy(road.gateway.health.database), asyncio.timeout(CONNECT_SECONDS / 2):
        told = await road.gateway.health.readiness()
    assert told.checks["postgres"].reason == "TimeoutError"


async def test_the_operator_s_questions_hold_no_studio_up(road: Road) -> None:
    """Where every connection of the internal API is busy, studios' questions are answered as ever."""
    who = await road.somebody("7.00")
    async with all_busy(road.gateway.desk.history._database):
        assert (await road.query("balance", player=who.name))["code"] == "found"


async def test_the_operator_takes_no_connection_of_the_studios(road: Road) -> None:
    """Where every connection for studios' questions is busy, what the operator asks and decides is done as ever."""
    who = await road.somebody("7.00")
    desk = road.gateway.desk
    async with all_busy(road.gateway.callbacks.resolution.standings._database):
        assert await desk.catalogue.games()
        assert await desk.accounts.change(road.slug, AccountChange())
        assert not await desk.free_rounds.list_of([who.wallet.id], before=(datetime.now(UTC), ""))
        assert await desk.sessions.list_of(who.player.id)
        assert await desk.sessions.revoke(who.session.id)
        assert isinstance(await desk.sessions.launch(who.wallet.id, road.account_id), Session)
        assert await desk.players.exclude(who.player.id) is PlayerStatus.EXCLUDED


async def test_what_happens_is_counted(road: Road) -> None:
    """Refusals by reason, batches, lanes."""
    who = await road.somebody("1.00")
    await road.call(who, bet("1.00"))
    await road.call(who, bet("1.00"))
    page = (await road.http.get("/metrics")).text
    assert (
        f'bankroll_callback_seconds_count{{account="{road.slug}",verb="call",outcome="insufficient_funds"}} 1'
        in page
    )
    assert "bankroll_lanes_up 2" in page
    assert "bankroll_processes 1" in page
    batches = next(line for line in page.splitlines() if line.startswith("bankroll_batch_operations_count"))
    assert int(batches.split()[1]) >= 3
