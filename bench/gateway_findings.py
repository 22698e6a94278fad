"""What the runs at the gateway say: points beside their baselines, charts, and the figures that have targets.

Pure: it measures nothing.
"""

from collections import defaultdict
from collections.abc import Sequence
from statistics import median
from typing import Any

from msgspec import Struct

from bench.arrived import Arrived
from bench.latency import Latencies
from bench.points import Chart, Point, Series, percentiles

OURS = "bankroll"
BASELINES = ("null", "naive")
COMPARED = ("serial", "capacity", "maximum")
"""What a ratio is told of: each variant's own best, not the same arrival rate for all."""

DISTRIBUTED = ("half", "maximum")
TAIL = (2, 5, 10, 20, 50, 100, 200, 500, 1_000)
"""One in so many is slower."""

NOTES = [
    (
        "Requests are signed ahead, by processes that rest while a turn is measured; the generator's own work "
        "(client_cpu_us for each answer) is on the same cores as the gateway."
    ),
    "A latency counts from the moment a request was due; of what was shed also from the moment it was sent.",
    (
        "sustained: 97 % accepted within 150 ms of the last arrival, p95 below 150 ms, no growing queue, no error; "
        "a rate that fails is tried once more."
    ),
    (
        "half, maximum, double: of the first protocol each stack is asked three times, in turns; the last line has the medians, "
        "and of ratios the median of those within each turn."
    ),
    (
        "null and naive run the gateway's own stack, protocols and number of processes and keep no exchange; null finds no "
        "session and posts nothing; naive asks Redis once and has a transaction for each call."
    ),
    "unsent: due, but every connection was still waiting for an answer.",
]


class Found(Struct, frozen=True):
    """What one turn of one stack came to."""

    name: str  # serial, capacity, arrival rate, half, maximum, double
    variant: str
    protocol: str
    arrived: Arrived
    together: int = 0  # requests at a time, where it was not a rate
    turn: int = 0  # of those that half, maximum and double were asked in

    @property
    def intended(self) -> float:
        """The arrival rate."""
        return self.arrived.intended / self.arrived.seconds if self.arrived.seconds > 0 else 0.0


def points_of(found: Sequence[Found]) -> list[Point]:
    """A point of each turn; where stacks are compared, beside the baselines of the same name and protocol."""
    return [point_of(one, ratios_of(one, found)) for one in found]


def point_of(one: Found, ratios: dict[str, float]) -> Point:
    """One turn as a point."""
    arrived = one.arrived
    asked: dict[str, Any] = {"together": one.together} if one.together else {"rate": round(one.intended)}
    shed = arrived.shed.total
    return Point(
        name=one.name,
        variant=one.variant,
        parameters={"protocol": one.protocol} | asked,
        count=arrived.in_time,
        seconds=round(arrived.seconds, 3),
        rates=(round(arrived.rate, 1),),
        rate=round(arrived.rate, 1),
        latencies_ms=percentiles(arrived.accepted),
        refusals=dict(arrived.refusals) | ({"temporary error": shed} if shed else {}),
        errors=dict(arrived.errors),
        ratios=ratios,
        figures=figures_of(one),
    )


def figures_of(one: Found) -> dict[str, float]:
    """What else was counted."""
    arrived = one.arrived
    figures = {
        "intended_per_s": round(one.intended, 1),
        "sustained": float(arrived.sustained),
        "unsent": float(arrived.unsent),
        "shed_share": round(arrived.shed.total / max(1, arrived.intended), 4),
        "client_cpu_us": round(arrived.generator_seconds / max(1, arrived.answered) * 1e6, 1),
    }
    for latencies, since in ((arrived.shed, "due"), (arrived.shed_after_sending, "sent")):
        figures |= {f"shed_{name}_ms_since_{since}": ms for name, ms in percentiles(latencies).items()}
    return figures


def ratios_of(one: Found, found: Sequence[Found]) -> dict[str, float]:
    """Its rate over that of each baseline."""
    if one.name not in COMPARED:
        return {}
    return {
        other.variant: round(one.arrived.rate / other.arrived.rate, 3)
        for other in found
        if (other.name, other.protocol, other.turn) == (one.name, one.protocol, one.turn)
        and other.variant in BASELINES
        and other.variant != one.variant
        and other.arrived.rate > 0
    }


def headline(found: Sequence[Found]) -> dict[str, float | None]:
    """The figures that have targets, by protocol, each the median of its turns; a stack that sustained no rate has none."""
    said = defaultdict[str, list[float]](list)
    turns = dict.fromkeys((one.protocol, one.turn) for one in found)
    for protocol, turn in turns:
        ours = {
            one.name: one for one in found if (one.variant, one.protocol, one.turn) == (OURS, protocol, turn)
        }
        best, half, double = ours.get("maximum"), ours.get("half"), ours.get("double")
        if best is not None:
            said[f"{protocol}_per_s"].append(best.arrived.rate)
            for baseline, ratio in ratios_of(best, found).items():
                said[f"{protocol}_of_{baseline}"].append(ratio)
            said[f"{protocol}_p95_ms_at_maximum"].append(milliseconds(best.arrived.accepted, 0.95))
        if half is not None:
            said[f"{protocol}_p95_ms_at_half"].append(milliseconds(half.arrived.accepted, 0.95))
            said[f"{protocol}_p99_ms_at_half"].append(milliseconds(half.arrived.accepted, 0.99))
        if best is not None and double is not None and best.arrived.rate > 0:
            said[f"{protocol}_kept_at_double"].append(double.arrived.rate / best.arrived.rate)
            said[f"{protocol}_turned_away_p95_ms"].append(
                milliseconds(double.arrived.shed_after_sending, 0.95)
            )
        if "serial" in ours:
            said["serial_per_s"].append(ours["serial"].arrived.rate)
    return {name: round(median(figures), 3) for name, figures in said.items()}


def charts(found: Sequence[Found]) -> list[Chart]:
    """Throughput and latency against arrival rate, and how latencies are distributed, of each protocol."""
    made = []
    for protocol in protocols_of(found):
        here = [one for one in found if one.protocol == protocol and not one.together]
        for title, y, log_y in (
            ("Accepted against arriving", "accepted in time, per second", False),
            ("p95 against arrival rate", "p95 from when it was due, ms", True),
        ):
            series = [rising(here, variant, latency=log_y) for variant in (OURS, *BASELINES)]
            made.append(Chart(f"{title}: {protocol}", "arriving per second", y, series, log_y=log_y))
        tails = [tail(one) for one in here if one.name in DISTRIBUTED and one.arrived.accepted.total]
        made.append(
            Chart(
                f"Latency distribution: {protocol}",
                "one request in so many is slower",
                "from when it was due, ms",
                tails,
                log_x=True,
                log_y=True,
            )
        )
    return made


def rising(found: Sequence[Found], variant: str, *, latency: bool) -> Series:
    """One stack's line over the arrival rates that it met."""
    turns = sorted(
        (one for one in found if one.variant == variant and one.arrived.accepted.total),
        key=lambda one: one.intended,
    )
    ys = [milliseconds(one.arrived.accepted, 0.95) if latency else one.arrived.rate for one in turns]
    return Series(variant, [one.intended for one in turns], ys)


def tail(one: Found) -> Series:
    """How slow the slowest are."""
    xs = [float(many) for many in TAIL if many <= one.arrived.accepted.total]
    ys = [milliseconds(one.arrived.accepted, 1 - 1 / many) for many in xs]
    return Series(f"{one.variant}, {one.name} ({one.intended:,.0f}/s)", xs, ys)


def protocols_of(found: Sequence[Found]) -> list[str]:
    """The protocols that were played, in their order."""
    return list(dict.fromkeys(one.protocol for one in found))


def beside(one: Found) -> str:
    """What is told of a turn behind its rate."""
    times = " / ".join(f"{milliseconds(one.arrived.accepted, share):.1f}" for share in (0.5, 0.95, 0.99))
    kept = "" if one.together or one.arrived.sustained else "  not sustained"
    return f"  p50 / p95 / p99 {times} ms{kept}"


def milliseconds(latencies: Latencies, share: float) -> float:
    """A percentile."""
    return round(latencies.percentile(share) * 1000, 3)
