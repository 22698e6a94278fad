"""The comparison of the pure parts' costs with those that are stored."""

from bench.pure import compared, multiples_of, seconds_of, slower

WRITTEN = {
    "benchmarks": [
        {"name": "quick", "stats": {"median": 4e-6}, "extra_info": {"multiple": 0.5, "pieces": 2}},
        {"name": "late", "stats": {"median": 9e-6}, "extra_info": {"multiple": 3.2, "pieces": 1}},
        {"name": "new", "stats": {"median": 1e-6}, "extra_info": {"multiple": 7.0, "pieces": 1}},
    ]
}


def test_what_costs_half_as_much_again_is_slower() -> None:
    """By its cost in yardsticks and not by its time; what is new is compared with nothing."""
    ratios = compared(multiples_of(WRITTEN), {"quick": 0.5, "late": 2.0, "gone": 1.0})
    assert ratios == {"quick": 1.0, "late": 1.6, "new": None}
    assert slower(ratios) == ["late"]
    assert seconds_of(WRITTEN) == {"quick": 2e-6, "late": 9e-6, "new": 1e-6}
