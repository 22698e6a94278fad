"""What an operator asks of Slotegrator: the address of a game, by a form that is signed as its own calls are.

Settings: ``api_url``, ``merchant_id``.  The signature is made with the merchant key, which both sides share.  A player's
``nickname`` and ``email`` are what the operator keeps of them; the external id stands for a name that nobody told us.
"""

import re

from msgspec import Struct
from msgspec.structs import replace

from providers.locales import on, two_letters
from providers.outbound import (
    Launch,
    Outbound,
    OutboundAnswer,
    OutboundRequest,
    Studio,
    form_post,
    given,
    json_of,
    own_secret,
    setting,
)
from providers.signing import MERCHANT_ID, hmac_sha1_php_form_signature


class Reply(Struct, frozen=True):
    """Where the game is played."""

    url: str


def ask_launch(launch: Launch) -> OutboundRequest:
    """A game for a player; a demo names nobody."""
    shown = {
        "game_uuid": launch.game,
        "device": on(launch.channel, "desktop", "mobile"),
        "return_url": launch.lobby_url,
        "language": two_letters(launch.language),
    }
    if launch.demo:
        return signed(launch, "/games/init-demo", given(**shown))
    named = {
        "player_id": launch.player,
        "player_name": launch.personal.get("nickname") or launch.player,
        "currency": launch.currency,
        "session_id": launch.token,
        "email": launch.personal.get("email"),
    }
    return signed(launch, "/games/init", given(**shown, **named))


def signed(launch: Launch, path: str, fields: dict[str, str]) -> OutboundRequest:
    """The form with the merchant's name, the moment and a nonce as headers, and the signature over all of it."""
    covered = {
        "X-Merchant-Id": setting(launch.account, MERCHANT_ID),
        "X-Nonce": launch.nonce,
        "X-Timestamp": str(launch.asked_at),
    }
    signature = hmac_sha1_php_form_signature(own_secret(launch.account), fields, covered)
    request = form_post(path, fields)
    return replace(request, headers=(*request.headers, *covered.items(), ("X-Sign", signature)))


def address_of(answer: OutboundAnswer) -> str:
    """Where the game is played."""
    return json_of(answer, Reply).url


STUDIO = Studio(
    launch=Outbound(ask_launch, address_of),
    demo=True,
    personal=True,
    settings=frozenset({MERCHANT_ID}),
    forms={MERCHANT_ID: re.compile(r"[!-~]([ -~]*[!-~])?")},  # it is a header
)
