"""One run: play while things break, let everything recover, ask again what is in doubt, and judge.

It ends with a table and one JSON line; only a run in which nothing was lost, doubled or contradicted counts as good.
"""

import asyncio
import json
import shutil
import signal
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

import uvloop
from msgspec import Struct, field
from rich.console import Console

from bench.faults import books
from bench.faults.breaker import follow
from bench.faults.hand import Hand, Told
from bench.faults.model import Complaint, Model
from bench.faults.operations import Operation
from bench.faults.play import play
from bench.faults.readiness import Readiness, look, recovered
from bench.faults.scene import Scene
from bench.faults.schedule import Breakage
from bench.faults.servers import Servers
from bench.faults.stage import Crew, stage
from bench.faults.view import View, told_of
from bench.studios import STUDIOS
from bench.studios.contract import Act, Player
from gateway import logs
from gateway.sealing import new_master_key
from gateway.settings import Settings
from wallet.migrate import migrate
from wallet.verify import verify

AGAIN = 0.2
"""The share of acknowledged operations that is asked once more when everything is over."""

TOGETHER = 16
SHOWN = 20
VALKEY_AWAY = ("valkey gone", "valkey gone for a minute", "valkey silent")
LONG, LATE = 180.0, 60.0
"""In a run of so many seconds a request arrives so many seconds late, or more."""

LANDING = (Act.WIN, Act.ROLLBACK)


class Found(Struct):
    """Everything that a run came to."""

    seed: int
    seconds: float
    model: Model
    told: Told
    times: Counter[str]
    complaints: list[Complaint]
    readiness: Readiness
    drift: int
    complete: bool
    latest: float
    planned: Sequence[Breakage] = ()
    in_the_way: list[str] = field(default_factory=list)

    def line(self) -> dict[str, Any]:
        """The run as one object."""
        kinds = Counter(complaint.kind for complaint in self.complaints)
        landed = self.landed()
        return {
            "seed": self.seed,
            "minutes": round(self.seconds / 60, 2),
            "operations": len(self.model.operations) + len(self.model.deposits),
            "calls": self.told.calls,
            "acknowledged": sum(one.done for one in (*self.model.operations, *self.model.deposits)),
            "faults": dict(sorted(self.told.faults.items())),
            "latest_s": round(self.latest, 1),
            "breakages": dict(sorted(self.times.items())),
            "missed": self.missed(),
            "landed_without_valkey": landed,
            "recovered_s": self.readiness.recovered,
            "lost": kinds["lost"],
            "doubled": kinds["doubled"],
            "contradicted": kinds["contradicted"],
            "drift": self.drift,
            "complete": self.complete,
        }

    def landed(self) -> int:
        """Wins and what gives bets back, first acknowledged while Valkey was away."""
        return sum(self.told.during.get(kind, Counter())[act] for kind in VALKEY_AWAY for act in LANDING)

    def missed(self) -> list[str]:
        """What was planned and never hit anything."""
        return sorted({breakage.kind for breakage in self.planned if not self.times[breakage.kind]})

    def wrong(self) -> list[str]:
        """Which fields of the line are not as they must be; one that must not be empty is, where something should happen."""
        said = self.line()
        without_valkey = any(self.times[kind] for kind in VALKEY_AWAY)
        wrong = {
            "lost": said["lost"],
            "doubled": said["doubled"],
            "contradicted": said["contradicted"],
            "drift": said["drift"],
            "complete": not self.complete,
            "recovered_s": self.readiness.recovered is None,
            "acknowledged": not said["acknowledged"],
            "missed": said["missed"],
            "latest_s": self.seconds >= LONG and self.latest < LATE,
            "landed_without_valkey": without_valkey and not said["landed_without_valkey"],
        }
        return [name for name, true in wrong.items() if true]

    @property
    def holds(self) -> bool:
        """Whether everything is as it must be, and all that was to happen did."""
        return not self.wrong()


def run(console: Console, seed: int, minutes: float, planned: Sequence[Breakage]) -> int:
    """Everything on servers of its own; the exit code is 0 only where everything held."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that nothing is left behind
    folder = Path(tempfile.mkdtemp(prefix="bankroll-faults-"))
    folder.chmod(0o711)
    console.print(f"seed {seed}, {minutes:g} minutes; logs in {folder}", highlight=False)
    with ExitStack() as closing:
        logs.configure(stream=closing.enter_context((folder / "run.log").open("a", encoding="utf-8")))
        servers = Servers(folder)
        closing.callback(servers.stop)
        asyncio.run(migrate(servers.owner_url))
        settings = Settings(
            owner_url=servers.owner_url,
            database_url=servers.database_url,
            redis_url=servers.redis_url,
            master_keys=(new_master_key(),),
            directory=str(folder),
        )
        runner = closing.enter_context(asyncio.Runner(loop_factory=uvloop.new_event_loop))
        found = runner.run(
            played(settings, Crew(tuple(STUDIOS)), planned, seed, minutes * 60, folder, console, servers)
        )
    if found.holds:
        shutil.rmtree(folder, ignore_errors=True)
    return told_at_the_end(console, found)


def told_at_the_end(console: Console, found: Found) -> int:
    """Say what a run came to; the exit code is 0 only where everything held."""
    for complaint in found.complaints[:SHOWN]:
        console.print(f"[red]{complaint.kind}[/red]: ", complaint.words, highlight=False, soft_wrap=True)
    console.print(*told_of(found.planned, found.told, found.times))
    for line in found.in_the_way:
        console.print(f"tried again: {line}", highlight=False, soft_wrap=True)
    for name in found.wrong():
        console.print(f"not as it must be: {name}", highlight=False, soft_wrap=True)
    console.print(json.dumps(found.line()), highlight=False, soft_wrap=True)
    return 0 if found.holds else 1


async def played(
    settings: Settings,
    crew: Crew,
    planned: Sequence[Breakage],
    seed: int,
    seconds: float,
    folder: Path,
    console: Console,
    servers: Servers | None = None,
) -> Found:
    """Play and break for `seconds`, then recover, settle and judge."""
    assert settings.database_url
    async with stage(settings, crew, seed, folder, servers) as (scene, cashier, model, told):
        readiness, stop = Readiness(), asyncio.Event()
        looking = asyncio.create_task(look(scene.supervisors, readiness))
        began = perf_counter()
        with View(console, scene, model, told, readiness) as view:
            drawing = asyncio.create_task(view.follow())
            async with asyncio.TaskGroup() as group:
                for hand in scene.hands:
                    group.create_task(play(hand, stop))
                group.create_task(cashier.pay(stop))
                breaking = group.create_task(follow(scene, planned))
                await asyncio.sleep(seconds)
                await breaking
                whole = perf_counter()
                stop.set()
            complaints = await judged(scene, model, readiness, whole, Random(seed))
            looking.cancel()
            drawing.cancel()
            with suppress(asyncio.CancelledError):
                await drawing
        lasted = perf_counter() - began
    report = await verify(settings.database_url)
    return Found(
        seed,
        lasted,
        model,
        told,
        scene.times,
        complaints,
        readiness,
        report.drift,
        report.complete,
        max(line.latest for line in scene.lines),
        planned,
        scene.failed,
    )


async def judged(
    scene: Scene, model: Model, readiness: Readiness, whole: float, rng: Random
) -> list[Complaint]:
    """All being whole since a moment: let what is under way arrive, ask again what is in doubt, and compare the books."""
    await recovered(readiness, whole)
    for line in scene.lines:
        await line.settle()
    lost = model.lost(await books.of(scene.database_url))
    await settled(scene.hands, rng)
    return list(dict.fromkeys([*lost, *model.judge(await books.of(scene.database_url))]))


async def settled(hands: Sequence[Hand], rng: Random) -> None:
    """Ask again what is in doubt, and some of what is not, in no order at all."""
    asked = [
        (hand, operation, player)
        for hand in hands
        for operation, player in hand.sent
        if not operation.settled or (operation.done and rng.random() < AGAIN)
    ]
    rng.shuffle(asked)
    slots = asyncio.Semaphore(TOGETHER)

    async def one(hand: Hand, operation: Operation, player: Player) -> None:
        async with slots:
            await hand.settle(operation, player)

    await asyncio.gather(*(one(*each) for each in asked))
