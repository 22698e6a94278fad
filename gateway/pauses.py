"""Pauses that studios want between two requests, held by all processes together.

Redis remembers them; while it is away each process remembers its own, so that an outage loosens a pause and never stops
anybody.
"""

import math
import time

from redis.asyncio import Redis
from redis.exceptions import RedisError


class Pauses:
    """The pauses of one installation."""

    def __init__(self, redis: Redis, *, prefix: str) -> None:
        self._redis = redis
        self._prefix = f"{prefix}pause:"
        self._own: dict[str, float] = {}

    async def take(self, name: str, seconds: int) -> int:
        """Begin a pause of so many seconds: 0, or how many are left of the one that lasts."""
        if seconds <= 0:
            return 0
        key = self._prefix + name
        try:
            if await self._redis.set(key, b"1", nx=True, px=seconds * 1000):
                return self._take_own(name, seconds)
            return max(1, math.ceil(await self._redis.pttl(key) / 1000))
        except (RedisError, OSError):
            return self._take_own(name, seconds)

    def _take_own(self, name: str, seconds: int) -> int:
        now = time.monotonic()
        left = self._own.get(name, now) - now
        if left > 0:
            return max(1, math.ceil(left))
        self._own[name] = now + seconds
        return 0
