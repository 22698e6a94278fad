"""API keys of the internal API: handed out once, kept as digests, with scopes and an end.

A key is ``bk_<id>_<secret>``.  It is found by its SHA-256, so that no comparison of secrets can be timed, and looked up
each time, so that a revoked key is dead at once.  It decides nothing about what a scope allows.
"""

import asyncio
import contextlib
import hashlib
import re
import secrets
import time
from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Any

import asyncpg
from msgspec import Struct

from wallet.audit import Author, signed
from wallet.patience import AWAY

KEY = re.compile(r"bk_[1-9][0-9]{0,9}_[A-Za-z0-9_-]{43}", re.ASCII)
MAXIMUM_NAME = 100
USED_SECONDS = 60.0

RESERVE = "select wallet.reserve_api_key()"
CREATE = "select wallet.create_api_key($1, $2, $3, $4, $5, $6)"
REVOKE = "select wallet.revoke_api_key($1, $2)"
LONGEST_DAYS = 731
"""What a key may live: two years, one of them a leap year."""

COLUMNS = "select id, name, scopes, created_at, expires_at, revoked_at, used_at from wallet.api_keys"
FIND = f"{COLUMNS} where digest = $1 and live"
USE = "select wallet.use_api_key($1)"
LIST = f"{COLUMNS} order by id"


class ApiScope(StrEnum):
    """What a key may be used for."""

    PLAYERS_READ = "players:read"
    PLAYERS_WRITE = "players:write"  # create, block, unblock; sessions too
    PLAYERS_ERASE = "players:erase"  # personal data, for good
    MONEY_READ = "money:read"  # wallets, transactions, rounds
    MONEY_WRITE = "money:write"  # deposits and withdrawals
    ADJUSTMENTS_WRITE = "adjustments:write"
    ADJUSTMENTS_APPROVE = "adjustments:approve"  # as the second actor of large ones
    POSTINGS_WRITE = "postings:write"  # movements of every kind in bulk, also in a studio's place
    SESSIONS_READ = "sessions:read"
    SESSIONS_WRITE = "sessions:write"  # launch and revoke
    EXCHANGES_READ = "exchanges:read"
    CATALOGUE_READ = "catalogue:read"  # provider accounts and games
    CATALOGUE_WRITE = "catalogue:write"
    FREE_ROUNDS_READ = "free_rounds:read"
    FREE_ROUNDS_WRITE = "free_rounds:write"  # give and take back
    KEYS_WRITE = "keys:write"  # API keys themselves
    AUDIT_READ = "audit:read"  # who changed what


class ApiKey(Struct, frozen=True):
    """A key as it is known afterwards: not the key."""

    id: int
    name: str
    scopes: frozenset[ApiScope]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    used_at: datetime | None = None  # give or take a minute


class ApiKeys:
    """The API keys of one installation."""

    def __init__(self, database: asyncpg.Pool) -> None:
        self._database = database
        self._used: dict[int, float] = {}  # when this process last said so
        self._saying: set[asyncio.Task[None]] = set()

    async def create(
        self, name: str, scopes: Collection[ApiScope], expires_at: datetime, author: Author | None = None
    ) -> str:
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
        await self._database.fetchval(CREATE, key_id, name, digest_of(key), known, expires_at, signed(author))
        return key

    async def find(self, key: str) -> ApiKey | None:
        """The key, if it is one of ours and lives."""
        if not KEY.fullmatch(key):
            return None
        row: Any = await self._database.fetchrow(FIND, digest_of(key))
        if row is None:
            return None
        self._say_used(row["id"])
        return _api_key(row)

    async def list(self) -> list[ApiKey]:
        """Every key there ever was."""
        return [_api_key(row) for row in await self._database.fetch(LIST)]

    async def revoke(self, key_id: int, author: Author | None = None) -> bool:
        """End a key; False where there is none that lives."""
        return bool(await self._database.fetchval(REVOKE, key_id, signed(author)))

    async def close(self) -> None:
        """Finish what is being written."""
        await asyncio.gather(*self._saying)

    def _say_used(self, key_id: int) -> None:
        """Let it be known, once a minute at most; nobody waits for it."""
        now = time.monotonic()
        if now - self._used.get(key_id, -USED_SECONDS) < USED_SECONDS:
            return
        self._used[key_id] = now
        task = asyncio.create_task(self._use(key_id))
        self._saying.add(task)
        task.add_done_callback(self._saying.discard)

    async def _use(self, key_id: int) -> None:
        with contextlib.suppress(*AWAY, asyncpg.PostgresError):
            await self._database.execute(USE, key_id)


def digest_of(key: str) -> bytes:
    """What is kept of a key."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()


def _api_key(row: Any) -> ApiKey:
    # A scope of another release is one that this release does not know, and grants nothing.
    scopes = frozenset(ApiScope(text) for text in row["scopes"] if text in set(ApiScope))
    times = (row["created_at"], row["expires_at"], row["revoked_at"], row["used_at"])
    return ApiKey(row["id"], row["name"], scopes, *times)
