"""Where the games of a casino provider of EvenBet's aggregator are, and the free spins that it is asked for.

Settings: ``open_game_url``, the provider's OPEN_GAME_URL with a name of `words_of` in braces wherever it wants a value
(``?t={token}``); ``api_url``, its FREESPINS_OPERATIONS_URL; ``casino_id``.  A question is signed as its own calls are.
"""

import re
from collections.abc import Mapping
from functools import partial
from urllib.parse import quote

from msgspec import Struct

from providers.locales import two_letters
from providers.outbound import (
    FreeRoundsOrder,
    Launch,
    Outbound,
    OutboundAnswer,
    OutboundRequest,
    Studio,
    Unready,
    json_of,
    json_post,
    own_secret,
    setting,
)
from providers.signing import sha256_suffixed_signature

WORD = re.compile(r"\{([^{}]*)\}")


class Reply(Struct, frozen=True, rename="camel"):
    """What the provider calls the free spins that it gave."""

    freespins_id: str | int


def words_of(launch: Launch) -> Mapping[str, str]:
    """What may stand in the address of a game."""
    return {
        "token": launch.token,
        "game": launch.game,
        "casino": launch.account.settings.get("casino_id", ""),
        "currency": launch.currency,
        "language": two_letters(launch.language),
        "lobby": launch.lobby_url or "",
    }


def launch_url(launch: Launch) -> str:
    """The game's address.  Raises `Unready` for a word that there is not."""
    words = words_of(launch)
    address = setting(launch.account, "open_game_url")
    unknown = sorted({*WORD.findall(address)} - words.keys())
    if unknown:
        raise Unready(f"the setting open_game_url with words that there are: not {', '.join(unknown)}")
    return WORD.sub(lambda found: quote(words[found[1]], safe=""), address)


def ask_free_spins(order: FreeRoundsOrder) -> OutboundRequest:
    """Free spins for the player whose number the login told."""
    message = {
        "id": order.id,
        "userId": order.player_number,
        "gameList": order.games,
        "currency": order.currency,
        "quantity": order.quantity,
        "expirationDate": int(order.expires_at.timestamp()),
        "casinoId": setting(order.account, "casino_id"),
    }
    sign = partial(sha256_suffixed_signature, own_secret(order.account))
    return json_post("/activate", message, header="authorization", sign=sign)


def done(answer: OutboundAnswer) -> None:
    """That they are given.  Raises `Declined`."""
    json_of(answer, Reply)


STUDIO = Studio(
    launch=launch_url,
    issue=Outbound(ask_free_spins, done),
    settings=frozenset({"open_game_url", "casino_id"}),
)
