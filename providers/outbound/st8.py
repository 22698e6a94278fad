"""What an operator asks of St8: the address of a game, signed with our own key over the raw body.

Settings: ``api_url`` (``https://{operator}.o.p8d.xyz``) and ``site``.  The own secret is our private key on an
elliptic curve as PEM, or that in base64.
"""

from msgspec import Struct

from providers.locales import on, three_letters
from providers.outbound import (
    Launch,
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
from providers.signing import KeyKind, ecdsa_sha256_signature


class Reply(Struct, frozen=True):
    """Where the game is played."""

    game_url: str


def ask_launch(launch: Launch) -> OutboundRequest:
    """A game for a player, or for fun."""
    key = private_key(launch.account)
    message = given(
        game_code=launch.game,
        currency=launch.currency,
        site=given(id=setting(launch.account, "site"), lobby=launch.lobby_url, deposit=launch.deposit_url),
        token=launch.token,
        player=launch.player,
        country=launch.country,
        lang=three_letters(launch.language),
        device=on(launch.channel, "DESKTOP", "MOBILE"),
        fun_mode=launch.demo,
    )
    return json_post(
        "/api/operator/v1/launch",
        message,
        header="x-st8-sign",
        sign=lambda body: ecdsa_sha256_signature(key, body),
    )


def address_of(answer: OutboundAnswer) -> str:
    """Where the game is played."""
    return json_of(answer, Reply).game_url


STUDIO = Studio(
    launch=Outbound(ask_launch, address_of),
    demo=True,
    private_key=KeyKind.CURVE,
    settings=frozenset({"site"}),
)
