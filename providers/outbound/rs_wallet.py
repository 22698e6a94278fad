"""What an operator asks of the aggregators that speak in ``RS_`` statuses.  No adapter itself.

JSON, one POST per question; the raw body is signed with our private key.  A dialect gives its paths, the header of the
signature and the currency of a demo.  Settings: ``operator_id``; ``sub_partner_id`` where the operator has several.
"""

from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from providers.contract import Account
from providers.locales import on, two_letters
from providers.outbound import (
    Declined,
    FreeRoundsOrder,
    Launch,
    ListedGame,
    Outbound,
    OutboundAnswer,
    OutboundRequest,
    Studio,
    given,
    json_of,
    json_post,
    private_key,
    setting,
)
from providers.signing import KeyKind, rsa_sha256_signature
from wallet.types import GameType

UNITS = 100_000
SUCCESSES = frozenset({None, "RS_OK"})
RETRYABLE = frozenset({"RS_ERROR_UNKNOWN", "RS_ERROR_TIMEOUT"})
GAMES_PAUSE = 60
GAMES_BYTES = 2**25
TYPES = {
    "video slots": GameType.SLOT,
    "slots": GameType.SLOT,
    "live dealer": GameType.LIVE,
    "live games": GameType.LIVE,
    "table games": GameType.TABLE,
    "crash games": GameType.CRASH,
    "scratch cards": GameType.SCRATCH,
    "bingo": GameType.BINGO,
    "video poker": GameType.POKER,
    "virtual sports": GameType.VIRTUAL,
}
"""The aggregators' categories, in small letters; any other is `GameType.OTHER`."""


class Paths(Struct, frozen=True):
    """Where a dialect is asked for what."""

    launch: str
    games: str
    issue: str
    cancel: str


class Reply(Struct, frozen=True):
    """What a question is answered with; of a success the status may be left out."""

    url: str | None = None
    status: str | None = None


class Listed(Struct, frozen=True):
    """A game of the list."""

    game_code: str
    name: str
    category: str | None = None
    demo_game_support: bool = True


def studio_of(paths: Paths, *, header: str, demo_currency: str) -> Studio:
    """Every question of a dialect."""

    def ask(path: str, account: Account, fields: dict[str, Any]) -> OutboundRequest:
        key = private_key(account)
        message = given(operator_id=setting(account, "operator_id"), **fields)
        return json_post(path, message, header=header, sign=lambda body: rsa_sha256_signature(key, body))

    return Studio(
        launch=Outbound(
            lambda launch: ask(paths.launch, launch.account, launch_fields(launch, demo_currency)), address_of
        ),
        demo=True,
        games=Outbound(
            lambda account: ask(paths.games, account, {}), games_of, pause=GAMES_PAUSE, bound=GAMES_BYTES
        ),
        issue=Outbound(lambda order: ask(paths.issue, order.account, reward_fields(order)), done),
        cancel=Outbound(lambda order: ask(paths.cancel, order.account, {"reward_uuid": order.id}), done),
        private_key=KeyKind.RSA,
        settings=frozenset({"operator_id", "sub_partner_id"}),
    )


def launch_fields(launch: Launch, demo_currency: str) -> dict[str, Any]:
    """What the address of a game is asked with; a demo names nobody."""
    return {
        "user": launch.player,
        "token": launch.token,
        "sub_partner_id": launch.account.settings.get("sub_partner_id"),
        "platform": on(launch.channel, "GPL_DESKTOP", "GPL_MOBILE"),
        "lobby_url": launch.lobby_url,
        "deposit_url": launch.deposit_url,
        "lang": two_letters(launch.language),
        "ip": launch.ip,
        "game_code": launch.game,
        "currency": demo_currency if launch.demo else launch.currency,
        "country": launch.country,
    }


def reward_fields(order: FreeRoundsOrder) -> dict[str, Any]:
    """Free rounds from a package that was paid before; the option ``prepaid_uuid`` names it, their id is a UUID."""
    return {
        "prepaid_uuid": order.options.get("prepaid_uuid"),
        "user": order.player,
        "sub_partner_id": order.account.settings.get("sub_partner_id"),
        "reward_uuid": order.id,
        "currency": order.currency,
        "game_code": order.games[0],
        "bet_count": order.quantity,
        "bet_value": None if order.bet_value is None else int(order.bet_value * UNITS),
        "start_time": written(order.starts_at),
        "end_time": written(order.expires_at),
    }


def written(moment: datetime) -> str:
    """A moment in UTC, to the second."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def reply_of(answer: OutboundAnswer) -> Reply:
    """The aggregator's answer.  Raises `Declined`."""
    if answer.body.startswith(b"{") and answer.http_status < 500:
        reply = json_of(
            OutboundAnswer(200, answer.headers, answer.body), Reply
        )  # its word, whatever the HTTP status
        if reply.status not in SUCCESSES:
            raise Declined(reply.status or "", retryable=reply.status in RETRYABLE)
    return json_of(answer, Reply)


def address_of(answer: OutboundAnswer) -> str:
    """Where the game is played."""
    reply = reply_of(answer)
    if not reply.url:
        raise ValueError("no url")
    return reply.url


def games_of(answer: OutboundAnswer) -> tuple[ListedGame, ...]:
    """The games of the list; an object in its place is a refusal."""
    if not answer.body.startswith(b"["):
        reply_of(answer)
    return tuple(
        ListedGame(
            code=game.game_code,
            name=game.name,
            type=TYPES.get((game.category or "").lower(), GameType.OTHER),
            demo=game.demo_game_support,
        )
        for game in json_of(answer, tuple[Listed, ...])
    )


def done(answer: OutboundAnswer) -> None:
    """That it was done.  Raises `Declined`."""
    reply_of(answer)
