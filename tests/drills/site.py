"""An operator's machine for a drill: the gateway's folder, a vault, and the commands as they are typed."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg

from gateway.servers import ADDRESSES, running_at
from wallet.ledger import Ledger
from wallet.processes import forget_segment

PATIENCE_SECONDS = 60.0


class Site:
    """Everything lies in one folder; embedded servers in `directory`."""

    def __init__(self, folder: Path) -> None:
        self.vault = folder / "vault"
        self.directory = folder / "bankroll"

    def command(self, *words: str) -> str:
        """Run a command to its end; what it answered."""
        command = [sys.executable, "-m", "gateway.command_line", *words]
        completed = subprocess.run(
            command, env=self._environment(), stdout=subprocess.PIPE, text=True, check=True
        )
        return completed.stdout

    @contextmanager
    def running(self, *words: str) -> Iterator["subprocess.Popen[bytes]"]:
        """A command that stays meanwhile."""
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway.command_line", *words], env=self._environment()
        )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()

    async def urls(self) -> dict[str, str]:
        """Where the servers of `bankroll up` are, once a ledger can be opened on them."""
        ends = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < ends:
            found = running_at(self.directory / ADDRESSES) if self.directory.exists() else None
            if found is not None and await opens(found["database_url"]):
                return found
            await asyncio.sleep(0.05)
        raise RuntimeError("`bankroll up` does not come up")

    def lose_the_disk(self, up: "subprocess.Popen[bytes]") -> None:
        """End Postgres and `bankroll up` in mid-traffic, so that neither says or writes another word; remove the data."""
        up.send_signal(signal.SIGSTOP)  # its end would tell Postgres to stop in good order
        os.kill(int((self.directory / "postgres.pid").read_text().split()[0]), signal.SIGKILL)
        forget_segment(self.directory / "postgres")
        shutil.rmtree(self.directory / "postgres")
        up.kill()

    def _environment(self) -> dict[str, str]:
        others = {name: value for name, value in os.environ.items() if not name.startswith("BANKROLL_")}
        ours = {"BANKROLL_DIRECTORY": str(self.directory), "BANKROLL_PORT": "0", "BANKROLL_PROCESSES": "1"}
        return others | ours


async def opens(database_url: str) -> bool:
    """Whether a ledger can be opened."""
    ledger = Ledger(database_url, lanes=1)
    try:
        await ledger.start()
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False
    await ledger.close()
    return True
