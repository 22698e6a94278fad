"""Receipts: the answer to a movement of money, the same whenever its Idempotency-Key comes again.

201 for what was posted now, 200 for what had been posted before; the body is made from the stored posting alone.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Response
from msgspec import Meta, Struct
from msgspec.structs import replace

from gateway.api.amounts import Amount, Balances, CurrencyCode, balances_of, negative
from gateway.api.desk import Caller
from gateway.api.problems import Problem, documented, refused
from gateway.api.shapes import PlayerId
from wallet.cashier import Act
from wallet.money import Currency
from wallet.types import SUCCESSES, Call, Kind, Outcome, Status

REPLAYED = "Idempotent-Replayed"

TransactionId = Annotated[str, Meta(examples=["1-42"], description="The id of the transaction, for ever.")]


class Receipt(Struct, frozen=True, kw_only=True):
    """What was done, and what was in the wallet then."""

    id: TransactionId
    kind: Kind
    player: PlayerId
    currency: CurrencyCode
    amount: Amount
    balances_after: Balances
    recorded_at: datetime
    withdrawal: Annotated[str, Meta(description="The withdrawal that this ends.")] | None = None
    late: Annotated[
        bool, Meta(description="Confirmed although it had been released: the player owes it.")
    ] = False


def documented_movement(*names: str | Status) -> dict[int, Any]:
    """The problems of an operation that moves money."""
    return documented(
        *("idempotency_key_missing", "idempotency_key_invalid", "invalid_amount", "unknown_currency"),
        *("player_not_found", Status.WALLET_NOT_FOUND, Status.KEY_REUSED, Status.BALANCE_OVERFLOW),
        *names,
        repeated=Receipt,
    )


async def move(
    caller: Caller,
    make: Callable[[Act], Call],
    act: Act,
    player: str,
    currency: Currency,
    *,
    withdrawal: str | None = None,
) -> Response[Receipt]:
    """Post the call that `make` makes of an act, and answer its receipt.  Raises `Problem`."""
    call = make(act)
    author = caller.author if act.reason is None else replace(caller.author, reason=act.reason)
    await caller.desk.audit.movement(author, call)
    outcome = await caller.desk.ledger.post(call, caller.deadline)
    status = outcome.status
    if status not in SUCCESSES:
        raise refusal_of(status, outcome, currency)
    op = outcome.ops[0]
    if op.public_id is None or op.recorded_at is None:
        raise TypeError("a success has a posting")
    size = currency.text(abs(act.amount))
    receipt = Receipt(
        id=op.public_id,
        kind=call.ops[0].kind,
        player=player,
        currency=currency.code,
        amount=size if act.amount >= 0 else negative(size),
        balances_after=balances_of(currency, op.cash_after, op.bonus_after, op.held_after),
        recorded_at=op.recorded_at,
        withdrawal=withdrawal,
        late=op.late,
    )
    repeated = status is Status.DUPLICATE
    headers = {REPLAYED: "true"} if repeated else {}
    return Response(receipt, status_code=200 if repeated else 201, headers=headers)


def refusal_of(status: Status, outcome: Outcome, currency: Currency) -> Problem:
    """The problem of a refused movement; where money was short it says what there is."""
    detail = ""
    if status is Status.INSUFFICIENT_FUNDS:
        detail = f"there are {currency.text(outcome.cash)} {currency.code} in cash"
    return refused(status, detail)


def metadata_text(metadata: dict[str, str] | None) -> str | None:
    """What is kept with the posting, as JSON text."""
    return msgspec.json.encode(metadata).decode() if metadata else None
