"""Adjustments: the operator's correction of a balance by hand, with its sign, its reason and whoever made it.

One that is more than the currency's limit waits for a second actor, who repeats what is approved; then whoever sends it
again under the same key has it posted.  Request and approval are good for a day.  The ledger holds to that by itself.
"""

from datetime import datetime
from typing import Annotated

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta, Struct
from msgspec.structs import replace

from gateway.api.amounts import Amount, CurrencyCode, currency_of, size_of, units_of
from gateway.api.desk import Caller
from gateway.api.problems import Problem, documented, invalid
from gateway.api.receipts import Receipt, documented_movement, metadata_text, move
from gateway.api.shapes import Cursor, IdempotencyKey, Limit, Metadata, PlayerId, Sentence, Word
from gateway.api.wallets import wallet_of
from wallet import cashier
from wallet.large_adjustments import Filters, LargeAdjustment, list_of
from wallet.types import Status
from wallet.words import is_seen


class AdjustmentRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A correction; an amount below zero takes money away."""

    player: PlayerId
    currency: CurrencyCode
    amount: Amount
    reason: Sentence
    metadata: Metadata | None = None


class AdjustmentApproval(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is approved, as it is listed."""

    key: Annotated[Word, Meta(description="Of the transaction that is to be: `adjustment:…`.")]
    player: PlayerId
    currency: CurrencyCode
    amount: Amount
    reason: Sentence


class LargeAdjustmentAnswer(Struct, frozen=True, kw_only=True):
    """An adjustment that needs a second actor, and how far it is."""

    key: str
    player: PlayerId
    currency: CurrencyCode
    amount: Amount
    reason: str
    requested_by: str
    requested_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    posted: bool
    expires_at: datetime


class LargeAdjustmentPage(Struct, frozen=True):
    """Large adjustments, the newest first."""

    items: list[LargeAdjustmentAnswer]
    next_cursor: str | None


@post(
    "/adjustments",
    tags=["Cashier"],
    responses=documented_movement(Status.SECOND_ACTOR_REQUIRED, Status.INSUFFICIENT_FUNDS),
)
async def create_adjustment(
    data: JSONBody[AdjustmentRequest], caller: NamedDependency[Caller], idempotency_key: IdempotencyKey
) -> Response[Receipt]:
    """Correct a balance; what needs a second actor is remembered until one approves it, and sent again then."""
    if not is_seen(data.reason):
        raise invalid("reason", "holds more than white space and invisible characters")
    currency = currency_of(caller.desk.currencies, data.currency)
    amount = units_of(currency, data.amount, signed=True)
    wallet = await wallet_of(caller, data.player, currency.code)
    act = cashier.Act(
        wallet=wallet.wallet,
        key=idempotency_key,
        actor=caller.actor,
        amount=amount,
        currency=currency.code,
        reason=data.reason,
        metadata=metadata_text(data.metadata),
    )
    try:
        return await move(caller, cashier.adjustment, act, data.player, currency)
    except Problem as problem:
        if problem.name is Status.SECOND_ACTOR_REQUIRED:
            author = replace(caller.author, reason=data.reason)
            await caller.desk.large_adjustments.request(cashier.adjustment(act), author)
        raise


@get("/adjustments/large", tags=["Cashier"], responses=documented("invalid_cursor"))
async def list_large_adjustments(
    caller: NamedDependency[Caller],
    done: Annotated[bool, QueryParameter(description="Those approved, posted or expired, too.")] = False,  # noqa: FBT002 - a query's word
    cursor: Cursor = None,
    limit: Limit = 50,
) -> LargeAdjustmentPage:
    """Adjustments that wait for a second actor, the newest first, a page at a time."""
    page = await list_of(caller.desk.history, Filters(done), cursor, limit)
    return LargeAdjustmentPage([_answer(caller, found) for found in page.items], page.next_cursor)


@post(
    "/adjustments/approve",
    status_code=204,
    tags=["Cashier"],
    responses=documented(
        *("invalid_amount", "unknown_currency", "player_not_found", Status.WALLET_NOT_FOUND),
        *("adjustment_not_found", "same_actor"),
    ),
)
async def approve_adjustment(data: JSONBody[AdjustmentApproval], caller: NamedDependency[Caller]) -> None:
    """Approve an adjustment that somebody else asked for: this player, amount and reason, under this key."""
    currency = currency_of(caller.desk.currencies, data.currency)
    amount = units_of(currency, data.amount, signed=True)
    wallet = await wallet_of(caller, data.player, currency.code)
    approved = await caller.desk.large_adjustments.approve(
        data.key, wallet.wallet, amount, data.reason, caller.author
    )
    if approved is None:
        raise Problem("adjustment_not_found")
    if not approved:
        raise Problem("same_actor")


def _answer(caller: Caller, found: LargeAdjustment) -> LargeAdjustmentAnswer:
    return LargeAdjustmentAnswer(
        key=found.key,
        player=found.player_external_id,
        currency=found.currency,
        amount=size_of(caller.desk.currencies[found.currency], found.amount),
        reason=found.reason,
        requested_by=found.requested_by,
        requested_at=found.requested_at,
        approved_by=found.approved_by,
        approved_at=found.approved_at,
        posted=found.posted,
        expires_at=found.expires_at,
    )
