"""What an operator asks of Evolution: the address of a game, by one call that carries the player.  JSON, nothing signed.

The casino's key and our API token stand in the path, which is therefore a secret as a whole.  Settings: ``api_url``,
``casino_key``, ``brand_id``, ``skin``; ``player_group`` where players are put into one; the addresses of `SHOWN`.  The API token
is the account's own secret.  A player's names are ``firstname``, ``lastname`` and ``nickname`` of what the operator keeps of
them; the external id stands for a name that nobody told us.
"""

from typing import Any
from urllib.parse import quote, urlsplit

import msgspec
from msgspec import Struct

from providers.contract import Account
from providers.locales import on, two_letters
from providers.outbound import (
    Declined,
    Launch,
    Outbound,
    OutboundAnswer,
    OutboundRequest,
    Studio,
    Unready,
    given,
    json_of,
    setting,
)
from providers.syntax import encode_json

RETRYABLE = frozenset({"G.0", "G.4", "G.5", "G.6", "G.7"})
SHOWN = {
    "responsibleGaming": "responsible_gaming_url",
    "sessionTimeout": "session_timeout_url",
    "gameHistory": "game_history_url",
    "realityCheckURL": "reality_check_url",
}
"""Addresses that the game shows, and the settings they stand in."""


class Refusal(Struct, frozen=True):
    """Why there is no game."""

    code: str


class Reply(Struct, frozen=True):
    """Where the game is played, below the host that was asked; or why it is not."""

    entry: str = ""
    errors: tuple[Refusal, ...] = ()


def place_of(account: Account) -> str:
    """The one path.  Raises `Unready`."""
    if account.own_secret is None:
        raise Unready("own_secret, the API token")
    key = quote(setting(account, "casino_key"), safe="")
    return f"/ua/v1/{key}/{quote(account.own_secret, safe='')}"


def ask_launch(launch: Launch) -> OutboundRequest:
    """A player at a table; of a demo the language and the money alone."""
    account, language = launch.account, two_letters(launch.language)
    if launch.demo:
        who = {"demo": given(language=language, currency=launch.currency)}
    else:
        who = {"player": player_of(launch, language)}
    shown = {name: account.settings.get(stored) for name, stored in SHOWN.items()}
    config = {
        "brand": {"id": setting(account, "brand_id"), "skin": setting(account, "skin")},
        "game": given(playMode="demo" if launch.demo else None, table={"id": launch.game}),
        "channel": {"wrapped": False, "mobile": on(launch.channel, desktop=False, mobile=True)},
        "urls": given(cashier=launch.deposit_url, lobby=launch.lobby_url, **shown),
    }
    body = encode_json({"uuid": launch.nonce, **who, "config": config})
    return OutboundRequest("POST", place_of(account), (("content-type", "application/json"),), body)


def player_of(launch: Launch, language: str) -> dict[str, Any]:
    """Who plays, and in which session: its token is the first ``sid``."""
    group = launch.account.settings.get("player_group")
    return given(
        id=launch.player,
        update=True,
        firstName=launch.personal.get("firstname") or launch.player,
        lastName=launch.personal.get("lastname") or launch.player,
        nickname=launch.personal.get("nickname"),
        country=launch.country,
        language=language,
        currency=launch.currency,
        session=given(id=launch.token, ip=launch.ip),
        group={"id": group, "action": "assign"} if group else None,
    )


def address_of(answer: OutboundAnswer) -> str:
    """Where the game is played: the host that answered, and the entry.  A refusal is one by whatever HTTP status."""
    if answer.body.startswith(b"{"):
        errors = msgspec.json.decode(answer.body, type=Reply).errors
        if errors:
            raise Declined(errors[0].code, retryable=errors[0].code in RETRYABLE)
    entry = json_of(answer, Reply).entry
    if not entry.startswith("/"):
        raise ValueError("no entry")
    host = urlsplit(answer.address)
    return f"{host.scheme}://{host.netloc}{entry}"


STUDIO = Studio(
    launch=Outbound(ask_launch, address_of),
    demo=True,
    personal=True,
    settings=frozenset({"casino_key", "brand_id", "skin", "player_group", *SHOWN.values()}),
)
