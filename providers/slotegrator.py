"""Slotegrator: the wallet that an operator serves to the aggregator.  Forms to one address, answered in JSON, always 200.

``action`` says what is asked.  The form and three headers are signed as PHP writes them sorted
(`signing.hmac_sha1_php_form`).  Amounts are decimals in major units.  A key is action and ``transaction_id``: a win may
carry its bet's id.  A win names no bet, and often no round.  Source: operators' code (the specification is not public);
what that leaves open is decided in docs/providers/slotegrator.md.
"""

from decimal import Decimal
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from providers import signing
from providers.contract import Account, Answer, Ask, Exchange, Fault, Query, Refused, StudioCall, StudioOp
from providers.manners import DuplicateBalance, Manners
from providers.outbound.slotegrator import STUDIO
from providers.provider import Provider, codes
from providers.scrubbing import starred
from providers.syntax import by_field, form_decoder, json_answer, verbs
from providers.translate import amount_of, floored, jackpot_of, key_of, metadata_of, scope_of_undoing
from wallet.types import SUCCESSES, Kind, Outcome, Policy, Status

PLACES = 4

CHECK_SESSION = "check_session"
"""Account setting: ``yes`` takes bets in a living session only; else `session_id` is a note."""

ECHO_UNKNOWN = "echo_unknown_rollbacks"
"""Account setting: ``yes`` answers a rollback with all of its ids; else with those that we know."""


class Undone(Struct, frozen=True, kw_only=True):
    """One item of a rollback's list."""

    action: Literal["bet", "win", "refund"]
    transaction_id: str
    amount: str = "0"


class Message(Struct, frozen=True, kw_only=True):
    """A request of any action; `VERBS` says what each cannot be without."""

    player_id: str | None = None
    currency: str | None = None
    session_id: str | None = None
    game_uuid: str | None = None
    transaction_id: str = ""
    bet_transaction_id: str = ""
    amount: str = ""
    type: str = ""
    round_id: str | None = None
    finished: bool = False
    is_finished: bool = False
    rollback_transactions: tuple[Undone, ...] | None = None
    provider_round_id: str | None = None
    freespin_id: str | None = None
    quantity: str | None = None
    transaction_datetime: str | None = None


KEPT = ("type", "freespin_id", "quantity", "provider_round_id", "transaction_datetime")

WIN, REFUND = "win", "refund"
FREE_SPIN, JACKPOT = "freespin", "jackpot"
STAKES = {"bet": Kind.BET, "tip": Kind.TIP, FREE_SPIN: Kind.FREE_BET}

CODES = codes(
    {
        "": SUCCESSES,
        "INSUFFICIENT_FUNDS": (Status.INSUFFICIENT_FUNDS,),
        "INTERNAL_ERROR": {*Status, *Fault} - SUCCESSES - {Status.INSUFFICIENT_FUNDS},
    }
)


def read_balance(balance: Message, _account: Account) -> Query:
    """What the player has; no session is needed for it."""
    return Query(Ask.BALANCE, balance.player_id, balance.session_id, currency=balance.currency)


def read_bet(bet: Message, account: Account) -> StudioCall:
    """A stake, or a tip.  A free spin's amount, if it has one, is nominal."""
    kind = STAKES.get(bet.type)
    if kind is None:
        raise Refused(Fault.BAD_VALUE, "no type of a bet")
    op = op_of(bet, kind, keyed("bet", bet.transaction_id), bet.amount)
    return call_of(bet, op, check_token=account.settings.get(CHECK_SESSION) == "yes")


def read_win(win: Message, _account: Account) -> StudioCall:
    """What a spin won, free or not, or a jackpot."""
    op = op_of(win, Kind.WIN, keyed(WIN, win.transaction_id), win.amount)
    ops = jackpot_of(op, win.transaction_id) if win.type == JACKPOT else (op,)
    return call_of(win, *ops, free_wins=win.type in {FREE_SPIN, JACKPOT})


def read_refund(refund: Message, _account: Account) -> StudioCall:
    """A stake given back, whole."""
    key, bet = keyed("refund", refund.transaction_id), keyed("bet", refund.bet_transaction_id)
    return call_of(refund, op_of(refund, Kind.REFUND, key, refund.amount, bet))


def read_rollback(rollback: Message, account: Account) -> StudioCall:
    """Several movements undone as one; what is unknown or undone already stands in nobody's way.

    What a refund gave back stays given back: one in the list asks nothing of the ledger.
    """
    ops = [undo_of(rollback, item, account) for item in undone_by(rollback)]
    return call_of(rollback, *(op for op in ops if op is not None))


def undo_of(rollback: Message, item: Undone, account: Account) -> StudioOp | None:
    """An item's rollback, known by both ids whatever is listed beside it; None for a refund, which is only looked at."""
    own, undone = rollback.transaction_id, keyed(item.action, item.transaction_id)
    key = key_of(f"{len(own)}:{own}:{undone}", prefix="rollback:", any_length=True)
    op = op_of(rollback, Kind.ROLLBACK, key, item.amount, undone)
    if item.action == WIN:
        op = replace(op, scope=scope_of_undoing(account.policy))
    return None if item.action == REFUND else op


def undone_by(rollback: Message) -> list[Undone]:
    """A rollback's list in an order of its own, wins before their bets: a bet that has its result is not undone alone."""
    listed = rollback.rollback_transactions or ()
    return sorted(listed, key=lambda item: (item.action != WIN, item.action, item.transaction_id))


def keyed(action: str, transaction_id: str) -> str:
    """The key of an action's transaction: ids are unique per action."""
    return key_of(transaction_id, prefix=f"{action}:")


def op_of(message: Message, kind: Kind, key: str, amount: str, reference: str | None = None) -> StudioOp:
    """One operation, with what its message may say of the round."""
    value, nothing = amount_of(amount, places=PLACES), Decimal(0)
    moved, nominal = (nothing, value) if kind is Kind.FREE_BET else (value, nothing)
    return StudioOp(
        *(kind, key, moved, nominal, reference),
        round=key_of(message.round_id) if message.round_id else None,
        end_round=message.finished or message.is_finished,
        metadata=metadata_of(message, KEPT),
    )


def call_of(
    message: Message, *ops: StudioOp, check_token: bool = False, free_wins: bool = False
) -> StudioCall:
    """The call of these operations."""
    names = (message.player_id, message.session_id, check_token)
    return StudioCall(ops, *names, message.currency, message.game_uuid, free_wins=free_wins)


def write(exchange: Exchange) -> Answer:
    """The balance, with our id of what moved, and of a rollback the ids that name something of ours; else the error."""
    if not exchange.done:
        told = {"error_code": exchange.code, "error_description": exchange.status.replace("_", " ")}
        return json_answer(exchange, told)
    said: dict[str, Any] = {"balance": floored(exchange.balance, exchange.account.manners.places)}
    if exchange.verb != "balance":
        # Of a list of refunds nothing is booked, and it still wants an id.
        own = exchange.message.transaction_id
        said["transaction_id"] = exchange.transaction() if exchange.outcome else own
    if exchange.verb == "rollback":
        said["rollback_transactions"] = echoed(exchange, exchange.outcome)
    return json_answer(exchange, said)


def echoed(exchange: Exchange, outcome: Outcome | None) -> list[str]:
    """The ids of a rollback's list that name something of ours, or by setting all of them; and those of refunds."""
    every = exchange.account.settings.get(ECHO_UNKNOWN) == "yes"
    became = iter(outcome.ops if outcome else ())  # none of a refund; of nothing but refunds no outcome
    return [
        item.transaction_id
        for item in undone_by(exchange.message)
        if item.action == REFUND or next(became).original_kind is not Kind.TOMBSTONE or every
    ]


PLAYER = ("player_id", "currency")
MOVED = (*PLAYER, "game_uuid", "transaction_id")
VERBS = verbs(
    form_decoder,
    Message,
    {
        "balance": (PLAYER, read_balance),
        "bet": ((*MOVED, "amount", "type"), read_bet),
        "win": ((*MOVED, "amount", "type"), read_win),
        "refund": ((*MOVED, "amount", "bet_transaction_id"), read_refund),
        "rollback": ((*MOVED, "rollback_transactions"), read_rollback),
    },
)
SLOTEGRATOR = Provider(
    name="slotegrator",
    title="Slotegrator",
    check=signing.hmac_sha1_php_form(
        signature="x-sign", headers=("X-Merchant-Id", "X-Nonce", "X-Timestamp"), merchant="X-Merchant-Id"
    ),
    signed_at=signing.seconds_in("x-timestamp"),
    route=by_field("action", VERBS),
    verbs=VERBS,
    codes=CODES,
    policy=Policy(win_without_bet=True),
    manners=Manners(
        duplicate_balance=DuplicateBalance.CURRENT,
        unknown_game_pays=True,
        places=PLACES,
        zero_amounts=frozenset({Kind.BET, Kind.WIN, Kind.JACKPOT_WIN}),
    ),
    write=write,
    scrub=starred("session_id"),
    studio=STUDIO,
    settings=frozenset({signing.MERCHANT_ID, CHECK_SESSION, ECHO_UNKNOWN}),
)
