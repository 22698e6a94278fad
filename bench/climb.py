"""The search for the highest arrival rate that is sustained: up by a third until one is not, then halfway between.

Pure: it is told what came of a rate and says which is next.
"""

from dataclasses import dataclass

FIRST = 0.8
"""Of the capacity that was estimated."""

UP, DOWN = 1.3, 0.6
CLOSE = 1.15
"""The lowest rate that failed over the highest that was sustained, where the search ends."""

MOST_STEPS = 10


@dataclass
class Climb:
    """One stack's search; `sustained` is what was found so far."""

    capacity: float  # per second, estimated
    sustained: float | None = None
    failed: float | None = None
    steps: int = 0

    @property
    def rate(self) -> float | None:
        """The rate to try; None where the search is over."""
        if self.steps >= MOST_STEPS:
            return None
        if self.sustained is None:
            return self.capacity * FIRST if self.failed is None else self.failed * DOWN
        if self.failed is None:
            return self.sustained * UP
        return (self.sustained * self.failed) ** 0.5 if self.failed / self.sustained > CLOSE else None

    def told(self, rate: float, *, sustained: bool) -> None:
        """Learn what came of a rate."""
        self.steps += 1
        if sustained:
            self.sustained = rate
        else:
            self.failed = rate
