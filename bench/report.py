"""What is left of a benchmark: a table on the terminal, a JSON file, and a page with the same figures and their plots.

The results of one day on one sort of machine are one file: a part that is run again takes the place of its last run.
The page is whole in itself: no script, no style and no picture from elsewhere.  It measures nothing.
"""

import os
import platform
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from rich.console import Console
from rich.table import Table

from bench.interleaving import line_of
from bench.plots import svg
from bench.points import Point, Section

COLUMNS = (
    "what",
    "who",
    "with",
    "per second",
    "p50 ms",
    "p95 ms",
    "p99 ms",
    "max ms",
    "compared",
    "refused",
    "errors",
)
LEFT = 3
"""Columns of words; the others are figures."""

LONG = frozenset({"with", "compared"})
WIDE = 160
"""Characters that the table takes."""

STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto; padding: 0 1rem; color: #1b1f24 }
h1 { font-size: 1.5rem } h2 { font-size: 1.2rem; margin-top: 2.5rem } small, .beside { color: #57606a }
table { border-collapse: collapse; margin: 1rem 0 } th, td { padding: .2rem .7rem; border-bottom: 1px solid #d8dee4 }
th { text-align: left } td { text-align: right; font-variant-numeric: tabular-nums } td.word { text-align: left }
.wrong { color: #b3261e; font-weight: 600 } .plots { display: flex; flex-wrap: wrap; gap: 1.5rem }
@media (prefers-color-scheme: dark) { body { background: #14171a; color: #e2e6ea } th, td { border-color: #333a41 } }
"""


class Results(Struct):
    """A file of results."""

    machine: dict[str, str | int]
    sections: dict[str, Section]


def write(folder: Path, sections: Iterable[Section]) -> Path:
    """Write the results and the page beside them; returns where the results are."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{datetime.now(UTC):%Y-%m-%d}-{machine_name()}.json"
    results = Results(machine(), {})
    if path.exists():
        results.sections = msgspec.json.decode(path.read_bytes(), type=Results).sections
    results.sections.update({section.name: section for section in sections})
    path.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=1) + b"\n")
    path.with_suffix(".html").write_text(page(results), encoding="utf-8")
    return path


def machine() -> dict[str, str | int]:
    """What the figures were taken on, without a name that is anybody's."""
    return {
        "cores": os.cpu_count() or 1,
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "system": f"{platform.system()} {platform.release()}",
        "architecture": platform.machine(),
        "python": platform.python_version(),
    }


def machine_name() -> str:
    """The sort of machine, for a file's name."""
    return f"{platform.system()}-{platform.machine()}-{os.cpu_count()}-cores".lower()


def show(console: Console, section: Section) -> None:
    """Print a section as a table, or as lines where that is too wide, and whether its figures may be believed."""
    if console.is_terminal and console.width < WIDE:
        for point in section.points:
            console.print(line_of(point), highlight=False, markup=False)
    else:
        table = Table(title=section.name, title_justify="left")
        for number, name in enumerate(COLUMNS):
            table.add_column(name, justify="left" if number < LEFT else "right", no_wrap=name not in LONG)
        for point in section.points:
            table.add_row(*row(point))
        # A file or a pipe has no width that a table should be squeezed into.
        (console if console.is_terminal else Console(file=console.file, width=WIDE)).print(table)
    for line in [*(f"{name}: {told(value)}" for name, value in section.headline.items()), proven(section)]:
        console.print(line, highlight=False, soft_wrap=True)


def row(point: Point) -> tuple[str, ...]:
    """A point as words, by `COLUMNS`."""
    return (
        point.name,
        point.variant,
        ", ".join(f"{name} {told(value)}" for name, value in point.parameters.items()),
        told(point.rate),
        *(told(point.latencies_ms.get(name)) for name in ("p50", "p95", "p99", "max")),
        ", ".join(f"{found:.2f} of {variant}" for variant, found in point.ratios.items()),
        told(sum(point.refusals.values())),
        told(sum(point.errors.values())),
    )


def told(value: Any) -> str:
    """A figure in words: three digits are as many as are meant."""
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def proven(section: Section) -> str:
    """What became of the books."""
    state = "every proof complete" if section.complete else "PROOFS NOT FINISHED"
    return f"{section.postings:,} postings proven: drift {section.drift}, {state}"


def page(results: Results) -> str:
    """The page."""
    machine_told = ", ".join(f"{name} {value}" for name, value in results.machine.items())
    body = "".join(map(chapter, results.sections.values()))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Bankroll: benchmark</title>'
        f"<style>{STYLE}</style></head><body><h1>Bankroll: benchmark</h1>"
        f'<p class="beside">{escape(machine_told)}</p>{body}</body></html>\n'
    )


def chapter(section: Section) -> str:
    """A section of the page."""
    effort = section.effort
    how = (
        f"{section.began}; {effort.seconds:g} s a point in {effort.turns} turns, interleaved; rates are the median of the"
        " turns, ratios the median of the ratios turn by turn."
    )
    small = '<p class="wrong">A small run: it shows that everything runs, and measures nothing.</p>'
    mark = "" if section.holds else ' class="wrong"'
    return (
        f'<h2>{escape(section.name)}</h2><p class="beside">{escape(how)}</p>{small * effort.small}'
        f"<p{mark}>{escape(proven(section))}</p>"
        + grid(("figure", "value"), [(name, told(value)) for name, value in section.headline.items()], 1)
        + f'<div class="plots">{"".join(map(svg, section.charts))}</div>'
        + grid(COLUMNS, list(map(row, section.points)), LEFT)
        + more(section.points)
        + "".join(f"<p><small>{escape(note)}</small></p>" for note in section.notes)
        + grid(("Postgres setting", "value"), sorted(section.server.items()), 2)
    )


def more(points: Sequence[Point]) -> str:
    """What else was counted, and the words of refusals and errors."""
    rows: list[tuple[str, ...]] = []
    for point in points:
        else_counted = {**point.figures, **point.refusals, **point.errors}
        if else_counted:
            said = ", ".join(f"{name} {told(value)}" for name, value in else_counted.items())
            rows.append((*row(point)[:LEFT], said))
    return grid((*COLUMNS[:LEFT], "also counted"), rows, LEFT + 1) if rows else ""


def grid(columns: Sequence[str], rows: Sequence[tuple[str, ...]], words: int) -> str:
    """A table; the first `words` columns are words."""
    opening = ['<td class="word">'] * words + ["<td>"] * (len(columns) - words)
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    lines = [
        "".join(f"{opened}{escape(cell)}</td>" for opened, cell in zip(opening, one, strict=True))
        for one in rows
    ]
    return f"<table><tr>{head}</tr>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"
