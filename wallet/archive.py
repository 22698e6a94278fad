"""Keeping the log: what a Postgres writes is streamed into a vault as it is written, so that no moment is lost.

A slot on the server holds the log back until it is here.  It runs until it is asked to stop, comes back after the
server was away, and never removes a segment.
"""

import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from wallet import replication
from wallet.processes import end, postgres_program
from wallet.vault import LOG, CopyError, Vault

SLOT = "bankroll_archive"
NAME = "bankroll_archive"
"""What it is called in ``pg_stat_replication`` and in ``synchronous_standby_names``."""

LOOK_SECONDS = 0.2
PAUSE_SECONDS = 2.0

Report = Callable[[str], None]


def keep(
    find: Callable[[], str], vault: Vault, stop: threading.Event, report: Report, *, slot: str = SLOT
) -> None:
    """Stream until `stop` is set.  `find` gives the server's URL, which may be another one after a restart.

    Raises `CopyError` for a vault of another server; a server that is away is waited for, and that is said once.
    """
    report = _when_new(report)
    while not stop.is_set():
        try:
            url = find()
            server = replication.identify(url)
        except (CopyError, OSError) as error:
            report(f"The log is not kept: {error}")
            stop.wait(PAUSE_SECONDS)
            continue
        vault.claim(server.system)
        folder = vault.path / LOG / f"{server.timeline:08X}"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            _receive("--create-slot", "--if-not-exists", url=url, slot=slot)
        except CopyError as error:
            report(f"The log is not kept: {error}")
            stop.wait(PAUSE_SECONDS)
            continue
        with _streaming(url, folder, slot) as process:
            report(f"The log is kept in {folder}")
            while process.poll() is None and not stop.wait(LOOK_SECONDS):
                pass
        if not stop.is_set():
            report("The log is not kept: the server hung up")
            stop.wait(PAUSE_SECONDS)


def _when_new(report: Report) -> Report:
    """Say a line unless it is what was said last."""
    last = ""

    def tell(line: str) -> None:
        nonlocal last
        if line != last:
            last = line
            report(line)

    return tell


@contextmanager
def _streaming(url: str, folder: Path, slot: str) -> Generator["subprocess.Popen[bytes]", None, None]:
    """One run of pg_receivewal, which flushes and confirms whatever arrives at once."""
    leash = ("setpriv", "--pdeathsig", "TERM") if shutil.which("setpriv") else ()
    process = subprocess.Popen(
        [
            *leash,
            postgres_program("pg_receivewal"),
            f"--dbname={replication.address(url, application_name=NAME)}",
            f"--directory={folder}",
            f"--slot={slot}",
            "--synchronous",
            "--no-loop",
            "--no-password",
        ],
        stdin=subprocess.DEVNULL,
        env=replication.environment(url),
        start_new_session=True,
    )
    try:
        yield process
    finally:
        end(process, signal.SIGTERM)


def _receive(*words: str, url: str, slot: str) -> None:
    replication.told(
        "pg_receivewal",
        *words,
        f"--slot={slot}",
        f"--dbname={replication.address(url)}",
        "--no-password",
        url=url,
    )
