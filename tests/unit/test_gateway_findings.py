"""What the turns at the gateway come to: ratios of one turn, medians of several."""

from bench.arrived import Arrived
from bench.gateway_findings import Found, headline, points_of


def found(name: str, variant: str, turn: int, in_time: int) -> Found:
    """A second in which so many were accepted, and a request turned away after 20 ms."""
    arrived = Arrived(intended=in_time, seconds=1.0, in_time=in_time)
    arrived.accepted.add(0.010 * (turn + 1))
    arrived.shed_after_sending.add(0.020)
    return Found(name, variant, "bogus", arrived, turn=turn)


TURNS = [
    found(name, variant, turn, in_time)
    for turn, rates in enumerate(((100, 90, 200), (50, 50, 200), (300, 150, 400)))
    for name, variant, in_time in zip(
        ("maximum", "double", "maximum"), ("bankroll", "bankroll", "null"), rates, strict=True
    )
]


def test_the_headline_has_the_median_of_the_turns_and_of_the_ratios_within_each() -> None:
    """No figure of one turn is compared with one of another."""
    said = headline(TURNS)
    assert said["bogus_per_s"] == 100
    assert said["bogus_of_null"] == 0.5
    assert said["bogus_kept_at_double"] == 0.9
    assert said["bogus_turned_away_p95_ms"] is not None
    assert 19 < said["bogus_turned_away_p95_ms"] < 21
    assert said["bogus_p95_ms_at_maximum"] is not None
    assert 19 < said["bogus_p95_ms_at_maximum"] < 21


def test_a_stack_that_sustained_nothing_has_no_figure() -> None:
    """It is not said to have reached nothing."""
    assert headline([one for one in TURNS if one.variant == "null"]) == {}


def test_a_point_stands_beside_the_baselines_of_its_own_turn() -> None:
    """Its ratio is against what they did in the same minute."""
    ratios = [
        point.ratios for point in points_of(TURNS) if (point.name, point.variant) == ("maximum", "bankroll")
    ]
    assert ratios == [{"null": 0.5}, {"null": 0.25}, {"null": 0.75}]
