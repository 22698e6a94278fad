"""What an operator asks of studios and aggregators that speak SoftSwiss' protocols: `V1` (GCP) and `V2` (a8r).

JSON, one POST per question, signed as their wallet calls are: ``X-REQUEST-SIGN`` is the hexadecimal HMAC-SHA256 of the raw
body under the shared secret.  Settings: ``api_url``, ``casino_id``; of the second ``paths`` = ``short`` where the launcher is
called ``/launcher/real``.  No source tells the fields of a list of games.  What is told of a player as a person is what the operator keeps
of them: ``firstname``, ``lastname``, ``nickname``, ``city``, ``email``, ``sex``.
"""

import re
from collections.abc import Mapping
from datetime import UTC
from functools import partial
from typing import Any

import msgspec
from msgspec import Struct

from providers.contract import Account, Profile
from providers.locales import on, two_letters
from providers.outbound import (
    Declined,
    FreeRoundsOrder,
    Launch,
    Outbound,
    OutboundAnswer,
    OutboundRequest,
    Studio,
    for_now,
    given,
    json_of,
    json_post,
    own_secret,
    setting,
)
from providers.signing import hmac_sha256_signature

GENDERS = {"female": "f", "male": "m"}
PERSONAL = ("email", "firstname", "lastname", "nickname", "city")
RETRYABLE = frozenset({"500", "502", "503", "504"})
"""Codes that say later; an HTTP status says so whatever code came with it."""

PATHS: Mapping[str, Mapping[str, str]] = {
    "long": {
        "real": "/v2/a8r_provider.Launcher/Real",
        "demo": "/v2/a8r_provider.Launcher/Demo",
        "issue": "/v2/a8r_provider.Freespins/Issue",
        "cancel": "/v2/a8r_provider.Freespins/Cancel",
    },
    "short": {
        "real": "/launcher/real",
        "demo": "/launcher/demo",
        "issue": "/freespins/issue",
        "cancel": "/freespins/cancel",
    },
}


class Options(Struct, frozen=True):
    """How a game of the first version is opened."""

    game_url: str


class Reply(Struct, frozen=True):
    """What both answer: the address of a game, or a refusal in their own shape."""

    launch_options: Options | None = None
    launch_url: str | None = None
    code: int | str | None = None
    meta: dict[str, Any] = {}


def ask(account: Account, path: str, /, **message: Any) -> OutboundRequest:
    """A signed question."""
    sign = partial(hmac_sha256_signature, own_secret(account))
    told = given(casino_id=setting(account, "casino_id"), **message)
    return json_post(path, told, header="x-request-sign", sign=sign)


def launch_fields(launch: Launch) -> dict[str, Any]:
    """What a game is opened with, for real or for fun."""
    return {
        "game": launch.game,
        "locale": two_letters(launch.language),
        "ip": launch.ip,
        "client_type": on(launch.channel, "desktop", "mobile"),
        "urls": given(return_url=launch.lobby_url, deposit_url=launch.deposit_url),
    }


def person(player: str, profile: Profile | None, personal: Mapping[str, Any]) -> dict[str, Any]:
    """Who plays; what nobody told us is left out."""
    told = {name: personal.get(name) for name in PERSONAL}
    if profile is not None:
        told |= {"country": profile.country, "date_of_birth": profile.birth_date}
        told["registered_at"] = profile.registered_at and profile.registered_at[:10]
    return given(id=player, gender=GENDERS.get(personal.get("sex", "")), **told)


def ask_launch_v1(launch: Launch) -> OutboundRequest:
    """A session, or a demo that names nobody."""
    fields = launch_fields(launch)
    if launch.demo:
        return ask(launch.account, "/demo", **fields)
    user = person(launch.player, launch.profile, launch.personal)
    fields |= {"currency": launch.currency, "jurisdiction": launch.jurisdiction}
    return ask(launch.account, "/sessions", user=user, **fields)


def ask_launch_v2(launch: Launch) -> OutboundRequest:
    """The same in the words of the second version."""
    paths = PATHS[setting(launch.account, "paths", "long")]
    fields = launch_fields(launch)
    if launch.demo:
        return ask(launch.account, paths["demo"], currency=launch.currency, **fields)
    account = account_of(launch.player, launch.currency, launch.profile, launch.personal)
    fields |= {
        "jurisdiction": launch.jurisdiction,
        "session_id": launch.nonce,
    }  # a UUID; no call is held to it
    return ask(launch.account, paths["real"], account=account, **fields)


def account_of(
    player: str, currency: str, profile: Profile | None, personal: Mapping[str, Any]
) -> dict[str, Any]:
    """Who plays in which money: what the second version calls an account."""
    told = person(
        player, profile, {name: personal[name] for name in personal if name not in {"email", "city"}}
    )
    tags = [] if profile is None else list(profile.labels)
    return {**told, "currency": currency, **({"tags": tags} if tags else {})}


def free_rounds(order: FreeRoundsOrder) -> dict[str, Any]:
    """What is given; a studio counts levels, the first is 1."""
    return {
        "issue_id": order.id,
        "games": list(order.games),
        "freespins_quantity": order.quantity,
        "bet_level": order.bet_level or 1,
        "valid_until": f"{order.expires_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
    }


def ask_issue_v1(order: FreeRoundsOrder) -> OutboundRequest:
    """Free rounds for a player."""
    user = person(order.player, order.profile, order.personal)
    return ask(order.account, "/freespins/issue", currency=order.currency, user=user, **free_rounds(order))


def ask_issue_v2(order: FreeRoundsOrder) -> OutboundRequest:
    """The same in the words of the second version."""
    paths = PATHS[setting(order.account, "paths", "long")]
    account = account_of(order.player, order.currency, order.profile, order.personal)
    return ask(order.account, paths["issue"], account=account, **free_rounds(order))


def reply_of(answer: OutboundAnswer) -> Reply:
    """What was answered: a refusal's own number, of the second version that in its ``meta``.  Raises `Declined`."""
    if answer.http_status < 400:
        return json_of(answer, Reply) if answer.body.strip() else Reply()
    try:
        reply = msgspec.json.decode(answer.body, type=Reply)
    except msgspec.MsgspecError:
        return json_of(answer, Reply)
    own = reply.meta.get("api_code")
    word = (own if type(own) in {str, int} else None) or reply.code or f"http {answer.http_status}"
    raise Declined(str(word), retryable=for_now(answer) or str(word) in RETRYABLE)


def address_v1(answer: OutboundAnswer) -> str:
    """Where the game is played."""
    options = reply_of(answer).launch_options
    if options is None:
        raise ValueError("no launch_options")
    return options.game_url


def address_v2(answer: OutboundAnswer) -> str:
    """Where the game is played."""
    url = reply_of(answer).launch_url
    if not url:
        raise ValueError("no launch_url")
    return url


def done(answer: OutboundAnswer) -> None:
    """That it was done.  Raises `Declined`."""
    reply_of(answer)


V1 = Studio(
    launch=Outbound(ask_launch_v1, address_v1),
    demo=True,
    issue=Outbound(ask_issue_v1, done),
    cancel=Outbound(lambda order: ask(order.account, "/freespins/cancel", issue_id=order.id), done),
    personal=True,
    settings=frozenset({"casino_id"}),
)
V2 = Studio(
    launch=Outbound(ask_launch_v2, address_v2),
    demo=True,
    issue=Outbound(ask_issue_v2, done),
    cancel=Outbound(
        lambda order: ask(
            order.account, PATHS[setting(order.account, "paths", "long")]["cancel"], issue_id=order.id
        ),
        done,
    ),
    personal=True,
    settings=frozenset({"casino_id", "paths"}),
    forms={"paths": re.compile("|".join(PATHS))},
)
