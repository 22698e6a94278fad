"""Deposits: a payment has arrived, and the player's cash grows by it."""

from typing import Annotated

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta, Struct

from gateway.api.amounts import Amount, CurrencyCode, currency_of, units_of
from gateway.api.desk import Caller
from gateway.api.receipts import Receipt, documented_movement, metadata_text, move
from gateway.api.shapes import IdempotencyKey, Metadata, PlayerId, Word
from gateway.api.wallets import wallet_of
from wallet import cashier
from wallet.types import Status

TAGS = ["Cashier"]


class DepositRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A payment that has arrived."""

    player: PlayerId
    currency: CurrencyCode
    amount: Amount
    payment: Annotated[Word, Meta(description="The payment's id, to find it by.")] | None = None
    metadata: Metadata | None = None


@post(
    "/deposits",
    tags=TAGS,
    responses=documented_movement(Status.WALLET_CLOSED, Status.PLAYER_BLOCKED, Status.PLAYER_EXCLUDED),
)
async def create_deposit(
    data: JSONBody[DepositRequest], caller: NamedDependency[Caller], idempotency_key: IdempotencyKey
) -> Response[Receipt]:
    """Credit a deposit."""
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
    return await move(caller, cashier.deposit, act, data.player, currency)
