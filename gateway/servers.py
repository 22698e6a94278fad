"""Which Postgres and Redis a command works with: those that the environment names, or embedded ones of our own.

Embedded servers of a command that stays (`bankroll up` in another terminal) are used as they are, found by a file that
lies beside their data for as long as they run.  Those of a command that soon ends are nobody else's: it is waited for.
It stops only what it started.  A master key is made for data that hold nothing sealed, and never in place of a lost one.
"""

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import Callable, Generator
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
from msgspec.structs import replace

from gateway.sealing import SealingError, new_master_key
from gateway.settings import Settings, SettingsError, variable
from wallet import durable, embedded
from wallet.catalogue import SEALED
from wallet.database import connect
from wallet.processes import TakenError

ADDRESSES = "addresses.json"
MASTER_KEY = "master-key"
DATABASE = "database_url"
SERVING = (DATABASE, "redis_url")
"""The settings without which no gateway can serve."""

WAIT_SECONDS = 60.0
"""For another command to finish starting its servers, or to end."""


@contextlib.contextmanager
def served(
    settings: Settings,
    report: Callable[[str], None] | None = None,
    *,
    staying: bool = False,
    needs: tuple[str, ...] = SERVING,
    sealing: bool = False,
    chores: list[Callable[[], None]] | None = None,
) -> Generator[Settings, None, None]:
    """The settings with servers to use, embedded ones started where none are named.

    `staying` lets other commands use the servers that this one starts.  Where one is named, all that the command
    `needs` must be.  One that is `sealing` has a master key, of embedded servers at least their own; any other needs none.
    `chores` gets what a command that stays should do now and then.  Raises `EmbeddedError`, `SealingError` and `SettingsError`.
    """
    if not settings.embedded:
        if missing := [variable(name) for name in needs if getattr(settings, name) is None]:
            raise SettingsError(
                f"{' and '.join(missing)} must be set: name every server that this needs, or none for embedded ones"
            )
        yield settings
        return
    directory = Path(settings.directory)
    addresses = directory / ADDRESSES
    with contextlib.ExitStack() as closing:
        found = None
        deadline = time.monotonic() + WAIT_SECONDS
        while found is None:
            try:
                servers = closing.enter_context(
                    embedded.start(directory, report=report, connections=settings.connections)
                )
            except TakenError:
                found = running_at(addresses)
                if found is None and time.monotonic() > deadline:
                    raise
                time.sleep(0 if found else 0.1)
            else:
                found = {
                    "database_url": servers.database_url,
                    "owner_url": servers.owner_url,
                    "redis_url": servers.redis_url,
                }
                if chores is not None:
                    chores.append(servers.tend)
                if staying:
                    closing.callback(addresses.unlink, missing_ok=True)
                    durable.write(addresses, json.dumps(found).encode(), mode=durable.SECRET)
        keys = settings.master_keys
        if sealing and not keys:
            keys = (kept_master_key(directory, found["owner_url"]),)
        yield replace(settings, **found, master_keys=keys)


def running_at(addresses: Path) -> dict[str, str] | None:
    """Where another command's servers answer; None while they do not, as those of one that was killed never will."""
    try:
        found: dict[str, str] = json.loads(addresses.read_text(encoding="utf-8"))
        place = urlsplit(found["database_url"])
        with socket.create_connection((place.hostname or "", place.port or 0), timeout=1):
            return found
    except OSError:
        return None


def kept_master_key(directory: Path, owner_url: str) -> str:
    """The master key beside the embedded servers' data, made while they hold nothing that another one sealed.

    Of commands that make it at once all have the one that stays.  Raises `SealingError` where it is lost.
    """
    path = directory / MASTER_KEY
    if not path.exists():
        if asyncio.run(_holds_secrets(owner_url)):
            raise SealingError(
                f"{path} is lost, and the provider accounts' secrets open with no other key:"
                f" put the master key back, as {variable('master_keys')} or in that file"
            )
        durable.write_first(path, new_master_key().encode(), mode=durable.SECRET)
    return path.read_text(encoding="utf-8").strip()


async def _holds_secrets(url: str) -> bool:
    connection = await connect(url, purpose="keys")
    try:
        return bool(await connection.fetchval(SEALED))
    except asyncpg.UndefinedTableError:  # just made: not even migrated
        return False
    finally:
        connection.terminate()
