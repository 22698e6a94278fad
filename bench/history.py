"""Does a posting cost more the longer the journal is?  Equal ledgers with journals of different lengths take turns.

Each has a database of its own on the same server, filled by the ledger itself with bets and wins, and is proven at the
end.  Databases that took turns in one run share its machine, its server and its minute; figures of two runs do not.
"""

import asyncio
from contextlib import AsyncExitStack, ExitStack
from datetime import UTC, datetime
from time import monotonic
from typing import Any

import asyncpg
import uvloop
from msgspec import structs

from bench.calls import Play
from bench.databases import scratch, state_of
from bench.interleaving import interleaved
from bench.ledger import PROGRESS_SECONDS, WALLETS, Bench, told_now_and_then
from bench.points import Chart, Contender, Effort, Point, Section, Series, Tell
from bench.posting import in_bulk, singly
from gateway.settings import Settings
from wallet.coalesce import BATCH_BOUND, BULK_BATCH_BOUND
from wallet.ledger import LANES
from wallet.verify import Report, verify

LENGTHS = {"empty": 0, "1 M": 1_000_000, "10 M": 10_000_000}
"""Postings in the journal before anything is measured, beside one deposit a wallet."""

LONGER = 6
"""As many turns, of as many seconds as other parts have for a point: beside the filling they take no time, and a queue of
thousands takes a second to be as long as it gets."""

SMALL = {"empty": 0, "longer": 2_000}
CALLERS = 2_000
REQUEST = 4_000

NOTES = [
    "Before the turns begin every journal is vacuumed and analyzed. No checkpoint is forced: turns stand between two, as most of a day does.",
    "post: many concurrent awaits of Ledger.post; post_many: requests of Ledger.post_many.",
    "The ratio is against the journal that was empty, within each round of turns.",
]
SIZE = "select pg_total_relation_size('wallet.posting')"


def run(settings: Settings, effort: Effort, tell: Tell) -> Section:
    """Fill, measure and prove."""
    lengths = SMALL if effort.small else LENGTHS
    if not effort.small:
        effort = structs.replace(effort, seconds=LONGER * effort.seconds, turns=LONGER)
    with ExitStack() as closing:
        databases = {name: closing.enter_context(scratch(settings)) for name in lengths}
        runner = closing.enter_context(asyncio.Runner(loop_factory=uvloop.new_event_loop))
        return runner.run(measure(databases, lengths, effort, tell))


async def measure(
    databases: dict[str, Settings], lengths: dict[str, int], effort: Effort, tell: Tell
) -> Section:
    """Every figure, in one run."""
    began = datetime.now(UTC)
    async with AsyncExitStack() as closing:
        journals: dict[str, Journal] = {}
        for name, settings in databases.items():
            assert settings.owner_url
            owner = await asyncpg.connect(settings.owner_url)
            closing.push_async_callback(owner.close)
            journals[name] = await Journal.filled(name, lengths[name], settings, owner, effort, tell)
        points: list[Point] = []
        for variant in ("post_many", "post"):
            async with AsyncExitStack() as opened:
                contenders = [await one.contender(variant, opened) for one in journals.values()]
                points += await interleaved(contenders, effort, tell, (next(iter(journals)),))
        proven = [await journal.proven(tell) for journal in journals.values()]
        server = await state_of(next(iter(journals.values())).owner)
        postings = sum([await one.length() for one in journals.values()])
    return Section(
        name="history",
        began=began.isoformat(timespec="seconds"),
        effort=effort,
        points=points,
        charts=charts(points, lengths),
        headline=headline(points),
        postings=postings,
        drift=sum(report.drift for report in proven),
        complete=all(report.complete for report in proven),
        server=server,
        notes=NOTES,
    )


class Journal:
    """One ledger and how long its journal was at first."""

    def __init__(self, name: str, bench: Bench, owner: asyncpg.Connection) -> None:
        self.name, self.bench, self.owner = name, bench, owner

    @classmethod
    async def filled(
        cls,
        name: str,
        length: int,
        settings: Settings,
        owner: asyncpg.Connection,
        effort: Effort,
        tell: Tell,
    ) -> "Journal":
        """Wallets with money in them, and so many postings."""
        assert settings.database_url
        assert settings.owner_url
        bench = Bench(settings.database_url, settings.owner_url, effort, tell)
        bench.wallets = await bench.furnish(owner, 200 if effort.small else WALLETS)
        journal = cls(name, bench, owner)
        await journal.fill(length)
        await owner.execute("vacuum (analyze) wallet.posting, wallet.round, wallet.wallet")
        return journal

    async def fill(self, length: int) -> None:
        """Post until the journal has so many."""
        done, said = 0, monotonic()
        request = min(REQUEST, max(length, 1))
        async with in_bulk(self.bench.database_url, self.play(), LANES, BULK_BATCH_BOUND, request) as (
            caller,
            _,
        ):
            while done < length:
                turn = await caller.turn(min(self.bench.effort.seconds, 1.0))
                done += turn.count
                if turn.errors:
                    raise RuntimeError(f"the journal could not be filled: {dict(turn.errors)}")
                if monotonic() - said > PROGRESS_SECONDS:
                    said = monotonic()
                    self.bench.tell(f"history: {done:,} of {length:,} postings of the journal {self.name} …")

    async def contender(self, variant: str, closing: AsyncExitStack) -> Contender:
        """The ledger at work, at the bounds that a gateway has."""
        url, play = self.bench.database_url, self.play()
        made = (
            in_bulk(url, play, LANES, BULK_BATCH_BOUND, 100 if self.bench.effort.small else REQUEST)
            if variant == "post_many"
            else singly(url, play, LANES, BATCH_BOUND, 50 if self.bench.effort.small else CALLERS)
        )
        caller, batches = await closing.enter_async_context(made)
        parameters: dict[str, Any] = {
            "postings before": await self.length(),
            "journal MB": round(await self.counted(SIZE) / 1e6),
        }
        return Contender(variant, self.name, parameters, caller.turn, batches.mean)

    def play(self) -> Play:
        """Its calls."""
        return Play(self.bench.wallets)

    async def length(self) -> int:
        """Postings in the journal."""
        return await self.counted("select count(*) from wallet.posting")

    async def counted(self, statement: str) -> int:
        """A number that the database knows."""
        [row] = await self.owner.fetch(statement)
        return int(row[0])

    async def proven(self, tell: Tell) -> Report:
        """What verify says."""
        tell(f"history: proving the journal {self.name} …")
        return await verify(self.bench.database_url, progress=told_now_and_then(tell))


def charts(points: list[Point], lengths: dict[str, int]) -> list[Chart]:
    """Throughput against the journal's length."""
    series = [
        Series(
            variant,
            [float(max(lengths[point.variant], 1)) for point in points if point.name == variant],
            [point.rate for point in points if point.name == variant],
        )
        for variant in ("post_many", "post")
    ]
    return [
        Chart("Postings a second against the journal's length", "postings", "postings/s", series, log_x=True)
    ]


def headline(points: list[Point]) -> dict[str, float | None]:
    """The figure that has a target: the longest journal's rate over that of the empty one."""
    last = points[-1].variant
    return {
        f"{point.name}_with_{point.variant.replace(' ', '_')}_of_empty": point.ratios.get("empty")
        for point in points
        if point.variant == last
    }
