"""How many callbacks are let in, by how many are answered."""

import pytest

from gateway import admission
from gateway.admission import LEAST, WAIT_SECONDS, WINDOW_SECONDS, Admission


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic(self) -> float:
        """The time it shows."""
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The admission's clock."""
    moved = Clock()
    monkeypatch.setattr(admission, "time", moved)
    return moved


def pass_through(door: Admission, clock: Clock, per_second: int, seconds: float) -> None:
    """So many come and go."""
    for _ in range(round(per_second * seconds)):
        clock.now += 1 / per_second
        with door:
            pass


def test_a_floor_of_them_may_always_be_under_way(clock: Clock) -> None:
    """Also where nothing is ever answered; one more is too many, and one that leaves makes room."""
    door = Admission()
    pass_through(door, clock, 100, 2.0)
    for _ in range(LEAST):
        assert not door.full
        door.__enter__()
    assert door.full
    door.__exit__()
    assert not door.full


def test_more_are_let_in_where_more_are_answered(clock: Clock) -> None:
    """As many as leave within the wait, by the last window, and the floor again when it slows down."""
    door = Admission()
    pass_through(door, clock, 20_000, 1.0)
    assert door.bound == pytest.approx(20_000 * WAIT_SECONDS, rel=0.02)
    pass_through(door, clock, 500, WINDOW_SECONDS * 2)
    assert door.bound == LEAST


def test_who_failed_has_left(clock: Clock) -> None:
    """An error leaves no place taken."""
    door = Admission()
    with pytest.raises(ZeroDivisionError), door:
        _ = 1 / 0
    assert door.under_way == 0
