"""Cursors: what is given out comes back, and nothing else is taken."""

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from wallet.cursors import (
    MAXIMUM_CURSOR,
    MAXIMUM_RUNNING,
    BadCursor,
    Moment,
    Number,
    Snapshot,
    Word,
    cursor_of,
    position_of,
)


class Filters(Struct, frozen=True):
    """Filters of a list."""

    player: str | None = None


class OtherFilters(Struct, frozen=True):
    """Filters of another list, of the same shape."""

    player: str | None = None


class Place(Struct, frozen=True):
    """A position."""

    wallet: Number
    round: Word


class Time(Struct, frozen=True):
    """A position in time."""

    recorded_at: Moment


class Written(Struct, frozen=True):
    """The same, as somebody may write it by hand."""

    recorded_at: str


class Long(Struct, frozen=True):
    """A position of any length."""

    word: str


@given(
    st.integers(0, 2**63 - 1),
    st.text(st.characters(min_codepoint=32, exclude_characters="\x7f", codec="utf-8"), max_size=255),
)
def test_a_position_comes_back(wallet: int, word: str):
    """A position survives being text."""
    place = Place(wallet, word)
    assert position_of(cursor_of(place, Filters("a")), Filters("a"), Place) == place


@given(st.text(max_size=60))
def test_text_that_is_no_cursor_is_refused(text: str):
    """Any other text is a BadCursor and never another error."""
    with pytest.raises(BadCursor):
        position_of(text, Filters(), Place)


@pytest.mark.parametrize(
    "place", [Place(-1, "a"), Place(2**63, "a"), Place(1, "a\x00"), Place(1, "a\n"), Place(1, "x" * 256)]
)
def test_a_position_beyond_any_column_is_refused(place: Place):
    """A cursor made by hand cannot carry what a statement would stumble over."""
    with pytest.raises(BadCursor):
        position_of(cursor_of(place, Filters()), Filters(), Place)


@pytest.mark.parametrize(
    "text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-11-21T12:00"]
)
def test_a_moment_that_is_none_in_utc_is_refused(text: str):
    """A moment beyond the calendar, or without a time zone, is no place in any list."""
    with pytest.raises(BadCursor):
        position_of(cursor_of(Written(text), Filters()), Filters(), Time)


@pytest.mark.parametrize("zone", ["-14:00", "+00:00", "+14:00"])
@pytest.mark.parametrize("text", ["0001-01-02T00:00:00", "2026-11-21T12:00:00", "9999-12-30T00:00:00"])
def test_a_moment_comes_back_in_utc(text: str, zone: str):
    """Whatever its time zone, what a cursor holds is what the statement is asked with."""
    back = position_of(cursor_of(Written(text + zone), Filters()), Filters(), Time).recorded_at
    assert (back, back.tzinfo) == (datetime.fromisoformat(text + zone), UTC)


@pytest.mark.parametrize("other", [Filters("b"), Filters(), OtherFilters("a")])
def test_a_cursor_belongs_to_its_filters(other: Struct):
    """With other filters, or on another list, a cursor is refused."""
    with pytest.raises(BadCursor):
        position_of(cursor_of(Place(1, "a"), Filters("a")), other, Place)


def test_a_cursor_is_read_up_to_a_bound():
    """The longest that is read has `MAXIMUM_CURSOR` characters; beyond, even one of this very list is refused."""
    room = MAXIMUM_CURSOR * 3 // 4 - len(msgspec.msgpack.encode((b"prints.8", Long("x" * 300)))) + 300
    longest, longer = (cursor_of(Long("x" * length), Filters()) for length in (room, room + 1))
    assert len(longest) == MAXIMUM_CURSOR < len(longer)
    assert position_of(longest, Filters(), Long) == Long("x" * room)
    with pytest.raises(BadCursor):
        position_of(longer, Filters(), Long)


def test_a_snapshot_fits_its_cursor_however_many_write():
    """The longest numbers there are come back; beyond what a cursor can name the list ends below the first of them."""
    running = [2**62 - 1000 + number for number in range(MAXIMUM_RUNNING + 5)]
    few = Snapshot.of(2**62, running[:MAXIMUM_RUNNING], 1)
    many = Snapshot.of(2**62, running, 1)
    assert few == Snapshot(2**62, running[:MAXIMUM_RUNNING], 1)
    assert many == Snapshot(running[MAXIMUM_RUNNING], running[:MAXIMUM_RUNNING], 1)
    for snapshot in (few, many):
        assert position_of(cursor_of(snapshot, Filters()), Filters(), Snapshot) == snapshot
