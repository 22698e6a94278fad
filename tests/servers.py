"""The servers that the tests talk to: embedded ones for this run, or real ones that the environment names.

On real servers it touches only databases named ``bankroll_test_…`` and keys that begin with ``bankroll_test_``. It
keeps nothing: databases, keys, servers and their folder go with the run, and a killed run's folder with the next.
"""

import asyncio
import fcntl
import itertools
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

import asyncpg
from redis import Redis

from wallet import embedded
from wallet.migrate import MigrationError, migrate
from wallet.processes import postgres_program

VARIABLES = ("BANKROLL_OWNER_URL", "BANKROLL_DATABASE_URL", "BANKROLL_REDIS_URL")
FOLDER = "bankroll-test-"


@dataclass(frozen=True)
class Database:
    """One database: ``owner_url`` may do everything in it, ``service_url`` what the gateway may."""

    name: str
    owner_url: str = field(repr=False)
    service_url: str = field(repr=False)


@dataclass(frozen=True)
class ServersUnderTest:
    """Where this run's servers are. ``defect`` says why there is no template, if sql/ could not be applied."""

    run: str
    owner_url: str = field(repr=False)
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    defect: str = ""

    @property
    def template(self) -> Database:
        """The migrated database that the tests' own are copied from; nobody connects to it."""
        return self._database(f"{self.run}_template")

    def create(self, worker: str, *, empty: bool = False) -> Database:
        """Make a database: a copy of the template, or an empty one."""
        database = self._database(f"{self.run}_{worker}_{next(_numbers)}")
        source = "template0" if empty else self.template.name
        # Copying files took 180 ms here, writing the copy to the log 205 ms.
        self.execute(f"create database {database.name} template {source} strategy file_copy")
        return database

    def drop(self, database: Database) -> None:
        """Drop a database, whoever is still connected."""
        self.execute(f"drop database if exists {database.name} with (force)")

    def execute(self, statement: str) -> str:
        """Run one statement as the owner, outside any event loop and any transaction."""
        url = urlsplit(self.owner_url)
        completed = subprocess.run(
            [postgres_program("psql"), "-XqAt", "--set=ON_ERROR_STOP=1", f"--command={statement}"],
            env={
                "PGHOST": url.hostname or "",
                "PGPORT": str(url.port or 5432),
                "PGUSER": unquote(url.username or ""),
                "PGPASSWORD": unquote(url.password or ""),
                "PGDATABASE": url.path.lstrip("/"),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        if completed.returncode != 0:
            raise RuntimeError(completed.stderr.strip())
        return completed.stdout.strip()

    def forget_keys(self, prefix: str) -> None:
        """Delete the Redis keys that begin with a prefix of this run."""
        with Redis.from_url(self.redis_url) as redis:
            for key in redis.scan_iter(f"{prefix}*", count=1000):
                redis.delete(key)

    def _database(self, name: str) -> Database:
        def at(url: str) -> str:
            return urlsplit(url)._replace(path=f"/{name}").geturl()

        return Database(name, at(self.owner_url), at(self.database_url))


_numbers = itertools.count()


@contextmanager
def servers_for_this_run() -> Iterator[ServersUnderTest]:
    """Start or find the servers, make the migrated template, and clear everything away at the end."""
    run = f"bankroll_test_{secrets.token_hex(3)}"
    named = [os.environ.get(variable, "") for variable in VARIABLES]
    if any(named) and not all(named):
        raise RuntimeError(f"to test on real servers set all of {', '.join(VARIABLES)}")
    if all(named):
        with _furnished(ServersUnderTest(run, *named)) as servers:
            yield servers
        return
    _remove_folders_of_killed_runs()
    folder = Path(tempfile.mkdtemp(prefix=FOLDER))
    try:
        with (
            embedded.start(folder, report=lambda line: None) as started,
            _furnished(
                ServersUnderTest(run, started.owner_url, started.database_url, started.redis_url)
            ) as servers,
        ):
            yield servers
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _furnished(servers: ServersUnderTest) -> Iterator[ServersUnderTest]:
    servers.execute(f"create database {servers.template.name} template template0")
    try:
        password = unquote(urlsplit(servers.database_url).password or "")
        try:
            asyncio.run(migrate(servers.template.owner_url, password))
        except (MigrationError, asyncpg.PostgresError) as error:
            servers = replace(servers, defect=str(error))
        yield servers
    finally:
        listed = servers.execute(
            f"select datname from pg_database where starts_with(datname, '{servers.run}_')"
        )
        for name in listed.split():
            servers.execute(f"drop database {name} with (force)")
        servers.forget_keys(servers.run)


def _remove_folders_of_killed_runs() -> None:
    """Remove the folders whose lock nobody holds: the kernel frees it with the process, and the servers went too."""
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER}*"):
        lock = folder / "lock"
        with suppress(BlockingIOError, FileNotFoundError):  # held; or another run ends, or sweeps, meanwhile
            if folder.stat().st_uid != os.geteuid():
                continue
            with lock.open("r") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
