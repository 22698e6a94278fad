"""Half of what the gateway can do, for a long time, to see what grows, drifts or swells.

After every segment it is written down what each process occupies, how quick the answers were, and what the hot tables,
the log and the transaction ids came to.  Between segments requests are signed, and nothing arrives.
"""

import asyncio
import resource
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import asyncpg
import uvloop
from msgspec.structs import replace

from bench.databases import scratch, state_of
from bench.gateway import Bench, furnish
from bench.gateway_findings import OURS, Found, point_of
from bench.points import Chart, Effort, Point, Section, Series, Tell
from bench.signed import Signers
from gateway.processes import Supervisor
from gateway.settings import Settings
from wallet.verify import verify

SEGMENTS = 60
HALF = 0.5
FIRST = 5
"""Segments after which memory is looked at for the first time: before, caches fill."""

HOT = ("wallet", "round", "house_balance", "lane", "posting", "session")
STATE = """
select pg_current_wal_insert_lsn() - '0/0' as wal, pg_snapshot_xmax(pg_current_snapshot())::text::bigint as ids,
       (select count(*) from wallet.journal) as postings"""
TABLES = """
select relname, pg_relation_size(relid) as bytes, n_live_tup as live, n_dead_tup as dead, autovacuum_count as vacuums
from pg_stat_user_tables where schemaname = 'wallet' and relname = any ($1)"""
NOTES = [
    "The arrival rate is half of what 256 requests at a time reached just before, a quarter where that is too much.",
    "memory: resident, of the gateway's processes, after each segment.",
    "log and transaction ids include what sessions, kept exchanges and autovacuum write.",
]


def run(settings: Settings, effort: Effort, tell: Tell) -> Section:
    """Play, look and prove.  A segment lasts `effort.seconds`."""
    folder = Path(settings.directory)
    folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    with scratch(settings) as ours, ExitStack() as closing:
        own = replace(ours, port=0, run_directory=None)
        supervisor = Supervisor(own, output=folder / "bench-soak.log")
        closing.callback(supervisor.stop)
        supervisor.start()
        signers = closing.enter_context(Signers())
        runner = closing.enter_context(asyncio.Runner(loop_factory=uvloop.new_event_loop))
        return runner.run(measure(ours, supervisor, signers, effort, tell))


async def measure(
    settings: Settings, supervisor: Supervisor, signers: Signers, effort: Effort, tell: Tell
) -> Section:
    """Every segment, and what was there after it."""
    assert settings.database_url
    assert settings.owner_url
    began = datetime.now(UTC)
    processes = [worker.process.pid for worker in supervisor.workers if worker.process is not None]
    owner = await asyncpg.connect(settings.owner_url)
    try:
        async with asyncpg.create_pool(settings.database_url, min_size=1, max_size=1) as database:
            [table, *_] = await furnish(settings, {OURS: supervisor.port}, database, effort, tell)
        bench = Bench(settings.host, {OURS: supervisor.port}, signers, effort, tell)
        capacity = (await bench.meet(table))[OURS]
        rate = capacity * HALF
        if not await bench.sustains(OURS, table, rate):
            rate *= HALF
        bench.found.clear()
        points: list[Point] = []
        before = await state(owner)
        for number in range(2 if effort.small else SEGMENTS):
            await bench.arrive("soak", OURS, table, rate)
            after = await state(owner)
            points.append(segment(bench.found[-1], number, before, after, processes))
            before = after
        await asyncio.to_thread(supervisor.stop)
        tell(f"soak: proving {before['postings']:,} postings …")
        report = await verify(settings.database_url)
        server = await state_of(owner)
    finally:
        await owner.close()
    return Section(
        name="soak",
        began=began.isoformat(timespec="seconds"),
        effort=effort,
        points=points,
        charts=charts(points),
        headline=headline(points),
        postings=before["postings"],
        drift=report.drift,
        complete=report.complete,
        server=server | {"processes": str(settings.process_count), "lanes": str(settings.lanes)},
        notes=NOTES,
    )


async def state(owner: asyncpg.Connection) -> dict[str, Any]:
    """What the database has come to."""
    [row] = await owner.fetch(STATE)
    tables = {one["relname"]: dict(one) for one in await owner.fetch(TABLES, HOT)}
    return dict(row) | {"tables": tables}


def segment(
    found: Found, number: int, before: dict[str, Any], after: dict[str, Any], processes: list[int]
) -> Point:
    """A segment as a point: its latencies, and the state behind it."""
    point = point_of(found, {})
    posted = max(1, after["postings"] - before["postings"])
    figures = point.figures | {
        "memory_mb": round(max(resident(process) for process in processes) / 1e6, 1),
        "log_bytes_per_posting": round((after["wal"] - before["wal"]) / posted),
        "transaction_ids_per_posting": round((after["ids"] - before["ids"]) / posted, 4),
    }
    for name, table in after["tables"].items():
        figures[f"{name}_mb"] = round(table["bytes"] / 1e6, 1)
        figures[f"{name}_dead_share"] = round(table["dead"] / max(1, table["live"] + table["dead"]), 3)
        figures[f"{name}_autovacuums"] = table["vacuums"]
    return replace(point, parameters=point.parameters | {"segment": number + 1}, figures=figures)


def resident(process: int) -> int:
    """Bytes of memory that a process occupies."""
    pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


def charts(points: list[Point]) -> list[Chart]:
    """What each figure did over time."""
    segments = [float(point.parameters["segment"]) for point in points]

    def over_time(title: str, unit: str, *names: str) -> Chart:
        lines = [Series(name, segments, [point.figures[name] for point in points]) for name in names]
        return Chart(title, "segment", unit, lines)

    latencies = [
        Series(name, segments, [point.latencies_ms.get(name, 0.0) for point in points])
        for name in ("p50", "p95", "p99")
    ]
    return [
        Chart("Latency at half the maximum", "segment", "ms", latencies),
        over_time("Memory of the largest gateway process", "MB", "memory_mb"),
        over_time("Log for each posting", "bytes", "log_bytes_per_posting"),
        over_time("Tables", "MB", *(f"{name}_mb" for name in HOT if name != "posting")),
    ]


def headline(points: list[Point]) -> dict[str, float | None]:
    """What must be small, and flat."""
    early, last = points[min(FIRST, len(points)) - 1], points[-1]
    tail = points[len(points) // 2 :]
    return {
        "arrivals_per_s": last.figures["intended_per_s"],
        "memory_mb": last.figures["memory_mb"],
        "memory_of_early": round(last.figures["memory_mb"] / early.figures["memory_mb"], 3),
        "p95_ms_median": median(point.latencies_ms.get("p95", 0.0) for point in points),
        "p95_late_of_all": round(
            median(point.latencies_ms.get("p95", 0.0) for point in tail)
            / max(median(point.latencies_ms.get("p95", 0.0) for point in points), 1e-9),
            3,
        ),
        "log_bytes_per_posting": last.figures["log_bytes_per_posting"],
        "transaction_ids_per_posting": last.figures["transaction_ids_per_posting"],
    }
