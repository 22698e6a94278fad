"""What a benchmark says: points, charts and sections, plain data, and the arithmetic that makes points of turns.

Contenders take turns (A B C A B C …) so that whatever else the machine does meets all of them.  A ratio is the median
of the ratios within each round of turns, never one figure of a morning over one of an afternoon.  It measures nothing.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from msgspec import Struct

from bench.latency import Latencies

PERCENTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "p99_9": 0.999, "max": 1.0}

Tell = Callable[[str], None]
"""Takes a line of progress."""


class Effort(Struct, frozen=True):
    """How much is done for one point."""

    seconds: float = 5.0  # in all its turns together
    turns: int = 3
    small: bool = False  # shows that everything runs, and measures nothing

    @property
    def turn_seconds(self) -> float:
        """How long one turn lasts."""
        return self.seconds / self.turns


@dataclass
class Turn:
    """What one contender did in one turn.  What was refused or failed is in no rate and no latency."""

    count: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0  # of the client's process, the contender's own code in it
    latencies: Latencies = field(default_factory=Latencies)
    refusals: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)

    @property
    def rate(self) -> float:
        """Done per second."""
        return self.count / self.seconds if self.seconds > 0 else 0.0


@dataclass(frozen=True)
class Contender:
    """Somebody who takes turns: `name` is what is measured, `variant` who does it."""

    name: str
    variant: str
    parameters: dict[str, Any]
    turn: Callable[[float], Awaitable[Turn]]  # seconds to go on for; it does something even for 0
    more: Callable[[], dict[str, Any]] = dict  # further parameters, known at the end


class Point(Struct, frozen=True):
    """One measured figure.  `ratios` are against other variants of the same turns, by their name."""

    name: str
    variant: str
    parameters: dict[str, Any]
    count: int
    seconds: float
    rates: tuple[float, ...]  # per second, of each turn
    rate: float  # their median
    latencies_ms: dict[str, float]  # by the names of `PERCENTILES`; empty where none were taken
    refusals: dict[str, int]
    errors: dict[str, int]
    ratios: dict[str, float]
    figures: dict[str, float] = {}  # whatever else was counted, by names that carry their unit


class Series(Struct, frozen=True):
    """A line of a chart."""

    label: str
    xs: list[float]
    ys: list[float]


class Chart(Struct, frozen=True):
    """A plot: `x` and `y` name its axes."""

    title: str
    x: str
    y: str
    series: list[Series]
    log_x: bool = False
    log_y: bool = False


class Section(Struct, frozen=True, kw_only=True):
    """One part of a run: all that it measured, and whether the books were in order afterwards."""

    name: str
    began: str  # ISO 8601, UTC
    effort: Effort
    points: list[Point]
    charts: list[Chart]
    headline: dict[str, float | None]
    postings: int  # in the journal when the books were proven
    drift: int
    complete: bool  # every proof came to its end
    server: dict[str, str]  # the settings of Postgres that decide what a commit is worth
    notes: list[str] = []

    @property
    def errors(self) -> int:
        """What failed, over all points."""
        return sum(sum(point.errors.values()) for point in self.points)

    @property
    def refusals(self) -> int:
        """What was refused, over all points."""
        return sum(sum(point.refusals.values()) for point in self.points)

    @property
    def holds(self) -> bool:
        """Whether its figures may be believed: nothing failed, and the books are proven."""
        return self.complete and self.drift == 0 and self.errors == 0


def percentiles(latencies: Latencies) -> dict[str, float]:
    """Milliseconds by the names of `PERCENTILES`; empty where there are none."""
    if not latencies.total:
        return {}
    return {name: round(latencies.percentile(share) * 1000, 3) for name, share in PERCENTILES.items()}


def ratio(rates: Sequence[float], others: Sequence[float]) -> float | None:
    """The median of the ratios turn by turn; None where the others did nothing."""
    pairs = [(one, other) for one, other in zip(rates, others, strict=True) if other > 0]
    return median(one / other for one, other in pairs) if pairs else None


def points_of(
    contenders: Sequence[Contender], turns: Sequence[Sequence[Turn]], baselines: Sequence[str]
) -> list[Point]:
    """One point per contender, compared with those whose variant is among `baselines`."""
    rates = [[turn.rate for turn in own] for own in turns]
    points: list[Point] = []
    for contender, own, ours in zip(contenders, turns, rates, strict=True):
        compared = {
            other.variant: found
            for other, theirs in zip(contenders, rates, strict=True)
            if other.variant in baselines and other is not contender
            if (found := ratio(ours, theirs)) is not None
        }
        latencies, refusals, errors = Latencies(), Counter[str](), Counter[str]()
        for turn in own:
            latencies.include(turn.latencies)
            refusals += turn.refusals
            errors += turn.errors
        done = sum(turn.count for turn in own)
        busy = sum(turn.cpu_seconds for turn in own)
        points.append(
            Point(
                name=contender.name,
                variant=contender.variant,
                parameters=contender.parameters | contender.more(),
                count=done,
                seconds=round(sum(turn.seconds for turn in own), 3),
                rates=tuple(round(rate, 1) for rate in ours),
                rate=round(median(ours), 1) if ours else 0.0,
                latencies_ms=percentiles(latencies),
                refusals=dict(refusals),
                errors=dict(errors),
                ratios={variant: round(found, 3) for variant, found in compared.items()},
                figures={"client_cpu_us": round(busy / done * 1e6, 1)} if done and busy else {},
            )
        )
    return points
