"""Spribe (Aviator and the turbo games): the wallet that an operator serves.  JSON, one POST per call, always HTTP 200.

Time, path and raw body are signed (`signing.hmac_sha256_timed`).  Amounts and balances are integers, 1,000 to a
major unit.  ``code`` 200 is a first success; 409 is a repeated one, and tells what the first did.  A key is
``provider:provider_tx_id``.  Source: operators' code (the specification is not public); what that leaves open is
decided in docs/providers/spribe.md.
"""

from typing import Annotated, Any

from msgspec import Meta, Struct

from providers import signing
from providers.contract import Account, Answer, Ask, Exchange, Fault, Query, StudioCall, StudioOp
from providers.manners import Answered, Manners
from providers.outbound.spribe import STUDIO
from providers.provider import Group, Provider, codes
from providers.scrubbing import starred
from providers.syntax import by_path, json_answer, json_decoder, verbs
from providers.translate import key_of, metadata_of, of_units, whole_units
from wallet.types import CREATED_STATUSES, Kind, Status

PLACES = 3


class Message(Struct, frozen=True, kw_only=True):
    """A request of any verb; `VERBS` says what each cannot be without."""

    user_token: str | None = None  # from the launch; exchanged once
    session_token: str | None = None  # theirs: stands for the session from `auth` on
    user_id: str | None = None
    currency: str | None = None
    amount: Annotated[int, Meta(ge=0, le=2**63 - 1)] | None = None
    provider: str | None = None
    provider_tx_id: str = ""
    withdraw_provider_tx_id: str = ""
    rollback_provider_tx_id: str = ""
    game: str | None = None
    action_id: str = ""  # the round
    action: str | None = None
    platform: str | None = None


FREE = frozenset({"freebet", "rainfreebet", "promofreebet", "challengefreebet", "challengeprizemoney"})
"""Actions of a deposit that no withdrawal came before."""
IN_ROUND = ("user_id", "amount", "provider", "provider_tx_id", "game", "action", "action_id")
MONEY = (*IN_ROUND, "currency")
"""What a movement cannot be read without."""

CODES = codes(
    {
        200: (Status.FOUND, *CREATED_STATUSES),
        401: (Status.SESSION_UNKNOWN, Status.WALLET_NOT_FOUND, Fault.UNKNOWN_PLAYER),
        402: (Status.INSUFFICIENT_FUNDS,),
        403: (Status.SESSION_SUPERSEDED, Status.SESSION_EXPIRED, Status.SESSION_REVOKED),
        405: (
            *(*Group.PLAYER, *Group.LIMITS, *Group.FINAL, *Group.SHAPE, *Group.STRANGER),
            *(Status.KEY_REUSED, Status.CURRENCY_DIFFERS, Status.GAME_DISABLED, Status.ACCOUNT_DISABLED),
            *(Status.ROUND_CLOSED, Fault.UNKNOWN_CURRENCY, Fault.UNKNOWN_GAME),
        ),
        408: (*Group.REFERENCE, Status.TOMBSTONED),
        409: (Status.DUPLICATE,),
        413: (Fault.BAD_SIGNATURE,),
        500: Group.REPEATABLE,
    }
)


def read_auth(auth: Message, _account: Account) -> Query:
    """The launch token exchanged; from now on their own session token speaks for the session."""
    return Query(Ask.EXCHANGE, token=auth.user_token, currency=auth.currency, attach=auth.session_token)


def read_info(info: Message, _account: Account) -> Query:
    """Who the player is and what they have."""
    return Query(Ask.IDENTITY, info.user_id, info.session_token, check_token=True, currency=info.currency)


def read_deposit(deposit: Message, _account: Account) -> StudioCall:
    """What a stake won, or what free bets and challenges pay without one."""
    if deposit.action in FREE:
        return call_of(deposit, Kind.PROMO_WIN)
    return call_of(deposit, Kind.WIN, deposit.withdraw_provider_tx_id)


def call_of(message: Message, kind: Kind, reference: str | None = None) -> StudioCall:
    """The call of one operation, in the round that all of its messages name.  Only a stake needs a living session."""
    prefix = f"{message.provider}:"
    op = StudioOp(
        kind,
        key_of(message.provider_tx_id, prefix=prefix),
        of_units(message.amount or 0, PLACES),
        reference=None if reference is None else key_of(reference, prefix=prefix),
        round=key_of(message.action_id),
        metadata=metadata_of(message, ("action", "platform")),
    )
    named = (message.user_id, message.session_token, kind is Kind.BET)
    return StudioCall((op,), *named, message.currency, message.game, message.platform)


def write(exchange: Exchange) -> Answer:
    """The code and its words; with a success who the player is, or what their balance was before and after."""
    said: dict[str, Any] = {"code": exchange.code, "message": exchange.status.replace("_", " ")}
    if not exchange.done:
        return json_answer(exchange, said)
    if exchange.profile:
        name = exchange.profile.player
        money = {"balance": whole_units(exchange.balance, PLACES), "currency": exchange.currency}
        said["data"] = {"user_id": name, "username": name, **money}
    elif exchange.outcome:
        moved, echoed = exchange.amounts[0], ("user_id", "provider", "provider_tx_id")
        stored = (
            exchange.outcome.ops[0].posting is not None
        )  # else it moved nothing, and has no balances of its own
        said["data"] = {
            "operator_tx_id": exchange.transaction(),
            "new_balance": whole_units(moved.after if stored else exchange.balance, PLACES),
            "old_balance": whole_units(moved.before if stored else exchange.balance, PLACES),
            "currency": exchange.currency,
            **{name: getattr(exchange.message, name) for name in echoed},
        }
    return json_answer(exchange, said)


VERBS = verbs(
    json_decoder,
    Message,
    {
        "auth": (("user_token", "session_token", "currency"), read_auth),
        "info": (("user_id", "session_token", "currency"), read_info),
        "withdraw": ((*MONEY, "session_token"), lambda bet, _: call_of(bet, Kind.BET)),
        "deposit": (MONEY, read_deposit),
        # The direction is the original's, and so is the amount.
        "rollback": (IN_ROUND, lambda undo, _: call_of(undo, Kind.ROLLBACK, undo.rollback_provider_tx_id)),
    },
)
SPRIBE = Provider(
    name="spribe",
    title="Spribe",
    check=signing.hmac_sha256_timed(
        signature="x-spribe-client-signature", stamp="x-spribe-client-ts", client="x-spribe-client-id"
    ),
    signed_where=signing.unless_optional,
    signed_at=signing.seconds_in("x-spribe-client-ts"),
    route=by_path(VERBS),
    verbs=VERBS,
    codes=CODES,
    manners=Manners(
        places=PLACES,
        unknown_rollback=Answered.ERROR,
        unknown_game_pays=True,
        zero_amounts=frozenset({Kind.WIN, Kind.PROMO_WIN}),
    ),
    write=write,
    scrub=starred("user_token", "session_token"),
    one_time_launch=True,
    studio=STUDIO,
    wins_name_bets=True,
    settings=frozenset({signing.CLIENT_ID, signing.SIGNATURE_OPTIONAL}),
)
