"""API keys of the internal API: handed out once, kept as digests, with scopes and an end.

A key is ``bk_<id>_<secret>``.  It is found by its SHA-256, so that no comparison of secrets can be timed, and looked up
each time, so that a revoked key is dead at once.  It decides nothing about what a scope allows.
"""

import hashlib
import re
import secrets
from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Any

import asyncpg
from msgspec import Struct

KEY = re.compile(r"bk_[1-9][0-9]{0,9}_[A-Za-z0-9_-]{43}", re.ASCII)
MAXIMUM_NAME = 100

RESERVE = "select wallet.reserve_api_key()"
CREATE = "select wallet.create_api_key($1, $2, $3, $4, $5)"
REVOKE = "select wallet.revoke_api_key($1)"
COLUMNS = "select id, name, scopes, created_at, expires_at, revoked_at from wallet.api_keys"
FIND = f"{COLUMNS} where digest = $1 and live"
LIST = f"{COLUMNS} order by id"


class ApiScope(StrEnum):
    """What a key may be used for."""

    PLAYERS_READ = "players:read"
    PLAYERS_WRITE = "players:write"  # create, block, unblock; sessions too
    MONEY_READ = "money:read"  # wallets, transactions, rounds
    MONEY_WRITE = "money:write"  # deposits and withdrawals
    ADJUSTMENTS_WRITE = "adjustments:write"
    POSTINGS_WRITE = "postings:write"  # movements of every kind in bulk, also in a studio's place
    SESSIONS_READ = "sessions:read"
    SESSIONS_WRITE = "sessions:write"  # launch and revoke
    EXCHANGES_READ = "exchanges:read"
    CATALOGUE_READ = "catalogue:read"  # provider accounts and games
    CATALOGUE_WRITE = "catalogue:write"
    FREE_ROUNDS_READ = "free_rounds:read"
    FREE_ROUNDS_WRITE = "free_rounds:write"  # give and take back
    KEYS_WRITE = "keys:write"  # API keys themselves


class ApiKey(Struct, frozen=True):
    """A key as it is known afterwards: not the key."""

    id: int
    name: str
    scopes: frozenset[ApiScope]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None


class ApiKeys:
    """The API keys of one installation."""

    def __init__(self, database: asyncpg.Pool) -> None:
        self._database = database

    async def create(self, name: str, scopes: Collection[ApiScope], expires_at: datetime) -> str:
        """Make a key and answer it whole: the only time that it is seen.

        Raises ValueError for a name or an end that is none, or for no scope.
        """
        if not 1 <= len(name) <= MAXIMUM_NAME or not name.isprintable():
            raise ValueError(f"a key has a name of at most {MAXIMUM_NAME} printable characters")
        if not scopes:
            raise ValueError("a key has at least one scope")
        if expires_at.tzinfo is None:
            raise ValueError("expires_at has a time zone")
        key_id = await self._database.fetchval(RESERVE)
        key = f"bk_{key_id}_{secrets.token_urlsafe(32)}"
        known = sorted(ApiScope(scope).value for scope in scopes)
        await self._database.fetchval(CREATE, key_id, name, _digest(key), known, expires_at)
        return key

    async def find(self, key: str) -> ApiKey | None:
        """The key, if it is one of ours and lives."""
        if not KEY.fullmatch(key):
            return None
        row: Any = await self._database.fetchrow(FIND, _digest(key))
        return None if row is None else _api_key(row)

    async def list(self) -> list[ApiKey]:
        """Every key there ever was."""
        return [_api_key(row) for row in await self._database.fetch(LIST)]

    async def revoke(self, key_id: int) -> bool:
        """End a key; False where there is none that lives."""
        return bool(await self._database.fetchval(REVOKE, key_id))


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def _api_key(row: Any) -> ApiKey:
    # A scope of another release is one that this release does not know, and grants nothing.
    scopes = frozenset(ApiScope(text) for text in row["scopes"] if text in set(ApiScope))
    return ApiKey(row["id"], row["name"], scopes, row["created_at"], row["expires_at"], row["revoked_at"])
