"""`bankroll bench`: runs the parts of a benchmark one after the other, tells their figures, and writes the results.

The last line that it prints is one JSON object.  The exit code is 0 only where nothing failed and the books were
proven: a fast ledger that drifts is worth nothing.  It judges no speed.
"""

import json
from collections.abc import Sequence
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from time import monotonic
from typing import Any

from rich.console import Console

from bench import report
from bench.points import Effort, Section, Tell
from gateway.servers import served
from gateway.settings import Settings

PARTS = {"ledger": "bench.ledger", "gateway": "bench.gateway"}
"""The module of each part: its `run(settings, effort, tell)` measures, and answers a `Section`."""

LONG = {"history": "bench.history", "soak": "bench.soak"}
"""Parts that take long: they run where they are named."""

RESULTS = Path("bench/results")


def run(settings: Settings, names: Sequence[str], effort: Effort, results: Path = RESULTS) -> int:
    """Run the parts of these names, or all, on the servers that the settings name or on embedded ones."""
    console = Console()
    with ExitStack() as closing:
        settings = closing.enter_context(served(settings, console.print, sealing=True))
        sections: list[Section] = []
        for name in names or PARTS:
            part = import_module((PARTS | LONG)[name])
            with Telling(console, name) as tell:
                sections.append(part.run(settings, effort, tell))
            report.show(console, sections[-1])
    path = report.write(results, sections)
    console.print(
        f"Written: {path} and {path.with_suffix('.html').name} beside it", highlight=False, soft_wrap=True
    )
    console.print(json.dumps(summed(sections, path)), highlight=False, soft_wrap=True)
    return 0 if all(section.holds for section in sections) else 1


def summed(sections: Sequence[Section], path: Path) -> dict[str, Any]:
    """The last line: the figures that have targets, and what stands beside them."""
    return {
        **{section.name: section.headline for section in sections},
        "errors": sum(section.errors for section in sections),
        "refusals": sum(section.refusals for section in sections),
        "drift": sum(section.drift for section in sections),
        "complete": all(section.complete for section in sections),
        "file": str(path),
    }


class Telling:
    """Lines of progress; on a terminal, below them, how long it has been going on."""

    def __init__(self, console: Console, name: str) -> None:
        self.console, self.name = console, name
        self.began = monotonic()
        self.status = console.status(f"{name} …") if console.is_terminal else None

    def __enter__(self) -> Tell:
        if self.status:
            self.status.start()
        return self.tell

    def __exit__(self, *_: object) -> None:
        if self.status:
            self.status.stop()

    def tell(self, line: str) -> None:
        """Say it, and when."""
        passed = f"{monotonic() - self.began:4.0f} s"
        self.console.print(f"{passed}  {line}", highlight=False, soft_wrap=True, markup=False)
        if self.status:
            self.status.update(f"{self.name}, {passed} …")
