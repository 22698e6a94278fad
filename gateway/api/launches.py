"""Launches: a player is let into a game, and sent to where it is played.

For real money a session begins, and its launch token is shown once, here.  A demo begins nothing: no session, no token
and no name at the studio, so that nothing of it could ever reach the ledger.
"""

import ipaddress
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlsplit
from uuid import uuid4

from litestar import post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta, Struct
from msgspec.structs import replace

from gateway.api.amounts import CurrencyCode, currency_of
from gateway.api.desk import Caller
from gateway.api.problems import Problem, documented, invalid, refused
from gateway.api.sessions import TAGS
from gateway.api.shapes import PLAIN, PlayerId, Word
from gateway.api.wallets import wallet_of
from gateway.configured_accounts import ConfiguredAccount
from gateway.eligibility import Wish, objection
from gateway.studios import Failure, StudioFailed
from providers.contract import Profile
from providers.outbound import Channel, Launch, Mode, Outbound, OutboundAnswer, Unready
from wallet.countries import COUNTRIES
from wallet.players import LANGUAGE, Player
from wallet.types import Session, Status

Address = Annotated[str, Meta(max_length=500, pattern=PLAIN + r"https?://[^\s]+$")]


class SessionRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A player to let into a game.  `demo` needs no player and no currency, but a game."""

    provider_account: Annotated[Word, Meta(description="Its slug.")]
    mode: Mode = Mode.REAL
    player: PlayerId | None = None
    currency: CurrencyCode | None = None
    game: (
        Annotated[Word, Meta(description="The studio's code of it; none: a session for the lobby.")] | None
    ) = None
    channel: Channel = Channel.DESKTOP
    country: Annotated[str, Meta(pattern=PLAIN + "[A-Z]{2}$", description="Where the player is.")] | None = (
        None
    )
    language: Annotated[str, Meta(max_length=35, description="Else the player's own.")] | None = None
    ip: (
        Annotated[
            str,
            Meta(
                max_length=45,
                pattern=PLAIN + "[^%]+$",  # no zone: it may be any text, and only its host knows it
                description="The player's address, for studios that want it.",
            ),
        ]
        | None
    ) = None
    lobby_url: Address | None = None
    deposit_url: Address | None = None


class LaunchAnswer(Struct, frozen=True, kw_only=True):
    """Where the player is sent, and the session with its launch token, the only time that it is seen."""

    id: Annotated[int, Meta(description="Of the session; a demo has none.")] | None
    token: str | None
    launch_url: (
        Annotated[str, Meta(description="Null without a game, or where the protocol has no address.")] | None
    )
    mode: Mode
    player: PlayerId | None
    provider_account: str
    external_id: Annotated[str, Meta(description="What the studio calls the wallet.")] | None
    currency_code: Annotated[str, Meta(description="What the studio calls the currency.")] | None
    game: str | None


REFUSALS = (
    *("player_not_found", "provider_account_not_found", "unknown_currency", "demo_unavailable"),
    "provider_account_unserved",
    *("country_refused", "currency_refused", "player_erased", "under_age", "age_unknown"),
    *(Status.WALLET_NOT_FOUND, Status.WALLET_CLOSED, Status.PLAYER_BLOCKED, Status.PLAYER_EXCLUDED),
    *(Status.GAME_DISABLED, Status.ACCOUNT_DISABLED, Status.CURRENCY_DIFFERS),
    *(failure.value for failure in Failure if failure is not Failure.PAUSED),
)


@post("/sessions", tags=TAGS, responses=documented(*REFUSALS))
async def launch_session(data: JSONBody[SessionRequest], caller: NamedDependency[Caller]) -> LaunchAnswer:
    """Let a player into a game, for real or as a demo, and say where it is played."""
    check(data)
    account = caller.provider_account(data.provider_account)
    player = None if data.player is None else await caller.player(data.player)
    currency = None if data.currency is None else currency_of(caller.desk.currencies, data.currency).code
    wish = Wish(
        player=player,
        game=None if data.game is None else account.games.get(data.game),
        mode=data.mode,
        country=data.country,
        currency=currency,
        lobby=data.game is None,
    )
    problem = objection(wish, account, caller.desk.age_rule, datetime.now(UTC).date())
    if problem is not None:
        raise Problem(problem)
    if data.mode is Mode.DEMO:
        return await _demo(data, caller, account, player)
    return await _real(data, caller, account, player)


def check(data: SessionRequest) -> None:
    """Hold a request to what its mode needs.  Raises `Problem`."""
    needed = ("game",) if data.mode is Mode.DEMO else ("player", "currency")
    for field in needed:
        if getattr(data, field) is None:
            raise invalid(field, f"is missing: {data.mode} needs it")
    if data.country is not None and data.country not in COUNTRIES:
        raise invalid("country", "is a code of ISO 3166-1 with two capital letters")
    if data.language is not None and not LANGUAGE.fullmatch(data.language):
        raise invalid("language", "is a tag such as en or pt-BR")
    if data.ip is not None:
        try:
            ipaddress.ip_address(data.ip)
        except ValueError:
            raise invalid("ip", "is an address of IPv4 or IPv6") from None


async def _demo(
    data: SessionRequest, caller: Caller, account: ConfiguredAccount, player: Player | None
) -> LaunchAnswer:
    """Where the game is played for nothing; the player is named to nobody."""
    language = None if player is None else player.language
    launch = Launch(
        account=account.account, mode=Mode.DEMO, currency=data.currency or "", **_told(data, language)
    )
    return _answer(data, None, await _address(caller, account, launch))


async def _real(
    data: SessionRequest, caller: Caller, account: ConfiguredAccount, player: Player | None
) -> LaunchAnswer:
    """A session, and where it is played; a session that no studio opened is ended again."""
    if player is None or data.currency is None:  # as `check` saw to it
        raise Problem("invalid_request")
    wallet = await wallet_of(caller, player.external_id, data.currency)
    session = await caller.desk.sessions.launch(
        wallet.wallet,
        account.id,
        game=data.game,
        channel=data.channel,
        country=data.country,
        direct=not account.provider.one_time_launch,
        author=caller.author,
    )
    if session is None:
        raise Problem("player_erased")
    if isinstance(session, Status):
        raise refused(session)
    if session.game is None:
        return _answer(data, session, None)
    try:
        player = await caller.player(player.external_id)  # what was erased meanwhile is told to nobody
        launch = Launch(
            account=account.account,
            token=session.token,
            player=session.external_id,
            currency=session.currency,
            session=str(session.id),
            jurisdiction=player.jurisdiction,
            profile=profile_of(player, session.external_id, session.currency),
            personal=await personal_of(caller, account, player),
            **_told(data, player.language) | {"country": data.country or player.country},
        )
        return _answer(data, session, await _address(caller, account, launch))
    except Exception:  # whatever it was, nobody plays in this session
        await caller.desk.sessions.revoke(session.id, caller.author)
        raise


def profile_of(player: Player, external_id: str, currency_code: str) -> Profile:
    """What any studio may be told of a player; what is personal is told to those that ask for it."""
    return Profile(
        external_id,
        currency_code,
        player.country,
        player.jurisdiction,
        player.brand,
        None if player.birth_date is None else player.birth_date.isoformat(),
        player.registered_at.isoformat(),
        player.language,
        player.labels,
        player.test,
        player.affiliate,
    )


async def personal_of(caller: Caller, account: ConfiguredAccount, player: Player) -> Mapping[str, Any]:
    """What the operator told of the player as a person, where the account's protocol asks for it."""
    if not account.provider.studio.personal:
        return {}
    return await caller.desk.players.personal_data(player.id, bucket=player.bucket) or {}


async def _address(caller: Caller, account: ConfiguredAccount, launch: Launch) -> str | None:
    """Where the game is played: built here, or asked for.  Raises `StudioFailed`."""
    ask, test = account.provider.studio.launch, account.account.test
    if isinstance(ask, Outbound):

        def read(answer: OutboundAnswer) -> str:
            return sound_address(ask.read(answer), test=test)

        permit = await caller.desk.studios.permit(account)
        checked = replace(ask, read=read)
        return await caller.desk.studios.ask(account, "launch", checked, replace(launch, permit=permit))
    try:
        return None if ask is None else sound_address(ask(launch), test=test)
    except (Unready, ValueError) as error:
        raise StudioFailed(Failure.NOT_READY, f"the account needs {error}") from None


def sound_address(address: str, *, test: bool) -> str:
    """The address where a browser may be sent: absolute, https, of a test account http too.  Raises ValueError."""
    # What a browser would strip or guess is looked at before anything is parsed.
    if address.isprintable() and " " not in address:
        parts = urlsplit(address)
        if parts.scheme in ({"http", "https"} if test else {"https"}) and parts.hostname and parts.port != 0:
            return address
    raise ValueError("an absolute http(s) address of the game, https where it is live")


def _told(data: SessionRequest, language: str | None) -> dict[str, Any]:
    return {
        "game": data.game,
        "channel": data.channel,
        "country": data.country,
        "language": data.language or language or "en",
        "ip": data.ip,
        "lobby_url": data.lobby_url,
        "deposit_url": data.deposit_url,
        "nonce": str(uuid4()),
        "asked_at": int(datetime.now(UTC).timestamp()),
    }


def _answer(data: SessionRequest, session: Session | None, launch_url: str | None) -> LaunchAnswer:
    return LaunchAnswer(
        id=None if session is None else session.id,
        token=None if session is None else session.token,
        launch_url=launch_url,
        mode=data.mode,
        player=data.player,
        provider_account=data.provider_account,
        external_id=None if session is None else session.external_id,
        currency_code=None if session is None else session.currency,
        game=data.game,
    )
