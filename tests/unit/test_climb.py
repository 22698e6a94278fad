"""The search for the highest sustained rate, against stacks whose limit is known."""

import pytest

from bench.climb import CLOSE, MOST_STEPS, UP, Climb


@pytest.mark.parametrize("limit", [100.0, 620.0, 1_000.0, 1_750.0, 4_000.0])
def test_a_limit_is_found(limit: float) -> None:
    """From an estimate of 1,000 a limit above or below is found, closely, in few steps."""
    climb = Climb(1_000.0)
    while rate := climb.rate:
        climb.told(rate, sustained=rate <= limit)
    assert climb.sustained is not None
    assert limit / CLOSE / 1.001 <= climb.sustained <= limit
    assert climb.steps <= MOST_STEPS


def test_a_stack_that_sustains_nothing_ends_the_search() -> None:
    """Nothing is then found, and each step asked for less."""
    climb, asked = Climb(1_000.0), []
    while rate := climb.rate:
        asked.append(rate)
        climb.told(rate, sustained=False)
    assert climb.sustained is None
    assert len(asked) == MOST_STEPS
    assert asked == sorted(asked, reverse=True)


def test_a_stack_without_a_limit_ends_the_search() -> None:
    """What is sustained each time is what is found."""
    climb = Climb(1_000.0)
    while rate := climb.rate:
        climb.told(rate, sustained=True)
    assert climb.sustained == pytest.approx(800 * UP ** (MOST_STEPS - 1))
