"""The wallet calls whose verdict is an ``RS_`` status: what the aggregators that speak them share.  No adapter itself.

JSON, one POST per call, always HTTP 200; the raw body is signed with the aggregator's private key.  Amounts and
balances are int64, 100,000 to a major unit in every currency.  A transaction's key is its ``transaction_uuid``,
unique across kinds; ``request_uuid`` is a trace id, echoed and never compared.  A dialect gives its paths, the field
that names the player, its own fields and words.
"""

from collections.abc import Collection, Mapping
from typing import Annotated

from msgspec import Meta, Raw, Struct
from msgspec.structs import replace

from providers.contract import DONE, Account, Answer, Ask, Exchange, Fault, Query, StudioCall, StudioOp
from providers.manners import Manners
from providers.provider import Codes, Group, Verb, Words, codes
from providers.syntax import Read, json_answer, json_decoder, json_glimpse
from providers.translate import floored, key_of, metadata_of, of_units
from wallet.types import Kind, Policy, ShortRollback, Status

# Their requests.  A dialect says under which name, and whether, `player` stands.


class Trace(Struct, frozen=True, kw_only=True):
    """What can be echoed even where nothing else was understood."""

    request_uuid: str


class Balance(Trace, frozen=True, kw_only=True):
    """What the player has."""

    player: str
    token: str
    game_code: str | None = None


class Transaction(Trace, frozen=True, kw_only=True):
    """What bet, win and rollback have in common."""

    player: str | None
    transaction_uuid: str
    token: str
    round: str
    game_code: str
    round_closed: bool | None = None
    supplier_transaction_id: str | None = None


class Bet(Transaction, frozen=True, kw_only=True):
    """A stake."""

    currency: str
    amount: Annotated[int, Meta(ge=0, le=2**63 - 1)]
    is_free: bool
    is_supplier_promo: bool | None = None
    is_aggregated: bool | None = None
    reward_uuid: str | None = None
    game_id: int | str | None = None  # deprecated for game_code
    bet: str | None = None
    meta: dict[str, Raw] | None = None


class Win(Bet, frozen=True, kw_only=True):
    """The result of a bet."""

    reference_transaction_uuid: str


class Rollback(Transaction, frozen=True, kw_only=True):
    """No amount and no currency, so always the whole of a bet or win."""

    reference_transaction_uuid: str


class Reply(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Every answer.  A refusal has no more than `status` and `request_uuid`, but for a balance that was too low."""

    status: str
    request_uuid: str | None = None
    user: str | None = None
    currency: str | None = None
    balance: int | None = None


# Tables

PLACES = 5
"""Decimals of the wire: its integers count 10^-5 major units."""

SUPPLIER_PROMO = "supplier_promo"
"""Account setting: ``win`` treats what is won in a supplier's promotion as the result of a bet that must be known."""

KEPT = (
    *("supplier_transaction_id", "supplier_user", "reward_uuid", "is_free", "is_supplier_promo"),
    *("is_aggregated", "game_id", "bet", "meta", "jackpot_win"),
)
"""Fields that are kept with the posting as they came, where a dialect has them."""

DEAD = (Status.SESSION_SUPERSEDED, Status.SESSION_EXPIRED, Status.SESSION_REVOKED)

WORDS: Words = {
    "RS_OK": DONE,
    "RS_ERROR_INVALID_TOKEN": (Status.SESSION_UNKNOWN, Status.WALLET_NOT_FOUND, Fault.UNKNOWN_PLAYER),
    "RS_ERROR_TOKEN_EXPIRED": DEAD,
    "RS_ERROR_INVALID_GAME": (Status.GAME_DISABLED, Status.ACCOUNT_DISABLED, Fault.UNKNOWN_GAME),
    "RS_ERROR_WRONG_CURRENCY": (Status.CURRENCY_DIFFERS, Fault.UNKNOWN_CURRENCY),
    "RS_ERROR_NOT_ENOUGH_MONEY": (Status.INSUFFICIENT_FUNDS,),
    "RS_ERROR_USER_DISABLED": Group.PLAYER,
    "RS_ERROR_DUPLICATE_TRANSACTION": (Status.KEY_REUSED, Status.TOMBSTONED, Status.ROUND_CLOSED),
    "RS_ERROR_TRANSACTION_DOES_NOT_EXIST": Group.REFERENCE,
    "RS_ERROR_WRONG_SYNTAX": Group.SHAPE,
    "RS_ERROR_WRONG_TYPES": (
        Fault.WRONG_TYPE,
        Fault.BAD_AMOUNT,
    ),  # the two of SHAPE that have a word of their own
    "RS_ERROR_INVALID_SIGNATURE": (Fault.BAD_SIGNATURE,),
    "RS_ERROR_UNKNOWN": (*Group.FINAL, *Group.STRANGER, *Group.REPEATABLE),
}
"""What both say; a dialect says some of it otherwise."""

POLICY = Policy(compare_game=True, short_rollback=ShortRollback.OVERDRAFT)
MANNERS = Manners(places=PLACES, zero_amounts=frozenset({Kind.BET, Kind.WIN, Kind.PROMO_WIN}))


def codes_of(words: Words, unexpired: Collection[str]) -> Codes:
    """The codes of a dialect: its own `words` over those of all, and the verbs that know no expired token.

    "Expired" is said of bets only: a token that may no longer ask for anything else is an invalid one.
    """
    invalid: Mapping[str, Words] = {verb: {"RS_ERROR_INVALID_TOKEN": DEAD} for verb in unexpired}
    return {**codes(WORDS), **codes(words, invalid)}


# Read


def read_balance(balance: Balance, _account: Account) -> Query:
    """The question that a dead token gets no answer to."""
    return Query(Ask.BALANCE, balance.player, balance.token, check_token=True, game=balance.game_code)


def read_bet(bet: Bet, _account: Account) -> StudioCall:
    """A stake.  A free one carries its amount as the nominal value and moves nothing."""
    amount = of_units(bet.amount, PLACES)
    if bet.is_free:
        op = StudioOp(Kind.FREE_BET, key_of(bet.transaction_uuid), nominal=amount)
    else:
        op = StudioOp(Kind.BET, key_of(bet.transaction_uuid), amount)
    return call_of(bet, op, currency=bet.currency, game=bet.game_code, check_token=True)


def read_win(win: Win, account: Account) -> StudioCall:
    """What a bet won, once or in several parts, or what a tournament pays.  What a free bet won is paid also without it."""
    promotion = win.is_supplier_promo and account.settings.get(SUPPLIER_PROMO) != "win"
    kind = Kind.PROMO_WIN if promotion else Kind.WIN
    reference = key_of(win.reference_transaction_uuid)
    op = StudioOp(kind, key_of(win.transaction_uuid), of_units(win.amount, PLACES), reference=reference)
    return call_of(win, op, currency=win.currency, game=win.game_code, free_wins=win.is_free)


def read_rollback(rollback: Rollback, _account: Account) -> StudioCall:
    """The end of a bet or win.  The game is the original's, whatever has become of it since."""
    reference = key_of(rollback.reference_transaction_uuid)
    return call_of(rollback, StudioOp(Kind.ROLLBACK, key_of(rollback.transaction_uuid), reference=reference))


def call_of(
    message: Transaction,
    op: StudioOp,
    *,
    currency: str | None = None,
    game: str | None = None,
    check_token: bool = False,
    free_wins: bool = False,
) -> StudioCall:
    """The call of one operation, with what every transaction says of its round."""
    op = replace(
        op,
        round=key_of(message.round),
        end_round=bool(message.round_closed),
        metadata=metadata_of(message, KEPT),
    )
    named = (message.player, message.token, check_token)
    return StudioCall((op,), *named, currency, game, free_wins=free_wins)


# Write


def write(exchange: Exchange, *, with_balance: Collection[Status | Fault] = DONE) -> Answer:
    """The verdict and the trace id; with a success, and where the dialect tells it with a refusal, the balance."""
    said = verdict_of(exchange)
    if exchange.status in with_balance:
        session = exchange.session
        user = exchange.message.player or (session and session.external_id)
        units = floored(exchange.balance, exchange.account.manners.places).scaleb(PLACES)
        said = replace(said, user=user, currency=exchange.currency, balance=int(units))
    return json_answer(exchange, said)


def verdict_of(exchange: Exchange) -> Reply:
    """What every answer holds."""
    trace = exchange.message or trace_of(exchange.request)
    return Reply(status=exchange.code, request_uuid=trace.request_uuid if trace else None)


trace_of = json_glimpse(Trace)


def verbs_of(reads: Mapping[str, tuple[type[Struct], Read]]) -> dict[str, Verb]:
    """The verbs of a dialect: their paths, what they say and what that means."""
    return {path: Verb(path, json_decoder(model), read) for path, (model, read) in reads.items()}
