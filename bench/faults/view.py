"""What a person sees of a run: a table that changes every second, or plain lines without a terminal; and the end."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from time import perf_counter

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.faults.hand import Told
from bench.faults.model import Model
from bench.faults.readiness import Readiness
from bench.faults.scene import Scene
from bench.faults.schedule import Breakage
from bench.screen import Screen

EVERY = 1.0


class View(Screen):
    """Draws a run once a second."""

    def __init__(
        self, console: Console, scene: Scene, model: Model, told: Told, readiness: Readiness
    ) -> None:
        super().__init__(console)
        self.scene = scene
        self.model = model
        self.told = told
        self.readiness = readiness
        self.began = perf_counter()

    async def follow(self) -> None:
        """Draw until cancelled."""
        while True:
            await asyncio.sleep(EVERY)
            self.draw()

    def draw(self) -> None:
        """Show where the run is."""
        told, broken = self.told, [kind for kind, times in self.scene.broken.items() if times]
        faults = sum(times for way, times in told.faults.items() if way != "none")
        head = (
            f"{perf_counter() - self.began:5.0f} s  operations {len(self.model.operations)}  calls {told.calls}  "
            f"acknowledged {told.acknowledged}  faults {faults}  breakages {sum(self.scene.times.values())}  "
            f"{'ready' if self.readiness.in_a_row else 'not ready'}"
        )
        now = f"broken: {', '.join(broken)}" if broken else ""
        self.show(head, lambda: (Text(now), *told_of((), told, self.scene.times)), now)


def told_of(planned: Sequence[Breakage], told: Told, times: Counter[str]) -> list[Table]:
    """What was broken and what landed meanwhile; what requests met."""
    broken = Table("what was broken", title="Breakages, and what was first acknowledged while they lasted")
    for name in ("planned", "times", "bets", "wins", "rollbacks"):
        broken.add_column(name, justify="right")
    for kind in sorted({*times, *(breakage.kind for breakage in planned)}):
        during = told.during.get(kind, Counter[str]())
        how_many = sum(breakage.kind == kind for breakage in planned)
        broken.add_row(
            kind, str(how_many), str(times[kind]), *(str(during[act]) for act in ("bet", "win", "rollback"))
        )
    ways = Table("on the line", title="What requests met on their way")
    ways.add_column("times", justify="right")
    for way, count in sorted(told.faults.items()):
        ways.add_row(way, str(count))
    return [broken, ways]
