"""External ids: what a studio calls a wallet, so that every call names exactly one, even where it sends no currency.

A name is opaque and never changes, so a process remembers those it met.  It never names a player or a currency that
was not asked for, and never reads a balance.
"""

import math
import secrets
from typing import Any

import asyncpg

from wallet.named_wallets import REMEMBERED, NamedWallet, NamedWallets
from wallet.types import Status

LETTERS = "abcdefghijklmnopqrstuvwxyz"
ALPHABET = LETTERS + "0123456789"
LENGTH = 20
"""The strictest protocol takes 20 characters; so many of our alphabet carry more than 100 random bits."""

FIND = """
select e.provider_account, e.external_id,
       e.provider_account, e.external_id, e.bucket, e.wallet, e.player, e.currency, e.currency_code
from unnest($1::integer[], $2::text[]) as asked (provider_account, external_id)
join wallet.named_wallets e using (provider_account, external_id)
"""
NAME = "select status, external_id, code from wallet.name_wallet($1, $2, $3, $4, $5)"


class ExternalIds:
    """The external ids of one installation, as one process knows them."""

    def __init__(self, database: asyncpg.Pool, *, remembered: int = REMEMBERED) -> None:
        self._database = database
        self._wallets = NamedWallets(database, FIND, remembered=remembered)

    def start(self) -> None:
        """Put the look-ups to work, on the running event loop."""
        self._wallets.start()

    async def close(self) -> None:
        """Finish the look-ups under way."""
        await self._wallets.close()

    async def find_wallet(
        self, provider_account: int, external_id: str, deadline: float = math.inf
    ) -> NamedWallet | None:
        """The wallet that the account's studio calls so; None where it calls none so.

        `deadline` is a moment of ``time.monotonic()``; raises `coalesce.DeadlinePassed` or `coalesce.Overloaded`.
        """
        if len(external_id) > LENGTH or not external_id.isascii() or not external_id.isalnum():
            return None
        return await self._wallets.find(provider_account, external_id, deadline)

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


def new_external_id() -> str:
    """An opaque name in the form of the strictest protocol: 20 characters of [a-z0-9], a letter first."""
    return secrets.choice(LETTERS) + "".join(secrets.choice(ALPHABET) for _ in range(LENGTH - 1))
