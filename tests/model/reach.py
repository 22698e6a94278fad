"""What histories reach: the statuses that an operation of each kind met, and those met under each value of a policy.

The tables say what there is to reach; a status that is missing from what was played is a history nobody tells.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from enum import Enum
from typing import Any, get_type_hints

from msgspec.structs import replace

from tests.model.oracle import Oracle
from wallet.types import SESSION_DEFECTS, Call, Kind, Outcome, Policy, Status

NEW_BET = {*SESSION_DEFECTS, Status.GAME_DISABLED, Status.ACCOUNT_DISABLED}
STOPPED = {Status.WALLET_CLOSED, Status.PLAYER_BLOCKED, Status.PLAYER_EXCLUDED}
REFERENCE = {
    Status.REFERENCE_NOT_FOUND,
    Status.REFERENCE_DIFFERS,
    Status.REFERENCE_REVERSED,
    Status.REFERENCE_SETTLED,
}
POOR, FULL = Status.INSUFFICIENT_FUNDS, Status.BALANCE_OVERFLOW

ALL_MEET = frozenset(
    {
        Status.CREATED,
        Status.DUPLICATE,
        Status.KEY_REUSED,
        Status.WALLET_NOT_FOUND,
        Status.CURRENCY_DIFFERS,
        Status.NOT_APPLIED,
    }
)
"""What may become of an operation of any kind."""

MEETS: Mapping[Kind, set[Status]] = {
    Kind.BET: {Status.TOMBSTONED, *NEW_BET, *STOPPED, Status.ROUND_CLOSED, POOR, FULL},
    Kind.TIP: {Status.TOMBSTONED, *NEW_BET, *STOPPED, POOR},
    Kind.WIN: {Status.TOMBSTONED, *REFERENCE, Status.ROUND_CLOSED, FULL},
    Kind.REFUND: {Status.TOMBSTONED, Status.TOMBSTONE_CREATED, *REFERENCE, FULL},
    Kind.ROLLBACK: {Status.TOMBSTONED, Status.TOMBSTONE_CREATED, *REFERENCE, POOR, FULL},
    Kind.PROMO_WIN: {Status.TOMBSTONED, FULL},
    Kind.JACKPOT_WIN: {Status.TOMBSTONED, FULL},
    Kind.FREE_BET: {Status.TOMBSTONED, *NEW_BET, *STOPPED, Status.ROUND_CLOSED},
    Kind.BUY_IN: {Status.TOMBSTONED, *NEW_BET, *STOPPED, POOR},
    Kind.PAYOUT: {Status.TOMBSTONED, FULL},
    Kind.CORRECTION: {Status.TOMBSTONED, POOR, FULL},
    Kind.ROUND_CLOSE: {Status.TOMBSTONED},
    Kind.DEPOSIT: {*STOPPED, FULL},
    Kind.WITHDRAWAL_HOLD: {POOR},
    Kind.WITHDRAWAL: {Status.REFERENCE_NOT_FOUND, Status.REFERENCE_DIFFERS, Status.REFERENCE_SETTLED},
    Kind.WITHDRAWAL_RELEASE: REFERENCE,
    Kind.ADJUSTMENT: {Status.SECOND_ACTOR_REQUIRED, POOR},
    Kind.BONUS_GRANT: {*STOPPED, FULL},
    Kind.BONUS_CONVERT: {POOR},
    Kind.BONUS_FORFEIT: {POOR},
}
"""And what besides, of each kind.  An operator's own movement meets no tombstone: nothing of it is ever rolled back."""

RICH = (Kind.TIP, Kind.BUY_IN, Kind.WITHDRAWAL_HOLD, Kind.ADJUSTMENT, Kind.BONUS_CONVERT, Kind.BONUS_FORFEIT)
MAY_MEET = frozenset({(Kind.REFUND, POOR), *((kind, FULL) for kind in RICH)})
"""What takes more than a few calls to come to: no history is asked for it."""

VALUES: Mapping[str, tuple[Any, ...]] = {
    name: tuple(kind) if issubclass(kind, Enum) else (False, True)
    for name, kind in get_type_hints(Policy).items()
}
"""Every value of every policy."""


class Reached:
    """Counts what became of operations, by their kind and by the policy that they were asked under."""

    def __init__(self) -> None:
        self.kinds = Counter[tuple[Kind, Status]]()
        self.policies = Counter[tuple[str, Any, Status]]()

    def note(self, call: Call, outcome: Outcome) -> None:
        """Count one call's operations."""
        for op, became in zip(call.ops, outcome.ops, strict=True):
            self.kinds[op.kind, became.status] += 1
            for name in VALUES:
                self.policies[name, getattr(call.policy, name), became.status] += 1

    def missing(self) -> list[str]:
        """What was not reached, and what was reached though no table has it."""
        wanted = {(kind, status) for kind, more in MEETS.items() for status in ALL_MEET | more}
        gaps = [f"{kind} never {status}" for kind, status in sorted(wanted - set(self.kinds))]
        gaps += [
            f"{kind} {status}, unforeseen" for kind, status in sorted(set(self.kinds) - wanted - MAY_MEET)
        ]
        statuses = sorted({status for _, status in wanted})
        gaps += [
            f"{name}={value} never {status}"
            for name, values in VALUES.items()
            for value in values
            for status in statuses
            if not self.policies[name, value, status]
        ]
        return gaps


def decided_by(oracle: Oracle, call: Call, wanted: Collection[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """The wanted values of policies that decide what becomes of a call: with another one something else would."""
    length = len(oracle.books.journal)
    became = verdict(oracle.post(call))
    oracle.books.forget(length)
    for name, values in VALUES.items():
        mine = getattr(call.policy, name)
        for value in values if (name, mine) in wanted else ():
            if value != mine:
                other = oracle.post(replace(call, policy=replace(call.policy, **{name: value})))
                oracle.books.forget(length)
                if verdict(other) != became:
                    yield name, mine
                    break


def verdict(outcome: Outcome) -> list[tuple[Any, ...]]:
    """What was decided about each operation, and what it moved."""
    return [(op.status, op.late, op.cash, op.bonus, op.held) for op in outcome.ops]
