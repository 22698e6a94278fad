"""Adjustments: the operator's correction of a balance by hand, with its sign, its reason and whoever made it."""

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Struct

from gateway.api.amounts import Amount, CurrencyCode, currency_of, units_of
from gateway.api.desk import Caller
from gateway.api.problems import invalid
from gateway.api.receipts import Receipt, documented_movement, metadata_text, move
from gateway.api.shapes import IdempotencyKey, Metadata, PlayerId, Sentence
from gateway.api.wallets import wallet_of
from wallet import cashier
from wallet.players import is_seen
from wallet.types import Status


class AdjustmentRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A correction; an amount below zero takes money away."""

    player: PlayerId
    currency: CurrencyCode
    amount: Amount
    reason: Sentence
    metadata: Metadata | None = None


@post(
    "/adjustments",
    tags=["Cashier"],
    responses=documented_movement(Status.SECOND_ACTOR_REQUIRED, Status.INSUFFICIENT_FUNDS),
)
async def create_adjustment(
    data: JSONBody[AdjustmentRequest], caller: NamedDependency[Caller], idempotency_key: IdempotencyKey
) -> Response[Receipt]:
    """Correct a balance."""
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
    return await move(caller, cashier.adjustment, act, data.player, currency)
