"""A migration while traffic runs: gateways of the old and of the new release beside each other, and no call fails."""

import asyncio
import shutil
from pathlib import Path

import asyncpg

from tests.gateway.road import Road, road_on
from tests.gateway.traffic import booked, traffic_at
from tests.servers import Database
from wallet.migrate import SQL, migrate
from wallet.verify import verify

HOT = ("wallet", "posting", "round", "reversal", "session", "player")
READING_SECONDS = 1.2
LAST = max(path.name for path in (SQL / "migrations").glob("*.sql"))
WRITING_IT = {  # in write_verdicts: its column, a posting's value of it, a tombstone's
    ", reason, metadata)\n    select": ", reason, metadata, of_next_release)\n    select",
    "v.reason, v.metadata\n": "v.reason, v.metadata, 'written'\n",
    "v.brand, null, null, null, null\n": "v.brand, null, null, null, null, 'written'\n",
}


def next_release(folder: Path) -> Path:
    """This release's sql/ with a column more in each hot table, one a migration, and functions that fill the journal's."""
    sql = folder / "sql"
    shutil.copytree(SQL, sql)
    for number, table in enumerate(HOT, int(LAST[:4]) + 1):
        text = f"alter table wallet.{table} add column of_next_release text;"
        (sql / f"migrations/{number:04}_{table}_of_next_release.sql").write_text(text)
    for path in (sql / "functions").glob("*.sql"):
        path.write_text(path.read_text().replace("as $$", "as $$ -- of the next release", 1))
    writing = sql / "functions/write_verdicts.sql"
    text = writing.read_text()
    for today, then in WRITING_IT.items():
        assert text.count(today) == 1
        text = text.replace(today, then)
    writing.write_text(text)
    return sql


async def long_read(service_url: str) -> asyncpg.Connection:
    """Somebody who reads for long, as `bankroll verify` does: who alters what he reads waits for him."""
    connection = await asyncpg.connect(service_url)
    await connection.execute(
        "begin; select from wallet.journal limit 1; select from wallet.session_tokens limit 1"
    )
    return connection


async def of_next_release(owner: asyncpg.Connection) -> int:
    """How many postings the functions of the next release wrote."""
    return await owner.fetchval("select count(*) from wallet.posting where of_next_release = 'written'")


def port_of(road: Road) -> int:
    """Where the road's gateway listens."""
    assert road.http.base_url.port
    return road.http.base_url.port


async def test_a_migration_fails_no_call(
    fresh_database: Database, redis_url: str, redis_prefix: str, tmp_path: Path
) -> None:
    """Old and new gateways post through changed functions and new columns, also while somebody reads; the books hold."""
    owner = await asyncpg.connect(fresh_database.owner_url)
    async with road_on(fresh_database, redis_url, redis_prefix, owner) as old:
        await old.change_account(deadline_ms=10_000)  # the promise is about locks, not about a busy machine
        traffic = await traffic_at(old, port_of(old))
        traffic.start()
        await traffic.until(50)
        reading = await long_read(fresh_database.service_url)
        migrating = asyncio.create_task(migrate(fresh_database.owner_url, sql=next_release(tmp_path)))
        await asyncio.sleep(READING_SECONDS)
        assert not migrating.done()
        await reading.close()
        assert len(await migrating) == len(HOT)
        assert "next release" in await owner.fetchval("select prosrc from pg_proc where proname = 'post'")
        await traffic.until(50)
        assert await of_next_release(owner) > 0  # of a gateway that knows nothing of it
        assert (await old.http.get("/readyz")).json()["ready"]
        async with road_on(fresh_database, redis_url, redis_prefix, owner) as new:
            await new.change_account(deadline_ms=10_000)
            others = await traffic_at(new, port_of(new), port_of(old))
            await old.refresh()  # every process knows a new account and its games within a second
            others.start()
            await others.until(50)
            await others.end()
            await traffic.end()
    assert not traffic.others
    assert not others.others
    keys = traffic.acknowledged | others.acknowledged
    assert await booked(owner, keys) == len(keys)
    await owner.close()
    report = await verify(fresh_database.service_url)
    assert report.holds, report.lines()
