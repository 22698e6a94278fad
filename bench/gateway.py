"""What the gateway can do: signed bets and wins over HTTP at rising arrival rates, beside a null handler and a naive wallet.

One database made for the run, and three stacks with as many processes each: the gateway, and two baselines that differ
from it behind the signature check alone.  They take turns at every rate; who does not is idle.  Requests are signed
ahead, the generator runs on the same machine, and at the end the books are proven.
"""

import asyncio
import gc
import itertools
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
import uvloop
from msgspec.structs import replace

from bench.arrivals import Volley
from bench.arrived import Arrived
from bench.client import Client
from bench.climb import Climb
from bench.crowd import crowd
from bench.databases import scratch, state_of
from bench.demo import ready
from bench.gateway_findings import NOTES, OURS, Found, beside, charts, headline, point_of, points_of
from bench.interleaving import line_of
from bench.points import Effort, Section, Tell
from bench.signed import Round, Signers, Table
from gateway.processes import Supervisor
from gateway.settings import Settings
from wallet.api_keys import ApiKeys, ApiScope
from wallet.verify import verify

PROGRAMS = {OURS: "gateway.worker", "null": "bench.null", "naive": "bench.naive"}
"""The stacks, by what each worker runs."""

PLAYERS = 1_000
SMALL_PLAYERS = 10
TOGETHER = 256
"""Requests at a time where capacity is looked for."""

LEAST_RATE = 50.0
"""Below it a short turn would hold no request."""

TRIES = 2
"""A rate that fails once may have met somebody else's work; one that fails again is too much."""

REPLAYED = 500
"""Rounds that the null handler is sent again and again: it books nothing."""

MOST_PER_SECOND = 10_000
SMALL_PER_SECOND = 2_000
"""Rounds signed for a second of a stack that is asked as fast as it answers; it ends where they do."""

WARM_SECONDS = 0.5
"""Of each stack, before anything is counted."""

PAUSE_SECONDS = 0.05


def run(settings: Settings, effort: Effort, tell: Tell) -> Section:
    """Measure in a database made for it, and prove the books."""
    folder = Path(settings.directory)
    folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    with scratch(settings) as ours, ExitStack() as closing:
        supervisors = {}
        own = replace(ours, port=0, run_directory=None)
        for variant, program in PROGRAMS.items():
            supervisors[variant] = Supervisor(own, output=folder / f"bench-{variant}.log", program=program)
            closing.callback(supervisors[variant].stop)
            supervisors[variant].start()
        signers = closing.enter_context(Signers())
        runner = closing.enter_context(asyncio.Runner(loop_factory=uvloop.new_event_loop))
        return runner.run(measure(ours, supervisors, signers, effort, tell))


async def measure(
    settings: Settings, supervisors: dict[str, Supervisor], signers: Signers, effort: Effort, tell: Tell
) -> Section:
    """Every figure of the gateway, in one run."""
    assert settings.database_url
    began = datetime.now(UTC)
    ports = {variant: supervisor.port for variant, supervisor in supervisors.items()}
    async with asyncpg.create_pool(settings.database_url, min_size=1, max_size=2) as database:
        tables = await furnish(settings, ports, database, effort, tell)
        bench = Bench(settings.host, ports, signers, effort, tell)
        await bench.serial(tables[0])
        await bench.play(tables[0], effort.turns)
        for table in tables[1:]:
            await (bench.meet(table) if effort.small else bench.play(table))
        await asyncio.gather(*(asyncio.to_thread(one.stop) for one in supervisors.values()))
        postings = await database.fetchval("select count(*) from wallet.journal")
        tell(f"gateway: proving {postings:,} postings …")
        report = await verify(settings.database_url)
        for line in report.lines():
            tell(line)
        async with database.acquire() as connection:
            server = await state_of(connection)
    return Section(
        name="gateway",
        began=began.isoformat(timespec="seconds"),
        effort=effort,
        points=points_of(bench.found),
        charts=charts(bench.found),
        headline=headline(bench.found),
        postings=postings,
        drift=report.drift,
        complete=report.complete,
        server=server | {"processes": str(settings.process_count), "lanes": str(settings.lanes)},
        notes=NOTES,
    )


async def furnish(
    settings: Settings, ports: dict[str, int], database: asyncpg.Pool, effort: Effort, tell: Tell
) -> list[Table]:
    """Wait until every stack answers, and seat the players."""
    clients = {variant: Client(settings.host, port) for variant, port in ports.items()}
    for client in clients.values():
        await ready(client)
    count = SMALL_PLAYERS if effort.small else PLAYERS
    tell(f"gateway: {count:,} players sit down …")
    key = await ApiKeys(database).create("bench", tuple(ApiScope), datetime.now(UTC) + timedelta(hours=1))
    with TemporaryDirectory(prefix="bankroll-bench-") as folder:
        tables = await crowd(clients[OURS], key, count, Path(folder))
    for client in clients.values():
        client.close()
    return tables


class Bench:
    """Three stacks that are played at in turn, and all that was found."""

    def __init__(
        self, host: str, ports: dict[str, int], signers: Signers, effort: Effort, tell: Tell
    ) -> None:
        self.host, self.ports, self.signers = host, ports, signers
        self.effort, self.tell = effort, tell
        self.seconds = effort.seconds
        self.most_per_second = SMALL_PER_SECOND if effort.small else MOST_PER_SECOND
        self.rounds: deque[Round] = deque()  # of the table that is played at
        self.replayed: list[Round] = []
        self.found: list[Found] = []
        self.turn = 0

    async def serial(self, table: Table) -> None:
        """One player, one call after the other."""
        alone = replace(table, players=table.players[:1])
        await self.sit(alone)
        for variant in self.in_turn(list(self.ports)):
            await self.ask("serial", variant, alone, together=1)

    async def play(self, table: Table, turns: int = 1) -> None:
        """Everything that is asked of one protocol: capacity, rising rates, and in turns half, all and twice the best."""
        best = await self.rise(table, await self.meet(table))
        for turn in range(turns):
            for name, times in (("half", 0.5), ("maximum", 1.0), ("double", 2.0)):
                for variant in self.in_turn(list(best)):
                    await self.arrive(name, variant, table, best[variant] * times, turn)

    async def meet(self, table: Table) -> dict[str, float]:
        """What each stack does when many requests are always under way: it is only where to begin."""
        await self.sit(table)
        together = min(TOGETHER, len(table.players))
        capacity: dict[str, float] = {}
        for variant in self.in_turn(list(self.ports)):
            found = await self.ask("capacity", variant, table, together=together)
            capacity[variant] = max(found.rate, LEAST_RATE)
        return capacity

    async def rise(self, table: Table, capacity: dict[str, float]) -> dict[str, float]:
        """The highest rate that each stack sustains; none for one that sustains nothing."""
        climbs = {variant: Climb(estimate) for variant, estimate in capacity.items()}
        while climbing := [variant for variant, climb in climbs.items() if climb.rate]:
            for variant in self.in_turn(climbing):
                if rate := climbs[variant].rate:
                    climbs[variant].told(rate, sustained=await self.sustains(variant, table, rate))
            if self.effort.small:
                break
        return {variant: climb.sustained for variant, climb in climbs.items() if climb.sustained}

    async def sustains(self, variant: str, table: Table, rate: float) -> bool:
        """Whether a stack sustains a rate, this time or the next."""
        for _ in range(TRIES):
            if (await self.arrive("arrival rate", variant, table, rate)).sustained:
                return True
        return False

    # One turn

    async def sit(self, table: Table) -> None:
        """Put away the rounds of another table, and let every stack meet the players of this one."""
        self.rounds.clear()
        replayed: deque[Round] = deque()
        await self.signers.fill(replayed, table, self.host, min(REPLAYED, 10 * len(table.players)))
        self.replayed = list(replayed)
        warm = min(WARM_SECONDS, self.seconds)
        for variant in self.ports:
            await self.fill(table, self.most_per_second / 2, warm)
            await self.volley(variant, table).closed(min(TOGETHER, len(table.players)), warm)

    async def fill(self, table: Table, per_second: float, seconds: float) -> None:
        """Sign for a turn at this rate, if every request of it were a bet."""
        await self.signers.fill(
            self.rounds, table, self.host, round(per_second * seconds) + min(TOGETHER, len(table.players))
        )

    def in_turn(self, variants: list[str]) -> list[str]:
        """The variants, another one first each time."""
        self.turn += 1
        first = self.turn % max(1, len(variants))
        return variants[first:] + variants[:first]

    async def ask(self, name: str, variant: str, table: Table, *, together: int) -> Arrived:
        """A turn of so many requests at a time."""
        if variant != "null":
            await self.fill(table, self.most_per_second / (5 if together == 1 else 1), self.seconds)
        arrived = await self.volley(variant, table).closed(together, self.seconds)
        return await self.note(Found(name, variant, table.protocol, arrived, together=together))

    async def arrive(self, name: str, variant: str, table: Table, rate: float, turn: int = 0) -> Arrived:
        """A turn of requests at a rate."""
        if variant != "null":
            await self.fill(table, rate, self.seconds)
        arrived = await self.volley(variant, table).open(rate, self.seconds)
        return await self.note(Found(name, variant, table.protocol, arrived, turn=turn))

    def volley(self, variant: str, table: Table) -> Volley:
        """A run of requests at one stack."""
        rounds = itertools.cycle(self.replayed) if variant == "null" else drawn(self.rounds)
        return Volley(self.host, self.ports[variant], table.studio(), rounds)

    async def note(self, found: Found) -> Arrived:
        """Keep and tell what was found, and let the machine come to rest."""
        self.found.append(found)
        self.tell(line_of(point_of(found, {})) + beside(found))
        gc.collect()
        await asyncio.sleep(PAUSE_SECONDS)
        return found.arrived


def drawn(rounds: deque[Round]) -> Iterator[Round]:
    """Rounds that nobody has played, to the last."""
    while rounds:
        yield rounds.popleft()
