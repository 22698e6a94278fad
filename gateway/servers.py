"""Which Postgres and Redis a command works with: those that the environment names, or embedded ones of our own.

Embedded servers that run already (under `bankroll up` in another terminal) are used as they are, found by a file that
lies beside their data for as long as they run.  It stops only what it started.
"""

import contextlib
import json
import os
from collections.abc import Callable, Generator
from pathlib import Path

from msgspec.structs import replace

from gateway.sealing import new_master_key
from gateway.settings import Settings
from wallet import embedded
from wallet.processes import EmbeddedError

ADDRESSES = "addresses.json"
MASTER_KEY = "master-key"


@contextlib.contextmanager
def served(
    settings: Settings, report: Callable[[str], None] | None = None
) -> Generator[Settings, None, None]:
    """The settings with servers to use, embedded ones started where none are named.  Raises `EmbeddedError`."""
    if not settings.embedded:
        yield settings
        return
    directory = Path(settings.directory)
    addresses = directory / ADDRESSES
    with contextlib.ExitStack() as closing:
        try:
            servers = closing.enter_context(embedded.start(directory, report=report))
        except EmbeddedError:
            if not addresses.exists():
                raise
            found = json.loads(addresses.read_text(encoding="utf-8"))
        else:
            found = {
                "database_url": servers.database_url,
                "owner_url": servers.owner_url,
                "redis_url": servers.redis_url,
            }
            closing.callback(addresses.unlink, missing_ok=True)
            _write_secretly(addresses, json.dumps(found))
        keys = settings.master_keys or (kept_master_key(directory),)
        yield replace(settings, **found, master_keys=keys)


def kept_master_key(directory: Path) -> str:
    """The master key of the embedded servers' data, made on first use and kept beside them."""
    path = directory / MASTER_KEY
    if not path.exists():
        _write_secretly(path, new_master_key())
    return path.read_text(encoding="utf-8").strip()


def _write_secretly(path: Path, text: str) -> None:
    """Write a file that nobody else can read, at once or not at all."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(
        os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
    ) as file:
        file.write(text)
    fresh.replace(path)
