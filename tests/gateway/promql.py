"""As much of Prometheus' language as our alerts use, evaluated on samples: what it does not know it refuses.

It reads an expression from left to right and computes as it goes.  A vector is a value by labels, without the metric's
name, as operators match them.  A counter may not fall here: no restart is played.
"""

import math
import operator
import re
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any, NamedTuple

Labels = frozenset[tuple[str, str]]
Vector = dict[Labels, float]
Points = list[tuple[float, float]]  # seconds ago, the oldest first; and the value then


class Series(NamedTuple):
    """One series: what it is called, and its value at any number of seconds ago."""

    name: str
    labels: Labels
    value: Callable[[float], float]


STEP_SECONDS = 60
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
TOKEN = re.compile(
    r'\s*([A-Za-z_]\w*|\d+(?:\.\d+)?(?:e\d+)?|"[^"]*"|=~|!~|!=|==|>=|<=|\[\d+[smhd]\]|[-+*/(){},=<>])'
)
LEVELS = (("or",), ("and", "unless"), ("==", "!=", ">", "<", ">=", "<="), ("+", "-"), ("*", "/"))
"""Operators, those that bind least first."""

ARITHMETIC = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
COMPARISON = {
    "==": operator.eq, "!=": operator.ne, ">": operator.gt, "<": operator.lt, ">=": operator.ge, "<=": operator.le,
}  # fmt: skip
MATCH = {
    "=": operator.eq,
    "!=": operator.ne,
    "=~": lambda found, wanted: re.fullmatch(wanted, found) is not None,
    "!~": lambda found, wanted: re.fullmatch(wanted, found) is None,
}


def evaluate(expression: str, series: Iterable[Series]) -> Vector:
    """The vector that an expression is now; an alert fires for each of its elements.  Raises `ValueError`."""
    reading = _Reading(expression, list(series))
    found = reading.binary(0)
    if reading.tokens or not isinstance(found, dict):
        raise ValueError(f"no vector, or more than one: {expression}")
    return found


class _Reading:
    def __init__(self, expression: str, series: list[Series]) -> None:
        self.series = series
        self.tokens = TOKEN.findall(expression)
        if re.sub(r"\s", "", expression) != "".join(re.sub(r"\s", "", token) for token in self.tokens):
            raise ValueError(f"not understood: {expression}")

    def take(self, *wanted: str) -> str:
        if not self.tokens or (wanted and self.tokens[0] not in wanted):
            raise ValueError(f"{wanted} expected before {self.tokens}")
        return self.tokens.pop(0)

    def comes(self, *words: str) -> bool:
        return bool(self.tokens) and self.tokens[0] in words

    def binary(self, level: int) -> Any:
        if level == len(LEVELS):
            return self.operand()
        left = self.binary(level + 1)
        while self.comes(*LEVELS[level]):
            left = applied(self.take(), left, self.binary(level + 1))
        return left

    def operand(self) -> Any:
        if self.comes("("):
            return self.bracketed()[0]
        word = self.take()
        if word[0].isdigit():
            return float(word)
        if word in GROUPED:
            by = self.names() if self.comes("by") else ()
            [inside] = self.bracketed()
            return grouped(GROUPED[word], by, inside)
        if word in FUNCTIONS:
            return FUNCTIONS[word](*self.bracketed())
        return self.selected(word)

    def bracketed(self) -> list[Any]:
        self.take("(")
        inside = [self.binary(0)]
        while self.comes(","):
            self.take(",")
            inside.append(self.binary(0))
        self.take(")")
        return inside

    def names(self) -> tuple[str, ...]:
        self.take("by")
        self.take("(")
        found = [self.take()]
        while self.take(",", ")") == ",":
            found.append(self.take())
        return tuple(found)

    def selected(self, name: str) -> Any:
        found = [one for one in self.series if one.name == name]
        if self.comes("{"):
            self.take("{")
            while not self.comes("}"):
                label, match, wanted = self.take(), MATCH[self.take(*MATCH)], self.take().strip('"')
                found = [one for one in found if match(dict(one.labels).get(label, ""), wanted)]
                if self.comes(","):
                    self.take(",")
            self.take("}")
        if not self.tokens or not self.tokens[0].startswith("["):
            return {one.labels: one.value(0) for one in found}
        window = self.take().strip("[]")
        seconds = int(window[:-1]) * UNITS[window[-1]]
        return {
            one.labels: [(ago, one.value(ago)) for ago in range(seconds, -1, -STEP_SECONDS)] for one in found
        }


def applied(sign: str, left: Any, right: Any) -> Any:
    """An operator on two vectors, or on a vector and a number; elements meet where all their labels are the same."""
    if sign in {"and", "or", "unless"}:
        kept = {labels: value for labels, value in left.items() if (labels in right) == (sign == "and")}
        return (
            left | {labels: right[labels] for labels in right if labels not in left} if sign == "or" else kept
        )
    if isinstance(left, float) and isinstance(right, float):
        return ARITHMETIC[sign](left, right)
    sides = [side for side in (left, right) if isinstance(side, dict)]
    met = [labels for labels in sides[0] if labels in sides[-1]]
    pairs = {
        labels: tuple(side[labels] if isinstance(side, dict) else side for side in (left, right))
        for labels in met
    }
    if sign in ARITHMETIC:
        return {labels: ARITHMETIC[sign](*pair) for labels, pair in pairs.items()}
    if sides[0] is not left:
        raise ValueError("a comparison keeps the element on its left")
    return {labels: pair[0] for labels, pair in pairs.items() if COMPARISON[sign](*pair)}


def grouped(function: Callable[[list[float]], float], by: tuple[str, ...], vector: Vector) -> Vector:
    """One element for each combination of these labels."""
    groups: dict[Labels, list[float]] = {}
    for labels, value in vector.items():
        groups.setdefault(frozenset(pair for pair in labels if pair[0] in by), []).append(value)
    return {labels: function(values) for labels, values in groups.items()}


def increase(ranges: dict[Labels, Points]) -> Vector:
    """How much counters rose."""
    for points in ranges.values():
        if any(later[1] < earlier[1] for earlier, later in pairwise(points)):
            raise ValueError("a counter fell")
    return {labels: points[-1][1] - points[0][1] for labels, points in ranges.items()}


def rate(ranges: dict[Labels, Points]) -> Vector:
    """How much counters rose in a second."""
    return {labels: rose / ranges[labels][0][0] for labels, rose in increase(ranges).items()}


def quantile_over_time(share: float, ranges: dict[Labels, Points]) -> Vector:
    """The value that this share of the time was not above; between two, what lies between."""

    def of(points: Points) -> float:
        values, place = sorted(value for _, value in points), share * (len(points) - 1)
        low, high = values[math.floor(place)], values[math.ceil(place)]
        return low + (high - low) * (place % 1)

    return {labels: of(points) for labels, points in ranges.items()}


def histogram_quantile(share: float, buckets: Vector) -> Vector:
    """The value that this share of what was observed is not above, as the buckets tell."""
    histograms: dict[Labels, list[tuple[float, float]]] = {}
    for labels, count in buckets.items():
        others = frozenset(pair for pair in labels if pair[0] != "le")
        histograms.setdefault(others, []).append((float(dict(labels)["le"]), count))

    def of(counts: list[tuple[float, float]]) -> float:
        under = below = 0.0  # the bound before, and how many are not above it
        wanted = share * max(count for _, count in counts)
        for bound, count in sorted(counts):
            if count >= wanted:
                part = (wanted - below) / (count - below)
                return under if bound == math.inf else under + (bound - under) * part
            under, below = bound, count
        raise ValueError("a histogram without its last bucket")

    return {labels: of(counts) for labels, counts in histograms.items()}


GROUPED: dict[str, Callable[[list[float]], float]] = {"sum": sum, "max": max}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "rate": rate,
    "increase": increase,
    "quantile_over_time": quantile_over_time,
    "histogram_quantile": histogram_quantile,
    "absent": lambda vector: {} if vector else {frozenset(): 1.0},
    "abs": lambda vector: {labels: abs(value) for labels, value in vector.items()},
}
