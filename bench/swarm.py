"""`make locust`: a furnished gateway, and Locust's users in a process of their own, headless or with its web page.

It fails where p95 of all calls is at or above the bound, where a studio met what it did not expect, or where the books
do not add up.  The seats are handed over in a file that nobody else can read and that is gone afterwards.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import asyncpg
import rich_click as click
import uvloop
from msgspec import Struct
from rich.console import Console

from bench.client import Client
from bench.demo import furnished, gateway, keys_of, proven, summed, tended, told
from bench.load import Seat, Tally
from bench.seed import Keys
from gateway.processes import Supervisor
from gateway.settings import Settings
from gateway.surroundings import Between, settings_here
from gateway.surroundings import told as outages_told

LOCUSTFILE = Path(__file__).parent / "locustfile.py"


class Wanted(Struct, frozen=True):
    """What the command line asks for."""

    users: int
    seconds: int
    pace: float
    web: int | None


@click.command()
@click.option("--users", default=200, show_default=True, type=click.IntRange(1, 10_000))
@click.option(
    "--for", "seconds", default=60, show_default=True, type=click.IntRange(1, 7 * 24 * 3600), help="Seconds."
)
@click.option(
    "--pace",
    default=1.0,
    show_default=True,
    type=Between(0, 3600),
    help="Seconds between the rounds of a user.",
)
@click.option(
    "--web", type=click.IntRange(1, 65535), help="The port of Locust's own page; it then runs until Ctrl-C."
)
def main(users: int, seconds: int, pace: float, web: int | None) -> None:
    """Locust's users play the simulated studios; the exit code is 0 only where everything held."""
    with outages_told():
        sys.exit(run(settings_here(), Wanted(users, seconds, pace, web)))


def run(settings: Settings, wanted: Wanted) -> int:
    """Swarm as wanted, and tell; the exit code."""
    console = Console()
    with (
        gateway(settings, console) as (serving, supervisor),
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        summary = runner.run(swarm(serving, supervisor, wanted, console))
    return told(summary, console)


async def swarm(
    settings: Settings, supervisor: Supervisor, wanted: Wanted, console: Console
) -> dict[str, Any]:
    """Furnish, let Locust play, verify; returns the summary."""
    assert settings.database_url
    client = Client(settings.host, supervisor.port)
    async with asyncpg.create_pool(settings.database_url, min_size=1, max_size=2) as database:
        async with tended(supervisor):
            seats, _ = await furnished(settings, client, database, console)
            client.close()
            before = await database.fetchval("select count(*) from wallet.journal")
            with TemporaryDirectory(prefix="bankroll-swarm-") as folder:
                result = await locust(Path(folder), seats, keys_of(settings), supervisor.url, wanted)
        report, postings = await proven(settings.database_url, database, before, console)
    tally, due = tally_of(result)
    summary = summed(tally, report, postings, console)
    return summary | {"due_p95_ms": round(due.latencies.percentile(0.95) * 1000, 2), "users": wanted.users}


async def locust(folder: Path, seats: list[Seat], keys: Keys, url: str, wanted: Wanted) -> Mapping[str, Any]:
    """Run Locust in a process of its own; what it saw."""
    known, result = folder / "seats.json", folder / "result.json"
    known.touch(mode=0o600)
    known.write_text(json.dumps([seat_of(seat, keys) for seat in seats]), encoding="utf-8")
    command = [sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), "--host", url, "-u", str(wanted.users)]
    spawned = ["-r", str(max(1, wanted.users // 5)), "--stop-timeout", "10"]
    if wanted.web is None:
        command += ["--headless", "--only-summary", "-t", f"{wanted.seconds}s", *spawned]
    else:
        command += ["--web-host", "127.0.0.1", "--web-port", str(wanted.web), "--autostart", *spawned]
    told_where = {
        "BANKROLL_SWARM_SEATS": str(known),
        "BANKROLL_SWARM_RESULT": str(result),
        "BANKROLL_SWARM_PACE": str(wanted.pace),
    }
    process = await asyncio.create_subprocess_exec(*command, env=os.environ | told_where)
    for number in (signal.SIGINT, signal.SIGTERM):  # Locust hears it too; we wait for what it says
        asyncio.get_running_loop().add_signal_handler(number, lambda: None)
    try:
        await process.wait()
    finally:
        with suppress(ProcessLookupError):
            process.kill()
    if not result.is_file():
        raise SystemExit("Locust ended without a result; see above")
    return json.loads(result.read_text(encoding="utf-8"))


def seat_of(seat: Seat, keys: Keys) -> dict[str, str]:
    """A seat as Locust's process is told of it."""
    return {
        "protocol": seat.studio.name,
        "account": seat.account,
        "key": keys.known[seat.studio.name],
        "token": seat.player.token,
        "external_id": seat.player.external_id,
        "currency": seat.player.currency,
        "game": seat.player.game,
        "stake": str(seat.stake),
    }


def tally_of(result: Mapping[str, Any]) -> tuple[Tally, Tally]:
    """What Locust counted, as `make run` counts; and the same of first answers, from the moment they were due."""
    tally, due = Tally(seconds=result["seconds"], calls=result["calls"], errors=result["errors"]), Tally()
    for counted, into in ((result["times"], tally), (result["due"], due)):
        for milliseconds, count in counted.items():
            for _ in range(count):
                into.latencies.add(float(milliseconds) / 1000)
    tally.unexpected.extend(result["unexpected"])
    return tally, due


if __name__ == "__main__":
    main()
