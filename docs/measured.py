# ruff: noqa: INP001 - a script beside what it writes
"""docs/measured.md and its plots: the figures of one run of every benchmark, as docs/measured.json holds them.

That file is the results of a run (``bench/results``), copied here once they are worth keeping.  It measures nothing.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from bench.plots import svg
from bench.points import Chart, Section
from bench.report import Results, proven, row, told

FOLDER = Path(__file__).resolve().parent
SHOWN = {
    "gateway": frozenset({"serial", "capacity", "half", "maximum", "double"}),  # the climb is in its plots
    "soak": frozenset[str](),  # sixty alike
}
GREY = "#768390"
"""Words and axes of a plot that stands on a white page or on a black one."""

HEAD = """\
What each figure is, and what bounds it, is told in [performance.md](performance.md). The load generator runs on the same
cores. This page and its plots are generated from `measured.json` (`make docs`)."""


def results() -> Results:
    """What was measured."""
    return msgspec.json.decode((FOLDER / "measured.json").read_bytes(), type=Results)


def page() -> str:
    """The page."""
    found = results()
    machine = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in found.machine.items())
    parts = [
        "# Measured",
        f"One run of each benchmark on one machine: {machine}.",
        HEAD,
    ]
    for name, section in found.sections.items():
        parts += chapter(name, section)
    return "\n\n".join(parts) + "\n"


def chapter(name: str, section: Section) -> Iterator[str]:
    """One benchmark: its headline, its plots, its figures."""
    yield f"## {name}"
    yield f"{section.began}, {section.effort.seconds:g} s a point. {proven(section)}."
    yield table(
        ("figure", "value"),
        [(figure.replace("_", " "), told(value)) for figure, value in section.headline.items()],
    )
    yield "\n".join(f"![{chart.title}](measured/{file_of(name, chart)})" for chart in section.charts)
    wanted = SHOWN.get(name)
    rows = [row(point) for point in section.points if wanted is None or point.name in wanted]
    if rows:
        yield table(
            ("what", "who", "with", "per s", "p50 ms", "p95 ms", "p99 ms", "compared", "refused"), rows
        )
    yield (
        "Postgres: " + ", ".join(f"`{key}` {value or 'none'}" for key, value in section.server.items()) + "."
    )


def table(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A table of the page."""
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (columns, ["---"] * len(columns), *rows))


def file_of(section: str, chart: Chart) -> str:
    """The file of a plot."""
    return re.sub(r"[^a-z0-9]+", "-", f"{section} {chart.title}".lower()).strip("-") + ".svg"


def plots() -> dict[str, Callable[[], str]]:
    """Every plot, by the file that it is."""

    def drawn(chart: Chart) -> Callable[[], str]:
        return lambda: svg(chart).replace("currentColor", GREY) + "\n"

    return {
        f"measured/{file_of(name, chart)}": drawn(chart)
        for name, section in results().sections.items()
        for chart in section.charts
    }
