"""Withdrawals in two phases: money is held, then its payment is confirmed or the hold is released.

A hold never ends by itself.  A confirmation that comes after a release is booked as what the player owes, and a line
in the log asks for a human.
"""

import logging
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta, Struct

from gateway import logs
from gateway.api.amounts import Amount, CurrencyCode, currency_of, units_of
from gateway.api.desk import Caller
from gateway.api.problems import Problem, documented
from gateway.api.receipts import Receipt, TransactionId, documented_movement, metadata_text, move
from gateway.api.shapes import IdempotencyKey, Metadata, PlayerId, PublicId, Word, parts_of
from gateway.api.wallets import wallet_of
from wallet import cashier
from wallet.history import Transaction
from wallet.types import Kind, Status, public_id

TAGS = ["Cashier"]


class WithdrawalState(StrEnum):
    """How far a withdrawal is."""

    HELD = "held"  # the money waits
    CONFIRMED = "confirmed"  # the payment left
    RELEASED = "released"  # the player has the money back
    CONFIRMED_AFTER_RELEASE = "confirmed_after_release"  # both: the player owes it


class WithdrawalRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A payment that is asked for."""

    player: PlayerId
    currency: CurrencyCode
    amount: Amount
    payment: Annotated[Word, Meta(description="The payment's id, to find it by.")] | None = None
    metadata: Metadata | None = None


class WithdrawalAnswer(Struct, frozen=True, kw_only=True):
    """A withdrawal and how far it is.  Its id is that of the transaction that holds the money."""

    id: TransactionId
    state: WithdrawalState
    player: PlayerId
    currency: CurrencyCode
    amount: Amount
    payment: str | None
    ended_by: Annotated[TransactionId, Meta(description="What ended the hold.")] | None
    confirmed_by: (
        Annotated[
            TransactionId, Meta(description="What confirmed it: also after a release that had ended it.")
        ]
        | None
    )
    held_at: datetime


@post("/withdrawals", tags=TAGS, responses=documented_movement(Status.INSUFFICIENT_FUNDS))
async def hold_withdrawal(
    data: JSONBody[WithdrawalRequest], caller: NamedDependency[Caller], idempotency_key: IdempotencyKey
) -> Response[Receipt]:
    """Hold money for a payment.  The receipt's id names the withdrawal."""
    currency = currency_of(caller.desk.currencies, data.currency)
    amount = units_of(currency, data.amount)
    wallet = await wallet_of(caller, data.player, currency.code)
    act = cashier.Act(
        wallet=wallet.wallet,
        key=idempotency_key,
        actor=caller.actor,
        amount=amount,
        currency=currency.code,
        reference=data.payment,
        metadata=metadata_text(data.metadata),
    )
    return await move(caller, cashier.withdrawal_hold, act, data.player, currency)


@get("/withdrawals/{withdrawal:str}", tags=TAGS, responses=documented("withdrawal_not_found"))
async def read_withdrawal(withdrawal: PublicId, caller: NamedDependency[Caller]) -> WithdrawalAnswer:
    """A withdrawal and how far it is."""
    hold = await _hold(caller, withdrawal)
    currency = caller.desk.currencies[hold.currency]
    state = state_of(hold)
    ended_by = None if hold.reversed_by is None else public_id(hold.reversed_by)
    confirmed_by = ended_by if state is WithdrawalState.CONFIRMED else None
    if state is WithdrawalState.CONFIRMED_AFTER_RELEASE:
        late = await caller.desk.history.confirmation_of(hold)
        confirmed_by = None if late is None else public_id(late.id)
    return WithdrawalAnswer(
        id=withdrawal,
        state=state,
        player=hold.player_external_id,
        currency=hold.currency,
        amount=currency.text(hold.amount),
        payment=hold.reference,
        ended_by=ended_by,
        confirmed_by=confirmed_by,
        held_at=hold.recorded_at,
    )


@post(
    "/withdrawals/{withdrawal:str}/confirm",
    tags=TAGS,
    responses=documented_movement("withdrawal_not_found", Status.REFERENCE_SETTLED),
)
async def confirm_withdrawal(
    withdrawal: PublicId, caller: NamedDependency[Caller], idempotency_key: IdempotencyKey
) -> Response[Receipt]:
    """The payment has left: the held money goes with it."""
    hold = await _hold(caller, withdrawal)
    answer = await move(
        caller,
        cashier.withdrawal,
        _end(hold, caller, idempotency_key),
        hold.player_external_id,
        caller.desk.currencies[hold.currency],
        withdrawal=withdrawal,
    )
    if answer.content.late:
        repeated = answer.status_code == 200
        tell_of_debt(withdrawal, answer.content.id, hold.player_external_id, repeated=repeated)
    return answer


@post(
    "/withdrawals/{withdrawal:str}/release",
    tags=TAGS,
    responses=documented_movement(
        "withdrawal_not_found", Status.REFERENCE_SETTLED, Status.REFERENCE_REVERSED
    ),
)
async def release_withdrawal(
    withdrawal: PublicId, caller: NamedDependency[Caller], idempotency_key: IdempotencyKey
) -> Response[Receipt]:
    """The payment will not leave: the player has the money back."""
    hold = await _hold(caller, withdrawal)
    return await move(
        caller,
        cashier.withdrawal_release,
        _end(hold, caller, idempotency_key),
        hold.player_external_id,
        caller.desk.currencies[hold.currency],
        withdrawal=withdrawal,
    )


def tell_of_debt(withdrawal: str, transaction: str, player: str, *, repeated: bool) -> None:
    """Ask for a human: the payment left although the player has the money back.

    A repeated confirmation tells it again: who posted it first may have died before it told anybody.
    """
    logs.event(
        logging.ERROR,
        "withdrawal_confirmed_after_release",
        withdrawal=withdrawal,
        transaction=transaction,
        player=player,
        repeated=repeated,
    )


def state_of(hold: Transaction) -> WithdrawalState:
    """How far the withdrawal of a hold is."""
    if hold.reversed_by_kind is None:
        return WithdrawalState.HELD
    if hold.reversed_by_kind is Kind.WITHDRAWAL:
        return WithdrawalState.CONFIRMED
    return WithdrawalState.CONFIRMED_AFTER_RELEASE if hold.reversed_whole else WithdrawalState.RELEASED


def _end(hold: Transaction, caller: Caller, key: str) -> cashier.Act:
    return cashier.Act(
        wallet=hold.wallet,
        key=key,
        actor=caller.actor,
        amount=hold.amount,
        currency=hold.currency,
        reference=hold.key,
    )


async def _hold(caller: Caller, public_id: str) -> Transaction:
    parts = parts_of(public_id)
    hold = None if parts is None else await caller.desk.history.transaction(*parts)
    if hold is None or hold.kind is not Kind.WITHDRAWAL_HOLD:
        raise Problem("withdrawal_not_found")
    return hold
