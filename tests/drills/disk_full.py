"""The drill of a full disk: Postgres on a small filesystem of its own, filled to the last byte in mid-traffic.

What must be seen, by callers of the ledger and by studios whose signed calls go through a gateway: temporary errors, no
wrong answer; ``/readyz`` says what is the case; when there is room again it goes on by itself, and what was turned away
lands; everything that was answered is in the journal once, and the books hold.  The filesystem is a tmpfs in a mount namespace, which ends
with the drill.  Where the system does not permit that, the drill fails and says so.  One JSON line.
"""

import argparse
import asyncio
import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import asyncpg

from tests.drills.studios import Studios, at_a_gateway
from tests.drills.studios import told_wrong as studios_told_wrong
from tests.drills.traffic import Traffic, begun, journal
from wallet import embedded
from wallet.migrate import migrate
from wallet.verify import verify

MEGABYTES = 256
WALLETS = 20
SETTLED_SECONDS = 1.0
REFUSED_IN_A_ROW = 3 * WALLETS  # each wallet was refused again and again: nothing gets through
FULL_SECONDS = 3.0
PATIENCE_SECONDS = 90.0
TEND_SECONDS = 0.1
PLACES = ("everything", "log")
"""What is on the small filesystem.  Without room for rows Postgres refuses; without room for the log it stops."""

NAMESPACES = (("unshare", "--mount"), ("unshare", "--user", "--map-root-user", "--mount"))


def inside(folder: Path, place: str) -> int:
    """Run this drill once more where a filesystem may be mounted over `folder`; its exit code."""
    mount = f"mount -t tmpfs -o size={MEGABYTES}m,mode=711 tmpfs {folder}/small"
    if shutil.which("unshare") is None:
        sys.stderr.write("THE DRILL DID NOT RUN: this system has no mount namespaces (unshare)\n")
        return 1
    for namespace in NAMESPACES:
        possible = subprocess.run(
            [*namespace, "sh", "-c", mount], capture_output=True, text=True, check=False
        )
        if possible.returncode == 0:
            drill = f"{sys.executable} -m tests.drills.disk_full --in {folder} --full {place}"
            return subprocess.run(
                [*namespace, "sh", "-c", f"{mount} && exec {drill}"], check=False
            ).returncode
    sys.stderr.write(
        f"THE DRILL DID NOT RUN: no filesystem may be mounted here ({possible.stderr.strip()})\n"
    )
    return 1


class Filler:
    """What takes all the room there is on a filesystem."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def fill(self) -> None:
        """Take what is left, to the last byte."""
        left = shutil.disk_usage(self._folder).free
        with (self._folder / "filler").open("ab", buffering=0) as file:
            for size in (1 << 20, 1 << 12, 1):
                try:
                    for _ in range(left // size + 1):
                        file.write(b"\0" * size)
                except OSError:
                    continue

    def remove(self) -> None:
        """Give it all back."""
        (self._folder / "filler").unlink()


async def play(
    servers: embedded.Servers, folder: Path, filler: Filler, *, segments: bool
) -> tuple[Traffic, dict[str, object]]:
    """Play on the ledger and through a gateway while the disk is full; what each saw."""
    await migrate(servers.owner_url)
    tending = asyncio.create_task(tend(servers))
    traffic = await begun(servers.owner_url, servers.database_url, WALLETS)
    async with at_a_gateway(servers, folder) as studios:
        studios.start()
        figures = await filled(servers, traffic, studios, filler, segments=segments)
        figures["studios"] = await studios.end()
    await traffic.ledger.close()
    tending.cancel()
    return traffic, figures


async def filled(
    servers: embedded.Servers, traffic: Traffic, studios: Studios, filler: Filler, *, segments: bool
) -> dict[str, object]:
    """Fill the disk under traffic, see that nothing gets through, make room, and see that everything does."""
    playing = asyncio.create_task(traffic.play())
    await asyncio.sleep(SETTLED_SECONDS)
    before = len(traffic.answered)
    filler.fill()
    if segments:
        await use_up_segments(servers.owner_url)
    await until(playing, lambda: traffic.in_a_row >= REFUSED_IN_A_ROW)
    studios.listen()
    await asyncio.sleep(FULL_SECONDS)
    during = len(traffic.answered)
    stopped = not await connects(servers.owner_url)
    await studios.look_around()
    filler.remove()
    began = time.monotonic()
    await until(playing, lambda: len(traffic.answered) > during)
    recovered = time.monotonic() - began
    await asyncio.sleep(SETTLED_SECONDS)
    traffic.stopping = True
    async with asyncio.timeout(PATIENCE_SECONDS):
        await playing
    return {
        "before": before,
        "until_full": during - before,
        "after": len(traffic.answered) - during,
        "temporary_errors": traffic.unavailable,
        "postgres_stopped": stopped,
        "recovered_seconds": round(recovered, 2),
    }


async def use_up_segments(owner_url: str) -> None:
    """Make Postgres need another segment of the log, until it has none: what was allotted before has room for long."""
    with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        owner = await asyncpg.connect(owner_url)
        while True:
            await owner.fetchval("select pg_switch_wal()")
            await asyncio.sleep(0.01)


async def connects(owner_url: str) -> bool:
    """Whether Postgres lets anyone in."""
    try:
        await (await asyncpg.connect(owner_url)).close()
    except (OSError, asyncpg.PostgresError):
        return False
    return True


async def tend(servers: embedded.Servers) -> None:
    """As `bankroll up` does."""
    while True:
        servers.tend()
        await asyncio.sleep(TEND_SECONDS)


async def until(playing: "asyncio.Task[None]", condition) -> None:
    """Wait, but not for what cannot come any more."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():
            if playing.done():
                playing.result()
            await asyncio.sleep(0.01)


def drill(folder: Path, place: str) -> dict[str, Any]:
    """Play on a full disk, and ask the journal afterwards."""
    small = folder / "small"
    directory = (folder if place == "log" else small) / "bankroll"
    embedded.start(directory, report=said).stop()
    if place == "log":
        log = directory / "postgres" / "pg_wal"
        shutil.move(log, small / "pg_wal")
        log.symlink_to(small / "pg_wal")
    with embedded.start(directory, report=said) as servers:
        traffic, figures = asyncio.run(play(servers, folder, Filler(small), segments=place == "log"))
        found = asyncio.run(journal(servers.owner_url))
        report = asyncio.run(verify(servers.database_url))
    answered = {key: outcome.posting for key, outcome in traffic.answered.items()}
    return {
        "drill": "disk full",
        "full": place,
        **figures,
        "answered": len(answered),
        "lost": len(answered.keys() - found.keys()),
        "unanswered": len(found.keys() - answered.keys()),
        "different": sum(found[key][0] != answered[key] for key in answered.keys() & found.keys()),
        "drift": report.drift + (not report.holds),
    }


def told_wrong(found: dict[str, Any]) -> list[str]:
    """What of these figures must not be, the studios' among them."""
    wrong = [word for word in ("lost", "unanswered", "different", "drift") if found[word]]
    return [*wrong, *studios_told_wrong(found["studios"])]


def said(line: str) -> None:
    """Show what the launcher reports."""
    sys.stderr.write(f"{line}\n")


def main() -> int:
    """Drill, print the figures; 1 where anything is not as it must be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", choices=PLACES, default="everything")
    parser.add_argument(
        "--in", dest="folder", type=Path, help="where the small filesystem is mounted already"
    )
    chosen = parser.parse_args()
    if chosen.folder is None:
        with tempfile.TemporaryDirectory(prefix="bankroll-drill-") as name:
            folder = Path(name)
            folder.chmod(0o711)
            (folder / "small").mkdir(mode=0o711)
            return inside(folder, chosen.full)
    figures = drill(chosen.folder, chosen.full)
    sys.stdout.write(f"{json.dumps(figures)}\n")
    return int(bool(told_wrong(figures)))


if __name__ == "__main__":
    sys.exit(main())
