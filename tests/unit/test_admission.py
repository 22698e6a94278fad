"""How many callbacks are let in, by how many are answered and whose they are."""

import asyncio

import pytest

from gateway import admission
from gateway.admission import LEAST, MOST, WAIT_SECONDS, WINDOW_SECONDS, Admission, Share


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
        with door.of("acme"):
            pass


def flood(share: Share, most: int) -> int:
    """How many of so many are let in, and stay."""
    before = share.under_way
    for _ in range(most):
        if not share.full:
            share.__enter__()
    return share.under_way - before


def test_a_floor_of_them_may_always_be_under_way(clock: Clock) -> None:
    """Also where nothing is ever answered; one more is too many, and one that leaves makes room."""
    door = Admission()
    pass_through(door, clock, 100, 2.0)
    share = door.of("acme")
    for _ in range(LEAST):
        assert not share.full
        share.__enter__()
    assert share.full
    share.__exit__()
    assert not share.full


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
    with pytest.raises(ZeroDivisionError), door.of("acme"):
        _ = 1 / 0
    assert (door.under_way, door.sharing, door.of("acme").under_way) == (0, 0, 0)


def test_a_flood_leaves_the_others_their_share() -> None:
    """Who holds all places is turned away first; another is let in up to its share, and no further."""
    door = Admission()
    loud, quiet, third = door.of("loud"), door.of("quiet"), door.of("third")
    assert flood(loud, 10 * LEAST) == LEAST
    assert flood(quiet, 10 * LEAST) == LEAST // 2
    assert loud.full
    assert flood(third, 10) == 10
    for _ in range(LEAST):
        loud.__exit__()
    assert not quiet.full
    assert not loud.full


def test_equals_share_what_there_is() -> None:
    """Two floods that come together hold half each, and neither takes what the other has."""
    door = Admission()
    both = door.of("one"), door.of("other")
    while not all(share.full for share in both):
        for share in both:
            flood(share, 1)
    assert [share.under_way for share in both] == [LEAST // 2, LEAST // 2]
    both[0].__exit__()
    assert flood(both[0], 2) == 1
    assert both[1].full


def test_all_shares_together_are_bounded() -> None:
    """However many accounts come one after the other, never more are under way than twice the bound."""
    door = Admission()
    for number in range(2 * LEAST):
        flood(door.of(f"account {number}"), 10 * LEAST)
    assert door.under_way == MOST * LEAST
    assert door.of("a new one").full
    assert door.of("account 0").full


async def test_who_waits_aside_has_no_share() -> None:
    """A call that only waits counts for nobody, and its account for no share, until it goes on."""
    door = Admission()
    patient, loud = door.of("patient"), door.of("loud")
    with patient:
        aside = asyncio.create_task(patient.aside(0.01))
        await asyncio.sleep(0)
        assert (door.under_way, door.sharing) == (0, 0)
        assert flood(loud, 2 * LEAST) == LEAST
        await aside
        assert (door.under_way, door.sharing) == (LEAST + 1, 2)
    assert (door.under_way, door.sharing) == (LEAST, 1)
