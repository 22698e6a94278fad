"""What became of requests that arrived at a rate: how many were accepted in time, shed, refused, lost, and how long it took.

Pure.  It sends nothing and reads no clock.
"""

from collections import Counter
from dataclasses import dataclass, field

from bench.latency import Latencies

BOUND = 0.150
"""Seconds that p95 of a wallet call may take; what is answered so long after the last arrival still counts as in time."""

SUSTAINED = 0.97
"""Of what arrived, what is accepted in time where a rate is sustained."""

GROWTH = 0.050
"""Seconds of arrivals by which the queue may be longer at the end than twice what it was half-way."""


@dataclass
class Arrived:
    """What became of the requests of one volley.  Latencies are of what was accepted, or of what was shed."""

    intended: int = 0
    seconds: float = 0.0  # of arrivals
    in_time: int = 0  # accepted until `BOUND` after the last arrival
    accepted: Latencies = field(default_factory=Latencies)
    shed: Latencies = field(default_factory=Latencies)
    shed_after_sending: Latencies = field(default_factory=Latencies)
    refusals: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    unsent: int = 0  # no connection was free
    open_half_way: int = 0  # due and not answered
    open_at_end: int = 0
    generator_seconds: float = 0.0  # of processor time

    @property
    def rate(self) -> float:
        """Accepted in time, per second of arrivals."""
        return self.in_time / self.seconds if self.seconds > 0 else 0.0

    @property
    def answered(self) -> int:
        """Answers of any kind."""
        return self.accepted.total + self.shed.total + sum(self.refusals.values())

    @property
    def sustained(self) -> bool:
        """Whether what arrived was accepted, soon enough, and no queue grew."""
        allowed = 2 * self.open_half_way + self.intended / max(self.seconds, 1e-9) * GROWTH
        return (
            self.in_time >= SUSTAINED * self.intended > 0
            and self.accepted.percentile(0.95) < BOUND
            and self.open_at_end <= allowed
            and not self.errors
        )
