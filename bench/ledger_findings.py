"""What the ledger's points say: its charts, and the figures that have targets.  It measures nothing."""

from collections.abc import Sequence

from bench.calls import Players
from bench.points import Chart, Point, Series
from wallet.ledger import LANES

BASELINES = ("floor", "one_by_one")
ALL = ("post", "post_many", *BASELINES)
"""Who takes turns."""

NOTES = [
    "post: many concurrent awaits of Ledger.post.",
    "post_many: requests of Ledger.post_many; a latency is a request's.",
    "one_by_one: wallet.post with one call a transaction over 16 connections.",
    "floor: a plain INSERT of the same journal and round rows, with the same indexes, checks and fillfactor.",
    "Closed loops: a latency is that of a caller among all callers, and says nothing of a gateway's.",
    "client_cpu_us: what the one process that calls costs on the same cores, making up its calls included.",
    "A rate counts what was posted, from the first call of a turn to the answer of its last.",
]
"""What a reader of the figures has to know."""


def charts(points: Sequence[Point]) -> list[Chart]:
    """Throughput against what can be counted."""
    return [
        Chart(
            f"Postings a second against {name}",
            name,
            "postings/s",
            [
                Series(
                    variant,
                    [float(point.parameters[name]) for point in found],
                    [point.rate for point in found],
                )
                for variant in ALL
                if (found := [one for one in points if (one.name, one.variant) == (name, variant)])
            ],
            log_x=True,
        )
        for name in ("batch size", "lanes")
    ]


def headline(points: Sequence[Point]) -> dict[str, float | None]:
    """The figures that have targets: in bulk and singly, at the bounds and lanes that a gateway has."""
    said: dict[str, float | None] = {}
    for short, variant in (("bulk", "post_many"), ("post", "post")):
        point = found(points, "lanes", variant, LANES)
        said[f"{short}_postings_per_s"] = point.rate if point else None
        said[f"{short}_of_floor"] = point.ratios.get("floor") if point else None
        said[f"{short}_times_one_by_one"] = point.ratios.get("one_by_one") if point else None
    serial = found(points, "players", "post", Players.ONE.value)
    said["one_player_postings_per_s"] = serial.rate if serial else None
    return said


def found(points: Sequence[Point], name: str, variant: str, varied: int | str) -> Point | None:
    """The point of that name."""
    for point in points:
        if (point.name, point.variant, point.parameters.get(name)) == (name, variant, varied):
            return point
    return None
