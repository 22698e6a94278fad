"""Postgres's own programs for copies, pointed at a server: who may replicate is told by the URL.

A password never stands on a command line, where every user of the machine could read it.
"""

import os
import subprocess
from pathlib import Path
from urllib.parse import quote, unquote, urlencode, urlsplit

from msgspec import Struct

from wallet.processes import postgres_program
from wallet.vault import CopyError

CONNECT_SECONDS = "10"


class Server(Struct, frozen=True):
    """What a server says of itself."""

    system: str
    timeline: int


def address(url: str, **more: str) -> str:
    """The URL for a program's command line: without the password, with further parameters.  Raises `CopyError`."""
    parts = urlsplit(url)
    user, _, place = parts.netloc.rpartition("@")
    netloc = f"{user.partition(':')[0]}@{place}" if user else place
    parameters = _parameters(parts.query) | more
    parameters.pop("password", None)
    if "sslpassword" in parameters:
        raise CopyError("sslpassword can be told on a command line alone: use a key that is kept without one")
    query = f"?{urlencode(parameters, quote_via=quote)}" if parameters else ""
    return f"{parts.scheme}://{netloc}{parts.path}{query}"


def environment(url: str) -> dict[str, str]:
    """The environment that such a program is given."""
    parts = urlsplit(url)
    password = _parameters(parts.query).get("password") or unquote(parts.password or "")
    given = {"PGPASSWORD": password} if password else {}
    return {**os.environ, "PGCONNECT_TIMEOUT": CONNECT_SECONDS, **given}


def _parameters(query: str) -> dict[str, str]:
    """As Postgres's programs read them: the last of a name counts, and a plus is a plus."""
    pairs = (part.partition("=") for part in query.split("&") if part)
    return {unquote(name): unquote(value) for name, _, value in pairs}


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
