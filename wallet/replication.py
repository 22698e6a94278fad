"""Postgres's own programs for copies, pointed at a server: who may replicate is told by the URL.

A password never stands on a command line, where every user of the machine could read it.
"""

import os
import subprocess
from pathlib import Path
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from wallet.processes import postgres_program
from wallet.vault import CopyError

CONNECT_SECONDS = "10"


class Server(Struct, frozen=True):
    """What a server says of itself."""

    system: str
    timeline: int


def address(url: str, **more: str) -> str:
    """The URL for a program's command line: without the password, with further parameters.

    It stands before the host: no setting has one among its parameters.
    """
    parts = urlsplit(url)
    user, _, place = parts.netloc.rpartition("@")
    netloc = f"{user.partition(':')[0]}@{place}" if user else place
    query = "&".join([*filter(None, [parts.query]), *(f"{name}={value}" for name, value in more.items())])
    return f"{parts.scheme}://{netloc}{parts.path}{query and '?'}{query}"


def environment(url: str) -> dict[str, str]:
    """The environment that such a program is given."""
    password = urlsplit(url).password
    given = {} if password is None else {"PGPASSWORD": unquote(password)}
    return {**os.environ, "PGCONNECT_TIMEOUT": CONNECT_SECONDS, **given}


def told(name: str, *arguments: str | Path, url: str | None = None) -> str:
    """Run a program to its end; what it printed.  Raises `CopyError` with what it complained about."""
    completed = subprocess.run(
        [postgres_program(name), *arguments],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        env=None if url is None else environment(url),
    )
    if completed.returncode != 0:
        raise CopyError(f"{name}: {(completed.stderr or completed.stdout).strip()}")
    return completed.stdout


def identify(url: str) -> Server:
    """Ask a server who it is.  Raises `CopyError` where the URL's role may not replicate."""
    said = told(
        "psql", "-XAtw", f"--dbname={address(url, replication='true')}", "--command=IDENTIFY_SYSTEM", url=url
    )
    system, timeline, *_ = said.strip().split("|")
    return Server(system, int(timeline))
