"""One process of a gateway measures the database and drops dead sessions; nothing that a retry needs goes with them."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from msgspec import structs
from prometheus_client.parser import text_string_to_metric_families

from gateway import housekeeping
from gateway.housekeeping import SERVER, TABLE, Housekeeping
from gateway.metrics import Metrics
from gateway.run_directories import RunDirectory, announce_stop, claimed, take_back_stop
from tests.gateway.road import Road, bet, road_on
from tests.ledger.calls import until
from tests.servers import Database
from wallet.vitals import skew_of, told_apart

VACUUMED_AT_A_TWENTIETH = {"vacuum_truncate=off", "autovacuum_vacuum_scale_factor=0.05"}
HOT = {
    "posting": {
        "autovacuum_vacuum_insert_threshold=100000",
        "autovacuum_vacuum_insert_scale_factor=0.02",
        "autovacuum_freeze_min_age=0",
    },
    "wallet": {"fillfactor=50", *VACUUMED_AT_A_TWENTIETH},
    "round": {"fillfactor=70", *VACUUMED_AT_A_TWENTIETH},
    "reversal": {"fillfactor=80", *VACUUMED_AT_A_TWENTIETH},
    "house_balance": {"fillfactor=50", "vacuum_truncate=off"},
    "lane": {"fillfactor=50", "vacuum_truncate=off"},
    "session": {"fillfactor=80"},
    "session_token": set(),
    "exchange": set(),
}
"""Hot table -> how it is stored and vacuumed, where that is not the server's default."""


def keeper(
    road: Road, metrics: Metrics | None = None, directory: Path | None = None, **more: Any
) -> Housekeeping:
    """Somebody who would keep house in this road's database."""
    desk = road.gateway.desk
    return Housekeeping(
        road.gateway.health.database, desk.sessions, metrics or Metrics(), directory, session_days=40, **more
    )


def read(metrics: Metrics) -> dict[str, dict[str, float]]:
    """Metric -> the value of its label -> the level."""
    found: dict[str, dict[str, float]] = {}
    for family in text_string_to_metric_families(metrics.text()):
        for sample in family.samples:
            found.setdefault(sample.name, {})["".join(sample.labels.values())] = sample.value
    return found


async def test_the_database_is_measured(road: Road, owner: asyncpg.Connection) -> None:
    """Everything that an alert asks for is there, and is what the database says."""
    metrics = Metrics()
    await road.call(await road.somebody("1.00"), bet("1.00"))
    await owner.execute("vacuum wallet.wallet")
    await keeper(road, metrics).measure()
    levels = read(metrics)
    absent = {"slot_bytes", "standby_lag_seconds"}  # without slots and standbys
    assert {f"bankroll_database_{field}" for field in SERVER if field not in absent} <= levels.keys()
    for field in TABLE:
        assert levels[f"bankroll_table_{field}"].keys() == HOT.keys()
    assert levels["bankroll_table_bytes"]["posting"] > 8192
    assert levels["bankroll_database_connections"][""] >= 3
    assert levels["bankroll_database_connections_bound"][""] > levels["bankroll_database_connections"][""]
    ages = (
        levels["bankroll_database_transaction_id_age"][""],
        levels["bankroll_table_transaction_id_age"]["posting"],
    )
    assert ages[0] >= ages[1] > 0
    assert time.time() - levels["bankroll_table_vacuumed_timestamp_seconds"]["wallet"] < 60
    assert levels["bankroll_clock_skew_seconds"][""] == 0


STORAGE = """
select hot.name, coalesce(c.reloptions, '{}') as options
from wallet.table_vitals hot
left join lateral pg_partition_tree(('wallet.' || hot.name)::regclass) as part on part.isleaf
join pg_class c on c.oid = coalesce(part.relid, ('wallet.' || hot.name)::regclass)
"""


async def test_vacuum_keeps_nobody_out_and_reads_the_journal_once(
    owner: asyncpg.Connection, service: asyncpg.Connection
) -> None:
    """Hot tables keep room for their rows, give no empty end back and are vacuumed early; the journal is frozen as it grows."""
    await service.execute("select wallet.prepare_exchanges(2)")
    found = await owner.fetch(STORAGE)
    assert {row["name"] for row in found} == HOT.keys()
    assert [row["name"] for row in found].count("exchange") >= 3  # the default one too
    for row in found:
        assert set(row["options"]) == HOT[row["name"]], row["name"]


async def test_the_oldest_transaction_is_seen(
    road: Road, owner: asyncpg.Connection, service: asyncpg.Connection
) -> None:
    """A transaction that is left open shows, also where it only reads."""
    metrics = Metrics()
    async with service.transaction():
        await service.execute("select 1")
        await asyncio.sleep(0.3)
        await keeper(road, metrics).measure()
    assert read(metrics)["bankroll_database_oldest_transaction_seconds"][""] >= 0.3


async def test_one_process_of_a_gateway_does_it(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first to claim it, until it ends; then the next.  Nobody shows levels that are old."""
    monkeypatch.setattr(housekeeping, "FIRST_SECONDS", 0.0)
    monkeypatch.setattr(housekeeping, "MEASURE_SECONDS", 0.02)
    place = RunDirectory()
    pages = [Metrics(), Metrics()]
    first, second = (keeper(road, page, place.path) for page in pages)

    async def until(page: Metrics) -> None:
        async with asyncio.timeout(10):
            while "bankroll_database_connections" not in read(page):  # noqa: ASYNC110 - it is read by scrapes
                await asyncio.sleep(0.01)

    first.start()
    await until(pages[0])
    second.start()
    await asyncio.sleep(0.1)
    assert "bankroll_database_connections" not in read(pages[1])
    assert claimed(place.path, "housekeeping") is None
    await first.close()
    await until(pages[1])
    monkeypatch.setattr(second, "_database", None)
    async with asyncio.timeout(10):
        while "bankroll_database_connections" in read(pages[1]):  # noqa: ASYNC110 - the same
            await asyncio.sleep(0.01)
    await second.close()
    place.remove()


async def test_sessions_go_when_their_time_is_over(
    road: Road, owner: asyncpg.Connection, service: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that ended long ago, by expiry or revocation, with their tokens; never one that lives, never what was posted."""
    monkeypatch.setattr(housekeeping, "DROP_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr("wallet.sessions.MOST_DROPPED", 2)
    expired, revoked, fresh, living = [await road.somebody("5.00") for _ in range(4)]
    staked = bet("1.00", key="before the session ended")
    assert (await road.call(expired, staked))["code"] == "created"
    for who, column, days in (
        (expired, "expires_at", 41),
        (revoked, "revoked_at", 41),
        (fresh, "expires_at", 39),
    ):
        await owner.execute(
            f"update wallet.session set {column} = now() - make_interval(days => $2) where id = $1",
            who.session.id,
            days,
        )
    postings = await owner.fetchval("select count(*) from wallet.posting")
    assert await keeper(road).drop_sessions() == 2
    left = {row[0] for row in await owner.fetch("select id from wallet.session")}
    assert {fresh.session.id, living.session.id} <= left
    assert not {expired.session.id, revoked.session.id} & left
    assert (
        await owner.fetchval(
            "select count(*) from wallet.session_token where session <> all ($1)", list(left)
        )
        == 0
    )
    assert await owner.fetchval("select count(*) from wallet.posting") == postings
    with pytest.raises(asyncpg.InvalidParameterValueError):
        await service.execute("select wallet.drop_sessions(30, 10)")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await service.execute("delete from wallet.session")


async def test_a_retry_from_a_session_that_was_dropped_is_a_duplicate(
    road: Road, owner: asyncpg.Connection
) -> None:
    """A key is never forgotten: the bet is answered as the one it was, and a new one is refused."""
    who = await road.somebody("5.00")
    staked = bet("1.00", key="long ago")
    assert (await road.call(who, staked))["code"] == "created"
    await road.gateway.desk.sessions.revoke(who.session.id)
    await owner.execute(
        "update wallet.session set revoked_at = now() - interval '41 days' where id = $1", who.session.id
    )
    assert await keeper(road).drop_sessions() == 1
    [again] = (await road.call(who, staked))["ops"]
    assert again["status"] == "duplicate"
    assert (await road.call(who, bet("1.00")))["code"] in {"session_unknown", "session_revoked"}


DIE = "update wallet.session set expires_at = now() - make_interval(days => $2) where id = $1"
GONE = "select not exists (select from wallet.session where id = $1)"


async def test_a_gateway_drops_dead_sessions_by_itself_and_keeps_their_keys(
    fresh_database: Database,
    redis_url: str,
    redis_prefix: str,
    fresh_owner: asyncpg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Again and again while it serves, those that ended before BANKROLL_SESSION_DAYS; what they posted stays a duplicate."""
    for name in ("FIRST_SECONDS", "DROP_SECONDS", "DROP_PAUSE_SECONDS"):
        monkeypatch.setattr(housekeeping, name, 0.0)
    monkeypatch.setattr(housekeeping, "MEASURE_SECONDS", 0.05)
    days = {"BANKROLL_SESSION_DAYS": "40"}
    async with road_on(fresh_database, redis_url, redis_prefix, fresh_owner, **days) as road:
        fresh = await road.somebody("5.00")
        await fresh_owner.execute(DIE, fresh.session.id, 39)
        for turn in range(3):
            dead = await road.somebody("5.00")
            staked = bet("1.00", key=f"of session {turn}")
            assert (await road.call(dead, staked))["code"] == "created"
            await fresh_owner.execute(DIE, dead.session.id, 41)
            await until(lambda session=dead.session.id: fresh_owner.fetchval(GONE, session))
            assert (await road.call(dead, staked))["ops"][0]["status"] == "duplicate"
        assert not await fresh_owner.fetchval(GONE, fresh.session.id)


@pytest.mark.parametrize(
    ("theirs", "skew"), [(10.0, 0.0), (10.5, 0.0), (11.0, 0.0), (9.0, -1.0), (14.0, 3.0), (-50.0, -60.0)]
)
def test_only_a_difference_that_is_certain_counts(theirs: float, skew: float) -> None:
    """What lies within the time that the question took is none, however long it took."""
    assert skew_of(10.0, theirs, 11.0) == skew


def test_a_small_difference_is_not_worth_a_word() -> None:
    """Ahead or behind by more than a second is told in words."""
    assert told_apart(0.9) is told_apart(-1.0) is None
    assert told_apart(3.04) == "Postgres' clock is 3.0 s ahead of ours"
    assert told_apart(-61.0) == "Postgres' clock is 61.0 s behind ours"


async def test_clocks_that_differ_are_told_and_harm_no_money(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gateway an hour late is degraded and says so; its bets are booked, at Postgres' time, in sessions that live."""
    late = timedelta(hours=1)

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime.now(tz) - late

    monkeypatch.setattr("gateway.callbacks.datetime", Clock)
    health = structs.replace(road.gateway.health, clock=lambda: time.time() - late.total_seconds())
    told = await health.readiness()
    assert (told.ready, told.degraded) == (True, True)
    assert told.checks["clock"].reason == "Postgres' clock is 3600.0 s ahead of ours"
    metrics = Metrics()
    await keeper(road, metrics, clock=health.clock).measure()
    assert 3599 < read(metrics)["bankroll_clock_skew_seconds"][""] <= 3600

    who = await road.somebody("5.00")
    staked = bet("1.00", key="in the past")
    assert (await road.call(who, staked))["code"] == "created"
    assert (await road.call(who, staked))["ops"][0]["status"] == "duplicate"
    recorded = await road.owner.fetchval(
        "select recorded_at from wallet.posting where key = $1", staked["key"]
    )
    assert abs((recorded - datetime.now(UTC)).total_seconds()) < 60


async def test_a_gateway_that_is_about_to_stop_says_so_and_serves(road: Road, tmp_path: Path) -> None:
    """Balancers send nobody new; who comes all the same is served."""
    health = structs.replace(road.gateway.health, run_directory=tmp_path)
    assert (await health.readiness()).ready
    announce_stop(tmp_path)
    told = await health.readiness()
    assert not told.ready
    assert told.checks["gateway"].reason == "about to stop"
    assert (await road.call(await road.somebody("1.00"), bet("1.00")))["code"] == "created"
    take_back_stop(tmp_path)
    assert (await health.readiness()).ready
