"""Migrations: applied once, in order, one at a time, never after they were changed; everything else is replaced."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from tests.servers import Database, ServersUnderTest
from wallet.migrate import SQL, MigrationError, migrate, schema_sql

FIRST = "create table wallet.coin (id int primary key, face text not null);"
SECOND = "insert into wallet.coin values (1, 'heads');"
FACE = """create or replace function wallet.face(number int) returns text
language sql stable security definer set search_path = '' as
$$ select face from wallet.coin where id = number $$;"""
COINS = "create or replace view wallet.coins as select id, wallet.face(id) as face from wallet.coin;"
GRANTS = "grant execute on function wallet.face to bankroll_service;"


@pytest.fixture
def sql(tmp_path: Path) -> Path:
    """A small sql folder: two migrations, a function, a view, a grant."""
    for name, text in {
        "migrations/0001_coin.sql": FIRST,
        "migrations/0002_heads.sql": SECOND,
        "functions/face.sql": FACE,
        "views/coins.sql": COINS,
        "grants.sql": GRANTS,
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


async def ask(url: str, question: str, *arguments: object) -> object:
    """Ask one question over a connection of its own."""
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(question, *arguments)
    finally:
        await connection.close()


async def test_each_migration_is_applied_once_and_in_order(empty_database: Database, sql: Path):
    """The second run applies nothing, and a file added later is applied alone."""
    assert await migrate(empty_database.owner_url, sql=sql) == ["0001_coin.sql", "0002_heads.sql"]
    assert await migrate(empty_database.owner_url, sql=sql) == []
    (sql / "migrations/0003_tails.sql").write_text("insert into wallet.coin values (2, 'tails');")
    assert await migrate(empty_database.owner_url, sql=sql) == ["0003_tails.sql"]
    assert await ask(empty_database.owner_url, "select count(*) from wallet.coin") == 2


async def test_functions_and_views_follow_their_files(empty_database: Database, sql: Path):
    """A function edited in place is replaced by the next run, without a migration."""
    await migrate(empty_database.owner_url, sql=sql)
    (sql / "functions/face.sql").write_text(FACE.replace("select face", "select upper(face)"))
    await migrate(empty_database.owner_url, sql=sql)
    assert await ask(empty_database.service_url, "select face from wallet.coins") == "HEADS"


async def test_a_function_may_require_another(empty_database: Database, sql: Path):
    """Files go by name unless their first line asks for another to go before."""
    uses = "create or replace function wallet.both() returns setof wallet.coins begin atomic table wallet.coins; end;"
    (sql / "functions/both.sql").write_text(f"-- requires: views/coins.sql\n{uses}")
    (sql / "views/coins.sql").write_text(f"-- requires: functions/face.sql\n{COINS}")
    await migrate(empty_database.owner_url, sql=sql)
    assert await ask(empty_database.owner_url, "select face from wallet.both()") == "heads"


@pytest.mark.parametrize("line", ["-- requires: missing.sql", "-- requires: views/coins.sql"])
async def test_a_requirement_that_cannot_be_met_is_refused(empty_database: Database, sql: Path, line: str):
    """A missing file and a circle are both named."""
    (sql / "functions/face.sql").write_text(f"{line}\n{FACE}")
    (sql / "views/coins.sql").write_text(f"-- requires: functions/face.sql\n{COINS}")
    with pytest.raises(MigrationError, match=r"requires \w+\.sql, which is missing or requires it in turn"):
        await migrate(empty_database.owner_url, sql=sql)


async def test_a_changed_migration_is_refused(empty_database: Database, sql: Path):
    """What was applied is history: editing it is an error, and nothing is touched."""
    await migrate(empty_database.owner_url, sql=sql)
    (sql / "migrations/0001_coin.sql").write_text(FIRST + "\n")
    (sql / "migrations/0003_more.sql").write_text("drop table wallet.coin;")
    with pytest.raises(MigrationError, match=r"0001_coin\.sql was changed"):
        await migrate(empty_database.owner_url, sql=sql)
    assert await ask(empty_database.owner_url, "select count(*) from wallet.coin") == 1


async def test_a_missing_migration_is_refused(empty_database: Database, sql: Path):
    """A database newer than the files is not guessed about."""
    await migrate(empty_database.owner_url, sql=sql)
    (sql / "migrations/0002_heads.sql").unlink()
    with pytest.raises(MigrationError, match=r"0002_heads\.sql was applied to this database and is missing"):
        await migrate(empty_database.owner_url, sql=sql)


@pytest.mark.parametrize("name", ["0002_other.sql", "0004_gap.sql", "3_short.sql", "0003-dashes.sql"])
async def test_a_badly_numbered_migration_is_refused(empty_database: Database, sql: Path, name: str):
    """Numbers run without gap or repetition, so two branches cannot both add the same one unnoticed."""
    (sql / "migrations" / name).write_text("select 1;")
    with pytest.raises(MigrationError, match="expected a name like"):
        await migrate(empty_database.owner_url, sql=sql)


async def test_a_failing_migration_leaves_nothing_and_says_where(empty_database: Database, sql: Path):
    """A file is applied whole or not at all; those before it stay, and it is tried again when it is mended."""
    path = sql / "migrations/0003_wrong.sql"
    path.write_text("create table wallet.half (id int);\nselect\n  nonsense;")
    with pytest.raises(MigrationError, match=r"0003_wrong\.sql:3: .*nonsense"):
        await migrate(empty_database.owner_url, sql=sql)
    assert await ask(empty_database.owner_url, "select to_regclass('wallet.half')") is None
    assert await ask(empty_database.owner_url, "select count(*) from wallet.migration") == 2
    path.write_text("create table wallet.half (id int);")
    assert await migrate(empty_database.owner_url, sql=sql) == ["0003_wrong.sql"]


async def test_a_failing_function_leaves_all_functions_as_they_were(empty_database: Database, sql: Path):
    """Functions, views and rights change together or not at all."""
    await migrate(empty_database.owner_url, sql=sql)
    (sql / "functions/face.sql").write_text(FACE.replace("select face", "select upper(face)"))
    (sql / "grants.sql").write_text("grant execute on function wallet.absent to bankroll_service;")
    with pytest.raises(MigrationError, match=r"grants\.sql"):
        await migrate(empty_database.owner_url, sql=sql)
    assert await ask(empty_database.service_url, "select wallet.face(1)") == "heads"


async def test_two_at_once_take_turns(empty_database: Database, sql: Path):
    """Of two gateways that start together one migrates and the other finds it done."""
    answers = await asyncio.gather(*(migrate(empty_database.owner_url, sql=sql) for _ in range(2)))
    assert sorted(map(len, answers)) == [0, 2]
    with pytest.raises(MigrationError, match="lock"):
        await _migrate_beside("select pg_advisory_lock(7238466215)", empty_database, sql)


async def test_a_table_in_use_is_not_waited_for(empty_database: Database, sql: Path):
    """Traffic that holds a lock makes the migration fail soon, so that other traffic does not queue behind it."""
    await migrate(empty_database.owner_url, sql=sql)
    (sql / "migrations/0003_year.sql").write_text("alter table wallet.coin add column year int;")
    with pytest.raises(MigrationError, match="run the migration again"):
        await _migrate_beside("lock table wallet.coin in row exclusive mode", empty_database, sql)
    assert await migrate(empty_database.owner_url, sql=sql) == ["0003_year.sql"]


async def _migrate_beside(statement: str, database: Database, sql: Path) -> None:
    """Migrate, with little patience, while another transaction holds what ``statement`` took."""
    other = await asyncpg.connect(database.owner_url)
    try:
        async with other.transaction():
            await other.execute(statement)
            await migrate(database.owner_url, sql=sql, lock_seconds=0.1, turn_seconds=0.1)
    finally:
        await other.close()


async def test_the_service_may_do_what_grants_say_and_no_more(empty_database: Database, sql: Path):
    """It reads views and runs the functions named; a right that disappears from the file is taken back."""
    await migrate(empty_database.owner_url, sql=sql)
    assert await ask(empty_database.service_url, "select face from wallet.coins") == "heads"
    for table in ("wallet.coin", "wallet.migration"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await ask(empty_database.service_url, f"select count(*) from {table}")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await ask(empty_database.service_url, "set role bankroll_owner")
    (sql / "grants.sql").unlink()
    await migrate(empty_database.owner_url, sql=sql)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await ask(empty_database.service_url, "select wallet.face(1)")


async def test_an_owner_without_rights_is_told_which(
    empty_database: Database, servers: ServersUnderTest, worker: str, sql: Path
):
    """On a real server the owner need not be a superuser; what it needs instead is in the error."""
    user = f"{servers.run}_{worker}_plain"
    servers.execute(f"create role {user} login password 'plain'")
    try:
        address = empty_database.owner_url.rpartition("@")[2]
        url = f"postgresql://{user}:plain@{address}"
        with pytest.raises(MigrationError, match="needs CREATEROLE"):
            await migrate(url, sql=sql)
        servers.execute(f"grant bankroll_owner to {user}")
        servers.execute(f"grant create on database {empty_database.name} to bankroll_owner, {user}")
        assert len(await migrate(url, sql=sql)) == 2
    finally:
        servers.drop(empty_database)
        servers.execute(f"drop role {user}")


async def test_everything_belongs_to_a_role_that_cannot_log_in(database: Database):
    """Nobody can be the owner for longer than a migration, and the service is not a member of it."""
    assert not await ask(
        database.owner_url, "select rolcanlogin from pg_roles where rolname = 'bankroll_owner'"
    )
    assert not await ask(
        database.owner_url, "select pg_has_role('bankroll_service', 'bankroll_owner', 'member')"
    )
    strangers = """
        select string_agg(relname, ', ') from pg_class
        where relnamespace = 'wallet'::regnamespace and relowner <> 'bankroll_owner'::regrole"""
    assert await ask(database.owner_url, strangers) is None
    public = """
        select string_agg(proname, ', ') from pg_proc
        where pronamespace = 'wallet'::regnamespace and has_function_privilege('public', oid, 'execute')"""
    assert await ask(database.owner_url, public) is None


async def test_the_schema_is_the_same_both_ways(database: Database, empty_database: Database):
    """Migrations and functions on one side, sql/schema.sql on the other: the same database."""
    connection = await asyncpg.connect(empty_database.owner_url)
    try:
        await connection.execute((SQL / "schema.sql").read_text())
    finally:
        await connection.close()
    migrated, loaded = [await schema_sql(each.owner_url) for each in (database, empty_database)]
    # Postgres writes `a between b and c and d` with brackets that it drops when it reads them again.
    without_brackets = str.maketrans("", "", "()")
    assert loaded.translate(without_brackets) == migrated.translate(without_brackets), "run make schema"


async def test_the_committed_schema_is_the_generated_one(database: Database):
    """What is read in sql/schema.sql is what runs, to the letter (an older server writes some of it otherwise)."""
    version = int(str(await ask(database.owner_url, "show server_version_num")))
    if version < 180000:
        pytest.skip("sql/schema.sql is written on the embedded Postgres")
    assert (SQL / "schema.sql").read_text() == await schema_sql(database.owner_url), "run make schema"
