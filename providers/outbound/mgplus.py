"""What an operator asks of MG+: a token first, then launches with it, and the queue of transactions that failed.

Settings: ``api_url``; ``sts_url``, where tokens are handed out; ``agent_code``; ``client_id``.  The client's secret is the
account's own secret.  A failed transaction is told in the words of the wallet call that failed, so that the adapter
reads it as it reads that call.
"""

from typing import Any
from urllib.parse import quote

import msgspec
from msgspec import Raw, Struct, field
from msgspec.structs import replace

from providers.contract import Account
from providers.locales import on, with_region
from providers.outbound import (
    STS_URL,
    FailedQueue,
    FailedTransaction,
    Launch,
    Outbound,
    OutboundAnswer,
    OutboundRequest,
    Permit,
    Settlement,
    Studio,
    form_post,
    given,
    json_of,
    private_key,
    setting,
)
from providers.syntax import encode_json

QUEUE_BYTES = 2**23
NULL = Raw(b"null")
ID_LETTERS = 255
"""Most letters of an odd transaction's id that are told."""


class Token(Struct, frozen=True):
    """What the token service answers."""

    access_token: str


class Session(Struct, frozen=True):
    """What a launch is answered with, under one name or the other."""

    url: str | None = None
    game_url: str | None = field(name="gameURL", default=None)


class Named(Struct, frozen=True, rename="camel"):
    """What every transaction has, however odd."""

    txn_id: str


class Listed(Struct, frozen=True, rename="camel"):
    """A transaction that failed at our side, as far as MG+ knows."""

    action_type: str
    player_id: str
    txn_id: str
    amount: Raw = Raw(b"0")
    currency: str | None = None
    txn_event_type: str = "GAME"
    content_code: str | None = None
    bet_id: str | None = None
    channel: str | None = None
    metadata: Raw = NULL
    completed: bool = False


def ask_token(account: Account) -> OutboundRequest:
    """A token for the operator's own calls."""
    told = {"grant_type": "client_credentials", "client_id": setting(account, "client_id")}
    return form_post("/", {**told, "client_secret": private_key(account).decode()})


def token_of(answer: OutboundAnswer) -> str:
    """The token.  Raises ValueError for one that no header can carry."""
    token = json_of(answer, Token).access_token
    if not (token.isascii() and token.isprintable()):
        raise ValueError("a token that no header can carry")
    return token


def agents(account: Account) -> str:
    """Where an agent's own calls go."""
    return f"/api/v1/agents/{quote(setting(account, 'agent_code'), safe='')}"


def bearer(permit: Permit) -> tuple[str, str]:
    """The header that carries a token."""
    return ("authorization", f"Bearer {permit.token}")


def ask_launch(launch: Launch) -> OutboundRequest:
    """A session of the player in a game; the token comes back with the login."""
    fields = given(
        contentCode=launch.game,
        platform=on(launch.channel, "Desktop", "Mobile"),
        langCode=with_region(launch.language, "-"),
        operatorLoginToken=launch.token,
    )
    request = form_post(f"{agents(launch.account)}/players/{quote(launch.player, safe='')}/sessions", fields)
    return replace(request, headers=(*request.headers, bearer(Permit(launch.account, launch.permit))))


def address_of(answer: OutboundAnswer) -> str:
    """Where the game is played."""
    session = json_of(answer, Session)
    url = session.url or session.game_url
    if not url:
        raise ValueError("no url")
    return url


def ask_failed(permit: Permit) -> OutboundRequest:
    """The queue."""
    return OutboundRequest("GET", f"{agents(permit.account)}/failedTransactions", (bearer(permit),))


def failed_of(answer: OutboundAnswer) -> tuple[FailedTransaction, ...]:
    """Each as the wallet call that failed: a rollback is known by the bet, a credit is the win itself."""
    listed = json_of(answer, tuple[Raw, ...])
    return tuple(failed(one, f"number {place}") for place, one in enumerate(listed, 1))


def failed(one: Raw, place: str) -> FailedTransaction:
    """One of the queue; what is odd is named by its id, or by its place, and keeps nothing else from being read."""
    try:
        listed = msgspec.json.decode(one, type=Listed)
    except msgspec.ValidationError:
        return FailedTransaction(id=id_of(one) or place, verb=None, body=b"")
    verb = {"rollback": "rollback", "credit": "updatebalance"}.get(listed.action_type.lower())
    if verb is None:
        return FailedTransaction(id=listed.txn_id[:ID_LETTERS] or place, verb=None, body=b"")
    message: dict[str, Any] = given(
        playerId=listed.player_id,
        txnId=listed.txn_id,
        amount=listed.amount,
        currency=listed.currency,
        contentCode=listed.content_code,
        betId=listed.bet_id,
        channel=listed.channel,
        metaData=None if listed.metadata == NULL else listed.metadata,
    )
    if verb == "updatebalance":
        told = {"txnType": "CREDIT", "txnEventType": listed.txn_event_type, "completed": listed.completed}
        message |= told
    return FailedTransaction(id=listed.txn_id, verb=verb, body=encode_json(message))


def id_of(one: Raw) -> str:
    """The id of what cannot be read whole; empty where even that is odd."""
    try:
        return msgspec.json.decode(one, type=Named).txn_id[:ID_LETTERS]
    except msgspec.ValidationError:
        return ""


def ask_settled(settlement: Settlement) -> OutboundRequest:
    """That a transaction of the queue is dealt with."""
    place = f"{agents(settlement.permit.account)}/failedTransactions/{quote(settlement.id, safe='')}"
    kind = ("content-type", "application/json")
    body = encode_json(given(referenceId=settlement.reference))
    return OutboundRequest("PATCH", place, (bearer(settlement.permit), kind), body)


def done(answer: OutboundAnswer) -> None:
    """That it left the queue; 404 is one that had left it before."""
    if answer.http_status != 404:
        json_of(OutboundAnswer(answer.http_status, answer.headers, b"{}"), dict)


STUDIO = Studio(
    launch=Outbound(ask_launch, address_of),
    permit=Outbound(ask_token, token_of, address=STS_URL),
    failed=FailedQueue(
        listed=Outbound(ask_failed, failed_of, bound=QUEUE_BYTES),
        settled=Outbound(ask_settled, done),
    ),
    settings=frozenset({"agent_code", "client_id"}),
)
