"""What the ledger can do: postings a second against batch size, lanes and players, beside the floor and one by one.

One database, made for the run; the contenders of a figure take turns in it, and at the end the books are proven.  The
client is on the same machine, as it is in a gateway: its work is in every figure, the baselines' too.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import Any

import asyncpg
import uvloop

from bench.calls import OPENING, Play, Players
from bench.databases import scratch, state_of
from bench.floor import TABLES, Numbers, floor
from bench.interleaving import interleaved
from bench.ledger_findings import ALL, BASELINES, NOTES, charts, headline
from bench.points import Contender, Effort, Point, Section, Tell
from bench.posting import in_bulk, one_by_one, singly
from gateway.settings import Settings
from wallet.bulk import MAXIMUM_CALLS, slices
from wallet.coalesce import BATCH_BOUND, BULK_BATCH_BOUND
from wallet.ledger import LANES, Ledger
from wallet.types import OPERATOR, Call, Kind, Op, Outcome, Policy, Status
from wallet.verify import Report, verify

WALLETS = 50_000
REQUEST = 1_000
"""Calls of a bulk request where players are compared: of 8,000, a favourite's would be most of the waves."""

SERIAL = 16
"""Callers, where all calls are one player's: more would only wait."""

PROGRESS_SECONDS = 5.0

MAKE_WALLETS = """
with made as (
    insert into wallet.player (bucket, external_id, country)
    select 0, 'bench-' || number, 'MT' from generate_series(1, $1::integer) number returning id)
insert into wallet.wallet (bucket, player, currency) select 0, id, 'EUR' from made returning id"""


@dataclass(frozen=True)
class Figure:
    """One comparison: its contenders, and the bounds that they work under."""

    name: str
    variants: tuple[str, ...]
    lanes: int = LANES
    post_batch: int = BATCH_BOUND
    bulk_batch: int = BULK_BATCH_BOUND
    request: int = MAXIMUM_CALLS
    players: Players = Players.UNIFORM
    houses: int = 8

    @property
    def varied(self) -> int | str:
        """The value of what the figure is named after."""
        who = self.players.value if self.houses > 1 else f"{self.players.value}, one house account"
        return {"batch size": self.bulk_batch, "lanes": self.lanes, "players": who}[self.name]

    @property
    def callers(self) -> int:
        """Most callers of `post`."""
        return SERIAL if self.players is Players.ONE else 1_000_000


def by_size(size: int) -> Figure:
    """The same batch size for all."""
    return Figure("batch size", ALL, post_batch=size, bulk_batch=size, request=size)


def by_players(players: Players, request: int = REQUEST, houses: int = 8) -> Figure:
    """Who plays, and at how many house accounts; the floor locks nobody and does not care."""
    return Figure(
        "players", ("post", "post_many", "one_by_one"), request=request, players=players, houses=houses
    )


FIGURES = (
    *(by_size(size) for size in (1, 10, 100, 1_000, MAXIMUM_CALLS)),
    *(Figure("lanes", ALL, lanes=lanes) for lanes in (1, 2, 4, 8)),
    by_players(Players.UNIFORM),
    by_players(Players.ZIPF),
    by_players(Players.ONE, request=100),
    by_players(Players.UNIFORM, houses=1),
)
SMALL = (by_size(10), Figure("lanes", ALL, request=100), by_players(Players.ONE, request=10))


def run(settings: Settings, effort: Effort, tell: Tell) -> Section:
    """Measure in a database made for it, and prove the books."""
    with (
        scratch(settings) as ours,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        return runner.run(measure(ours, effort, tell))


async def measure(settings: Settings, effort: Effort, tell: Tell) -> Section:
    """Every figure of the ledger, in one run."""
    assert settings.database_url
    assert settings.owner_url
    began = datetime.now(UTC)
    owner = await asyncpg.connect(settings.owner_url)
    try:
        bench = Bench(settings.database_url, settings.owner_url, effort, tell)
        bench.wallets = await bench.furnish(owner, 200 if effort.small else WALLETS)
        await owner.execute(TABLES)
        points: list[Point] = []
        for figure in SMALL if effort.small else FIGURES:
            points += await bench.points(figure)
        postings = await owner.fetchval("select count(*) from wallet.posting")
        tell(f"ledger: proving {postings:,} postings …")
        report: Report = await verify(settings.database_url, progress=told_now_and_then(tell))
        for proof in report.proofs:
            if not proof.holds:
                tell(f"{proof.name}: {proof.verdict} {proof.examples[:3]}")
        server = await state_of(owner)
    finally:
        await owner.close()
    return Section(
        name="ledger",
        began=began.isoformat(timespec="seconds"),
        effort=effort,
        points=points,
        charts=charts(points),
        headline=headline(points),
        postings=postings,
        drift=report.drift,
        complete=report.complete,
        server=server,
        notes=NOTES,
    )


class Bench:
    """A database with wallets in it."""

    def __init__(self, database_url: str, owner_url: str, effort: Effort, tell: Tell) -> None:
        self.database_url, self.owner_url = database_url, owner_url
        self.effort, self.tell = effort, tell
        self.wallets: list[int] = []
        self.numbers = Numbers()

    async def furnish(self, owner: asyncpg.Connection, count: int) -> list[int]:
        """Wallets of as many players, each with a deposit that the ledger posted."""
        self.tell(f"ledger: {count:,} wallets with money in them …")
        wallets = [row[0] for row in await owner.fetch(MAKE_WALLETS, count)]
        ledger = Ledger(self.database_url)
        await ledger.start()
        try:
            for first in range(0, count, MAXIMUM_CALLS):
                some = wallets[first : first + MAXIMUM_CALLS]
                calls: list[Call] = []
                async for part in slices(some):
                    calls += [deposit(wallet) for wallet in part]
                for one in await ledger.post_many(calls, monotonic() + 60):
                    if not isinstance(one, Outcome) or one.status is not Status.CREATED:
                        raise RuntimeError(f"a deposit was not posted: {one}")
        finally:
            await ledger.close()
        await owner.execute("analyze wallet.wallet")
        return wallets

    async def points(self, figure: Figure) -> list[Point]:
        """Let the figure's contenders take turns."""
        async with AsyncExitStack() as closing:
            contenders = [await OPEN[variant](self, figure, closing) for variant in figure.variants]
            return await interleaved(contenders, self.effort, self.tell, BASELINES)

    def play(self, figure: Figure) -> Play:
        """The figure's calls."""
        return Play(self.wallets, figure.players, figure.houses)

    async def post(self, figure: Figure, closing: AsyncExitStack) -> Contender:
        """Many callers of `Ledger.post`."""
        made = singly(self.database_url, self.play(figure), figure.lanes, figure.post_batch, figure.callers)
        caller, batches = await closing.enter_async_context(made)
        parameters = {"bound": figure.post_batch, "lanes": figure.lanes, "callers": caller.callers}
        return self._contender(figure, "post", parameters, caller.turn, batches.mean)

    async def post_many(self, figure: Figure, closing: AsyncExitStack) -> Contender:
        """A few callers of `Ledger.post_many`."""
        made = in_bulk(self.database_url, self.play(figure), figure.lanes, figure.bulk_batch, figure.request)
        caller, batches = await closing.enter_async_context(made)
        parameters = {"bound": figure.bulk_batch, "lanes": figure.lanes, "callers": caller.callers}
        return self._contender(
            figure, "post_many", parameters | {"request": figure.request}, caller.turn, batches.mean
        )

    async def one_by_one(self, figure: Figure, closing: AsyncExitStack) -> Contender:
        """One call a transaction."""
        caller = await closing.enter_async_context(one_by_one(self.database_url, self.play(figure)))
        parameters = {"connections": len(caller.leases)}
        return self._contender(figure, "one_by_one", parameters, caller.turn)

    async def floor(self, figure: Figure, closing: AsyncExitStack) -> Contender:
        """The same rows, inserted."""
        made = floor(self.owner_url, self.play(figure), figure.lanes, figure.bulk_batch, self.numbers)
        caller = await closing.enter_async_context(made)
        parameters = {"rows": figure.bulk_batch, "connections": figure.lanes}
        return self._contender(figure, "floor", parameters, caller.turn)

    def _contender(
        self,
        figure: Figure,
        variant: str,
        parameters: dict[str, Any],
        turn: Callable[[float], Awaitable[Any]],
        more: Callable[[], dict[str, Any]] = dict,
    ) -> Contender:
        return Contender(figure.name, variant, {figure.name: figure.varied} | parameters, turn, more)


OPEN = {
    "post": Bench.post,
    "post_many": Bench.post_many,
    "one_by_one": Bench.one_by_one,
    "floor": Bench.floor,
}
"""How a variant is made ready, by its name."""


def deposit(wallet: int) -> Call:
    """The money that a wallet begins with."""
    op = Op(Kind.DEPOSIT, f"opening-{wallet}", OPENING)
    return Call(wallet, OPERATOR, wallet, (op,), Policy())


def told_now_and_then(tell: Tell) -> Callable[[int, int], None]:
    """Progress of a proof, said every few seconds."""
    said = monotonic()

    def progress(wallets: int, of: int) -> None:
        nonlocal said
        if monotonic() - said > PROGRESS_SECONDS:
            said = monotonic()
            tell(f"ledger: {wallets:,} of {of:,} wallets proven …")

    return progress
