"""Transactions: what was posted, with its entries, found by player, kind, round, time, provider account or key."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from msgspec import Meta, Struct

from gateway.api.amounts import Amount, Balances, CurrencyCode, balances_of, moved, size_of
from gateway.api.desk import Caller
from gateway.api.problems import Problem, documented
from gateway.api.receipts import TransactionId
from gateway.api.shapes import (
    Cursor,
    Filter,
    Limit,
    PlayerId,
    PublicId,
    RoundFilter,
    Since,
    Until,
    moments,
    parts_of,
)
from wallet.history import Entry, Transaction, TransactionFilters
from wallet.money import Currency
from wallet.types import Kind, public_id

TAGS = ["History"]

Units = Annotated[
    str, Meta(description="Ledger units: an integer as text, `scale` decimals.", examples=["12500000"])
]


class EntryAnswer(Struct, frozen=True):
    """One line of double entry."""

    account: Annotated[str, Meta(examples=["player_cash", "game_revenue"])]
    side: Annotated[str, Meta(description="`debit` or `credit`, in the operator's books.")]
    amount: Amount
    units: Units


class ExactAmounts(Struct, frozen=True):
    """The same amounts to the last ledger unit, which may be finer than the currency's smallest."""

    scale: int
    amount: Units
    cash: Units
    bonus: Units
    held: Units
    cash_after: Units
    bonus_after: Units
    held_after: Units


class TransactionAnswer(Struct, frozen=True, kw_only=True):
    """A posting: what was asked for, what moved, and what was in the wallet then."""

    id: TransactionId
    kind: Kind
    player: PlayerId
    currency: CurrencyCode
    amount: Amount
    cash: Annotated[str, Meta(description="Cash moved, with its sign.")]
    bonus: str
    held: str
    balances_after: Balances
    units: ExactAmounts
    entries: list[EntryAnswer]
    sequence: Annotated[int, Meta(description="The wallet's own count, without gaps.")]
    recorded_at: datetime
    occurred_at: Annotated[datetime, Meta(description="By the studio's clock.")] | None
    provider_account: str
    key: str
    reference: str | None
    original: Annotated[str, Meta(description="The transaction that the reference meant.")] | None
    reversed_by: Annotated[str, Meta(description="The first transaction that gave it back.")] | None
    reversed_whole: bool
    round: str | None
    ends_round: bool
    late: bool
    game: str | None
    session: int | None
    brand: str | None
    channel: str | None
    nominal: Amount | None
    actor: str | None
    reason: str | None
    metadata: Any


class TransactionPage(Struct, frozen=True):
    """Transactions, the newest first; a page may hold fewer than the limit and still have a next."""

    items: list[TransactionAnswer]
    next_cursor: str | None


@get(
    "/transactions",
    tags=TAGS,
    responses=documented(
        *("invalid_cursor", "question_too_wide", "unknown_currency"),
        *("player_not_found", "provider_account_not_found"),
    ),
)
async def list_transactions(  # noqa: PLR0913, PLR0917 - an argument for each filter
    caller: NamedDependency[Caller],
    player: Filter = None,
    currency: Filter = None,
    kind: Annotated[list[Kind] | None, QueryParameter(description="May stand several times.")] = None,
    round_id: RoundFilter = None,
    provider_account: Filter = None,
    key: Filter = None,
    since: Since = None,
    until: Until = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> TransactionPage:
    """Transactions, a page at a time; every filter that is given must match."""
    moments(since, until)
    await caller.known(player=player, currency=currency, provider_account=provider_account)
    wanted = TransactionFilters(
        player, currency, tuple(sorted(set(kind or ()))), round_id, provider_account, key, since, until
    )
    page = await caller.desk.history.transactions(wanted, cursor, limit)
    return TransactionPage([answer_of(caller, found) for found in page.items], page.next_cursor)


@get("/transactions/{transaction:str}", tags=TAGS, responses=documented("transaction_not_found"))
async def read_transaction(transaction: PublicId, caller: NamedDependency[Caller]) -> TransactionAnswer:
    """One transaction by its id."""
    parts = parts_of(transaction)
    found = None if parts is None else await caller.desk.history.transaction(*parts)
    if found is None:
        raise Problem("transaction_not_found")
    return answer_of(caller, found)


def answer_of(caller: Caller, found: Transaction) -> TransactionAnswer:
    """A transaction as it is answered."""
    currency = caller.desk.currencies[found.currency]
    return TransactionAnswer(
        id=public_id(found.id),
        kind=found.kind,
        player=found.player_external_id,
        currency=found.currency,
        amount=size_of(currency, found.amount),
        cash=moved(currency, found.cash, found.cash_after),
        bonus=moved(currency, found.bonus, found.bonus_after),
        held=moved(currency, found.held, found.held_after),
        balances_after=balances_of(currency, found.cash_after, found.bonus_after, found.held_after),
        units=_units(currency, found),
        entries=[_entry(currency, entry) for entry in found.entries],
        sequence=found.seq,
        recorded_at=found.recorded_at,
        occurred_at=found.occurred_at,
        provider_account=found.provider_account_slug,
        key=found.key,
        reference=found.reference,
        original=None if found.original is None else public_id(found.original),
        reversed_by=None if found.reversed_by is None else public_id(found.reversed_by),
        reversed_whole=bool(found.reversed_whole),
        round=found.round,
        ends_round=found.end_round,
        late=found.late,
        game=found.game_code,
        session=found.session,
        brand=found.brand,
        channel=found.channel,
        nominal=None if found.nominal is None else size_of(currency, found.nominal),
        actor=found.actor,
        reason=found.reason,
        metadata=None if found.metadata is None else msgspec.Raw(found.metadata.encode()),
    )


def _units(currency: Currency, found: Transaction) -> ExactAmounts:
    return ExactAmounts(
        currency.scale,
        str(found.amount),
        str(found.cash),
        str(found.bonus),
        str(found.held),
        str(found.cash_after),
        str(found.bonus_after),
        str(found.held_after),
    )


def _entry(currency: Currency, entry: Entry) -> EntryAnswer:
    return EntryAnswer(entry.account, entry.side, size_of(currency, entry.amount), str(entry.amount))
