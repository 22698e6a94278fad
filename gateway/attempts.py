"""Wrong API keys, and callbacks that nobody verified, by where they come from: only who floods or guesses pays for it.

Redis counts in windows of a minute, for all processes together.  A window that is full refuses nobody who is right: a
key that was right before is looked up as ever, and of a studio every signature is verified as ever (see
docs/security.md).  What Redis does not count, because it is away or late, each process counts for itself.
"""

import ipaddress
from collections import Counter
from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from gateway.arrival import Address, caller_of
from gateway.metrics import Metrics
from gateway.settings import Network

WINDOW_SECONDS = 60
MOST_FROM_A_PLACE = 30
MOST_AT_AN_ACCOUNT = 300
REST_SECONDS = 1.0
MAXIMUM_TRUSTED = 1_000
SITE_BITS = 64  # of an address of IPv6: one caller has as many as they like below


class Attempts:
    """The wrong attempts at one installation, as one process knows them."""

    def __init__(self, redis: Redis, metrics: Metrics, proxies: Sequence[Network], *, prefix: str) -> None:
        self._redis = redis
        self._proxies = proxies
        self._prefix = f"{prefix}attempts:"
        self._rests_until = 0.0
        self._trusted: dict[bytes, None] = {}  # oldest first
        self._alone: Counter[str] = Counter()  # what was counted without Redis
        self._window = 0.0  # in which it came
        self._wrong = metrics.counter(
            "bankroll_wrong_credentials_total",
            "Wrong API keys and signatures, by door.",
            ("door",),
            [("api",), ("callbacks",)],
        )

    def place(self, scope: Mapping[str, Any], headers: Mapping[str, str]) -> str:
        """Where a request comes from, as far as that can be known."""
        return source_of(caller_of(scope, headers, self._proxies))

    # API keys

    async def wait(self, digest: bytes, place: str) -> int:
        """For how many seconds nobody looks up a key from here that was not right before; 0 where it is looked up."""
        if digest in self._trusted:
            return 0
        count, seconds = await self._count(f"key:{place}", 0)
        return max(1, seconds) if count >= MOST_FROM_A_PLACE else 0

    def trust(self, digest: bytes) -> None:
        """A key was right: whoever else floods from its place does not keep it waiting."""
        self._trusted.pop(digest, None)
        self._trusted[digest] = None
        if len(self._trusted) > MAXIMUM_TRUSTED:
            del self._trusted[next(iter(self._trusted))]

    async def wrong_key(self, digest: bytes, place: str) -> None:
        """A key was wrong, or is so by now."""
        self._trusted.pop(digest, None)
        self._wrong.add(("api",))
        await self._count(f"key:{place}", 1)

    # Callbacks

    def wrong_signature(self) -> None:
        """A signature was wrong."""
        self._wrong.add(("callbacks",))

    async def unverified(self, account: str, place: str) -> bool:
        """A callback was refused that anybody could send: whether one more of them is no evidence worth keeping."""
        here, _ = await self._count(f"unverified:{account}:{place}", 1)
        everywhere, _ = await self._count(f"unverified:{account}", 1)
        return here > MOST_FROM_A_PLACE or everywhere > MOST_AT_AN_ACCOUNT

    async def _count(self, name: str, more: int) -> tuple[int, int]:
        """So many in this window, and the seconds until it ends."""
        if monotonic() < self._rests_until:
            return self._count_alone(name, more)
        key = self._prefix + name
        try:
            async with self._redis.pipeline(transaction=True) as pipeline:
                if more:
                    pipeline.incrby(key, more)
                    pipeline.expire(key, WINDOW_SECONDS, nx=True)
                pipeline.get(key)
                pipeline.ttl(key)
                *_, count, seconds = await pipeline.execute()
        except (RedisError, OSError):
            self._rests_until = monotonic() + REST_SECONDS
            return self._count_alone(name, more)
        return int(count or 0), int(seconds)

    def _count_alone(self, name: str, more: int) -> tuple[int, int]:
        """The same of this process, where Redis does not count."""
        window, passed = divmod(monotonic(), WINDOW_SECONDS)
        if window != self._window:
            self._window = window
            self._alone.clear()
        if more:
            self._alone[name] += more
        return self._alone[name], WINDOW_SECONDS - int(passed)


def source_of(address: Address | None) -> str:
    """Where a caller is: an address, of IPv6 its site; what cannot be known is one place."""
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, SITE_BITS), strict=False))
    return "unknown" if address is None else str(address)
