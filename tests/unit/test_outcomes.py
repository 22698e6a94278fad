"""The one status that speaks for a call of several operations."""

import pytest

from gateway.outcomes import status_of
from wallet.types import Call, Kind, Op, OpOutcome, Outcome, Policy, Status

CREATED, DUPLICATE = Status.CREATED, Status.DUPLICATE
REVERSED, NOT_APPLIED = Status.REFERENCE_REVERSED, Status.NOT_APPLIED


@pytest.mark.parametrize(
    ("became", "told"),
    [
        ([(Kind.BET, DUPLICATE), (Kind.WIN, CREATED)], CREATED),
        ([(Kind.BET, CREATED), (Kind.WIN, DUPLICATE)], DUPLICATE),
        ([(Kind.BET, NOT_APPLIED), (Kind.WIN, Status.ROUND_CLOSED)], Status.ROUND_CLOSED),
        ([(Kind.BET, Status.INSUFFICIENT_FUNDS), (Kind.WIN, NOT_APPLIED)], Status.INSUFFICIENT_FUNDS),
        ([(Kind.BET, NOT_APPLIED)], NOT_APPLIED),
        ([(Kind.ROLLBACK, REVERSED)], REVERSED),
        ([(Kind.REFUND, REVERSED), (Kind.BET, CREATED)], CREATED),
        ([(Kind.ROLLBACK, REVERSED), (Kind.WIN, NOT_APPLIED)], NOT_APPLIED),
        ([(Kind.BET, CREATED), (Kind.WIN, REVERSED)], REVERSED),
        ([(Kind.ROLLBACK, Status.REFERENCE_SETTLED), (Kind.BET, NOT_APPLIED)], Status.REFERENCE_SETTLED),
    ],
)
def test_one_status_speaks_for_the_call(became: list[tuple[Kind, Status]], told: Status) -> None:
    """The first that undoes it, else the last success; what is reversed already only where nothing else speaks."""
    call = Call(1, 1, 1, tuple(Op(kind, f"{at}") for at, (kind, _) in enumerate(became)), Policy())
    outcome = Outcome(tuple(OpOutcome(status) for _, status in became))
    assert status_of(call, outcome) is told
