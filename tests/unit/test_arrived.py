"""What a turn of arrivals says of the rate that it tried."""

import pytest

from bench.arrived import BOUND, Arrived


def arrived(**more: int) -> Arrived:
    """A second of a thousand arrivals that all went well, but for `more`."""
    turn = Arrived(intended=1_000, seconds=1.0, in_time=1_000, **more)
    for _ in range(1_000):
        turn.accepted.add(0.004)
    return turn


def test_a_rate_that_is_answered_is_sustained() -> None:
    """All were accepted in time and no queue grew."""
    assert arrived(open_half_way=4, open_at_end=9).sustained
    assert arrived().rate == 1_000


@pytest.mark.parametrize(
    "change",
    [
        lambda turn: setattr(turn, "in_time", 969),
        lambda turn: turn.errors.update(["closed"]),
        lambda turn: setattr(turn, "open_at_end", 51),
        lambda turn: [turn.accepted.add(BOUND * 2) for _ in range(60)],
        lambda turn: setattr(turn, "intended", 0),
    ],
    ids=["too few in time", "an error", "a growing queue", "p95 too high", "nothing arrived"],
)
def test_what_is_not_sustained(change) -> None:
    """Each alone is enough."""
    turn = arrived()
    change(turn)
    assert not turn.sustained


def test_an_empty_turn_has_no_rate() -> None:
    """And is not sustained."""
    assert Arrived().rate == 0
    assert not Arrived().sustained
