"""What became of a call as a whole, where a ledger's outcome is read by what its operations were."""

from providers.contract import StudioCall
from providers.translate import is_reversed_already
from wallet.types import SUCCESSES, Call, Outcome, Status


def status_of(call: Call | StudioCall, outcome: Outcome) -> Status:
    """The one status that speaks for the call: the first that undoes it, else the last that is a success.

    A reversal of what is reversed already undoes no call, so it speaks only where nothing else does.
    """
    statuses = [
        became.status
        for op, became in zip(call.ops, outcome.ops, strict=True)
        if not is_reversed_already(op, became)
    ]
    if not statuses:
        return Status.REFERENCE_REVERSED
    speaking = [one for one in statuses if one is not Status.NOT_APPLIED] or statuses
    return next((one for one in speaking if one not in SUCCESSES), speaking[-1])
