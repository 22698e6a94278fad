"""Whether this process lives, and whether it is of use: ``/healthz`` and ``/readyz``, with reasons and no secrets.

Ready means that money can be posted.  Without Redis it still can, so that is told and counts for nothing.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg
from msgspec import Struct
from redis.asyncio import Redis
from redis.exceptions import RedisError

from gateway.registry import Registry
from gateway.run_directories import is_stopping
from wallet.announcements import Announcements
from wallet.database import DURABILITY, unsafe
from wallet.ledger import Ledger
from wallet.migrate import SQL
from wallet.patience import AWAY
from wallet.vitals import skew_of, told_apart

CHECK_SECONDS = 2.0  # for a connection, and for an answer

STATE = (
    f"select array({DURABILITY}), array(select name from wallet.migrations order by name), clock_timestamp()"  # noqa: S608 - our own words
)


class Check(Struct, frozen=True, omit_defaults=True):
    """One thing that was looked at."""

    ok: bool
    needed: bool = True  # without it the process is not ready
    reason: str | None = None


class Readiness(Struct, frozen=True):
    """The answer of ``/readyz``."""

    ready: bool
    degraded: bool  # something is missing that is not needed
    checks: dict[str, Check]


class Health(Struct, frozen=True):
    """What is looked at."""

    database: asyncpg.Pool
    redis: Redis
    ledger: Ledger
    announcements: Announcements
    registry: Registry
    migrations: tuple[str, ...]
    run_directory: Path | None = None
    clock: Callable[[], float] = time.time

    async def readiness(self) -> Readiness:
        """Everything, looked at now and at the same time."""
        postgres, redis = await asyncio.gather(self._postgres(), self._redis())
        checks = {
            **postgres,
            "lanes": self._lanes(),
            "announcements": Check(
                self.announcements.since is not None,
                needed=False,
                reason=None if self.announcements.since else "changes are not heard of at once",
            ),
            "redis": redis,
            "provider_accounts": self._provider_accounts(),
            **self._stop(),
        }
        return Readiness(
            all(check.ok for check in checks.values() if check.needed),
            not all(check.ok for check in checks.values() if not check.needed),
            checks,
        )

    async def _postgres(self) -> dict[str, Check]:
        before = self.clock()
        try:
            async with self.database.acquire(timeout=CHECK_SECONDS) as connection:
                row: Any = await connection.fetchrow(STATE, timeout=CHECK_SECONDS)
        except (*AWAY, asyncpg.PostgresError) as error:
            return {"postgres": Check(ok=False, reason=type(error).__name__)}
        off, applied, theirs = row
        apart = told_apart(skew_of(before, theirs.timestamp(), self.clock()))
        missing = [name for name in self.migrations if name not in applied]
        reason = f"not applied: {', '.join(missing)}" if missing else None
        # A database ahead of us is a release that is being rolled out: old processes go on beside it.
        return {
            "postgres": Check(ok=not off, reason=unsafe(off) if off else None),
            "migrations": Check(ok=not missing, reason=reason),
            "clock": Check(ok=apart is None, needed=False, reason=apart),
        }

    def _lanes(self) -> Check:
        if not self.ledger.lanes_up:
            return Check(ok=False, reason="no lane is connected")
        refused = self.ledger.refused
        return Check(ok=refused is None, reason=refused and f"Postgres refuses every posting: {refused}")

    def _provider_accounts(self) -> Check:
        """A secret that does not open is one account's; where none does, the master key is wrong, and other gateways' may not be."""
        missed = {slug: one for slug, one in self.registry.unserved.items() if not one.revoked}
        opened = any(one.account.secrets or one.account.own_secret for one in self.registry.accounts)
        wrong_key = not opened and any(one.sealed for one in missed.values())
        why = ": no secret opens with the master keys here" if wrong_key else ""
        return Check(
            ok=not missed,
            needed=wrong_key,
            reason=f"not served: {', '.join(sorted(missed))}{why}" if missed else None,
        )

    def _stop(self) -> dict[str, Check]:
        """A gateway that is about to stop goes on serving, and nobody new is to be sent to it."""
        if self.run_directory is None or not is_stopping(self.run_directory):
            return {}
        return {"gateway": Check(ok=False, reason="about to stop")}

    async def _redis(self) -> Check:
        reason = await _failure(self.redis.ping())
        return Check(ok=reason is None, needed=False, reason=reason)


def expected_migrations() -> tuple[str, ...]:
    """The migrations that this release was built for."""
    return tuple(sorted(path.name for path in (SQL / "migrations").glob("*.sql")))


async def _failure(attempt: Awaitable[object]) -> str | None:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            await attempt
    except (RedisError, OSError, TimeoutError) as error:
        return type(error).__name__
    return None
