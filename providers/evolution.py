"""Evolution, One Wallet: the wallet that an operator serves to Evolution and to the studios it delivers.  JSON by POST.

Nothing is signed: a shared secret travels in the query (``?authToken=``), so no query is ever kept.  Amounts are JSON
numbers in major units, of six decimals at most; ``status`` is the verdict, and HTTP is 200 but for a body that cannot
be read.  A bet is its ``refId``, which joins debit, credit and cancel, each of them once; ``game.id`` is the round.
Source: an operator's adapter under an open licence and its tests; docs/providers/evolution.md says what that leaves open.
"""

from typing import Any

from msgspec import Raw, Struct

from providers import signing
from providers.contract import Account, Answer, Ask, Exchange, Fault, Query, StudioCall, StudioOp
from providers.manners import Answered, Manners
from providers.outbound.evolution import STUDIO
from providers.provider import Group, Provider, SecretForm, codes
from providers.scrubbing import starred
from providers.syntax import Read, by_path, json_answer, json_decoder, json_glimpse, json_within, verbs
from providers.translate import amount_of, floored, key_of, metadata_of
from wallet.types import CREATED_STATUSES, SESSION_DEFECTS, Kind, Policy, Status

PLACES = 6


class Trace(Struct, frozen=True, kw_only=True):
    """What can be echoed even where nothing else was understood."""

    uuid: str | None = None


class Table(Struct, frozen=True):
    """A table, by which we know the game."""

    id: str | None = None


class Details(Struct, frozen=True):
    """Where a round is played."""

    table: Table | None = None


class Game(Struct, frozen=True):
    """A round."""

    id: str = ""
    details: Details | None = None


class Transaction(Struct, frozen=True, rename="camel", omit_defaults=True):
    """A movement of one bet."""

    ref_id: str = ""
    amount: Raw = Raw()
    id: str = ""
    jackpots: Raw = Raw()


class Promotion(Struct, frozen=True):
    """What is paid without a bet.  All that it says besides is kept as it stood."""

    id: str
    amount: Raw
    type: str | None = ""


class Message(Trace, frozen=True, kw_only=True, rename="camel"):
    """A request of any call; `VERBS` says what each cannot be without."""

    sid: str | None = None
    user_id: str | None = None
    currency: str | None = None
    game: Game | None = None
    transaction: Transaction = Transaction()
    promo_transaction: Raw = Raw()


PLAYER = ("sid", "user_id")
MONEY = (*PLAYER, "currency")
HANDS_OUT_SID = frozenset({"check", "sid"})
BET = "debit:"
KINDS = {"JackpotWin": Kind.JACKPOT_WIN}
"""Types of promotions that are something else than a promotion's win; they are an open set."""

SETTLED = "BET_ALREADY_SETTLED"
CODES = codes(
    {
        "OK": (Status.FOUND, *CREATED_STATUSES, Status.DUPLICATE),
        "TEMPORARY_ERROR": Group.REPEATABLE,
        "INVALID_TOKEN_ID": (Fault.BAD_SIGNATURE, *Group.STRANGER),
        # Another player's bet: the session is not that of the player who is named.
        "INVALID_SID": (
            *(*SESSION_DEFECTS, Status.WALLET_NOT_FOUND, Fault.UNKNOWN_PLAYER, Status.REFERENCE_DIFFERS),
        ),
        "ACCOUNT_LOCKED": Group.PLAYER,
        "INVALID_PARAMETER": (
            *(*Group.SHAPE, Status.CURRENCY_DIFFERS, Fault.UNKNOWN_CURRENCY, Fault.UNKNOWN_GAME),
        ),
        ("INVALID_PARAMETER", 400): (Fault.MALFORMED,),
        "BET_DOES_NOT_EXIST": (Status.REFERENCE_NOT_FOUND,),
        SETTLED: (Status.REFERENCE_REVERSED, Status.REFERENCE_SETTLED),
        "INSUFFICIENT_FUNDS": (Status.INSUFFICIENT_FUNDS,),
        "FINAL_ERROR_ACTION_FAILED": (
            *(*Group.LIMITS, Status.KEY_REUSED, Status.TOMBSTONED),
            *(Status.GAME_DISABLED, Status.ACCOUNT_DISABLED, Status.ROUND_CLOSED),
        ),
        "UNKNOWN_ERROR": Group.FINAL,
    },
    {"credit": {SETTLED: (Status.KEY_REUSED,)}, "cancel": {SETTLED: (Status.KEY_REUSED, Status.DUPLICATE)}},
)


def question(ask: Ask) -> Read:
    """What moves no money.  All but Evolution's test call, which the gateway refuses at a live account, need a living sid."""
    living = ask is not Ask.OPEN
    return lambda message, _account: Query(
        ask, message.user_id, message.sid, check_token=living, currency=message.currency
    )


def movement(kind: Kind, prefix: str) -> Read:
    """A movement of the bet `refId`: its stake, its one result, or the stake given back."""
    new = kind is Kind.BET

    def read(message: Message, _account: Account) -> StudioCall:
        transaction = message.transaction
        op = StudioOp(
            kind,
            key_of(transaction.ref_id, prefix=prefix),
            amount_of(transaction.amount, places=PLACES),
            reference=None if new else key_of(transaction.ref_id, prefix=BET),
            round=key_of(message.game.id if message.game else ""),
            metadata=metadata_of(transaction, ("id", "jackpots")),
        )
        return call_of(message, op, check_token=new)

    return read


def read_promo_payout(message: Message, _account: Account) -> StudioCall:
    """What free rounds, tournaments, rewards and jackpots pay."""
    promotion = promotion_of(message.promo_transaction)
    op = StudioOp(
        KINDS.get(promotion.type or "", Kind.PROMO_WIN),
        key_of(promotion.id, prefix="promo:"),
        amount_of(promotion.amount, places=PLACES),
        round=key_of(message.game.id) if message.game and message.game.id else None,
        metadata=metadata_of(message, ("promo_transaction",)),
    )
    return call_of(message, op)


def call_of(message: Message, op: StudioOp, *, check_token: bool = False) -> StudioCall:
    """The call on the wallet of `userId`, in the game of the table; only a stake needs a living sid."""
    details = message.game.details if message.game else None
    table = details.table.id if details and details.table else None
    return StudioCall((op,), message.user_id, message.sid, check_token, message.currency, table)


def write(exchange: Exchange) -> Answer:
    """The verdict; a new sid where one is handed out, else the balances wherever the wallet is known."""
    said: dict[str, Any] = {"status": exchange.code}
    if exchange.verb in HANDS_OUT_SID:
        said |= {"sid": exchange.token} if exchange.done else {}
    else:
        for name, amount in (("balance", exchange.cash), ("bonus", exchange.bonus)):
            said[name] = None if amount is None else floored(amount, exchange.account.manners.places)
        said |= {"retransmission": True} if exchange.status in Group.REPEATABLE else {}
    trace = exchange.message or trace_of(exchange.request)
    return json_answer(exchange, said | {"uuid": trace.uuid if trace else None})


trace_of = json_glimpse(Trace)
promotion_of = json_within(Promotion)
VERBS = verbs(
    json_decoder,
    Message,
    {
        "check": (PLAYER, question(Ask.ROTATE)),
        "sid": (("user_id",), question(Ask.OPEN)),
        "balance": (MONEY, question(Ask.BALANCE)),
        "debit": (MONEY, movement(Kind.BET, BET)),
        "credit": (MONEY, movement(Kind.WIN, "credit:")),
        "cancel": (MONEY, movement(Kind.ROLLBACK, "cancel:")),
        "promo_payout": ((*MONEY, "promo_transaction"), read_promo_payout),
    },
)
EVOLUTION = Provider(
    name="evolution",
    title="Evolution One Wallet",
    check=signing.secret_in_query(field="authToken"),
    route=by_path(VERBS),
    verbs=VERBS,
    codes=CODES,
    policy=Policy(compare_round=False),  # the refId alone says which bet is meant
    manners=Manners(
        unknown_rollback=Answered.ERROR,
        unknown_game_pays=True,
        places=PLACES,
        zero_amounts=frozenset({Kind.BET, Kind.WIN, Kind.PROMO_WIN, Kind.JACKPOT_WIN}),
    ),
    write=write,
    secret_form=SecretForm.BEARER,
    scrub=starred("sid", query=True),
    studio=STUDIO,
    wins_name_bets=True,
)
