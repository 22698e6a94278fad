"""The drill of losing a database: a backup under load, the disk gone, restored to a moment and to the end, with figures.

Everything is done by the commands that an operator has, on embedded servers in a temporary folder.  One JSON line:
RPO is how far what is gone reaches back from the last answer, RTO the time from the loss to the first bet that is
answered again.  With ``--synchronous`` nothing is answered that the vault does not have.  The figures are judged by the
bounds below, and what is beyond them is named.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from subprocess import Popen
from typing import Any

import asyncpg

from tests.drills.site import PATIENCE_SECONDS, Site
from tests.drills.traffic import Traffic, begun, journal
from tests.ledger.calls import bet, soon, unique
from tests.ledger.copies import commit_on
from wallet import archive, embedded
from wallet.ledger import Ledger
from wallet.types import Status
from wallet.verify import verify

WALLETS = 20
RPO_SECONDS = {False: 2.0, True: 0.0}
"""By whether commits wait for the vault.  Less than a stretch of traffic: what a silent archive loses is beyond it."""

RTO_SECONDS = 120.0
"""For the drill's little database: to copy it, to follow its log and to prove it grows with what there is."""

NONE_MAY_BE = ("different", "drift")
NONE_MAY_BE_AT_THE_MOMENT = ("missing", "later", "drift")
LOG_STREAMS = "select exists (select from pg_stat_replication where state = 'streaming' and sync_state = $1)"


@dataclass
class Loss:
    """What was answered before the disk was gone, and what of it before the moment."""

    traffic: Traffic
    moment: datetime
    before: frozenset[str]
    backup_seconds: float
    killed: float = 0.0


async def log_is_kept(owner_url: str, synchronous: bool) -> None:
    """Wait until the log is streamed into the vault; with `synchronous` commits wait for it from now on."""
    if synchronous:
        await commit_on(owner_url, archive.NAME)
    owner = await asyncpg.connect(owner_url)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await owner.fetchval(LOG_STREAMS, "sync" if synchronous else "async"):  # noqa: ASYNC110 - only the server can tell
            await asyncio.sleep(0.02)
    await owner.close()


async def disaster(site: Site, up: "Popen[bytes]", seconds: float, synchronous: bool) -> Loss:
    """Play, back up meanwhile, note a moment, play on, and lose Postgres in mid-traffic."""
    urls = await site.urls()
    await log_is_kept(urls["owner_url"], synchronous)
    traffic = await begun(urls["owner_url"], urls["database_url"], WALLETS)
    playing = asyncio.create_task(traffic.play())
    await asyncio.sleep(seconds)
    began = time.monotonic()
    await asyncio.to_thread(site.command, "backup", str(site.vault))
    backup_seconds = time.monotonic() - began
    await asyncio.sleep(seconds)
    before = frozenset(traffic.answered)
    owner = await asyncpg.connect(urls["owner_url"])
    moment = await owner.fetchval("select clock_timestamp()")
    await owner.close()
    await asyncio.sleep(seconds)
    site.lose_the_disk(up)
    loss = Loss(traffic, moment, before, backup_seconds, time.monotonic())
    traffic.give_up()
    await playing
    await traffic.ledger.close()
    return loss


async def answers(site: Site, wallet: int) -> float:
    """Wait for the first bet that is answered again; when that was."""
    ledger = Ledger((await site.urls())["database_url"], lanes=1)
    await ledger.start()
    outcome = await ledger.post(bet(wallet, 1, unique("after")), soon(PATIENCE_SECONDS))
    moment = time.monotonic()
    await ledger.close()
    if outcome.status is not Status.CREATED:
        raise RuntimeError(f"the first bet after the restore was answered {outcome.status}")
    return moment


def to_the_moment(folder: Path, vault: Path, loss: Loss) -> dict[str, int | float]:
    """Restore a second site to the moment; what of before is missing there, and what of after is there."""
    site = Site(folder / "earlier")
    began = time.monotonic()
    site.command("restore", str(vault), "--to-time", loss.moment.isoformat())
    seconds = time.monotonic() - began
    with embedded.start(site.directory) as servers:
        found = asyncio.run(journal(servers.owner_url))
        drift = asyncio.run(drift_of(servers.database_url))
    return {
        "restore_seconds": round(seconds, 2),
        "missing": len(loss.before - found.keys()),
        "later": sum(recorded_at > loss.moment for _, recorded_at in found.values()),
        "drift": drift,
    }


async def drift_of(database_url: str) -> int:
    """What the proofs of the books find; at least 1 where they do not hold."""
    report = await verify(database_url)
    return max(report.drift, int(not report.holds))


def rpo(answered: Mapping[str, datetime], kept: Collection[str]) -> float:
    """Seconds from the oldest of what was answered and is gone to the last that was answered; 0 where nothing is gone."""
    lost = [moment for key, moment in answered.items() if key not in kept]
    return (max(answered.values()) - min(lost)).total_seconds() if lost else 0.0


def to_the_end(site: Site, loss: Loss) -> dict[str, int | float]:
    """Restore what there is and go on; what was answered and is gone."""
    site.command("restore", str(site.vault))
    with site.running("up"):
        rto = asyncio.run(answers(site, loss.traffic.wallets[0])) - loss.killed
        urls = asyncio.run(site.urls())
        found = asyncio.run(journal(urls["owner_url"]))
        drift = asyncio.run(drift_of(urls["database_url"]))
    answered = loss.traffic.answered
    moments = {key: outcome.recorded_at for key, outcome in answered.items()}
    return {
        "answered": len(answered),
        "lost": len(answered.keys() - found.keys()),
        "different": sum(found[key][0] != answered[key].posting for key in answered.keys() & found.keys()),
        "rpo_seconds": round(rpo(moments, found.keys()), 3),
        "rto_seconds": round(rto, 2),
        "drift": drift,
    }


def told_wrong(found: Mapping[str, Any]) -> list[str]:
    """What of these figures must not be."""
    wrong = [word for word in NONE_MAY_BE if found[word]]
    wrong += [f"{word} at the moment" for word in NONE_MAY_BE_AT_THE_MOMENT if found["to_time"][word]]
    beyond = {
        "nothing was answered": not found["answered"],
        "lost": found["synchronous"] and found["lost"],
        "rpo_seconds": found["rpo_seconds"] > RPO_SECONDS[found["synchronous"]],
        "rto_seconds": found["rto_seconds"] > RTO_SECONDS,
    }
    return [*wrong, *(word for word, is_so in beyond.items() if is_so)]


def drill(folder: Path, seconds: float, *, synchronous: bool) -> dict[str, object]:
    """Lose a site, restore it twice."""
    site = Site(folder)
    with site.running("archive", str(site.vault)), site.running("up") as up:
        loss = asyncio.run(disaster(site, up, seconds, synchronous))
    found = to_the_end(site, loss)
    earlier = to_the_moment(folder, site.vault, loss)
    return {
        "drill": "restore",
        "synchronous": synchronous,
        **found,
        "backup_seconds": round(loss.backup_seconds, 2),
        "to_time": earlier,
    }


def main() -> int:
    """Drill, print the figures; 1 where one of them is beyond its bound."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--seconds", type=float, default=3.0, help="of each of the three stretches of traffic"
    )
    parser.add_argument("--synchronous", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bankroll-drill-") as folder:
        figures = drill(Path(folder), chosen.seconds, synchronous=chosen.synchronous)
    wrong = told_wrong(figures)
    sys.stdout.write(f"{json.dumps({**figures, 'wrong': wrong})}\n")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
