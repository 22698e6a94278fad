"""External ids: what a studio calls a wallet, so that every call names exactly one, even where it sends no currency.

A name is opaque and never changes, so a process remembers those it met.  It never names a player or a currency that
was not asked for, and never reads a balance.
"""

import secrets
import time
from collections import OrderedDict
from typing import Any

import asyncpg
from msgspec import Struct

from wallet.coalesce import Coalescer, Pending
from wallet.patience import patiently
from wallet.types import Status

LETTERS = "abcdefghijklmnopqrstuvwxyz"
ALPHABET = LETTERS + "0123456789"
LENGTH = 20
"""The strictest protocol takes 20 characters; so many of our alphabet carry more than 100 random bits."""

REMEMBERED = 100_000
FIND_SECONDS = 5.0  # at most; a caller with less time leaves earlier
READ_SECONDS = 1.5
LANES = 2

FIND = """
select e.provider_account, e.external_id, e.bucket, e.wallet, e.player, e.currency, e.currency_code
from unnest($1::integer[], $2::text[]) as asked (provider_account, external_id)
join wallet.named_wallets e using (provider_account, external_id)
"""
NAME = "select status, external_id, code from wallet.name_wallet($1, $2, $3, $4, $5)"


class NamedWallet(Struct, frozen=True):
    """The wallet that an external id means."""

    provider_account: int
    external_id: str
    bucket: int
    wallet: int
    player: int
    currency: str  # ours
    currency_code: str  # the wire's


Name = tuple[int, str]


class ExternalIds:
    """The external ids of one installation, as one process knows them."""

    def __init__(self, database: asyncpg.Pool, *, remembered: int = REMEMBERED) -> None:
        self._database = database
        self._known: OrderedDict[Name, NamedWallet] = OrderedDict()
        self._remembered = remembered
        self._lookups: Coalescer[Name, NamedWallet | None] = Coalescer([self._look_up] * LANES)

    def start(self) -> None:
        """Put the look-ups to work, on the running event loop."""
        self._lookups.start()

    async def close(self) -> None:
        """Finish the look-ups under way."""
        await self._lookups.close()

    async def find_wallet(self, provider_account: int, external_id: str) -> NamedWallet | None:
        """The wallet that the account's studio calls so; None where it calls none so."""
        name = (provider_account, external_id)
        known = self._known.get(name)
        if known is not None:
            self._known.move_to_end(name)
            return known
        if len(external_id) > LENGTH or not external_id.isascii() or not external_id.isalnum():
            return None
        return await self._lookups.submit(name, time.monotonic() + FIND_SECONDS)

    async def name_wallet(
        self, provider_account: int, wallet: int, *, currency: str | None = None, bucket: int = 0
    ) -> NamedWallet | Status:
        """What the account's studio calls a wallet in a wire currency, given now where it has no name yet.

        `wallet_not_found`, or `currency_differs` where the account has no such code for the wallet's currency.
        """
        row: Any = await self._database.fetchrow(
            NAME, provider_account, bucket, wallet, currency, new_external_id()
        )
        status = Status(row["status"])
        if status not in {Status.FOUND, Status.CREATED}:
            return status
        named = await self.find_wallet(provider_account, row["external_id"])
        return Status.WALLET_NOT_FOUND if named is None else named

    async def _look_up(self, batch: list[Pending[Name, NamedWallet | None]]) -> None:
        names = {pending.item for pending in batch}
        accounts, external_ids = zip(*names, strict=True)
        rows = await patiently(
            lambda: self._database.fetch(FIND, accounts, external_ids, timeout=READ_SECONDS), batch
        )
        found = {(row["provider_account"], row["external_id"]): NamedWallet(*row) for row in rows}
        for pending in batch:
            pending.answer(found.get(pending.item))
        self._known.update(found)
        while len(self._known) > self._remembered:
            self._known.popitem(last=False)


def new_external_id() -> str:
    """An opaque name in the form of the strictest protocol: 20 characters of [a-z0-9], a letter first."""
    return secrets.choice(LETTERS) + "".join(secrets.choice(ALPHABET) for _ in range(LENGTH - 1))
