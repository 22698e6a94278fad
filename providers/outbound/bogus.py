"""What an operator asks of a studio of our own protocol: signed JSON, answered with an error's name or what was asked for.

The address of a game is built here: the setting ``games`` says where they are.
"""

from functools import partial
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from providers.contract import Account
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
    own_secret,
    setting,
    with_query,
)
from providers.signing import hmac_sha256_signature


class Reply(Struct, frozen=True):
    """What a studio of this protocol answers: an error's name, or what it was asked for."""

    error: str | None = None
    games: tuple[ListedGame, ...] = ()


def launch_url(launch: Launch) -> str:
    """The game's address; the account's setting ``games`` says where the games are."""
    games = setting(launch.account, "games", "https://games.example")
    where = {"token": launch.token, "currency": launch.currency, "lobby": launch.lobby_url}
    return with_query(f"{games}/{quote(launch.game, safe='')}", mode=launch.mode, **where)


def ask(account: Account, path: str, /, **message: Any) -> OutboundRequest:
    """A signed question."""
    sign = partial(hmac_sha256_signature, own_secret(account))
    return json_post(path, given(**message), header="x-bogus-signature", sign=sign)


def ask_free_rounds(order: FreeRoundsOrder) -> OutboundRequest:
    """Free rounds to be given; they are taken back by their id."""
    told = {
        name: getattr(order, name) for name in ("id", "player", "currency", "games", "quantity", "bet_value")
    }
    return ask(order.account, "/free-rounds", **told, expires_at=order.expires_at)


def reply_of(answer: OutboundAnswer) -> Reply:
    """What the studio answered.  Raises `Declined`."""
    reply = json_of(answer, Reply)
    if reply.error is not None:
        raise Declined(reply.error, retryable=reply.error == "busy")
    return reply


def done(answer: OutboundAnswer) -> None:
    """That the studio did it.  Raises `Declined`."""
    reply_of(answer)


STUDIO = Studio(
    launch=launch_url,
    demo=True,
    games=Outbound(
        lambda account: ask(account, "/games"), lambda answer: reply_of(answer).games, pause=60, bound=2**24
    ),
    issue=Outbound(ask_free_rounds, done),
    cancel=Outbound(lambda order: ask(order.account, "/free-rounds/cancel", id=order.id), done),
    settings=frozenset({"games"}),
)
