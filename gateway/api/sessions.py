"""Sessions: which there are, and their end.  How one begins is told in launches.py; no token is ever shown here."""

from datetime import datetime
from typing import Annotated

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter
from msgspec import Struct

from gateway.api.desk import Caller
from gateway.api.problems import Problem, documented
from gateway.api.shapes import PLAIN, Cursor, Limit
from wallet.cursors import Number, cursor_of, position_of
from wallet.sessions import SessionRecord

TAGS = ["Sessions"]


class SessionAnswer(Struct, frozen=True, kw_only=True):
    """A session, without its tokens."""

    id: int
    provider_account: str
    external_id: str
    currency_code: str
    game: str | None
    channel: str | None
    country: str | None
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    live: bool


class SessionPage(Struct, frozen=True):
    """Sessions, the newest first."""

    items: list[SessionAnswer]
    next_cursor: str | None


class SessionFilters(Struct, frozen=True):
    """Which sessions."""

    player: str
    dead: bool


class Place(Struct, frozen=True):
    """Where a page ended."""

    session: Number


@get("/sessions", tags=TAGS, responses=documented("player_not_found", "invalid_cursor"))
async def list_sessions(
    caller: NamedDependency[Caller],
    player: Annotated[str, QueryParameter(min_length=1, max_length=64, pattern=PLAIN)],
    dead: Annotated[bool, QueryParameter(description="Those that ended, too.")] = False,  # noqa: FBT002 - a query's word
    cursor: Cursor = None,
    limit: Limit = 50,
) -> SessionPage:
    """A player's sessions, a page at a time."""
    wanted = SessionFilters(player, dead)
    before = position_of(cursor, wanted, Place).session if cursor else None
    found = await caller.player(player)
    records = await caller.desk.sessions.list_of(
        found.id, dead=dead, before=before, limit=limit + 1, bucket=found.bucket
    )
    names = await caller.desk.history.account_names()
    more = cursor_of(Place(records[limit - 1].id), wanted) if len(records) > limit else None
    return SessionPage([_answer(record, names) for record in records[:limit]], more)


@post("/sessions/{session:int}/revoke", status_code=204, tags=TAGS, responses=documented("session_not_found"))
async def revoke_session(
    session: Annotated[int, PathParameter(ge=1, le=2**62)], caller: NamedDependency[Caller]
) -> None:
    """End a session; new bets in it are refused from now on where the protocol checks sessions, its wins still land."""
    if not await caller.desk.sessions.revoke(session, caller.author):
        raise Problem("session_not_found")


def _answer(record: SessionRecord, names: dict[int, str]) -> SessionAnswer:
    return SessionAnswer(
        id=record.id,
        provider_account=names[record.provider_account],
        external_id=record.external_id,
        currency_code=record.currency,
        game=record.game,
        channel=record.channel,
        country=record.country,
        created_at=record.created_at,
        expires_at=record.expires_at,
        revoked_at=record.revoked_at,
        live=record.defect is None,
    )
