"""What the drills make of their figures: each bound is judged, and what is beyond it has a name."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.drills import disk_full, studios
from tests.drills.restoring import RPO_SECONDS, RTO_SECONDS, rpo, told_wrong

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SOUND: dict[str, Any] = {
    "synchronous": False,
    "answered": 18_460,
    "lost": 3,
    "different": 0,
    "rpo_seconds": RPO_SECONDS[False],
    "rto_seconds": RTO_SECONDS,
    "drift": 0,
    "to_time": {"restore_seconds": 16.15, "missing": 0, "later": 0, "drift": 0},
}
NOTHING_LOST = {"lost": 0, "rpo_seconds": 0.0}


@pytest.mark.parametrize(
    ("figures", "wrong"),
    [
        ({}, []),
        (NOTHING_LOST, []),
        ({**NOTHING_LOST, "synchronous": True}, []),
        ({**NOTHING_LOST, "synchronous": True, "lost": 1}, ["lost"]),
        ({"synchronous": True, "rpo_seconds": 0.001}, ["lost", "rpo_seconds"]),
        ({"rpo_seconds": RPO_SECONDS[False] + 0.001}, ["rpo_seconds"]),
        ({"rto_seconds": RTO_SECONDS + 0.01}, ["rto_seconds"]),
        ({"answered": 0, **NOTHING_LOST}, ["nothing was answered"]),
        ({"different": 1}, ["different"]),
        ({"drift": 1}, ["drift"]),
        *(({"to_time": {**SOUND["to_time"], word: 1}}, [f"{word} at the moment"]) for word in ("missing", "later", "drift")),
    ],
)  # fmt: skip
def test_a_restore_is_judged_by_its_figures(figures: dict[str, Any], wrong: list[str]) -> None:
    """A restore that lost too much, took too long, told something else or drifted is a drill that failed."""
    assert told_wrong(SOUND | figures) == wrong


@pytest.mark.parametrize(
    ("kept", "seconds"),
    [
        ({0, 1, 2, 3}, 0.0),
        ({0, 1, 2}, 0.0),  # the last alone: nothing was answered after it
        ({0, 1}, 1.0),
        ({0, 2, 3}, 2.0),  # a hole is as old as it is
        (set(), 3.0),
    ],
)
def test_what_is_gone_is_as_old_as_its_oldest(kept: set[int], seconds: float) -> None:
    """RPO reaches from the last answer back to the oldest that is gone, also where everything is."""
    answered = {str(number): NOON + timedelta(seconds=number) for number in range(4)}
    assert rpo(answered, {str(number) for number in kept}) == seconds


PLAYED: dict[str, Any] = {
    "lost": 0,
    "doubled": 0,
    "contradicted": 0,
    "while_full": {"again": 47, "nothing": 23},
    "readyz": {"lanes": "Postgres refuses every posting: 53100"},
    "landed_afterwards": 14,
    "ready_again_seconds": 2.2,
}
FULL: dict[str, Any] = {
    "studios": PLAYED,
    "answered": 940,
    "lost": 0,
    "unanswered": 0,
    "different": 0,
    "drift": 0,
}


@pytest.mark.parametrize(
    ("figures", "wrong"),
    [
        ({}, []),
        *(({word: 1}, [word]) for word in ("lost", "doubled", "contradicted")),
        ({"readyz": {}}, ["no readyz"]),
        ({"landed_afterwards": 0}, ["no landed_afterwards"]),
        ({"ready_again_seconds": None}, ["no ready_again_seconds"]),
        ({"while_full": {"nothing": 23}}, ["no temporary word"]),
    ],
)  # fmt: skip
def test_studios_at_a_full_disk_are_judged_by_what_they_heard(
    figures: dict[str, Any], wrong: list[str]
) -> None:
    """What is lost, doubled or contradicted fails the drill, and so does a full disk that nobody was told of."""
    assert studios.told_wrong(PLAYED | figures) == wrong
    assert disk_full.told_wrong(FULL | {"studios": PLAYED | figures}) == wrong


@pytest.mark.parametrize("word", ["lost", "unanswered", "different", "drift"])
def test_a_full_disk_is_judged_by_its_figures(word: str) -> None:
    """What was answered is in the journal as it was answered, and nothing else is, or the drill failed."""
    assert disk_full.told_wrong(FULL | {word: 1}) == [word]
