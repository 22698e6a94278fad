"""`make run`: everything on this machine, with simulated studios that play through HTTP, and a view of it.

It starts what is not there (servers, gateway), furnishes it through the API, plays rounds at a fixed rate until it is
stopped or its time is over, proves the books, and stops what it started and nothing else.
"""

import asyncio
import json
import signal
from collections.abc import AsyncGenerator, Generator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg
import uvloop
from rich.console import Console

from bench.client import Client
from bench.load import Load, Seat, Tally
from bench.seed import Keys, Operator, SeedError, seed
from bench.view import View
from gateway import logs
from gateway.processes import Supervisor
from gateway.sealing import Sealing
from gateway.servers import served
from gateway.settings import Settings
from wallet.api_keys import ApiKeys, ApiScope
from wallet.migrate import migrate
from wallet.patience import AWAY
from wallet.verify import Report, verify

BOUND_MS = 150.0
"""What p95 of a wallet call may be."""

READY_SECONDS = 30.0
SUMS = """
select b.currency, b.wallets, b.house, c.scale
from wallet.trial_balance b join wallet.currencies c on c.code = b.currency"""


def run(settings: Settings, seconds: float | None, rate: float) -> int:
    """Play for `seconds`, or until interrupted; the exit code is 0 only where everything held."""
    console = Console()
    with (
        gateway(settings, console) as (serving, supervisor),
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        summary = runner.run(play(serving, supervisor, seconds, rate, console))
    return told(summary, console)


@contextmanager
def gateway(settings: Settings, console: Console) -> Generator[tuple[Settings, Supervisor]]:
    """A gateway on this machine, and the servers that are not there; it stops what it started."""
    with ExitStack() as closing:
        settings = closing.enter_context(served(settings, console.print, staying=True, sealing=True))
        log = Path(settings.directory) / "gateway.log"
        log.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
        logs.configure(stream=closing.enter_context(log.open("a", encoding="utf-8")))
        Sealing(settings.master_keys)  # without one no worker would start
        if settings.owner_url:
            console.print("Migrating …")
            asyncio.run(migrate(settings.owner_url))
        supervisor = Supervisor(settings, output=log)
        closing.callback(supervisor.stop, signal.SIGINT)
        supervisor.start()
        yield settings, supervisor


def told(summary: dict[str, Any], console: Console) -> int:
    """Print the summary as the last line, what did not hold before it; the exit code says whether everything held."""
    missed = shortfalls(summary)
    for line in missed:
        console.print(f"[red]Did not hold[/red]: {line}", highlight=False, soft_wrap=True)
    console.print(json.dumps(summary), highlight=False, soft_wrap=True)
    return 1 if missed else 0


def shortfalls(summary: dict[str, Any]) -> list[str]:
    """What did not hold, in words; where nothing was played, nothing was shown."""
    looked_at = (
        (summary["calls"] > 0, "nothing was played"),
        (not summary["errors"], f"{summary['errors']} errors"),
        (summary["drift"] == 0, "the books are not proven"),
        (
            summary["p95_ms"] < BOUND_MS,
            f"p95 was {summary['p95_ms']} ms and may be {BOUND_MS:g} ms; a busy machine is slow",
        ),
    )
    return [words for held, words in looked_at if not held]


async def play(
    settings: Settings, supervisor: Supervisor, seconds: float | None, rate: float, console: Console
) -> dict[str, Any]:
    """Furnish, play, verify; returns the summary."""
    assert settings.database_url
    client = Client(settings.host, supervisor.port)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with asyncpg.create_pool(settings.database_url, min_size=1, max_size=2) as database:
        async with tended(supervisor):
            seats, key = await furnished(settings, client, database, console)
            load = Load(client, seats, rate)
            await load.open()
            before = await database.fetchval("select count(*) from wallet.journal")
            links = links_of(supervisor.url, key if seconds is None else None)
            for line in links:
                console.print(line, highlight=False)
            with View(console, load, links) as view:
                drawing = asyncio.create_task(draw(view, database))
                await load.play(seconds, stop)
                drawing.cancel()
                with suppress(asyncio.CancelledError):
                    await drawing
            client.close()
        report, postings = await proven(settings.database_url, database, before, console)
    return summed(load.tally, report, postings, console)


async def furnished(
    settings: Settings, client: Client, database: Any, console: Console
) -> tuple[list[Seat], str]:
    """Seats at a gateway that is ready and furnished, and an API key that lives for a day."""
    await ready(client)
    key = await ApiKeys(database).create("demo", tuple(ApiScope), datetime.now(UTC) + timedelta(days=1))
    try:
        return await seed(Operator(client, key), keys_of(settings), console), key
    except SeedError as error:
        console.print(f"[red]{error}[/red]\nThe gateway's log: {settings.directory}/gateway.log")
        raise SystemExit(1) from None


def keys_of(settings: Settings) -> Keys:
    """The studios' secret halves."""
    return Keys(Path(settings.directory) / "studio-keys.json")


async def proven(
    url: str, database: Any, before: int, console: Console
) -> tuple[Report, int] | tuple[None, None]:
    """The proof of the books, and how many postings there were since; nothing while Postgres is away."""
    console.print("Verifying the books …")
    try:
        report = await verify(url)
        return report, await database.fetchval("select count(*) from wallet.journal") - before
    except AWAY as error:
        console.print(f"[red]Postgres is away, nothing is proven[/red]: {error}", soft_wrap=True)
        return None, None


def links_of(url: str, key: str | None) -> list[str]:
    """Where to look while it runs."""
    lines = [
        f"callbacks  {url}/callbacks/<account>/…",
        f"API        {url}/v1   its pages {url}/schema",
        f"metrics    {url}/metrics   health {url}/readyz",
    ]
    return [*lines, f"API key    {key}   (lives for a day)"] if key else lines


async def draw(view: View, database: Any) -> None:
    """Once a second, what was played and whether the books balance; while Postgres is away, the last sums."""
    sums: dict[str, tuple[Decimal, Decimal]] = {}
    while True:
        await asyncio.sleep(1.0)
        with suppress(*AWAY):
            sums = {
                row["currency"]: (
                    Decimal(row["wallets"]).scaleb(-row["scale"]),
                    Decimal(row["house"]).scaleb(-row["scale"]),
                )
                for row in await database.fetch(SUMS)
            }
        view.draw(sums)


@asynccontextmanager
async def tended(supervisor: Supervisor) -> AsyncGenerator[None]:
    """Start again a worker that dies, as `bankroll up` does."""

    async def tend() -> None:
        while True:
            supervisor.tend()
            await asyncio.sleep(0.2)

    tending = asyncio.create_task(tend())
    try:
        yield
    finally:
        tending.cancel()
        with suppress(asyncio.CancelledError):
            await tending


async def ready(client: Client) -> None:
    """Wait until the gateway says it can serve."""
    with suppress(TimeoutError):
        async with asyncio.timeout(READY_SECONDS):
            while True:
                answer = await client.send("GET", "/readyz", (), b"")
                if answer and answer.http_status == 200:
                    return
                await asyncio.sleep(0.1)
    raise SystemExit(f"the gateway was not ready within {READY_SECONDS:.0f} s; its log says why")


def summed(tally: Tally, report: Report | None, postings: int | None, console: Console) -> dict[str, Any]:
    """What was played, in words and as one object; what could not be proven is an error."""
    p50, p95, p99 = (round(tally.latencies.percentile(share) * 1000, 2) for share in (0.5, 0.95, 0.99))
    for line in tally.unexpected:
        console.print(f"[red]unexpected[/red] {line}", highlight=False, soft_wrap=True)
    for line in report.lines() if report else ():
        console.print(line, highlight=False, soft_wrap=True)
    if report is None or not report.complete:
        tally.errors += 1
    return {
        "calls": tally.calls,
        "calls_per_s": round(tally.calls / max(tally.seconds, 1e-9), 1),
        "rounds": tally.rounds,
        "p50_ms": p50,
        "p95_ms": p95,
        "p99_ms": p99,
        "errors": tally.errors,
        "refused": sum(tally.refused.values()),
        "postings": postings,
        "drift": report.drift if report else None,
    }
