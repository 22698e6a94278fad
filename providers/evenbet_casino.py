"""EvenBet's casino aggregator, from its side: what an external casino provider asks of it.  JSON, one POST per call.

The raw body is signed: ``Authorization: hex(SHA-256(body + secret))``.  A provider calls
``…/api/web/casino/providers/{provider}/login`` and, by the session's token alone, ``/debit``, ``/credit`` and
``/rollback``.  Amounts are JSON numbers in major units; an answer without ``error`` is a success.  A key is the
``transactionId``.  Nothing follows in a round that has ended.  The rest is decided in docs/providers/evenbet_casino.md.
"""

from typing import Any

from msgspec import Raw, Struct

from providers import signing
from providers.contract import Account, Answer, Ask, Exchange, Fault, Query, StudioCall, StudioOp
from providers.manners import Answered, Manners
from providers.outbound.evenbet_casino import STUDIO
from providers.provider import Group, Provider, codes
from providers.scrubbing import starred
from providers.syntax import Read, by_last_step, json_answer, json_decoder, verbs
from providers.translate import amount_of, floored, key_of
from wallet.types import CREATED_STATUSES, Kind, Policy, Status

PLACES = 8
"""Most decimals of an amount; the currency, which no call names, may have fewer."""


class Message(Struct, frozen=True, kw_only=True, rename="camel"):
    """A call; `VERBS` says what each cannot be without."""

    token: str | None = None  # from the launch; exchanged once for the session's
    game_id: str | None = None
    round_id: str = ""
    end_round: bool = False
    transaction_id: str = ""
    ref_transaction_id: str = ""
    amount: Raw = Raw()


IN_ROUND = ("token", "game_id", "round_id", "transaction_id")
MONEY = (*IN_ROUND, "amount")

CODES = codes(
    {
        0: (Status.FOUND, *CREATED_STATUSES, Status.DUPLICATE),
        1: (Status.INSUFFICIENT_FUNDS,),
        2: (Fault.BAD_SIGNATURE, *Group.STRANGER),
        3: (Status.SESSION_EXPIRED, Status.SESSION_REVOKED),
        4: (Status.REFERENCE_NOT_FOUND, Status.REFERENCE_DIFFERS),
        5: (Fault.UNKNOWN_GAME, Status.GAME_DISABLED, Status.ACCOUNT_DISABLED),
        6: (Fault.BAD_AMOUNT,),
        7: (
            *(Status.SESSION_UNKNOWN, Status.SESSION_SUPERSEDED, Status.WALLET_NOT_FOUND),
            *(Fault.UNKNOWN_PLAYER, *Group.PLAYER),
        ),
        8: (Status.REFERENCE_REVERSED, Status.REFERENCE_SETTLED, Status.TOMBSTONED),
        10: Group.LIMITS,
        11: (Status.ROUND_CLOSED,),
        400: (
            *(Fault.MALFORMED, Fault.MISSING_FIELD, Fault.WRONG_TYPE, Fault.BAD_VALUE, Fault.TOO_LARGE),
            *(Fault.UNKNOWN_VERB, Status.KEY_REUSED, Status.CURRENCY_DIFFERS, Fault.UNKNOWN_CURRENCY),
            *Group.FINAL,
        ),
        900: Group.REPEATABLE,
    },
    {"credit": {9: (Status.REFERENCE_NOT_FOUND, Status.REFERENCE_REVERSED)}},
)


def read_login(login: Message, _account: Account) -> Query:
    """The launch token exchanged for the session's."""
    return Query(Ask.EXCHANGE, token=login.token, check_token=True)


def movement(kind: Kind) -> Read:
    """A stake, what the round's stakes won (nothing, where they lost), or one of the two taken back, whole."""
    undoing, new = kind is Kind.ROLLBACK, kind is Kind.BET

    def read(message: Message, _account: Account) -> StudioCall:
        op = StudioOp(
            kind,
            key_of(message.transaction_id),
            amount_of(0 if undoing else message.amount, places=PLACES),
            reference=key_of(message.ref_transaction_id) if undoing else None,
            round=key_of(message.round_id),
            end_round=message.end_round,
        )
        return StudioCall((op,), token=message.token, check_token=new, game=message.game_id)

    return read


def write(exchange: Exchange) -> Answer:
    """Who plays and what they have, at login with their token; or the error."""
    session = exchange.session
    if not exchange.done or session is None:
        words = exchange.status.replace("_", " ").capitalize()
        return json_answer(exchange, {"error": {"code": exchange.code, "message": words}})
    precision = exchange.account.exponents[exchange.currency or ""]
    said: dict[str, Any] = {
        "balance": floored(exchange.balance, precision),
        "currency": exchange.currency,
        "nickname": session.external_id,
        "timestamp": int(exchange.now.timestamp()),
        "userId": session.player,
        "currencyPrecision": precision,
    }
    if exchange.profile is not None:
        said |= {"token": exchange.token, "country": exchange.profile.country}
    return json_answer(exchange, said)


VERBS = verbs(
    json_decoder,
    Message,
    {
        "login": (("token",), read_login),
        "debit": (MONEY, movement(Kind.BET)),
        "credit": (MONEY, movement(Kind.WIN)),
        "rollback": ((*IN_ROUND, "ref_transaction_id"), movement(Kind.ROLLBACK)),
    },
)
EVENBET_CASINO = Provider(
    name="evenbet_casino",
    title="EvenBet casino aggregator",
    check=signing.sha256_suffixed_hex(header="authorization"),
    route=by_last_step(VERBS),
    verbs=VERBS,
    codes=CODES,
    policy=Policy(win_on_closed_round=False),
    manners=Manners(
        unknown_rollback=Answered.ERROR,
        unknown_game_pays=True,
        places=PLACES,
        zero_amounts=frozenset({Kind.BET, Kind.WIN}),
    ),
    write=write,
    scrub=starred("token"),
    one_time_launch=True,
    studio=STUDIO,
)
