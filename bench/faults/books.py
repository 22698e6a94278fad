"""The books as anybody may read them: the journal and the wallets through their public views, by SQL of our own."""

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import asyncpg
from msgspec import Struct

NAMES = re.compile(r"[0-9a-f]{32}")

JOURNAL = """
select provider_account_slug, player_external_id, currency, kind::text, key, cash + bonus as money,
       cash_after + bonus_after as after, seq, restore_epoch || '-' || id as public
from wallet.transaction order by wallet, seq"""
WALLETS = """
select p.external_id, w.currency, w.cash + w.bonus as money
from wallet.wallets w join wallet.players p on p.id = w.player and p.bucket = w.bucket"""
SCALES = "select code, scale from wallet.currencies"


class Row(Struct, frozen=True):
    """A posting.  Money is in major units; `names` are the studio's keys that its own key holds."""

    account: str
    wallet: tuple[str, str]
    kind: str
    key: str
    money: Decimal
    after: Decimal
    seq: int
    public: str
    names: frozenset[str]

    def __str__(self) -> str:
        """As much as a person needs to find it."""
        return f"{self.public} {self.kind} {self.money} under {self.key}"


class Books:
    """The journal, and what the wallets hold."""

    def __init__(self, rows: Iterable[Row], wallets: dict[tuple[str, str], Decimal]) -> None:
        self.rows = list(rows)
        self.wallets = wallets
        self.public = {row.public: row for row in self.rows}
        self._named: dict[tuple[str, str], list[Row]] = {}
        self._after: dict[tuple[str, str], list[tuple[int, Decimal]]] = {}
        for row in self.rows:
            self._after.setdefault(row.wallet, []).append((row.seq, row.after))
            for name in row.names:
                self._named.setdefault((row.account, name), []).append(row)

    def of(self, account: str, keys: Iterable[str]) -> list[Row]:
        """The postings whose keys hold any of a studio's."""
        found = {row.public: row for key in keys for row in self._named.get((account, key), ())}
        return list(found.values())

    def balances(self, wallet: tuple[str, str], since: int) -> set[Decimal]:
        """Every balance that a wallet has had since a posting, that posting's included."""
        return {after for seq, after in self._after[wallet] if seq >= since}


def names_of(key: str) -> frozenset[str]:
    """The studio's keys in a posting's: 32 hexadecimal digits, with dashes or without."""
    return frozenset(NAMES.findall(key.replace("-", "")))


async def of(url: str) -> Books:
    """The books of a database, as they are now."""
    database = await asyncpg.connect(url)
    try:
        return await read(database)
    finally:
        await database.close()


async def read(database: asyncpg.Connection) -> Books:
    """The books, read over a connection."""
    scales = dict(await database.fetch(SCALES))

    def major(row: Any, name: str) -> Decimal:
        return Decimal(row[name]).scaleb(-scales[row["currency"]])

    rows = [
        Row(
            row["provider_account_slug"],
            (row["player_external_id"], row["currency"]),
            row["kind"],
            row["key"],
            major(row, "money"),
            major(row, "after"),
            row["seq"],
            row["public"],
            names_of(row["key"]),
        )
        for row in await database.fetch(JOURNAL)
    ]
    wallets = await database.fetch(WALLETS)
    return Books(rows, {(row["external_id"], row["currency"]): major(row, "money") for row in wallets})
