"""Walking back through time in windows: nothing missed, nothing twice, and never too much at once."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wallet import backwards
from wallet.backwards import OLDEST, Window, stretch, walk

NOW = datetime(2026, 11, 21, tzinfo=UTC)
MAXIMUM = 40


class Rows:
    """Rows of (moment, id) as the journal holds them, and how much was read of them."""

    def __init__(self, rows: list[tuple[datetime, int]]) -> None:
        self.rows = rows
        self.looks = 0

    async def look(self, window: Window, most: int) -> tuple[int, list[tuple[datetime, int]]]:
        """What a window holds, as the statement would count and sort it."""
        self.looks += 1
        within = [row for row in self.rows if window.oldest <= row[0] and row < (window.newest, window.tie)]
        return min(len(within), MAXIMUM + 1), sorted(within, reverse=True)[:most]


moments = st.one_of(
    st.integers(0, 50).map(lambda n: NOW - timedelta(microseconds=n)),
    st.integers(0, 10**6).map(lambda n: NOW - timedelta(seconds=n)),
    st.integers(0, 20_000).map(lambda n: NOW - timedelta(days=n)),
)


@given(st.lists(moments, max_size=120), st.integers(1, 7))
async def test_every_row_comes_once_and_in_order(times: list[datetime], limit: int):
    """Page after page, a walk shows each row once, the newest first, however dense or far apart they are."""
    rows = Rows([(moment, number) for number, moment in enumerate(times, start=1)])
    start, seen = stretch(NOW, None, None, 0), []
    while True:
        walked = await walk(rows.look, start, limit, 0, MAXIMUM)
        seen += walked.rows
        if len(walked.rows) < limit:
            break
        moment, number = walked.rows[-1]
        start = Window(start.oldest, moment, number)
    assert seen == sorted(rows.rows, reverse=True)


@pytest.mark.parametrize("hours", [1, 24, 24 * 365 * 40])
async def test_an_empty_stretch_is_crossed_in_few_looks(hours: int):
    """Nothing for forty years is found out in a handful of looks."""
    rows = Rows([(NOW - timedelta(hours=hours), 1)])
    walked = await walk(rows.look, stretch(NOW, None, None, 0), 1, 0, MAXIMUM)
    assert walked.rows == rows.rows
    assert rows.looks < 15


async def test_a_stretch_has_its_bounds():
    """`since` is within, `until` is not, and neither reaches beyond what there can be."""
    rows = Rows([(NOW - timedelta(hours=hour), hour) for hour in range(10)])
    since, until = NOW - timedelta(hours=5), NOW - timedelta(hours=2)
    walked = await walk(rows.look, stretch(NOW, since, until, 0), 50, 0, MAXIMUM)
    assert [number for _, number in walked.rows] == [3, 4, 5]
    everything = stretch(NOW, datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC), 0)
    assert (everything.oldest, everything.newest) == (OLDEST, NOW + backwards.AHEAD)
    nothing = await walk(rows.look, stretch(NOW, until, since, 0), 50, 0, MAXIMUM)
    assert nothing.rows == []


async def test_a_walk_that_takes_too_long_says_how_far_it_came(monkeypatch: pytest.MonkeyPatch):
    """A walk ends after its time; where it stopped the next one goes on and finds the rest."""
    monkeypatch.setattr(backwards, "WALK_SECONDS", -1.0)
    rows = Rows([(NOW - timedelta(days=300), 1)])
    start, looks = stretch(NOW, None, None, 0), 0
    while not (walked := await walk(rows.look, start, 5, 0, MAXIMUM)).rows:
        assert walked.stopped_at is not None
        start = Window(start.oldest, walked.stopped_at, 0)
        looks += 1
    assert walked.rows == rows.rows
    assert looks > 1
