"""What was posted: transactions with their entries, and balances, read through views.

Reads only, and takes no lock.  Pages of one player follow the wallet's sequence and show
what is committed now.  Pages across players go back in time within a fixed set: everything whose writer had ended
when the first page was read, so that nothing appears or shifts while someone leafs through it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg
from msgspec import Struct

from wallet.backwards import MAXIMUM_SEEN, Window, stretch, walk
from wallet.cursors import Moment, Number, Snapshot, cursor_of, position_of
from wallet.history_statements import (
    ACCOUNT_NAMES,
    ACCOUNTS,
    BALANCES,
    BY_ID,
    CONFIRMATION,
    DETAILS,
    ENTRIES,
    IN_WALLET,
    IN_WINDOW,
    SNAPSHOT,
    UNDER_KEY,
)
from wallet.types import Kind

BUCKET = 0


class TooWide(Exception):  # noqa: N818 - an answer to the caller, not a fault of ours
    """The question takes too long to answer: its filters leave too much."""


class Balance(Struct, frozen=True):
    """A wallet and what is in it, in ledger units."""

    wallet: int
    player_external_id: str
    currency: str
    cash: int
    bonus: int
    held: int
    overdraft: int
    status: str
    player_status: str


class Entry(Struct, frozen=True):
    """One line of double entry: so many ledger units on one side of one account."""

    account: str
    side: str  # debit or credit
    amount: int


class Transaction(Struct, frozen=True):
    """A posting as people read it, in ledger units."""

    id: int
    wallet: int
    seq: int
    recorded_at: datetime
    player_external_id: str
    provider_account_slug: str
    kind: Kind
    key: str
    amount: int
    currency: str
    cash: int
    bonus: int
    held: int
    cash_after: int
    bonus_after: int
    held_after: int
    nominal: int | None
    reference: str | None
    scope: str | None
    original: int | None
    original_kind: Kind | None
    reversed_whole: bool | None  # None: nothing of it was given back
    reversed_by_kind: Kind | None
    reversed_by: int | None
    round: str | None
    end_round: bool
    late: bool
    game_code: str | None
    session: int | None
    brand: str | None
    channel: str | None
    occurred_at: datetime | None
    actor: str | None
    reason: str | None
    metadata: str | None
    entries: tuple[Entry, ...] = ()


class TransactionFilters(Struct, frozen=True):
    """Which transactions; every filter that is given must match.  `since` inclusive, `until` exclusive."""

    player: str | None = None
    currency: str | None = None
    kinds: tuple[Kind, ...] = ()
    round: str | None = None
    provider_account: str | None = None
    key: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class Transactions(Struct, frozen=True):
    """One page, and the cursor of the next if there may be one."""

    items: list[Transaction]
    next_cursor: str | None = None


class OfPlayer(Struct, frozen=True):
    """Where a page of one player's transactions ended."""

    wallet: Number
    seq: Number


class OfAll(Struct, frozen=True):
    """Where a page across players ended, in the set that the first page saw."""

    recorded_at: Moment
    id: Number
    snapshot: Snapshot


class History:
    """Reads through the views, on a pool of the service's connections."""

    def __init__(self, database: asyncpg.Pool) -> None:
        self._database = database

    async def balances(self, player: str, currency: str | None = None) -> list[Balance]:
        """A player's wallets, by currency; empty where there is none."""
        return [Balance(**row) for row in await self.rows(BALANCES, BUCKET, player, currency)]

    async def transaction(self, restore_epoch: int, posting: int) -> Transaction | None:
        """One transaction by its public id's parts, with its entries."""
        found = await self.details(await self.rows(BY_ID, BUCKET, posting, restore_epoch))
        return found[0] if found else None

    async def confirmation_of(self, hold: Transaction) -> Transaction | None:
        """The transaction that confirmed a withdrawal, also where it had been released; None while there is none."""
        found = await self.details(await self.rows(CONFIRMATION, BUCKET, hold.wallet, hold.seq, hold.id))
        return found[0] if found else None

    async def transactions(self, wanted: TransactionFilters, cursor: str | None, limit: int) -> Transactions:
        """A page of transactions, newest first, at most `limit`.  Raises `BadCursor`."""
        if wanted.player is not None:
            return await self._of_player(wanted.player, wanted, cursor, limit)
        if wanted.key is not None:
            return await self._under_key(wanted, None, cursor, limit)
        return await self._of_all(wanted, cursor, limit)

    async def _of_player(
        self, player: str, wanted: TransactionFilters, cursor: str | None, limit: int
    ) -> Transactions:
        balances = await self.balances(player, wanted.currency)
        wallets = sorted((balance.wallet for balance in balances), reverse=True)
        if wanted.key is not None:
            return await self._under_key(wanted, wallets, cursor, limit)
        after = position_of(cursor, wanted, OfPlayer) if cursor else None
        accounts = None if wanted.provider_account is None else await self.accounts(wanted.provider_account)
        places: list[Any] = []
        for wallet in wallets:
            if after is not None and wallet > after.wallet:
                continue
            below = after.seq if after is not None and wallet == after.wallet else 2**62
            places += await self.rows(
                IN_WALLET,
                *(BUCKET, wallet, below, wanted.since, wanted.until, _kinds(wanted), wanted.round),
                *(accounts, wanted.currency, limit + 1 - len(places)),
            )
            if len(places) > limit:
                break
        items = await self.details(places[:limit])
        if len(places) <= limit:
            return Transactions(items)
        last = places[limit - 1]
        return Transactions(items, cursor_of(OfPlayer(last["wallet"], last["seq"]), wanted))

    async def _under_key(
        self, wanted: TransactionFilters, wallets: list[int] | None, cursor: str | None, limit: int
    ) -> Transactions:
        """A key stands once per provider account: all of them fit one page."""
        if cursor:
            position_of(cursor, wanted, OfPlayer)
        accounts = None if wanted.provider_account is None else await self.accounts(wanted.provider_account)
        found = await self.rows(
            UNDER_KEY,
            *(BUCKET, accounts, wanted.key, wanted.since, wanted.until, _kinds(wanted), wanted.round),
            *(wallets, wanted.currency, limit),
        )
        return Transactions(await self.details(found))

    async def _of_all(self, wanted: TransactionFilters, cursor: str | None, limit: int) -> Transactions:
        after = position_of(cursor, wanted, OfAll) if cursor else None
        (clock,) = await self.rows(SNAPSHOT)
        snapshot = (
            after.snapshot if after else Snapshot.of(clock["next"], clock["running"], clock["restore_epoch"])
        )
        start = stretch(clock["now"], wanted.since, wanted.until, 0)
        if after is not None:
            start = Window(start.oldest, after.recorded_at, after.id)
        accounts = None if wanted.provider_account is None else await self.accounts(wanted.provider_account)

        async def look(window: Window, most: int) -> tuple[int, Sequence[Any]]:
            rows = await self.rows(
                IN_WINDOW,
                *(BUCKET, window.oldest, window.newest, window.tie, *snapshot.arguments(), MAXIMUM_SEEN + 1),
                *(_kinds(wanted), wanted.round, accounts, wanted.currency, most),
            )
            return rows[0]["seen"], [row for row in rows if row["id"] is not None]

        walked = await walk(look, start, limit, 0)
        items = await self.details(walked.rows)
        if walked.stopped_at is not None:
            return Transactions(items, cursor_of(OfAll(walked.stopped_at, 0, snapshot), wanted))
        if len(walked.rows) < limit:
            return Transactions(items)
        last = walked.rows[-1]
        return Transactions(items, cursor_of(OfAll(last["recorded_at"], last["id"], snapshot), wanted))

    async def details(self, places: Sequence[Any]) -> list[Transaction]:
        """The transactions at these rows' wallet and seq, in that order, with their entries."""
        if not places:
            return []
        wallets, seqs = [row["wallet"] for row in places], [row["seq"] for row in places]
        rows = await self.rows(DETAILS, BUCKET, wallets, seqs)
        entries: dict[int, list[Entry]] = {}
        for line in await self.rows(ENTRIES, BUCKET, wallets, seqs):
            entry = Entry(line["account"], line["side"], line["amount"])
            entries.setdefault(line["posting"], []).append(entry)
        return [_transaction(row, entries) for row in rows]

    async def accounts(self, slug: str | None) -> list[int]:
        """The ids of the provider account of this slug, or of all."""
        return [row["id"] for row in await self.rows(ACCOUNTS, slug)]

    async def account_names(self) -> dict[int, str]:
        """The slugs of the provider accounts by their ids."""
        return {row["id"]: row["slug"] for row in await self.rows(ACCOUNT_NAMES)}

    async def rows(self, statement: str, *arguments: object) -> list[Any]:
        """What a statement returns.  Raises `TooWide` where Postgres ended it, and what else it raises."""
        try:
            return await self._database.fetch(statement, *arguments)
        except asyncpg.QueryCanceledError as error:
            raise TooWide from error


READ = Transaction.__struct_fields__[:-1]
KINDS = frozenset({"kind", "original_kind", "reversed_by_kind"})


def _transaction(row: Any, entries: dict[int, list[Entry]]) -> Transaction:
    values: list[Any] = [
        Kind(row[name]) if name in KINDS and row[name] is not None else row[name] for name in READ
    ]
    values.append(tuple(entries.get(row["id"], ())))
    return Transaction(*values)


def _kinds(wanted: TransactionFilters) -> list[str]:
    return [kind.value for kind in wanted.kinds]
