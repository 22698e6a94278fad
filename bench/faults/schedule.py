"""What breaks, and when: data, from the seed alone.  The same seed gives the same schedule; nothing here breaks anything."""

from collections.abc import Collection
from random import Random

from msgspec import Struct

POSTGRES, VALKEY, GATEWAY = "postgres", "valkey", "gateway"


class Kind(Struct, frozen=True):
    """A way to break something: of what, and for how many seconds at least and at most (0: it is over at once)."""

    target: str
    shortest: float = 0.0
    longest: float = 0.0


KINDS = {
    "gateway worker killed": Kind(GATEWAY),
    "all gateway workers killed": Kind(GATEWAY),
    "studios' connections cut": Kind(GATEWAY),
    "sessions expired": Kind(GATEWAY),
    "wallets locked by hand": Kind(GATEWAY, 0.5, 3.0),
    "backend killed": Kind(POSTGRES),
    "backends terminated": Kind(POSTGRES, 0.3, 1.0),
    "batches cancelled": Kind(POSTGRES, 0.5, 2.0),
    "answers cut off": Kind(POSTGRES, 0.5, 2.0),
    "answers torn": Kind(POSTGRES, 0.5, 2.0),
    "line cut": Kind(POSTGRES, 0.5, 3.0),
    "batches held back": Kind(POSTGRES, 1.0, 9.0),
    "attempts overtaken": Kind(POSTGRES, 1.0, 4.0),
    "connections used up": Kind(POSTGRES, 1.0, 3.0),
    "postgres killed": Kind(POSTGRES, 0.0, 2.0),
    "postgres restarted": Kind(POSTGRES, 0.0, 2.0),
    "postgres paused": Kind(POSTGRES, 4.0, 9.0),  # no studio waits so long, and no deadline
    "valkey emptied": Kind(VALKEY),
    "valkey restarted": Kind(VALKEY),
    "valkey gone": Kind(VALKEY, 3.0, 10.0),
    "valkey gone for a minute": Kind(VALKEY, 62.0, 66.0),  # longer than a copy of a session lives
    "valkey silent": Kind(VALKEY, 1.0, 5.0),
}
"""Every breakage; two of one target never overlap, those of different targets do."""

STRANGERS = frozenset(KINDS) - {
    *("backend killed", "connections used up", "postgres killed", "postgres restarted", "postgres paused"),
    *("valkey emptied", "valkey restarted"),
}
"""Those that leave other users of the same servers alone."""

FIRST = (0.5, 2.5)
PAUSES = {POSTGRES: (3.0, 8.0), VALKEY: (3.0, 8.0), GATEWAY: (5.0, 11.0)}
"""Seconds before the first breakage of a target, and between two of it: a killed process comes back later every time."""


class Breakage(Struct, frozen=True):
    """One thing that breaks: `at` seconds from the beginning, for `seconds`, in a way that `seed` decides."""

    at: float
    kind: str
    seconds: float
    seed: int


def schedule(seed: int, minutes: float, kinds: Collection[str] = tuple(KINDS)) -> list[Breakage]:
    """What breaks in so many minutes, in the order of time.  Every kind that fits comes before any comes again."""
    planned: list[Breakage] = []
    for target in sorted({KINDS[kind].target for kind in kinds}):
        rng = Random(f"{seed} {target}")
        ours = sorted(kind for kind in kinds if KINDS[kind].target == target)
        left: list[str] = []
        at = rng.uniform(*FIRST)
        while fitting := [kind for kind in ours if at + KINDS[kind].longest <= minutes * 60]:
            left = [kind for kind in left if kind in fitting] or rng.sample(fitting, len(fitting))
            kind = left.pop()
            seconds = round(rng.uniform(KINDS[kind].shortest, KINDS[kind].longest), 2)
            planned.append(Breakage(round(at, 2), kind, seconds, rng.getrandbits(32)))
            at += seconds + rng.uniform(*PAUSES[target])
    return sorted(planned, key=lambda breakage: (breakage.at, breakage.kind))
