"""Where a page of a list ended, as opaque text: what it holds is ours to change.

A cursor belongs to one list with one set of filters and is refused with any other, because a page that silently
starts somewhere else looks like the end of the list.  It carries no right and no secret, so it is not signed.
"""

import base64
import binascii
import hashlib
from datetime import UTC, datetime
from typing import Annotated, Any, Self, TypeVar

import msgspec
from msgspec import Meta, Struct

from wallet.words import PLAIN

T = TypeVar("T", bound=Struct)

# What a position may hold: it comes back from outside, and goes into a statement.
Number = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Small = Annotated[int, Meta(ge=0, lt=2**31)]
Moment = Annotated[datetime, Meta(tz=True)]
Word = Annotated[str, Meta(max_length=255, pattern=PLAIN)]

MAXIMUM_CURSOR = 4096
MAXIMUM_RUNNING = 300
"""Writers that a cursor can name."""

MAXIMUM_LIMIT = 500
"""Most items of one page."""


class Snapshot(Struct, frozen=True):
    """What a list's first page could see: what was written below `next` by none of those then `running`.

    And all of a restore epoch before.
    """

    next: Number
    running: list[Number]
    restore_epoch: Small

    @classmethod
    def of(cls, following: int, running: list[int], restore_epoch: int) -> Self:
        """A snapshot of Postgres; where more write at once than a cursor can name, it ends below the first it cannot."""
        if len(running) > MAXIMUM_RUNNING:
            following = running[MAXIMUM_RUNNING]
        return cls(following, running[:MAXIMUM_RUNNING], restore_epoch)

    def arguments(self) -> tuple[str, list[str], int]:
        """For a statement, which reads an ``xid8`` as text."""
        return str(self.next), [str(writer) for writer in self.running], self.restore_epoch


class BadCursor(ValueError):  # noqa: N818 - the caller's mistake in the caller's word
    """The text is no cursor of this list with these filters."""


def cursor_of(position: Struct, filters: Struct) -> str:
    """The text of a position in the list that `filters` selects."""
    packed = msgspec.msgpack.encode((_fingerprint(filters), position))
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def position_of(cursor: str, filters: Struct, model: type[T]) -> T:
    """The position that a cursor names.  Raises `BadCursor`."""
    if len(cursor) > MAXIMUM_CURSOR or not cursor.isascii():
        raise BadCursor("the cursor is not one of ours")
    try:
        packed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        fingerprint, position = msgspec.msgpack.decode(packed, type=tuple[bytes, Any])
        if fingerprint != _fingerprint(filters):
            raise BadCursor("the cursor belongs to another list or to other filters")
        return _within_the_calendar(msgspec.convert(position, model))
    except (binascii.Error, UnicodeError, msgspec.DecodeError, RecursionError, OverflowError) as error:
        raise BadCursor("the cursor is not one of ours") from error


def _within_the_calendar(position: T) -> T:
    """The position with its moments in UTC, as a statement takes them.  Raises OverflowError where there is no such."""
    moments = {
        name: value.astimezone(UTC)
        for name in position.__struct_fields__
        if isinstance(value := getattr(position, name), datetime)
    }
    return msgspec.structs.replace(position, **moments)


def _fingerprint(filters: Struct) -> bytes:
    named = (type(filters).__name__, msgspec.to_builtins(filters))
    return hashlib.sha256(msgspec.json.encode(named)).digest()[:8]
