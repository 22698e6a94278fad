"""Bogus, our own protocol: plain JSON that says everything the ledger can do, for tests, benchmarks and the guide.

The raw body is signed: ``x-bogus-signature: hex(hmac_sha256(secret, body))``.  ``POST /call`` carries operations
on one wallet, applied in order, all or nothing; ``POST /query`` asks what moves no money.  Amounts are decimal
strings in major units.  The code of an answer is the name of our status or fault; what the ledger says has HTTP
status 200.  A token, where one is sent, is checked; a call may also name the player alone.
"""

from datetime import datetime
from typing import Any

from msgspec import Struct

from providers.contract import (
    Account,
    Answer,
    Ask,
    Exchange,
    Fault,
    Profile,
    Query,
    Refused,
    StudioCall,
    StudioOp,
)
from providers.manners import Manners
from providers.outbound.bogus import STUDIO
from providers.provider import ANY, Codes, Provider, SecretForm, Verb
from providers.scrubbing import starred
from providers.signing import hmac_sha256_hex
from providers.syntax import by_path, json_answer, json_decoder
from providers.translate import REVERSALS, amount_of, floored, key_of
from wallet.types import NEW_BETS, Kind, Policy, Scope, Status

# Their requests


class OpMessage(Struct, frozen=True):
    """One operation of a call."""

    kind: Kind
    key: str
    amount: str | None = None  # where the kind moves one
    nominal: str = "0"
    reference: str | None = None
    scope: Scope = Scope.KEY
    round: str | None = None
    end_round: bool = False
    occurred_at: datetime | None = None
    metadata: dict[str, Any] | None = None


class CallMessage(Struct, frozen=True):
    """Operations on the wallet of `player`, of `token`, of both where they agree, or of an issue of free rounds."""

    ops: tuple[OpMessage, ...]
    player: str | None = None
    token: str | None = None
    currency: str | None = None
    game: str | None = None
    channel: str | None = None
    free_rounds: str | None = None
    free_wins: bool = False


class QueryMessage(Struct, frozen=True):
    """A question about `player`, `token` or the posting under `key`."""

    ask: Ask
    player: str | None = None
    token: str | None = None
    currency: str | None = None
    game: str | None = None
    key: str | None = None


# Our answers


class OpAnswer(Struct, frozen=True, omit_defaults=True):
    """What became of one operation: the stored movement, and the balances after it."""

    key: str
    status: Status
    posting: str | None = None
    original: str | None = None
    late: bool = False
    cash: str | None = None  # moved, with sign
    bonus: str | None = None
    cash_after: str | None = None
    bonus_after: str | None = None


class BogusAnswer(Struct, frozen=True, omit_defaults=True):
    """The same shape for every verb; what does not apply is left out."""

    code: Status | Fault
    detail: str = ""
    currency: str | None = None
    cash: str | None = None
    bonus: str | None = None
    token: str | None = None
    profile: Profile | None = None
    ops: tuple[OpAnswer, ...] = ()


# Tables

KINDS = frozenset(Kind) - {
    Kind.DEPOSIT,
    Kind.WITHDRAWAL_HOLD,
    Kind.WITHDRAWAL,
    Kind.WITHDRAWAL_RELEASE,
    Kind.ADJUSTMENT,
    Kind.BONUS_GRANT,
    Kind.BONUS_CONVERT,
    Kind.BONUS_FORFEIT,
    Kind.TOMBSTONE,
}
"""What a studio may do.  The rest is the operator's own."""

AMOUNTLESS = REVERSALS | {Kind.FREE_BET, Kind.ROUND_CLOSE}
HTTP = {
    Fault.BAD_SIGNATURE: 401,
    Fault.FOREIGN_NETWORK: 403,
    Fault.ACCOUNT_REVOKED: 403,
    Fault.UNKNOWN_VERB: 404,
    Fault.TOO_LARGE: 413,
    Fault.MALFORMED: 400,
    Fault.MISSING_FIELD: 400,
    Fault.WRONG_TYPE: 400,
    Fault.BAD_VALUE: 400,
    Fault.BAD_AMOUNT: 400,
    Fault.WRONG_PARTNER: 403,
    Fault.UNKNOWN_CURRENCY: 400,
    Fault.UNKNOWN_GAME: 400,
    Fault.UNKNOWN_PLAYER: 404,
    Fault.OVERLOADED: 503,
    Fault.INTERNAL: 500,
}
CODES: Codes = {
    **{(ANY, status): (status, 200) for status in Status},
    **{(ANY, fault): (fault, HTTP[fault]) for fault in Fault},
}
POLICY = Policy()
MANNERS = Manners(places=8, zero_amounts=frozenset({*NEW_BETS, Kind.WIN, Kind.PAYOUT, Kind.CORRECTION}))
PLACES = 12


# Read


def read_call(message: CallMessage, _account: Account) -> StudioCall:
    """What a call asks for; the token's defect counts wherever a token is sent."""
    if message.player is None and message.token is None and message.free_rounds is None:
        raise Refused(Fault.MISSING_FIELD, "player, token or free_rounds")
    if not message.ops:
        raise Refused(Fault.MISSING_FIELD, "ops")
    return StudioCall(
        tuple(read_op(op) for op in message.ops),
        player=message.player,
        token=message.token,
        check_token=message.token is not None,
        currency=message.currency,
        game=message.game,
        channel=message.channel,
        free_rounds=message.free_rounds,
        free_wins=message.free_wins,
    )


def read_op(op: OpMessage) -> StudioOp:
    """One operation, its amounts exact."""
    if op.kind not in KINDS:
        raise Refused(Fault.BAD_VALUE, "kind")
    if op.amount is None and op.kind not in AMOUNTLESS:
        raise Refused(Fault.MISSING_FIELD, "amount")
    if op.reference is None and op.kind in REVERSALS:
        raise Refused(Fault.MISSING_FIELD, "reference")
    return StudioOp(
        op.kind,
        key_of(op.key),
        amount_of("0" if op.amount is None else op.amount, places=PLACES, signed=op.kind is Kind.CORRECTION),
        amount_of(op.nominal, places=PLACES),
        None if op.reference is None else key_of(op.reference),
        op.scope,
        None if op.round is None else key_of(op.round),
        op.end_round,
        op.occurred_at,
        op.metadata,
    )


def read_query(message: QueryMessage, _account: Account) -> Query:
    """A question; `exists` needs the key that it asks for."""
    if message.ask is Ask.EXISTS and message.key is None:
        raise Refused(Fault.MISSING_FIELD, "key")
    return Query(
        message.ask,
        message.player,
        message.token,
        check_token=message.token is not None,
        currency=message.currency,
        game=message.game,
        key=None if message.key is None else key_of(message.key),
    )


# Write


def write(exchange: Exchange) -> Answer:
    """The code, the balances, and what each operation did."""
    places = exchange.account.manners.places
    answer = BogusAnswer(
        exchange.code,
        exchange.detail,
        exchange.currency,
        None if exchange.cash is None else f"{floored(exchange.cash, places):f}",
        None if exchange.bonus is None else f"{floored(exchange.bonus, places):f}",
        exchange.token,
        exchange.profile,
        write_ops(exchange),
    )
    return json_answer(exchange, answer)


def write_ops(exchange: Exchange) -> tuple[OpAnswer, ...]:
    """One answer per operation, under the key it came with."""
    if exchange.outcome is None or not isinstance(exchange.asked, StudioCall):
        return ()
    return tuple(
        OpAnswer(
            op.key,
            became.status,
            became.public_id,
            became.original_id,
            became.late,
            f"{moved.cash:f}",
            f"{moved.bonus:f}",
            f"{moved.cash_after:f}",
            f"{moved.bonus_after:f}",
        )
        for op, became, moved in zip(exchange.asked.ops, exchange.outcome.ops, exchange.amounts, strict=True)
    )


VERBS = {
    "call": Verb("call", json_decoder(CallMessage), read_call),
    "query": Verb("query", json_decoder(QueryMessage), read_query),
}

BOGUS = Provider(
    name="bogus",
    title="Bogus (our own protocol)",
    check=hmac_sha256_hex(header="x-bogus-signature"),
    route=by_path(VERBS),
    verbs=VERBS,
    codes=CODES,
    policy=POLICY,
    manners=MANNERS,
    write=write,
    secret_form=SecretForm.SHARED,
    scrub=starred("token"),
    one_time_launch=True,
    studio=STUDIO,
    wins_name_bets=True,
)
