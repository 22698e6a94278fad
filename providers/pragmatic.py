"""Pragmatic Play: the seamless wallet that an operator serves.  Form POST, JSON answer, always HTTP 200.

The form is signed: ``hash`` is the MD5 of all its other decoded fields, sorted, with the secret behind them.
Amounts are decimals in major units; ``error`` 0 is the only success.  A key is ``reference:…``; a refund re-uses
its bet's, so its own key is ``refund:…``, and the key of a round's end is ``end:…``.  Source: operators' code and a
published clone (the specification is not public); what they leave open is decided in docs/providers/pragmatic.md.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from msgspec import Struct, field

from providers.contract import Account, Answer, Ask, Exchange, Fault, Query, Refused, StudioCall, StudioOp
from providers.manners import FreeRoundPayout, Manners
from providers.outbound.pragmatic import STUDIO
from providers.provider import ANY, Provider, SecretForm, Verb
from providers.scrubbing import starred
from providers.signing import ENCODED_VALUES, md5_sorted_form
from providers.syntax import by_path, form_decoder, json_answer
from providers.translate import amount_of, floored, key_of, metadata_of, moment_of
from wallet.types import SESSION_DEFECTS, Kind, Policy, RefundAmount, Status

# Their request


class Message(Struct, frozen=True, kw_only=True, rename="camel"):
    """A form.  An empty field is absent, an unknown one is ignored."""

    provider_id: str = ""
    user_id: str = ""
    token: str | None = None
    reference: str = ""
    amount: str | None = None
    timestamp: str = ""
    game_id: str | None = None
    round_id: str | None = None
    bonus_code: str | None = None  # of free rounds
    currency: str | None = None  # of promoWin alone
    promo_win_amount: str = "0"  # a prize beside a result
    promo_win_reference: str = ""
    # From here on: kept with the posting as it came.
    round_details: str | None = None
    jackpot_id: str | None = None
    jackpot_details: str | None = None
    jackpot_contribution: str | None = None
    campaign_id: str | None = None
    campaign_type: str | None = None
    promo_campaign_id: str | None = field(name="promoCampaignID", default=None)
    promo_campaign_type: str | None = None
    valid_bet_amount: str | None = None
    original_round_id: str | None = None  # of a refund
    original_round: str | None = field(name="originalRoundID", default=None)  # of a bet or result
    platform: str | None = None
    language: str | None = None
    win: str | None = None


# Tables

ZERO = Decimal(0)
PLACES = 2
"""Most decimals of an amount."""

TOKENLESS_BETS = "tokenless_bets"
"""Account setting: ``yes`` takes a bet that sends no token; a token that is sent is checked all the same."""

FREE_RESULT = "free_result"
"""Account setting: ``promotion`` pays the result of a free round as a promotion's win: also after its bet was refunded."""

PLAYER = ("provider_id", "user_id")
MOVEMENT = (*PLAYER, "reference", "amount", "timestamp")
IN_ROUND = (*MOVEMENT, "game_id", "round_id")
"""What verbs cannot be read without; READS says which."""

KEPT = ("bonus_code", *Message.__struct_fields__[Message.__struct_fields__.index("round_details") :])
"""What is kept with the posting as it came; of a refund also what it says of its bet."""

MONEY = ("currency", "cash", "bonus")
TELLS = {
    "authenticate": ("userId", "token", *MONEY),
    "balance": MONEY,
    "bet": ("transactionId", *MONEY, "usedPromo"),
    **dict.fromkeys(
        ("result", "bonusWin", "jackpotWin", "promoWin", "adjustment"), ("transactionId", *MONEY)
    ),
    "endRound": ("cash", "bonus"),
    "refund": ("transactionId",),
}
"""Our answer: what a success of a verb holds besides `error` and `description`.  A refusal holds no more than those."""

STATUSES: dict[int | tuple[int, int], tuple[Status | Fault, ...]] = {
    0: (Status.FOUND, Status.CREATED, Status.TOMBSTONE_CREATED, Status.DUPLICATE),
    1: (Status.INSUFFICIENT_FUNDS,),
    2: (Status.WALLET_NOT_FOUND, Fault.UNKNOWN_PLAYER),
    3: (Status.ACCOUNT_DISABLED, Status.ROUND_CLOSED, Status.BONUS_RULES, Status.KYC_REQUIRED),
    4: SESSION_DEFECTS,
    5: (Fault.BAD_SIGNATURE,),
    6: (Status.PLAYER_BLOCKED, Status.PLAYER_EXCLUDED, Status.WALLET_CLOSED),
    7: (
        *(Status.KEY_REUSED, Status.CURRENCY_DIFFERS, Fault.UNKNOWN_CURRENCY, Fault.UNKNOWN_VERB),
        *(Fault.MALFORMED, Fault.MISSING_FIELD, Fault.WRONG_TYPE, Fault.BAD_VALUE, Fault.BAD_AMOUNT),
        *(Fault.TOO_LARGE, Fault.WRONG_PARTNER),
    ),
    8: (Status.GAME_DISABLED, Fault.UNKNOWN_GAME),
    100: (Fault.INTERNAL, Fault.OVERLOADED),
    120: (
        *(Status.REFERENCE_NOT_FOUND, Status.REFERENCE_DIFFERS, Status.REFERENCE_REVERSED),
        *(Status.REFERENCE_SETTLED, Status.TOMBSTONED, Status.BALANCE_OVERFLOW),
        *(Status.SECOND_ACTOR_REQUIRED, Status.NOT_APPLIED),
    ),
    310: (Status.LIMIT_REACHED,),
    (100, 403): (Fault.FOREIGN_NETWORK,),
    (120, 403): (Fault.ACCOUNT_REVOKED,),
}
CODES = {(ANY, status): code for code, statuses in STATUSES.items() for status in statuses}
CODES |= {("endRound", fault): 130 for fault in STATUSES[100]}

POLICY = Policy()
MANNERS = Manners(
    unknown_game_pays=True,
    zero_amounts=frozenset({Kind.BET, Kind.WIN, Kind.PROMO_WIN, Kind.JACKPOT_WIN, Kind.CORRECTION}),
)


# Read


def read_authenticate(message: Message, _account: Account) -> Query:
    """Whose token this is, and what they have.  It stays the token that the player plays with."""
    return Query(Ask.IDENTITY, token=message.token, check_token=True, game=message.game_id)


def read_balance(message: Message, _account: Account) -> Query:
    """The balance; a dead token gets none."""
    return Query(Ask.BALANCE, message.user_id, message.token, check_token=message.token is not None)


def read_bet(bet: Message, account: Account) -> StudioCall:
    """A stake.  One of a free round carries its amount as the nominal value and moves nothing."""
    free = bet.bonus_code is not None
    check_token = bet.token is not None or account.settings.get(TOKENLESS_BETS) != "yes"
    return call_of(bet, op_of(Kind.FREE_BET if free else Kind.BET, bet, unpaid=free), check_token=check_token)


def read_result(result: Message, account: Account) -> StudioCall:
    """What the bets of the round won, or a free round without one; and the prize that came with it under its own reference."""
    free = result.bonus_code is not None
    kind = Kind.PROMO_WIN if free and account.settings.get(FREE_RESULT) == "promotion" else Kind.WIN
    at_end = account.manners.free_round_payout is FreeRoundPayout.AT_END
    win = op_of(kind, result, unpaid=free and at_end)
    prize = amount_of(result.promo_win_amount, places=PLACES)
    if not prize:
        return call_of(result, win, free_wins=free)
    # Without a round, as promoWin would say it: the same prize by both calls is paid once.
    key = name_of(result.promo_win_reference)
    promo = StudioOp(Kind.PROMO_WIN, key, prize, occurred_at=win.occurred_at, metadata=win.metadata)
    return call_of(result, win, promo, free_wins=free)


def read_bonus_win(win: Message, account: Account) -> StudioCall:
    """The total of free rounds: the payment itself, or a notice of what their results have paid."""
    per_win = account.manners.free_round_payout is FreeRoundPayout.PER_WIN
    return call_of(win, op_of(Kind.PROMO_WIN, win, unpaid=per_win))


def read_as(kind: Kind) -> Callable[[Message, Account], StudioCall]:
    """A movement that is what its verb says: a jackpot beside the round's result, a live table's correction."""
    return lambda message, _account: call_of(message, op_of(kind, message))


def read_promo_win(win: Message, _account: Account) -> StudioCall:
    """A prize, never of nothing.  The only call that names its currency."""
    op = op_of(Kind.PROMO_WIN, win)
    if not op.amount:
        raise Refused(Fault.BAD_AMOUNT, "a prize of zero")
    return call_of(win, op)


def read_refund(refund: Message, account: Account) -> StudioCall:
    """The whole of a bet given back.  Its amount is read only where the account wants it to match."""
    matters = account.policy.refund_amount is not RefundAmount.IGNORE
    op = StudioOp(
        Kind.REFUND,
        name_of(refund.reference, "refund:"),
        amount_of(refund.amount or "0", places=PLACES) if matters else ZERO,
        reference=name_of(refund.reference),
        occurred_at=moment_of(refund.timestamp),
        metadata=metadata_of(refund, (*KEPT, "amount", "round_id", "game_id")),
    )
    return call_of(refund, op)


def read_end_round(end: Message, _account: Account) -> StudioCall:
    """The end of a round; the same again however often it is said."""
    place = key_of(end.round_id or "")
    key = key_of(f"{end.user_id}:{place}", prefix="end:", any_length=True)
    op = StudioOp(Kind.ROUND_CLOSE, key, round=place, end_round=True, metadata=metadata_of(end, KEPT))
    return call_of(end, op)


def name_of(text: str, prefix: str = "reference:") -> str:
    """The key of a reference, or one of our own, which no reference's can be."""
    return key_of(key_of(text), prefix=prefix, any_length=True)


def op_of(kind: Kind, message: Message, *, unpaid: bool = False) -> StudioOp:
    """The operation of a message; `unpaid` records its amount as nominal and moves nothing."""
    amount = amount_of(message.amount or "", places=PLACES, signed=kind is Kind.CORRECTION)
    return StudioOp(
        kind,
        name_of(message.reference),
        ZERO if unpaid else amount,
        amount if unpaid else ZERO,
        round=None if message.round_id is None else key_of(message.round_id),
        occurred_at=moment_of(message.timestamp),
        metadata=metadata_of(message, KEPT),
    )


def call_of(
    message: Message, *ops: StudioOp, check_token: bool = False, free_wins: bool = False
) -> StudioCall:
    """The call on the wallet of `userId`; an unchecked token only says in which session it happened."""
    named = (message.user_id, message.token, check_token)
    return StudioCall(ops, *named, message.currency, message.game_id, free_wins=free_wins)


# Write


def write(exchange: Exchange) -> Answer:
    """The verdict, and with a success what its verb tells."""
    if not exchange.done:
        words = exchange.status.replace("_", " ").capitalize()
        return json_answer(exchange, {"error": exchange.code, "description": words})
    known = facts_of(exchange)
    told = {name: known[name] for name in TELLS[exchange.verb or ""]}
    return json_answer(exchange, {**told, "error": exchange.code, "description": "Success"})


def facts_of(exchange: Exchange) -> dict[str, Any]:
    """Whatever a success may tell; money as numbers that never promise more than there is."""
    places = exchange.account.manners.places
    return {
        "userId": exchange.profile and exchange.profile.player,
        "token": exchange.message.token,
        "transactionId": exchange.outcome and (exchange.outcome.ops[0].public_id or ""),
        "currency": exchange.currency,
        "cash": floored(exchange.cash or ZERO, places),
        "bonus": floored(exchange.bonus or ZERO, places),
        # The part of a bet that was paid from the bonus, as it is stored.
        "usedPromo": floored(-exchange.amounts[0].bonus if exchange.amounts else ZERO, places),
    }


READS: dict[str, tuple[tuple[str, ...], Callable[[Message, Account], StudioCall | Query]]] = {
    "authenticate": (("provider_id", "token"), read_authenticate),
    "balance": (PLAYER, read_balance),
    "bet": (IN_ROUND, read_bet),
    "result": (IN_ROUND, read_result),
    "bonusWin": ((*MOVEMENT, "bonus_code"), read_bonus_win),
    "jackpotWin": ((*IN_ROUND, "jackpot_id"), read_as(Kind.JACKPOT_WIN)),
    "promoWin": ((*MOVEMENT, "campaign_id", "campaign_type", "currency"), read_promo_win),
    "endRound": ((*PLAYER, "game_id", "round_id"), read_end_round),
    "refund": ((*PLAYER, "reference"), read_refund),
    "adjustment": (IN_ROUND, read_as(Kind.CORRECTION)),
}
VERBS = {name: Verb(name, form_decoder(Message, required), read) for name, (required, read) in READS.items()}

PRAGMATIC = Provider(
    name="pragmatic",
    title="Pragmatic Play",
    check=md5_sorted_form(field="hash"),
    route=by_path({**VERBS, **{f"{path}.html": verb for path, verb in VERBS.items()}}),
    verbs=VERBS,
    codes=CODES,
    policy=POLICY,
    manners=MANNERS,
    write=write,
    secret_form=SecretForm.SHARED,
    scrub=starred("token", "hash"),
    studio=STUDIO,
    settings=frozenset({ENCODED_VALUES, TOKENLESS_BETS, FREE_RESULT}),
)
