"""St8: the wallet that an operator serves to the aggregator.  JSON, one POST per call, always HTTP 200.

The raw body is signed with St8's private key: ``x-st8-sign: base64(DER(ECDSA(SHA-256, body)))``.  Amounts and balances
are decimal text in major units; ``status`` is the verdict, and a refusal says nothing else.  ``provider_kind`` says
what a movement is.  A key is ``transaction:`` and the ``transaction_id``, of a cancel ``cancel:`` and its ``cancel_id``.
Source: docs.st8api.com; what it leaves open is decided in docs/providers/st8.md.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from msgspec import Raw, Struct

from providers import signing
from providers.contract import Account, Answer, Ask, Exchange, Fault, Query, Refused, StudioCall, StudioOp
from providers.manners import Answered, Manners
from providers.outbound.st8 import STUDIO
from providers.provider import Group, Provider, SecretForm, codes
from providers.scrubbing import starred
from providers.syntax import Read, by_path, json_answer, json_decoder, verbs
from providers.translate import amount_of, floored, key_of, metadata_of
from wallet.types import CREATED_STATUSES, SESSION_DEFECTS, Kind, Policy, ShortRollback, Status

PLACES = 8

BET_LIMITS = "bet_limits"
"""Account setting: which limits (low, medium or high) a player's profile names."""


class Message(Struct, frozen=True, kw_only=True):
    """A request of any verb; `VERBS` says what each cannot be without."""

    player: str | None = None
    site: str | None = None
    token: str | None = None
    transaction_id: str = ""
    cancel_id: str = ""
    round: str | None = None
    round_closed: bool = False
    game_code: str | None = None
    amount: str = ""
    currency: str | None = None
    provider_kind: str = ""
    developer_code: str | None = None
    provider: dict[str, Raw] | None = None  # the same in the developer's own words
    bonus: dict[str, Raw] | None = None


KEPT = ("site", "developer_code", "provider_kind", "provider", "bonus")

DEBITS = dict.fromkeys(("debit", "bonus_buy_debit", "jackpot_debit"), Kind.BET)
DEBITS |= {"free_debit": Kind.FREE_BET, "correction_debit": Kind.CORRECTION}
FREE_CREDIT = "free_credit"
CREDITS = dict.fromkeys(("credit", FREE_CREDIT, "bonus_buy_credit"), Kind.WIN)
CREDITS |= {"jackpot_credit": Kind.JACKPOT_WIN, "promo_credit": Kind.PROMO_WIN}
CREDITS["correction_credit"] = Kind.CORRECTION
BUY_INS = {name: Kind.BUY_IN if kind is Kind.BET else kind for name, kind in DEBITS.items()}
PAYOUTS = {name: Kind.PAYOUT if kind is Kind.WIN else kind for name, kind in CREDITS.items()}

CODES = codes(
    {
        "ok": (Status.FOUND, Status.DUPLICATE, *CREATED_STATUSES),
        "player_locked": Group.PLAYER,
        "session_expired": SESSION_DEFECTS,
        "player_not_found": (Status.WALLET_NOT_FOUND, Fault.UNKNOWN_PLAYER),
        "not_enough_money": (Status.INSUFFICIENT_FUNDS,),
        "transaction_not_found": Group.REFERENCE,
        "game_disabled": (Status.GAME_DISABLED, Fault.UNKNOWN_GAME),
        "site_disabled": (Status.ACCOUNT_DISABLED, *Group.STRANGER),
        "spending_limit": Group.LIMITS,
        "auth_failed": (Fault.BAD_SIGNATURE,),
        "unknown": (
            *(*Group.FINAL, *Group.SHAPE, *Group.REPEATABLE, Status.KEY_REUSED, Status.TOMBSTONED),
            *(Status.ROUND_CLOSED, Status.CURRENCY_DIFFERS, Fault.UNKNOWN_CURRENCY),
        ),
    }
)


def read_profile(profile: Message, _account: Account) -> Query:
    """Who the player is; a token that is sent must be alive."""
    return Query(Ask.IDENTITY, profile.player, profile.token, check_token=profile.token is not None)


def read_balance(balance: Message, _account: Account) -> Query:
    """What the player has."""
    return Query(Ask.BALANCE, balance.player, balance.token, check_token=True, currency=balance.currency)


def movement(kinds: Mapping[str, Kind]) -> Read:
    """The reading of a movement whose `provider_kind` is one of `kinds`; a debit that corrects takes money."""

    def read(message: Message, _account: Account) -> StudioCall:
        kind = kinds.get(message.provider_kind)
        if kind is None:
            raise Refused(Fault.BAD_VALUE, "no provider_kind of this call")
        sign = -1 if message.provider_kind == "correction_debit" else 1
        return call_of(message, kind, name_of(message.transaction_id), sign)

    return read


def read_cancel(cancel: Message, _account: Account) -> StudioCall:
    """A debit given back, or a credit taken back, whole."""
    key = name_of(cancel.cancel_id, "cancel:")
    return call_of(cancel, Kind.ROLLBACK, key, reference=name_of(cancel.transaction_id))


def name_of(text: str, prefix: str = "transaction:") -> str:
    """The key of a movement, or of a cancel, which no movement's can be."""
    return key_of(key_of(text), prefix=prefix, any_length=True)


def call_of(
    message: Message, kind: Kind, key: str, sign: int = 1, reference: str | None = None
) -> StudioCall:
    """The call of one operation.  What a bonus covers is nominal; a token that is sent must be alive for a stake."""
    amount, nothing = sign * amount_of(message.amount, places=PLACES), Decimal(0)
    moved, nominal = (nothing, amount) if kind is Kind.FREE_BET else (amount, nothing)
    op = StudioOp(
        *(kind, key, moved, nominal),
        reference=reference,
        round=key_of(message.round) if message.round else None,
        end_round=message.round_closed,
        metadata=metadata_of(message, KEPT),
    )
    names = (message.player, message.token, message.token is not None)
    free = message.provider_kind == FREE_CREDIT
    return StudioCall((op,), *names, message.currency, message.game_code, free_wins=free)


def write(exchange: Exchange) -> Answer:
    """The verdict; with a success who the player is, or what they have."""
    said: dict[str, Any] = {"status": exchange.code}
    player = exchange.profile
    if exchange.done and player and exchange.verb == "player_profile":
        said |= {
            "id": player.player,
            "jurisdiction": player.jurisdiction,
            "default_currency": player.currency,
            "reg_country": player.country,
            "affiliate": player.affiliate,
            "bet_limits": exchange.account.settings.get(BET_LIMITS, "medium"),
            "birth_date": player.birth_date,
            "reg_date": player.registered_at and player.registered_at[:10],
            "attributes": {"labels": player.labels},
        }
    elif exchange.done:
        balance = floored(exchange.balance, exchange.account.manners.places)
        said |= {"balance": f"{balance:f}", "currency": exchange.currency}
    return json_answer(exchange, said)


MONEY = ("player", "transaction_id", "amount", "currency", "provider_kind")
IN_ROUND = (*MONEY, "round", "game_code")
VERBS = verbs(
    json_decoder,
    Message,
    {
        "player_profile": (("player",), read_profile),
        "balance": (("player", "currency", "token"), read_balance),
        "debit": ((*IN_ROUND, "token"), movement(DEBITS)),
        "credit": (IN_ROUND, movement(CREDITS)),
        "buyin": (MONEY, movement(BUY_INS)),
        "payout": (MONEY, movement(PAYOUTS)),
        "cancel": (("player", "cancel_id", "transaction_id", "amount", "currency"), read_cancel),
    },
)
ST8 = Provider(
    name="st8",
    title="St8",
    check=signing.ecdsa_sha256_base64(header="x-st8-sign"),
    route=by_path(VERBS),
    verbs=VERBS,
    codes=CODES,
    policy=Policy(correction_below_zero=True, short_rollback=ShortRollback.OVERDRAFT),
    manners=Manners(
        unknown_rollback=Answered.ERROR,
        unknown_game_pays=True,
        zero_amounts=frozenset(
            {Kind.BET, Kind.WIN, Kind.JACKPOT_WIN, Kind.PROMO_WIN, Kind.CORRECTION, Kind.BUY_IN, Kind.PAYOUT}
        ),
    ),
    write=write,
    secret_form=SecretForm.EC_PUBLIC_KEY,
    scrub=starred("token"),
    studio=STUDIO,
    settings=frozenset({BET_LIMITS}),
)
