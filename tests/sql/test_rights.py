"""Who may do what in the database: every table, view, sequence and function of the catalogue, and each right by trial.

A new table fails here until somebody says how it is guarded; a new function until grants.sql says who may run it.
"""

import re
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import asyncpg
import pytest

from wallet.migrate import SQL, migrate

APPEND_ONLY = frozenset({"posting", "audit_entry"})
"""Nobody changes or removes a row, not even the owner."""

NOT_AUDITED = {
    "migration": "the release's own list",
    "currency": "comes with a migration",
    "installation": "one row of facts, changed by a restore",
    "round": "derived from the journal",
    "reversal": "derived from the journal",
    "house_balance": "derived from the journal",
    "lane": "leases of connections",
    "external_id": "a name that never changes, given with a session or free rounds",
    "session_token": "digests that come and go with their session",
    "exchange": "evidence, dropped when its time is over",
    "catalogue_version": "a counter of changes",
}
"""Tables whose changes leave no entry in the audit log -> why."""

UNTOLD = {
    "player": {
        "bucket": "where it lies",
        "id": "the entry's own player",
        "affiliate": "personal",
        "birth_date": "personal",
        "language": "personal",
        "labels": "personal",
    },
    "personal_data": {
        "bucket": "where it lies",
        "player": "the entry's name",
        "data": "personal",
    },
    "wallet": {
        "bucket": "where it lies",
        "id": "the entry's name",
        "player": "the entry's own player",
        **dict.fromkeys(
            ("cash", "bonus", "held", "overdraft", "seq", "recorded_at"), "the journal's to tell"
        ),
        "player_status": "the player's own, copied",
    },
    "provider_account": {
        "id": "the slug says it",
        "secrets": "secret",
        "own_secret": "secret",
    },
    "game": {"code": "the entry's name", "changed_at": "the entry's own time"},
    "free_rounds_issue": {
        "bucket": "where it lies",
        "issue": "the entry's name",
        "external_id": "the studio's name of the wallet",
        "currency_code": "the studio's name of its currency",
        "options": "the studio's own words",
        "created_at": "the entry's own time",
        "changed_at": "the entry's own time",
    },
    "session": {
        "id": "the entry's name",
        "bucket": "where it lies",
        "player": "the entry's own player",
        "external_id": "the studio's name of the wallet",
        "currency_code": "the studio's name of its currency",
        "created_at": "the entry's own time",
    },
    "large_adjustment": {
        "bucket": "where it lies",
        "key": "the entry's name",
        "wallet": "the entry's own player's",
    },
    "api_key": {
        "id": "the entry's name",
        "digest": "secret enough",
        "used_at": "use is no change",
    },
}
"""Columns of audited tables that their entries leave out -> why."""

PARTITION = re.compile(r"exchange_(default|[0-9]{8})")

RELATIONS = """
select c.relname as name, c.relkind::text as kind
from pg_class c where c.relnamespace = 'wallet'::regnamespace and c.relkind = any ($1::"char"[]) order by c.relname
"""
FUNCTIONS = """
select p.oid, p.proname as name, p.prosecdef as definer, p.provolatile::text as volatility, p.proconfig as settings,
       p.prorettype = 'trigger'::regtype as trigger,
       has_function_privilege('bankroll_service', p.oid, 'execute') as granted,
       has_function_privilege('public', p.oid, 'execute') as public
from pg_proc p where p.pronamespace = 'wallet'::regnamespace order by p.proname
"""
GUARDS = """
select t.tgrelid::regclass::text as "table", t.tgenabled::text as enabled, p.proname as function,
       string_to_array(encode(t.tgargs, 'escape'), '\\000') as arguments
from pg_trigger t join pg_proc p on p.oid = t.tgfoid
where not t.tgisinternal and p.pronamespace = 'wallet'::regnamespace
"""


async def tables(owner: asyncpg.Connection) -> list[str]:
    """Every table but the daily partitions."""
    names = [row["name"] for row in await owner.fetch(RELATIONS, [b"r", b"p"])]
    assert len(names) > 15
    return [name for name in names if not PARTITION.fullmatch(name)]


@pytest.fixture
async def tried(service: asyncpg.Connection) -> AsyncIterator[asyncpg.Connection]:
    """The service's connection in a transaction that is rolled back."""
    transaction = service.transaction()
    await transaction.start()
    yield service
    await transaction.rollback()


async def refused(connection: asyncpg.Connection, statement: str) -> None:
    """Hold a statement to be refused for want of a right, and nothing else."""
    try:
        async with connection.transaction():
            await connection.execute(statement)
    except asyncpg.InsufficientPrivilegeError:
        return
    raise AssertionError(f"the service may: {statement}")


async def test_the_service_touches_no_table(owner, tried):
    """Not one right to one table, partition or sequence: not by the catalogue, and not when it is tried."""
    found = await owner.fetch(RELATIONS, [b"r", b"p", b"S"])
    for row in found:
        name, rights = (
            f"wallet.{row['name']}",
            "select, insert, update, delete, truncate, references, trigger",
        )
        if row["kind"] == "S":
            held = await owner.fetchval(
                "select has_sequence_privilege('bankroll_service', $1, 'usage, select, update')", name
            )
        else:
            held = await owner.fetchval(
                "select has_table_privilege('bankroll_service', $1, $2)"
                " or has_any_column_privilege('bankroll_service', $1, 'select, insert, update, references')",
                name,
                rights,
            )
        assert not held, name
    for name in await tables(owner):
        column = await owner.fetchval(
            "select attname from pg_attribute where attrelid = $1::regclass and attnum > 0"
            " and attidentity = '' order by attnum",
            f"wallet.{name}",
        )
        for statement in (
            *("select from wallet.{0}", "insert into wallet.{0} default values", "delete from wallet.{0}"),
            *("update wallet.{0} set {1} = {1}", "truncate wallet.{0}", "select from wallet.{0} for update"),
            *("alter table wallet.{0} disable trigger all", "alter table wallet.{0} add column more integer"),
            *("drop table wallet.{0}", "create index on wallet.{0} ({1})", "lock table wallet.{0}"),
            *("copy wallet.{0} to stdout", "comment on table wallet.{0} is ''"),
            "create trigger t before insert on wallet.{0} for each row execute function wallet.refuse_change()",
            "grant select on wallet.{0} to public",
        ):
            await refused(tried, statement.format(name, column))


async def test_the_service_reads_views_and_changes_none(owner):
    """Every view is read, and written through by nobody; no view runs with the reader's own rights."""
    views = [row["name"] for row in await owner.fetch(RELATIONS, [b"v"])]
    assert len(views) > 20
    for name in views:
        told = "select has_table_privilege('bankroll_service', $1, 'select'),"
        told += " has_table_privilege('bankroll_service', $1, 'insert, update, delete, truncate, trigger')"
        assert tuple(await owner.fetchrow(told, f"wallet.{name}")) == (True, False), name


async def test_the_service_runs_what_is_granted(owner, tried):
    """The functions of grants.sql and no others; each is its owner's, with a pinned search path; nobody else runs any."""
    named = set(
        re.findall(
            r"(?m)^grant execute on function wallet\.(\w+) to bankroll_service;",
            (SQL / "grants.sql").read_text(),
        )
    )
    functions = await owner.fetch(FUNCTIONS)
    assert {row["name"] for row in functions if row["granted"]} == named
    for row in functions:
        assert not row["public"], row["name"]
        if row["granted"]:
            pinned = any(setting.startswith("search_path=") for setting in row["settings"] or ())
            assert (row["definer"] and pinned) or row["volatility"] == "i", row["name"]
            assert not row["trigger"], row["name"]
        else:
            call = "alter function {0} owner to bankroll_service"
            name = await owner.fetchval("select $1::oid::regprocedure::text", row["oid"])
            await refused(tried, call.format(name))


@pytest.mark.parametrize(
    "statement",
    [
        *("create table wallet.more (id integer)", "create table public.more (id integer)"),
        *("create schema more", "drop schema wallet cascade", "create view wallet.more as select 1"),
        *("create function wallet.more() returns integer language sql as 'select 1'", "create role more"),
        *(
            "set role bankroll_owner",
            "set session authorization bankroll_owner",
            "grant bankroll_owner to bankroll_service",
        ),
        *(
            "alter role bankroll_service superuser",
            "alter role bankroll_owner login",
            "create extension dblink",
        ),
        *(
            "reassign owned by bankroll_owner to bankroll_service",
            "alter schema wallet owner to bankroll_service",
        ),
        *("set session_replication_role = replica", "checkpoint"),
        *(
            "copy (select 1) to program 'true'",
            "select pg_read_file('/etc/passwd')",
            "select rolpassword from pg_authid",
        ),
        *(
            "select lo_creat(-1)",
            "select lo_create(0)",
            "select lo_from_bytea(0, 'x')",
            "select lo_put(1, 0, 'x')",
        ),
        *(
            "select pg_logical_emit_message(false, 'more', 'x')",
            "select pg_logical_emit_message(true, 'more', 'x'::bytea)",
        ),
        *("select lowrite(0, 'x')", "select lo_truncate(0, 0)", "select lo_truncate64(0, 0)"),
        *("select lo_export(1, 'x')", "select wallet.set_author(null)", "select wallet.record_change()"),
    ],
)
async def test_the_service_cannot_become_more(tried, statement):
    """It makes nothing, becomes nobody, switches no guard off, and reads no file and no password."""
    await refused(tried, statement)


async def test_the_service_makes_no_temporary_table(database, tried):
    """After a migration nobody but the database's owner does; a copy of a database does not take that along."""
    await migrate(database.owner_url)
    await refused(tried, "create temporary table more (id integer)")
    await refused(tried, "create function pg_temp.more() returns integer language sql as 'select 1'")


async def test_the_owner_cannot_log_in(owner, database):
    """The tables' owner has no login, whatever password is tried, and neither it nor the service has a right beyond."""
    url = urlsplit(database.owner_url)
    with pytest.raises((asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidPasswordError)):
        await asyncpg.connect(
            host=url.hostname, port=url.port, user="bankroll_owner", password="", database=database.name
        )
    rights = "rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls"
    for role, login in (("bankroll_owner", False), ("bankroll_service", True)):
        found = await owner.fetchrow(f"select rolcanlogin, {rights} from pg_roles where rolname = $1", role)
        assert tuple(found) == (login, *[False] * 5), role
    members = await owner.fetchval(
        "select count(*) from pg_auth_members where member = 'bankroll_service'::regrole"
    )
    assert members == 0


async def test_every_table_has_a_rule(owner):
    """A table only grows, or tells the audit log of its changes, or stands above with the reason why not."""
    guards = await owner.fetch(GUARDS)
    assert {row["enabled"] for row in guards if row["function"].startswith(("refuse_", "record_"))} == {"A"}
    refusing = {
        row["table"].removeprefix("wallet.") for row in guards if row["function"].startswith("refuse_")
    }
    audited = {row["table"].removeprefix("wallet.") for row in guards if row["function"] == "record_change"}
    assert refusing == APPEND_ONLY
    assert audited == UNTOLD.keys()
    names = await tables(owner)
    assert sorted([*refusing, *audited, *NOT_AUDITED]) == sorted(names)


@pytest.mark.parametrize("table", sorted(APPEND_ONLY))
@pytest.mark.parametrize(
    "change", ["update wallet.{0} set {1} = {1}", "delete from wallet.{0}", "truncate wallet.{0}"]
)
async def test_what_only_grows_is_changed_by_nobody(owner, table, change):
    """The owner itself is refused; an empty table is truncated by nobody either."""
    await owner.execute("begin; set local role bankroll_owner")
    try:
        column = await owner.fetchval(
            "select attname from pg_attribute where attrelid = $1::regclass and attnum > 0"
            " and attidentity = '' order by attnum",
            f"wallet.{table}",
        )
        if not change.startswith("truncate"):
            await owner.execute("reset role")
            await plant(owner)
        with pytest.raises(asyncpg.PostgresError, match="append-only"):
            await owner.execute(change.format(table, column))
    finally:
        await owner.execute("rollback")


async def plant(owner: asyncpg.Connection) -> None:
    """A row of every table that only grows."""
    await owner.execute(
        "insert into wallet.audit_entry (actor, operation, subject, name) values ('a', 'o', 's', 'n')"
    )
    await owner.execute(
        "insert into wallet.posting (bucket, id, wallet, seq, call_id, op_index, restore_epoch, kind, provider_account,"
        " amount, cash, bonus, held, cash_after, bonus_after, held_after, house_amount, house, recorded_at, writer,"
        " end_round, late, currency, key) values (0, 1, 1, 1, 1, 0, 1, 'deposit', 0, 0, 0, 0, 0, 0, 0, 0, 0,"
        " 'payment_clearing', now(), pg_current_xact_id(), false, false, 'EUR', 'k')"
    )


async def test_every_column_of_an_audited_table_is_told_or_has_a_reason(owner):
    """A new column is shown in the log, or stands above: nothing secret or personal slips in, and nothing is forgotten."""
    for guard in await owner.fetch(GUARDS):
        if guard["function"] != "record_change":
            continue
        table = guard["table"].removeprefix("wallet.")
        shown = {argument for argument in guard["arguments"][2:] if argument}
        columns = await owner.fetch(
            "select attname, atttypid::regtype::text as type from pg_attribute"
            " where attrelid = $1::regclass and attnum > 0 and not attisdropped",
            guard["table"],
        )
        assert shown | UNTOLD[table].keys() == {row["attname"] for row in columns}, table
        assert not shown & UNTOLD[table].keys(), table
        assert not {row["attname"] for row in columns if "bytea" in row["type"]} & shown, table
