"""Hub88: the wallet that an operator serves to the aggregator.  JSON, one POST per call, always HTTP 200.

The raw body is signed with Hub88's private key: ``X-Hub88-Signature: base64(RSASSA-PKCS1-v1_5(SHA-256, body))``.
Amounts and balances are int64, 100,000 to a major unit in every currency; ``status`` is the verdict.  A
transaction's key is its ``transaction_uuid``, unique across kinds; ``request_uuid`` is a trace id, echoed and
never compared.  Source: docs.hub88.io; what it leaves open is decided in docs/providers/hub88.md.
"""

from collections.abc import Collection
from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Raw, Struct
from msgspec.structs import replace

from providers.contract import (
    DONE,
    Account,
    Answer,
    Ask,
    Exchange,
    Fault,
    Manners,
    Profile,
    Query,
    StudioCall,
    StudioOp,
)
from providers.provider import ANY, Provider, SecretForm, Verb
from providers.scrubbing import starred
from providers.signing import rsa_sha256_base64
from providers.syntax import by_path, json_answer, json_decoder, json_glimpse
from providers.translate import floored, key_of, metadata_of
from wallet.types import Kind, Policy, ShortRollback, Status

# Their requests


class Trace(Struct, frozen=True, kw_only=True):
    """What can be echoed even where nothing else was understood."""

    request_uuid: str


class Info(Trace, frozen=True, kw_only=True):
    """user/info."""

    user: Annotated[str, Meta(min_length=4)]


class Balance(Info, frozen=True, kw_only=True):
    """user/balance."""

    token: str
    game_code: str | None = None


class Transaction(Info, frozen=True, kw_only=True):
    """What bet, win and rollback have in common."""

    transaction_uuid: str
    token: str
    round: str
    game_code: str
    round_closed: bool | None = None
    supplier_transaction_id: str | None = None


class Bet(Transaction, frozen=True, kw_only=True):
    """transaction/bet."""

    currency: str
    amount: Annotated[int, Meta(ge=0, le=2**63 - 1)]
    is_free: bool
    is_supplier_promo: bool | None = None
    is_aggregated: bool | None = None
    reward_uuid: str | None = None
    supplier_user: str | None = None
    game_id: int | str | None = None  # deprecated for game_code
    bet: str | None = None
    meta: dict[str, Raw] | None = None


class Win(Bet, frozen=True, kw_only=True):
    """transaction/win."""

    reference_transaction_uuid: str


class Rollback(Transaction, frozen=True, kw_only=True):
    """transaction/rollback: no amount and no currency, so always the whole of a bet or win."""

    reference_transaction_uuid: str


# Our answers


class Reply(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Every answer.  A refusal has no more than `status` and `request_uuid`, but for the balance that was too low."""

    status: str
    request_uuid: str | None = None
    user: str | None = None
    currency: str | None = None
    balance: int | None = None


class Identity(Reply, frozen=True, kw_only=True, omit_defaults=True):
    """The answer to user/info: what we know of the player and may tell."""

    country: str | None = None
    jurisdiction: str | None = None
    sub_partner_id: str | None = None
    birth_date: str | None = None
    registration_date: str | None = None
    tags: tuple[str, ...] = ()


# Tables

PLACES = 5
"""Decimals of the wire: its integers count 10^-5 major units."""

SUPPLIER_PROMO = "supplier_promo"
"""Account setting: ``win`` treats what is won in a supplier's promotion as the result of a bet that must be known."""

KEPT = (
    *("supplier_transaction_id", "supplier_user", "reward_uuid", "is_free", "is_supplier_promo"),
    *("is_aggregated", "game_id", "bet", "meta"),
)
"""Fields that are kept with the posting as they came."""

STATUSES: dict[str, tuple[Status | Fault, ...]] = {
    "RS_OK": (Status.FOUND, Status.CREATED, Status.TOMBSTONE_CREATED, Status.DUPLICATE),
    "RS_ERROR_INVALID_TOKEN": (Status.SESSION_UNKNOWN, Status.WALLET_NOT_FOUND, Fault.UNKNOWN_PLAYER),
    "RS_ERROR_TOKEN_EXPIRED": (Status.SESSION_SUPERSEDED, Status.SESSION_EXPIRED, Status.SESSION_REVOKED),
    "RS_ERROR_INVALID_GAME": (Status.GAME_DISABLED, Status.ACCOUNT_DISABLED, Fault.UNKNOWN_GAME),
    "RS_ERROR_WRONG_CURRENCY": (Status.CURRENCY_DIFFERS, Fault.UNKNOWN_CURRENCY),
    "RS_ERROR_NOT_ENOUGH_MONEY": (Status.INSUFFICIENT_FUNDS,),
    "RS_ERROR_LIMIT_REACHED": (Status.LIMIT_REACHED, Status.BONUS_RULES),
    "RS_ERROR_USER_DISABLED": (
        *(Status.PLAYER_BLOCKED, Status.PLAYER_EXCLUDED, Status.KYC_REQUIRED, Status.WALLET_CLOSED),
    ),
    "RS_ERROR_DUPLICATE_TRANSACTION": (Status.KEY_REUSED, Status.TOMBSTONED, Status.ROUND_CLOSED),
    "RS_ERROR_TRANSACTION_DOES_NOT_EXIST": (
        *(Status.REFERENCE_NOT_FOUND, Status.REFERENCE_DIFFERS),
        *(Status.REFERENCE_REVERSED, Status.REFERENCE_SETTLED),
    ),
    "RS_ERROR_WRONG_TYPES": (Fault.WRONG_TYPE, Fault.BAD_AMOUNT),
    "RS_ERROR_WRONG_SYNTAX": (
        *(Fault.MALFORMED, Fault.MISSING_FIELD, Fault.BAD_VALUE, Fault.TOO_LARGE, Fault.UNKNOWN_VERB),
    ),
    "RS_ERROR_INVALID_SIGNATURE": (Fault.BAD_SIGNATURE,),
    "RS_ERROR_INVALID_PARTNER": (Fault.WRONG_PARTNER, Fault.FOREIGN_NETWORK, Fault.ACCOUNT_REVOKED),
    "RS_ERROR_UNKNOWN": (
        *(Status.BALANCE_OVERFLOW, Status.SECOND_ACTOR_REQUIRED, Status.NOT_APPLIED),
        *(Fault.OVERLOADED, Fault.INTERNAL),
    ),
}
CODES = {(ANY, status): code for code, statuses in STATUSES.items() for status in statuses}
# "Expired" is said of bets only: a token that may no longer ask for the balance is an invalid one.
CODES |= {("user/balance", status): "RS_ERROR_INVALID_TOKEN" for status in STATUSES["RS_ERROR_TOKEN_EXPIRED"]}

POLICY = Policy(compare_game=True, short_rollback=ShortRollback.OVERDRAFT)
MANNERS = Manners(places=PLACES, zero_amounts=frozenset({Kind.BET, Kind.WIN, Kind.PROMO_WIN}))


# Read


def read_info(info: Info, _account: Account) -> Query:
    """Who the player is: no token, no money."""
    return Query(Ask.IDENTITY, info.user)


def read_balance(balance: Balance, _account: Account) -> Query:
    """The one question that a dead token gets no answer to."""
    return Query(Ask.BALANCE, balance.user, balance.token, check_token=True, game=balance.game_code)


def read_bet(bet: Bet, _account: Account) -> StudioCall:
    """A stake.  A free one carries its amount as the nominal value and moves nothing."""
    amount = Decimal(bet.amount).scaleb(-PLACES)
    if bet.is_free:
        op = StudioOp(Kind.FREE_BET, key_of(bet.transaction_uuid), nominal=amount)
    else:
        op = StudioOp(Kind.BET, key_of(bet.transaction_uuid), amount)
    return call_of(bet, op, currency=bet.currency, game=bet.game_code, check_token=True)


def read_win(win: Win, account: Account) -> StudioCall:
    """What a bet won, once or in several parts, or what a tournament pays."""
    promotion = win.is_supplier_promo and account.settings.get(SUPPLIER_PROMO) != "win"
    kind = Kind.PROMO_WIN if promotion else Kind.WIN
    amount = Decimal(win.amount).scaleb(-PLACES)
    reference = key_of(win.reference_transaction_uuid)
    op = StudioOp(kind, key_of(win.transaction_uuid), amount, reference=reference)
    return call_of(win, op, currency=win.currency, game=win.game_code)


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
) -> StudioCall:
    """The call of one operation, with what every transaction says of its round."""
    op = replace(
        op,
        round=key_of(message.round),
        end_round=bool(message.round_closed),
        metadata=metadata_of(message, KEPT),
    )
    return StudioCall((op,), message.user, message.token, check_token, currency, game)


# Write


def write(
    exchange: Exchange, *, with_balance: Collection[Status | Fault] = DONE | {Status.INSUFFICIENT_FUNDS}
) -> Answer:
    """The verdict and the trace id; with a success, and with a lack of funds, the balance."""
    trace: Trace | None = exchange.message or trace_of(exchange.request)
    said = Reply(status=exchange.code, request_uuid=trace.request_uuid if trace else None)
    if exchange.verb == "user/info":
        if exchange.done and exchange.profile is not None:
            said = identity_of(said, exchange.profile)
    elif exchange.status in with_balance and exchange.cash is not None and exchange.bonus is not None:
        units = floored(exchange.cash + exchange.bonus, exchange.account.manners.places).scaleb(PLACES)
        said = replace(said, user=exchange.message.user, currency=exchange.currency, balance=int(units))
    return json_answer(exchange, said)


def identity_of(said: Reply, player: Profile) -> Identity:
    """What user/info tells of the player.  Sex and affiliate are not ours to know, so they are left out."""
    return Identity(
        status=said.status,
        request_uuid=said.request_uuid,
        user=player.player,
        country=player.country,
        jurisdiction=player.jurisdiction,
        sub_partner_id=player.brand,
        birth_date=player.birth_date,
        registration_date=player.registered_at and player.registered_at[:10],
        tags=player.labels,
    )


trace_of = json_glimpse(Trace)
VERBS = {
    "user/info": Verb("user/info", json_decoder(Info), read_info),
    "user/balance": Verb("user/balance", json_decoder(Balance), read_balance),
    "transaction/bet": Verb("transaction/bet", json_decoder(Bet), read_bet),
    "transaction/win": Verb("transaction/win", json_decoder(Win), read_win),
    "transaction/rollback": Verb("transaction/rollback", json_decoder(Rollback), read_rollback),
}

HUB88 = Provider(
    name="hub88",
    title="Hub88",
    check=rsa_sha256_base64(header="x-hub88-signature"),
    route=by_path(VERBS),
    verbs=VERBS,
    codes=CODES,
    policy=POLICY,
    manners=MANNERS,
    write=write,
    secret_form=SecretForm.PUBLIC_KEY,
    scrub=starred("token"),
)
