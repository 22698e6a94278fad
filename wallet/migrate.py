"""Brings a database to the state that sql/ describes: tables migrate, functions and views are replaced.

``migrations/NNNN_name.sql`` are append-only: each is applied once, in its own transaction, and its hash is kept, so
that a changed or missing file is refused. Then everything in ``functions/`` and ``views/`` is replaced and the
service's rights are granted anew, in one transaction. It never runs beside another migration of the same database,
never waits for a lock that live traffic holds for longer than traffic can wait behind it, and never gives the service
a right to a table.
"""

import asyncio
import base64
import hashlib
import hmac
import os
import re
import tempfile
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

import asyncpg

from wallet import embedded
from wallet.processes import postgres_program

SQL = Path(__file__).resolve().parent.parent / "sql"
LOCK_SECONDS = 0.2  # for a table in use: traffic queues behind us for so long, and a posting waits for 250 ms
PAUSE_SECONDS = 0.3  # before the next attempt, so that traffic goes on
TURN_SECONDS = 120.0  # for another migration to finish, and for whoever reads for long
TURN = 7_238_466_215  # the advisory lock; any number, as long as nothing else in the database takes it
SCRAM_ITERATIONS = 4096  # what Postgres itself uses
# In what pg_dump writes: what differs from run to run, what only psql understands, a setting that Postgres 15 does not
# know, and a stamp that Postgres 15.20 puts on columns and 18.6 does not know.
NOISE = re.compile(
    r"^(\\(un)?restrict .*|-- Dumped (from|by) .*|SET transaction_timeout = 0;"
    r"|ALTER TABLE ONLY \S+ ALTER COLUMN \S+ SET \(pg_attver=\d+\);|--)$\n?",
    re.MULTILINE,
)
FILE_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")

BOOTSTRAP = """
do $$ declare role text; begin
    foreach role in array array['bankroll_owner nologin', 'bankroll_service login'] loop
        if not exists (select from pg_roles where rolname = split_part(role, ' ', 1)) then
            begin execute 'create role ' || role;
            exception when duplicate_object or unique_violation then null;  -- roles belong to all databases
            end;
        end if;
    end loop;
    begin
        set local role bankroll_owner;
        reset role;
    exception when insufficient_privilege then  -- who may make a role is not at once a member of it
        execute format('grant bankroll_owner to %I', current_user);
    end;
end $$;
create schema if not exists wallet authorization bankroll_owner;
set role bankroll_owner;
create table if not exists wallet.migration (
    name       text        not null primary key,
    sha256     text        not null,
    applied_at timestamptz not null default clock_timestamp());
"""

# Everything is taken back before grants.sql gives: what the service may do is what that file says today. Views are
# its reading side, so it may read them all.
RIGHTS = """
revoke all on schema wallet from public, bankroll_service;
revoke all on all tables in schema wallet from public, bankroll_service;
revoke all on all sequences in schema wallet from public, bankroll_service;
revoke all on all routines in schema wallet from public, bankroll_service;
grant usage on schema wallet to bankroll_service;
do $$ declare name text; begin
    for name in select format('%I.%I', schemaname, viewname) from pg_views where schemaname = 'wallet' loop
        execute 'grant select on ' || name || ' to bankroll_service';
    end loop;
end $$;
"""


class MigrationError(RuntimeError):
    """The database was left as it was before the step that failed; the message says what to do."""


async def migrate(
    owner_url: str,
    service_password: str | None = None,
    *,
    sql: Path = SQL,
    lock_seconds: float = LOCK_SECONDS,
    turn_seconds: float = TURN_SECONDS,
) -> list[str]:
    """Apply ``sql`` to the database at ``owner_url`` and return the names of the migrations applied now.

    The URL's user makes the roles bankroll_owner (which owns everything and cannot log in) and bankroll_service
    (which gets ``service_password`` where one is given), or finds them. Raises MigrationError.
    """
    files = _migrations(sql / "migrations")
    connection = await asyncpg.connect(owner_url)
    try:
        await connection.execute(f"set lock_timeout = {round(turn_seconds * 1000)}")
        await connection.execute("select pg_advisory_lock($1)", TURN)
        await connection.execute(f"set lock_timeout = {round(lock_seconds * 1000)}")
        await _bootstrap(connection, service_password)
        applied = await _apply(connection, files, turn_seconds)
        await _patiently(lambda: _replace(connection, sql), turn_seconds)
    except asyncpg.LockNotAvailableError as error:
        raise MigrationError(
            "a lock was not free in time: another migration, a long read (bankroll verify, a backup, autovacuum) or"
            " live traffic holds it; what was applied stays, run the migration again"
        ) from error
    finally:
        await connection.close()  # and with it the advisory lock
    return applied


async def schema_sql(owner_url: str) -> str:
    """Write out the whole schema of a migrated database: what sql/schema.sql holds. Needs the embedded pg_dump."""
    url = urlsplit(owner_url)
    arguments = {
        "PGHOST": url.hostname or "",
        "PGPORT": str(url.port or 5432),
        "PGUSER": unquote(url.username or ""),
        "PGPASSWORD": unquote(url.password or ""),
        "PGDATABASE": url.path.lstrip("/"),
    }
    process = await asyncio.create_subprocess_exec(
        postgres_program("pg_dump"),
        *("--schema-only", "--schema=wallet", "--restrict-key=none"),
        env=arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    if process.returncode != 0:
        raise MigrationError(f"pg_dump: {errors.decode(errors='replace').strip()}")
    text = NOISE.sub("", output.decode())
    text = re.sub(r"\n{3,}", "\n\n", text).strip()
    return f"-- Generated from migrations/, functions/ and views/ by `make schema`; read it, never edit it.\n\n{text}\n"


async def _bootstrap(connection: asyncpg.Connection, service_password: str | None) -> None:
    """Make what every migration stands on: the roles, the schema and the list of what was applied."""
    try:
        await connection.execute(BOOTSTRAP)
        if service_password is not None:
            await connection.execute("reset role")
            # As a verifier, since statements are logged; its alphabet needs no quoting.
            await connection.execute(f"alter role bankroll_service password '{_scram(service_password)}'")
            await connection.execute("set role bankroll_owner")
    except asyncpg.InsufficientPrivilegeError as error:
        raise MigrationError(
            f"{error}: the user of BANKROLL_OWNER_URL needs CREATEROLE and CREATE on the database; or make the roles"
            " bankroll_owner (nologin) and bankroll_service (login) for it, grant it bankroll_owner, and leave"
            " the service's password to whoever made the roles"
        ) from error


async def _patiently(step: Callable[[], Awaitable[None]], seconds: float) -> None:
    """Do a step, which is whole or nothing, again and again while somebody holds a lock that it needs."""
    until = time.monotonic() + seconds
    while True:
        try:
            return await step()
        except asyncpg.LockNotAvailableError:
            if time.monotonic() > until:
                raise
        await asyncio.sleep(PAUSE_SECONDS)


async def _apply(connection: asyncpg.Connection, files: list[Path], seconds: float) -> list[str]:
    """Apply the files that the database has not seen, once those it has seen are found unchanged."""
    rows = await connection.fetch("select name, sha256 from wallet.migration order by name")
    names = [path.name for path in files]
    for position, row in enumerate(rows):
        name = str(row["name"])
        if name not in names:
            raise MigrationError(
                f"{name} was applied to this database and is missing here: is this an older release?"
            )
        if names[position] != name:
            raise MigrationError(
                f"{names[position]} comes before {name}, which is already applied: number it after"
            )
        if _sha256(files[position]) != row["sha256"]:
            raise MigrationError(
                f"{name} was changed after it was applied: put it back and write a new migration"
            )
    for path in files[len(rows) :]:
        await _patiently(partial(_apply_one, connection, path, path.read_text()), seconds)
    return names[len(rows) :]


async def _apply_one(connection: asyncpg.Connection, path: Path, text: str) -> None:
    """Apply one file, and remember it."""
    try:
        async with connection.transaction():
            await connection.execute(text)
            await connection.execute(
                "insert into wallet.migration (name, sha256) values ($1, $2)", path.name, _sha256(path)
            )
    except asyncpg.LockNotAvailableError:
        raise
    except asyncpg.PostgresError as error:
        raise _failed(path, error) from error


async def _replace(connection: asyncpg.Connection, sql: Path) -> None:
    """Replace functions and views and grant the service its rights: all of it or, on any error, none."""
    grants = sql / "grants.sql"
    async with connection.transaction():
        for path in _replaceable(sql):
            try:
                await connection.execute(path.read_text())
            except asyncpg.LockNotAvailableError:
                raise
            except asyncpg.PostgresError as error:
                raise _failed(path, error) from error
        await connection.execute(RIGHTS)
        if grants.exists():
            try:
                await connection.execute(grants.read_text())
            except asyncpg.PostgresError as error:
                raise _failed(grants, error) from error


def _migrations(folder: Path) -> list[Path]:
    """List the migrations in order. Their numbers run from 0001 without a gap, so that two branches cannot both add one."""
    files = sorted(folder.glob("*.sql"))
    for number, path in enumerate(files, start=1):
        matched = FILE_NAME.fullmatch(path.name)
        if matched is None or int(matched[1]) != number:
            raise MigrationError(f"{path.name}: expected a name like {number:04}_what_it_does.sql")
    return files


def _replaceable(sql: Path) -> list[Path]:
    """List functions, then views, each by name; ``-- requires: name.sql …`` (or views/name.sql) on a first line goes before."""
    order: dict[Path, None] = {}

    def add(path: Path, asked_by: tuple[Path, ...]) -> None:
        if not path.exists() or path in asked_by:
            raise MigrationError(
                f"{asked_by[-1].name} requires {path.name}, which is missing or requires it in turn"
            )
        first = path.read_text().partition("\n")[0]
        names = first.removeprefix("-- requires:").split() if first.startswith("-- requires:") else []
        for name in names:
            add(sql / name if "/" in name else path.with_name(name), (*asked_by, path))
        order[path] = None

    for path in [*sorted((sql / "functions").glob("*.sql")), *sorted((sql / "views").glob("*.sql"))]:
        add(path, ())
    return list(order)


def _failed(path: Path, error: asyncpg.PostgresError) -> MigrationError:
    """Name the file, and the line where the server gives a position."""
    position = str(error.as_dict().get("position", ""))
    line = f":{path.read_text()[: int(position)].count(chr(10)) + 1}" if position.isdigit() else ""
    return MigrationError(f"{path.name}{line}: {error}")


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _scram(password: str) -> str:
    """Derive what Postgres keeps of a password (RFC 5802, section 3), so that the password itself is never sent."""
    salt = os.urandom(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, SCRAM_ITERATIONS)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    parts = (salt, hashlib.sha256(client_key).digest(), hmac.digest(salted, b"Server Key", "sha256"))
    encoded_salt, stored_key, server_key = (base64.b64encode(part).decode() for part in parts)
    return f"SCRAM-SHA-256${SCRAM_ITERATIONS}:{encoded_salt}${stored_key}:{server_key}"


async def _generate() -> str:
    """Make the schema in a database that lives for a moment, and write it out."""
    with (
        tempfile.TemporaryDirectory() as directory,
        embedded.start(Path(directory), durable=False) as servers,
    ):
        await migrate(servers.owner_url)
        return await schema_sql(servers.owner_url)


if __name__ == "__main__":
    (SQL / "schema.sql").write_text(asyncio.run(_generate()))
