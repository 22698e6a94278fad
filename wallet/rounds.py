"""Rounds as people read them: what was staked, won and given back in one, and its transactions.

Reads only, through views.  One player's rounds go from the newest back, rounds across
players in the order of their wallet and id, which no play ever changes.
"""

from datetime import datetime
from typing import Any

from msgspec import Struct

from wallet.cursors import Number, Small, Word, cursor_of, position_of
from wallet.history import BUCKET, History, Transaction
from wallet.history_statements import IN_ROUND, ROUND, ROUNDS_OF_ALL, ROUNDS_OF_WALLETS

MAXIMUM_TRANSACTIONS = 500


class Round(Struct, frozen=True):
    """A studio's round of one wallet, in ledger units; stakes are those that still stand."""

    provider_account: int
    provider_account_slug: str
    wallet: int
    player_external_id: str
    currency: str
    round: str
    game_code: str | None
    first_seq: int
    last_seq: int
    stake_cash: int
    stake_bonus: int
    win_cash: int
    win_bonus: int
    bets: int
    live_bets: int
    wins: int
    closed: bool
    opened_at: datetime
    changed_at: datetime


class RoundFilters(Struct, frozen=True):
    """Which rounds; every filter that is given must match.  Times are those of the first posting."""

    player: str | None = None
    provider_account: str | None = None
    round: str | None = None
    closed: bool | None = None
    since: datetime | None = None
    until: datetime | None = None


class RoundName(Struct, frozen=True):
    """What names a round."""

    provider_account: Small
    wallet: Number
    round: Word


class OfPlayer(Struct, frozen=True):
    """Where a page of one player's rounds ended."""

    wallet: Number
    first_seq: Number


class Rounds(Struct, frozen=True):
    """One page, and the cursor of the next if there may be one."""

    items: list[Round]
    next_cursor: str | None = None


async def list_rounds(history: History, wanted: RoundFilters, cursor: str | None, limit: int) -> Rounds:
    """A page of rounds.  Raises `BadCursor`."""
    accounts = await history.accounts(wanted.provider_account)
    filters = (wanted.round, wanted.closed, wanted.since, wanted.until)
    rows: list[Any]
    if wanted.player is not None:
        wallets = [balance.wallet for balance in await history.balances(wanted.player)]
        after = position_of(cursor, wanted, OfPlayer) if cursor else None
        place = (None, None) if after is None else (after.wallet, after.first_seq)
        rows = await history.rows(ROUNDS_OF_WALLETS, BUCKET, accounts, wallets, *filters, *place, limit + 1)
    else:
        named = position_of(cursor, wanted, RoundName) if cursor else None
        name = (None, None, None) if named is None else (named.wallet, named.round, named.provider_account)
        rows = await history.rows(ROUNDS_OF_ALL, BUCKET, accounts, *filters, *name, limit + 1)
    items = [_round(row) for row in rows[:limit]]
    if len(rows) <= limit:
        return Rounds(items)
    last = items[-1]
    if wanted.player is not None:
        return Rounds(items, cursor_of(OfPlayer(last.wallet, last.first_seq), wanted))
    return Rounds(items, cursor_of(name_of(last), wanted))


async def read_round(history: History, name: RoundName) -> tuple[Round, list[Transaction], bool] | None:
    """A round, its transactions in order, up to `MAXIMUM_TRANSACTIONS`, and whether these are all; None where there is none."""
    rows = await history.rows(ROUND, BUCKET, name.provider_account, name.wallet, name.round)
    if not rows:
        return None
    found = _round(rows[0])
    span = (found.first_seq, found.last_seq)
    places = await history.rows(
        IN_ROUND, BUCKET, name.wallet, *span, name.provider_account, name.round, MAXIMUM_TRANSACTIONS + 1
    )
    transactions = await history.details(places[:MAXIMUM_TRANSACTIONS])
    return found, transactions, len(places) <= MAXIMUM_TRANSACTIONS


def name_of(found: Round) -> RoundName:
    """What names a round that was found."""
    return RoundName(found.provider_account, found.wallet, found.round)


def _round(row: Any) -> Round:  # asyncpg publishes no types
    return Round(*(row[name] for name in Round.__struct_fields__))
