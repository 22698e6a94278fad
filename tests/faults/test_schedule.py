"""What breaks, and when, is data that follows from the seed."""

from itertools import pairwise

import pytest

from bench.faults.breakages import BREAK
from bench.faults.hand import TIMEOUT
from bench.faults.schedule import KINDS, STRANGERS, VALKEY, schedule
from gateway.accounts import NewAccount
from wallet import hot_copies


def test_the_same_seed_breaks_the_same_things_at_the_same_times():
    """A schedule is repeated by its seed, and another seed gives another."""
    assert schedule(7, 3) == schedule(7, 3)
    assert schedule(7, 3) != schedule(8, 3)


@pytest.mark.parametrize("seed", range(5))
def test_three_minutes_break_everything(seed: int):
    """Each kind comes, and all is whole again when the time is over."""
    planned = schedule(seed, 3)
    assert {breakage.kind for breakage in planned} == set(KINDS)
    assert all(breakage.at + breakage.seconds <= 180 for breakage in planned)


@pytest.mark.parametrize("seed", range(20))
def test_three_minutes_outlast_whatever_waits(seed: int):
    """Valkey is once gone for longer than a copy of a session lives; Postgres once stands still past every deadline."""
    longest: dict[str, float] = {}
    for breakage in schedule(seed, 3):
        longest[breakage.kind] = max(breakage.seconds, longest.get(breakage.kind, 0.0))
    assert longest["valkey gone for a minute"] > max(60.0, hot_copies.SECONDS)
    assert longest["postgres paused"] > max(
        TIMEOUT, NewAccount(slug="acme", protocol="any").deadline_ms / 1000
    )


def test_what_does_not_fit_makes_room_for_what_does():
    """A run that is too short for one way to take Valkey away does all others."""
    planned = schedule(7, 1)
    kinds = {breakage.kind for breakage in planned}
    assert {kind for kind in KINDS if KINDS[kind].target == VALKEY} - kinds == {"valkey gone for a minute"}
    assert all(breakage.at + breakage.seconds <= 60 for breakage in planned)


def test_one_thing_is_broken_in_one_way_at_a_time():
    """Two breakages of one target never overlap; those of different targets do, or nothing would be learnt of it."""
    planned = schedule(7, 10)
    for target in {kind.target for kind in KINDS.values()}:
        ours = [breakage for breakage in planned if KINDS[breakage.kind].target == target]
        assert all(one.at + one.seconds < following.at for one, following in pairwise(ours))
    assert any(one.at + one.seconds > following.at for one, following in pairwise(planned))


def test_all_that_is_planned_can_be_broken():
    """The schedule and the breaker know the same kinds, and those for shared servers are among them."""
    assert set(BREAK) == set(KINDS)
    assert set(KINDS) > STRANGERS
    assert {breakage.kind for breakage in schedule(1, 5, STRANGERS)} == STRANGERS
