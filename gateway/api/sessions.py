"""Sessions: a player is let into a game, what sessions there are, and their end.

A launch token is shown once, here; what the studio gets for it is never shown.
"""

from datetime import datetime
from typing import Annotated

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter, QueryParameter
from msgspec import Meta, Struct

from gateway.api.amounts import CurrencyCode, currency_of
from gateway.api.desk import Caller
from gateway.api.problems import Problem, documented, invalid, refused
from gateway.api.shapes import PLAIN, Cursor, Limit, PlayerId, Word
from gateway.api.wallets import wallet_of
from gateway.registry import ConfiguredAccount
from providers.provider import Launch
from wallet.countries import COUNTRIES
from wallet.cursors import Number, cursor_of, position_of
from wallet.players import Player
from wallet.sessions import SessionRecord
from wallet.types import Session, Status

TAGS = ["Sessions"]


class SessionRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A player to let into a game."""

    player: PlayerId
    currency: CurrencyCode
    provider_account: Annotated[Word, Meta(description="Its slug.")]
    game: Annotated[Word, Meta(description="The studio's code of it.")] | None = None
    channel: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    country: Annotated[str, Meta(pattern="^[A-Z]{2}$", description="Where the player is.")] | None = None


class LaunchAnswer(Struct, frozen=True, kw_only=True):
    """A session and the token to launch it with, the only time that it is seen."""

    id: int
    token: str
    launch_url: Annotated[str, Meta(description="Null where the protocol has none of its own.")] | None
    player: PlayerId
    provider_account: str
    external_id: Annotated[str, Meta(description="What the studio calls the wallet.")]
    currency_code: Annotated[str, Meta(description="What the studio calls the currency.")]
    game: str | None


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


@post(
    "/sessions",
    tags=TAGS,
    responses=documented(
        *("player_not_found", "provider_account_not_found", "unknown_currency", Status.WALLET_NOT_FOUND),
        *(Status.WALLET_CLOSED, Status.PLAYER_BLOCKED, Status.PLAYER_EXCLUDED, Status.GAME_DISABLED),
        *(Status.ACCOUNT_DISABLED, Status.CURRENCY_DIFFERS),
    ),
)
async def launch_session(data: JSONBody[SessionRequest], caller: NamedDependency[Caller]) -> LaunchAnswer:
    """Begin a session and hand out its launch token."""
    currency = currency_of(caller.desk.currencies, data.currency)
    if data.country is not None and data.country not in COUNTRIES:
        raise invalid("country", "is a code of ISO 3166-1 with two capital letters")
    account = caller.desk.registry.account(data.provider_account)
    if account is None:
        raise Problem("provider_account_not_found")
    wallet = await wallet_of(caller, data.player, currency.code)
    session = await caller.desk.sessions.launch(
        wallet.wallet,
        account.id,
        game=data.game,
        channel=data.channel,
        country=data.country,
        direct=not account.provider.one_time_launch,
    )
    if isinstance(session, Status):
        raise refused(session)
    player = await caller.player(data.player)
    return LaunchAnswer(
        id=session.id,
        token=session.token,
        launch_url=_launch_url(account, session, data, player),
        player=data.player,
        provider_account=data.provider_account,
        external_id=session.external_id,
        currency_code=session.currency,
        game=session.game,
    )


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
    """End a session; new bets in it are refused from now on, its wins still land."""
    if not await caller.desk.sessions.revoke(session):
        raise Problem("session_not_found")


def _launch_url(
    account: ConfiguredAccount, session: Session, data: SessionRequest, player: Player
) -> str | None:
    """Where the player is sent; None where the protocol has no such address or no game was named."""
    if account.provider.launch_url is None or session.game is None:
        return None
    launch = Launch(
        account=account.account,
        token=session.token,
        player=session.external_id,
        currency=session.currency,
        game=session.game,
        channel=data.channel,
        country=data.country or player.country,
        language=player.language,
    )
    return account.provider.launch_url(launch)


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
