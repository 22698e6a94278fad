"""The arithmetic of benchmarks: medians of turns, ratios turn by turn, and turns that interleave."""

from collections import Counter

from bench.interleaving import interleaved, line_of
from bench.latency import Latencies
from bench.points import Contender, Effort, Section, Turn, percentiles, points_of, ratio


def turn_of(count: int, seconds: float = 1.0, **counted: Counter[str]) -> Turn:
    return Turn(count, seconds, **counted)


def contender(variant: str, log: list[str] | None = None) -> Contender:
    async def turn(seconds: float) -> Turn:
        assert log is not None
        log.append(f"{variant} {seconds:g}")
        return turn_of(10 if variant == "ours" else 20)

    return Contender("speed", variant, {"lanes": 2}, turn, lambda: {"mean_batch": 7.5})


def test_a_ratio_is_of_the_same_moment() -> None:
    """A machine that halves its speed midway changes no ratio, though it changes every rate."""
    assert ratio([100, 50, 100], [200, 100, 200]) == 0.5
    assert ratio([100, 50, 30], [200, 100, 20]) == 0.5


def test_nothing_is_compared_with_nothing() -> None:
    """A baseline that did nothing gives no ratio, and one idle turn of it is left out."""
    assert ratio([100, 50], [0, 0]) is None
    assert ratio([100, 50], [0, 100]) == 0.5


def test_percentiles_are_of_the_whole_distribution() -> None:
    """Two per cent exact, the largest itself, and nothing where nothing was measured."""
    latencies = Latencies()
    for number in range(1, 1001):
        latencies.add(number / 1000)
    found = percentiles(latencies)
    for name, expected in (("p50", 500), ("p95", 950), ("p99", 990), ("p99_9", 999)):
        assert abs(found[name] / expected - 1) < 0.021, name
    assert found["max"] == 1000
    assert percentiles(Latencies()) == {}


def test_distributions_are_added_up() -> None:
    """Latencies of several turns are one distribution."""
    first, second, both = Latencies(), Latencies(), Latencies()
    for number in range(1, 100):
        (first if number % 3 else second).add(number / 100)
        both.add(number / 100)
    first.include(second)
    assert (first.counts, first.total, first.longest) == (both.counts, both.total, both.longest)


def test_a_point_is_the_median_of_its_turns() -> None:
    """Rates are the turns' median, counts and refusals their sums, ratios only against baselines and never itself."""
    ours = [turn_of(100), turn_of(30, 0.1), turn_of(90, refusals=Counter(late=2), errors=Counter(lost=1))]
    floor = [turn_of(200), turn_of(500, 1.0), turn_of(200)]
    first, second = points_of([contender("ours"), contender("floor")], [ours, floor], ["floor"])
    assert (first.rate, first.rates, first.count, first.seconds) == (100.0, (100.0, 300.0, 90.0), 220, 2.1)
    assert first.parameters == {"lanes": 2, "mean_batch": 7.5}
    assert (first.refusals, first.errors, first.ratios) == ({"late": 2}, {"lost": 1}, {"floor": 0.5})
    assert (second.rate, second.ratios) == (200.0, {})
    assert (first.figures, second.figures) == ({}, {})
    assert "100/s  0.50 of floor  refused 2  ERRORS 1" in line_of(first)


def test_what_the_client_costs_is_said() -> None:
    """Microseconds of the client's process for each that was done, over all turns."""
    turns = [Turn(100, 1.0, cpu_seconds=0.5), Turn(300, 1.0, cpu_seconds=0.3)]
    [point] = points_of([contender("ours")], [turns], [])
    assert point.figures == {"client_cpu_us": 2000.0}


async def test_turns_interleave() -> None:
    """Everybody warms up, then they go round, never one after itself, and each leads a round."""
    log: list[str] = []
    told: list[str] = []
    contenders = [contender("ours", log), contender("floor", log)]
    await interleaved(contenders, Effort(seconds=6.0, turns=2), told.append, ["floor"])
    assert log == ["ours 0", "floor 0", "ours 3", "floor 3", "floor 3", "ours 3"]
    assert len(told) == 2


def section(**changed: object) -> Section:
    [point] = points_of([contender("ours")], [[turn_of(5, errors=changed.pop("errors", Counter()))]], [])
    given = {"drift": 0, "complete": True} | changed
    return Section(
        name="ledger",
        began="",
        effort=Effort(),
        points=[point],
        charts=[],
        headline={},
        postings=5,
        server={},
        **given,
    )


def test_figures_hold_only_over_proven_books() -> None:
    """Drift, an unfinished proof or one error makes all figures worthless."""
    assert section().holds
    assert not section(drift=1).holds
    assert not section(complete=False).holds
    assert not section(errors=Counter(lost=1)).holds
