"""A database that lives as long as a measurement: migrated, and dropped afterwards, whoever is still connected.

It touches no other database of the server; roles are the server's, and are found or made as by any migration.
"""

import asyncio
import re
import secrets
from collections.abc import Generator
from contextlib import contextmanager
from urllib.parse import urlsplit

import asyncpg
from msgspec.structs import replace

from gateway.settings import Settings, SettingsError
from wallet.migrate import migrate

STATE = """
select name, setting || coalesce(' ' || unit, '') from pg_settings
where name in ('server_version', 'synchronous_commit', 'fsync', 'full_page_writes', 'wal_compression', 'wal_level',
    'shared_buffers', 'max_wal_size', 'checkpoint_timeout', 'commit_delay', 'autovacuum', 'synchronous_standby_names')
order by name"""


@contextmanager
def scratch(settings: Settings) -> Generator[Settings]:
    """The settings with a migrated database of their own, beside the one that they name.  Raises `SettingsError`."""
    if settings.owner_url is None or settings.database_url is None:
        raise SettingsError("BANKROLL_OWNER_URL is not set: a benchmark makes a database of its own")
    beside = re.sub(r"[^a-z0-9_]", "_", urlsplit(settings.owner_url).path.strip("/").lower())[:40]
    name = f"{beside or 'bankroll'}_bench_{secrets.token_hex(4)}"
    owner_url = _at(settings.owner_url, name)
    asyncio.run(_execute(settings.owner_url, f'create database "{name}" template template0'))
    try:
        asyncio.run(migrate(owner_url))
        yield replace(settings, owner_url=owner_url, database_url=_at(settings.database_url, name))
    finally:
        asyncio.run(_execute(settings.owner_url, f'drop database if exists "{name}" with (force)'))


async def state_of(connection: asyncpg.Connection) -> dict[str, str]:
    """The settings of the server that decide what a commit is worth and what it costs."""
    return dict(await connection.fetch(STATE))


def _at(url: str, name: str) -> str:
    return urlsplit(url)._replace(path=f"/{name}").geturl()


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
