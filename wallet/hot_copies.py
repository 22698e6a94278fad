"""Sessions in Redis, by the digest of their token: what a callback reads first, and what may be gone at any moment.

A copy says when it was read from Postgres, lives a minute at most, and holds no token.  Redis is asked with short
timeouts and, once it did not answer, left alone for a moment: a dead Redis costs one request in a second a tenth of
it.  Nothing here decides whether a copy may be trusted, and no failure of Redis ever raises.
"""

import logging
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from wallet.types import Session

SECONDS = 60
"""How long a copy lives: the longest that anything stale could, if all else failed."""

TIMEOUT_SECONDS = 0.1
REST_SECONDS = 1.0
CONNECTIONS = 32  # one more is an error, and would read as a dead Redis
SCANNED_AT_ONCE = 1_000

logger = logging.getLogger(__name__)


class Copy(Struct, frozen=True, array_like=True):
    """A session as it was in Postgres at `read_at` (by the database's clock), its token left out."""

    session: Session
    read_at: datetime
    expires_at: datetime
    launch: bool = False

    @property
    def milliseconds(self) -> int:
        """How long the copy may live: never longer than the session, and of a launch token, which waits to change, not
        at all.
        """  # noqa: D205 - one sentence
        if self.launch:
            return 0
        if self.session.defect is not None:
            return SECONDS * 1000
        return min(SECONDS * 1000, (self.expires_at - self.read_at) // timedelta(milliseconds=1))


class HotCopies:
    """The copies of one installation.  `fallbacks` counts look-ups that Redis could not answer."""

    def __init__(self, redis_url: str, *, prefix: str = "bankroll:") -> None:
        self.fallbacks = 0
        self._prefix = f"{prefix}session:"
        self._rests_until = 0.0
        self._redis = Redis.from_url(
            redis_url,
            socket_timeout=TIMEOUT_SECONDS,
            socket_connect_timeout=TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 0),
            max_connections=CONNECTIONS,
        )
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(Copy).decode

    async def read(self, digests: Sequence[bytes]) -> list[Copy | None]:
        """The copies there are, by position; none where Redis does not answer."""
        nothing: list[Copy | None] = [None] * len(digests)
        if time.monotonic() < self._rests_until:
            self.fallbacks += len(digests)
            return nothing
        try:
            values = await self._redis.mget([self._key(digest) for digest in digests])
        except (RedisError, OSError) as error:
            self._rest(error)
            self.fallbacks += len(digests)
            return nothing
        return [self._decoded(value) for value in values]

    async def fill(self, copies: Mapping[bytes, Copy]) -> None:
        """Write copies where there is none: a copy written meanwhile, of a token that died, is not overwritten."""
        await self._write(copies, only_new=True)

    async def overwrite(self, copies: Mapping[bytes, Copy], *, insist: bool = False) -> bool:
        """Write copies over whatever is there; False where Redis did not take them.

        With `insist` also while Redis is left alone.
        """
        return await self._write(copies, only_new=False, insist=insist)

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()

    async def _write(self, copies: Mapping[bytes, Copy], *, only_new: bool, insist: bool = False) -> bool:
        if time.monotonic() < self._rests_until and not insist:
            return False
        try:
            async with self._redis.pipeline(transaction=False) as pipeline:
                for digest, copy in copies.items():
                    if copy.milliseconds > 0:
                        pipeline.set(self._key(digest), self._encode(copy), px=copy.milliseconds, nx=only_new)
                await pipeline.execute()
        except (RedisError, OSError) as error:
            self._rest(error)
            return False
        return True

    def _rest(self, error: Exception) -> None:
        if time.monotonic() >= self._rests_until:
            logger.warning("Redis does not answer, Postgres does: %s", error or type(error).__name__)
        self._rests_until = time.monotonic() + REST_SECONDS

    def _key(self, digest: bytes) -> str:
        return f"{self._prefix}{digest.hex()}"

    def _decoded(self, value: bytes | str | None) -> Copy | None:
        if value is None:
            return None
        try:
            return self._decode(value if isinstance(value, bytes) else value.encode())
        except msgspec.DecodeError:  # of another release; it is read anew
            return None


async def forget_all(redis_url: str, *, prefix: str = "bankroll:") -> None:
    """Remove the copies of an installation, at once and with patience: after a restore none of them may be believed.

    Raises RedisError and OSError.
    """
    async with Redis.from_url(redis_url) as redis:
        async for key in redis.scan_iter(f"{prefix}session:*", count=SCANNED_AT_ONCE):
            await redis.unlink(key)
