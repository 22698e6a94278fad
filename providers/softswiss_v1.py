"""SoftSwiss game aggregator v1, which is also BGaming's own: the wallet that an operator serves.  JSON, by POST.

The raw body is signed: ``X-REQUEST-SIGN: hex(HMAC-SHA256(secret, body))``.  Amounts and balances are integers of the
currency's smallest unit.  Player and currency name the wallet; there is no token.  A call holds actions, each with an
id of its own; free rounds are paid at their end, by the id of their issue.  A refusal is an HTTP status and a code.
Source: code of operators and studios (no specification is public); what it leaves open is decided in
docs/providers/softswiss_v1.md.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any

from msgspec import Meta, Raw, Struct

from providers import signing
from providers.contract import (
    DONE,
    Account,
    Amounts,
    Answer,
    Ask,
    Exchange,
    Fault,
    Query,
    Refused,
    StudioCall,
    StudioOp,
)
from providers.manners import Answered, DuplicateBalance, Manners
from providers.outbound.softswiss import V1
from providers.provider import Group, Provider, codes
from providers.scrubbing import starred
from providers.syntax import by_path, complete, json_answer, json_decoder, verbs
from providers.translate import key_of, metadata_of, of_units, whole_units
from wallet.types import SESSION_DEFECTS, Kind, OpOutcome, Policy, ShortRollback, Status

Units = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Id = Annotated[str, Meta(max_length=255)]


class Action(Struct, frozen=True, kw_only=True):
    """One of a call's actions."""

    action: str
    action_id: Id
    amount: Units | None = None
    original_action_id: Id | None = None
    jackpot_contribution: Raw = Raw()
    jackpot_win: Raw = Raw()  # part of the amount


class Message(Struct, frozen=True, kw_only=True):
    """A request of any verb; `VERBS` says what each cannot be without."""

    user_id: str | None = None
    currency: str | None = None
    game: str | None = None
    game_id: str | None = None  # the round
    finished: bool | None = None
    actions: tuple[Action, ...] | None = None
    issue_id: str | None = None
    status: str | None = None
    total_amount: Units | None = None


FREE_ROUNDS_PAY = "free_rounds_pay"
"""Account setting: the statuses of free rounds in which their total is paid, separated by spaces."""

IN_ROUND = {"bet": Kind.BET, "win": Kind.WIN}
UNDOING = {"rollback": Kind.ROLLBACK}
NEEDED = {Kind.BET: "amount", Kind.WIN: "amount", Kind.ROLLBACK: "original_action_id"}

JACKPOT = ("jackpot_contribution", "jackpot_win")
WITH_BALANCE = frozenset({100, 105, 106})
CODES = codes(
    {
        200: DONE,
        (100, 412): (Status.INSUFFICIENT_FUNDS,),
        (101, 412): (Status.WALLET_NOT_FOUND, *SESSION_DEFECTS, Fault.UNKNOWN_PLAYER),
        (105, 412): Group.LIMITS,
        (110, 412): Group.PLAYER,
        (154, 412): (Status.CURRENCY_DIFFERS, Fault.UNKNOWN_CURRENCY),
        (400, 400): (*Group.SHAPE, Status.KEY_REUSED, Status.TOMBSTONED, Status.ROUND_CLOSED),
        (403, 403): (Fault.BAD_SIGNATURE, *Group.STRANGER),
        (404, 404): (*Group.REFERENCE, Fault.UNKNOWN_VERB),
        (405, 405): (Status.GAME_DISABLED, Status.ACCOUNT_DISABLED, Fault.UNKNOWN_GAME),
        (500, 500): (*Group.FINAL, Fault.INTERNAL),
        (503, 503): (Fault.OVERLOADED,),
    },
    {
        "play": {(403, 403): (Status.REFERENCE_REVERSED,)},  # a win after its whole round was taken back
        "freespins": {(404, 404): (Status.WALLET_NOT_FOUND, Fault.UNKNOWN_PLAYER)},  # no such issue
    },
)


def read_play(play: Message, account: Account) -> StudioCall | Query:
    """Bets and wins in their order; without any, the end of the round or a look at the balance."""
    if play.actions or not (play.finished and play.game_id):
        return call_of(play, account, IN_ROUND)
    key = key_of(f"{play.user_id}:{play.game_id}", prefix="close:", any_length=True)
    end = StudioOp(Kind.ROUND_CLOSE, key, round=key_of(play.game_id), end_round=True)
    return StudioCall((end,), play.user_id, currency=play.currency)


def read_rollback(rollback: Message, account: Account) -> StudioCall | Query:
    """Bets and wins taken back, whatever has become of their game."""
    return call_of(rollback, account, UNDOING)


def read_freespins(summary: Message, account: Account) -> StudioCall:
    """What free rounds won: paid once, when nothing more will come of them."""
    pays = account.settings.get(FREE_ROUNDS_PAY, "played expired").split()
    issue, total = summary.issue_id or "", summary.total_amount or 0
    if summary.status not in pays or (summary.status != "played" and not total):
        return StudioCall((), free_rounds=issue)
    op = StudioOp(Kind.PROMO_WIN, key_of(issue, prefix="freespins:"), of_units(total, 0))
    return StudioCall((op,), free_rounds=issue, in_smallest_units=True)


def call_of(message: Message, account: Account, kinds: Mapping[str, Kind]) -> StudioCall | Query:
    """The call of all actions; the last one carries the round's end."""
    if not message.actions:
        return Query(Ask.BALANCE, message.user_id, currency=message.currency)
    if message.currency not in account.exponents:
        raise Refused(Fault.UNKNOWN_CURRENCY)
    places, last = account.exponents[message.currency], message.actions[-1]
    return StudioCall(
        tuple(op_of(action, kinds, message, places, end=action is last) for action in message.actions),
        message.user_id,
        currency=message.currency,
        game=message.game if kinds is IN_ROUND else None,
    )


def op_of(action: Action, kinds: Mapping[str, Kind], message: Message, places: int, *, end: bool) -> StudioOp:
    """The operation of one action, in the round of its call."""
    kind = kinds.get(action.action)
    if kind is None:
        raise Refused(Fault.BAD_VALUE, "no such action")
    complete(action, (NEEDED[kind],))
    original = action.original_action_id if kind is Kind.ROLLBACK else None
    return StudioOp(
        kind,
        name_of(action.action_id),
        of_units(action.amount or 0, places),
        reference=None if original is None else name_of(original),
        round=key_of(message.game_id or ""),
        end_round=end and bool(message.finished),
        metadata=metadata_of(action, JACKPOT),
    )


def name_of(action_id: str) -> str:
    """The key of an action, which none of our own keys can be."""
    return key_of(action_id, prefix="action:", any_length=True)


def write(exchange: Exchange) -> Answer:
    """The balance, and of every action our id of it; or the code, with the balance where the protocol wants one."""
    said: dict[str, Any] = {}
    if not exchange.done:
        said = {"code": exchange.code, "message": exchange.status.replace("_", " ")}
    if exchange.done or exchange.code in WITH_BALANCE:
        said["balance"] = units_of(exchange, exchange.balance)
    asked = exchange.message
    if exchange.done and asked.actions is not None:
        said["game_id"] = asked.game_id or ""
        ops = exchange.outcome.ops if exchange.outcome else ()
        booked = zip(asked.actions, ops, exchange.amounts, strict=False)  # the end of a round is no action
        said["transactions"] = [told(exchange, action, became, moved) for action, became, moved in booked]
    return json_answer(exchange, said)


def told(exchange: Exchange, action: Action, became: OpOutcome, moved: Amounts) -> dict[str, Any]:
    """One action as it was booked.  What came after its rollback, or takes back what has not come, has no id of ours."""
    said: dict[str, Any] = {"action_id": action.action_id, "tx_id": ""}
    if became.original_kind is Kind.TOMBSTONE:
        return said
    said["tx_id"] = became.told_id or ""
    if became.recorded_at is not None:
        said["processed_at"] = became.recorded_at
    if became.bonus:
        said["bonus_amount"] = units_of(exchange, abs(moved.bonus))
    return said


def units_of(exchange: Exchange, amount: Decimal) -> int:
    """An amount in smallest units of the wallet's currency, floored."""
    return whole_units(amount, exchange.account.exponents.get(exchange.currency or "", 2))


MONEY = ("user_id", "currency", "game")
VERBS = verbs(
    json_decoder,
    Message,
    {
        "play": (MONEY, read_play),
        "rollback": ((*MONEY, "game_id", "actions"), read_rollback),
        "freespins": (("issue_id", "status", "total_amount"), read_freespins),
    },
)
SOFTSWISS_V1 = Provider(
    name="softswiss_v1",
    title="SoftSwiss v1 (BGaming)",
    check=signing.hmac_sha256_hex(header="x-request-sign"),
    route=by_path(VERBS),
    verbs=VERBS,
    codes=CODES,
    policy=Policy(opening_funds=True, rollback_with_wins=True, short_rollback=ShortRollback.CLAMP),
    manners=Manners(
        late_op=Answered.DONE,
        duplicate_balance=DuplicateBalance.CURRENT,
        places=8,
        zero_amounts=frozenset({Kind.BET, Kind.WIN, Kind.PROMO_WIN}),
    ),
    write=write,
    scrub=starred("session_id"),
    studio=V1,
    settings=frozenset({FREE_ROUNDS_PAY}),
)
