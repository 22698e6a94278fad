"""Charts as SVG, drawn by hand: axes, grid, lines, points and a legend, and nothing that has to be fetched.  Pure."""

import math
from collections.abc import Sequence
from html import escape

from bench.points import Chart, Series

WIDTH, FRAME = 560, 270
"""How wide a chart is, and how far down its frame ends: words of the axis and the legend stand below."""

LEFT, RIGHT, TOP = 70, 16, 40
ACROSS = 3
"""Series in a line of the legend."""

COLOURS = ("#0969da", "#bc4c00", "#1a7f37", "#8250df", "#bf3989", "#57606a", "#9a6700", "#0a7a7a", "#cf222e")
TICKS = 6
"""Most labels of an axis, or some more."""


class Axis:
    """One direction of a chart: values to places, and where the labels stand."""

    def __init__(self, values: Sequence[float], first: float, last: float, *, log: bool) -> None:
        self.log = log
        self.first, self.last = first, last
        found = [value for value in values if value > 0 or not log]
        self.low, self.high = (min(found), max(found)) if found else (1.0, 10.0)
        if not log:
            self.low = min(0.0, self.low)
        if self.high <= self.low:
            self.high = self.low * 2 if log else self.low + 1
        self.ticks = powers(self.low, self.high) if log else steps(self.low, self.high)
        self.low, self.high = min(self.low, self.ticks[0]), max(self.high, self.ticks[-1])

    def place(self, value: float) -> float:
        """Where a value stands, in pixels."""
        if self.log:
            share = math.log(max(value, self.low) / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return round(self.first + share * (self.last - self.first), 1)


def steps(low: float, high: float) -> list[float]:
    """Round values from `low` to beyond `high`."""
    rough = (high - low) / (TICKS - 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * nice for nice in (1, 2, 5, 10) if power * nice >= rough)
    first = math.floor(low / step)
    return [round(number * step, 12) for number in range(first, math.ceil(high / step) + 1)]


def powers(low: float, high: float) -> list[float]:
    """Powers of ten from below `low` to beyond `high`; of two, where the values lie close together."""
    base = 10.0 if high / low > 20 else 2.0
    first, last = (
        math.floor(math.log(low, base) + 1e-9),
        math.ceil(math.log(high, base) - 1e-9),
    )
    return [base**number for number in range(first, max(last, first + 1) + 1)]


def label(value: float) -> str:
    """A tick in few characters."""
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def svg(chart: Chart) -> str:
    """The chart, whole in itself."""
    across = Axis([x for one in chart.series for x in one.xs], LEFT, WIDTH - RIGHT, log=chart.log_x)
    upward = Axis([y for one in chart.series for y in one.ys], FRAME, TOP, log=chart.log_y)
    height = FRAME + 50 + 18 * math.ceil(len(chart.series) / ACROSS)
    middle = (LEFT + WIDTH - RIGHT) / 2
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
        f' role="img" aria-label="{escape(chart.title)}" font-family="system-ui, sans-serif" font-size="12"'
        ' fill="currentColor">'
    )
    parts = [
        opening,
        text(middle, 16, chart.title, "middle", bold=True),
        *grid_lines(across, upward),
        text(middle, FRAME + 36, chart.x, "middle"),
        text(LEFT, TOP - 12, chart.y, "end"),
    ]
    for number, series in enumerate(chart.series):
        colour = COLOURS[number % len(COLOURS)]
        parts += line(series, across, upward, colour)
        left = LEFT + number % ACROSS * (WIDTH - LEFT - RIGHT) / ACROSS
        down = FRAME + 48 + 18 * (number // ACROSS)
        parts.append(f'<rect x="{left:.1f}" y="{down}" width="10" height="10" fill="{colour}"/>')
        parts.append(text(left + 14, down + 9, series.label, "start"))
    return "".join([*parts, "</svg>"])


def grid_lines(across: Axis, upward: Axis) -> list[str]:
    """Ticks and their lines, in both directions."""
    parts: list[str] = []
    for tick in across.ticks:
        x = across.place(tick)
        parts.append(stroke(x, upward.first, x, upward.last))
        parts.append(text(x, FRAME + 16, label(tick), "middle"))
    for tick in upward.ticks:
        y = upward.place(tick)
        parts.append(stroke(across.first, y, across.last, y))
        parts.append(text(LEFT - 6, y + 4, label(tick), "end"))
    return parts


def line(series: Series, across: Axis, upward: Axis, colour: str) -> list[str]:
    """A series: its line, and a dot for every value, which says it when pointed at."""
    places = [(across.place(x), upward.place(y)) for x, y in zip(series.xs, series.ys, strict=True)]
    joined = " ".join(f"{x},{y}" for x, y in places)
    dots = [
        f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"><title>{escape(series.label)}: {ours:g}, {value:,.6g}</title>'
        "</circle>"
        for (x, y), ours, value in zip(places, series.xs, series.ys, strict=True)
    ]
    return [f'<polyline points="{joined}" fill="none" stroke="{colour}" stroke-width="2"/>', *dots]


def stroke(x1: float, y1: float, x2: float, y2: float) -> str:
    """A line of the grid."""
    return f'<path d="M{x1} {y1}L{x2} {y2}" stroke="currentColor" stroke-opacity=".15"/>'


def text(x: float, y: float, words: str, anchor: str, *, bold: bool = False) -> str:
    """Words at a place."""
    weight = ' font-weight="600"' * bold
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{weight}>{escape(words)}</text>'
