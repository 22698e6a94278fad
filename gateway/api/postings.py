"""Bulk postings: thousands of calls in one request, for migrations, settlements and load, each with its own result.

What the request looks like is in posting_calls.py.  A shape that cannot be taken refuses the whole of it before
anything is posted; everything else is said call by call.
"""

from datetime import datetime
from typing import Annotated

from litestar import post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta, Struct

from gateway.api.amounts import Balances, CurrencyCode, balances_of
from gateway.api.desk import Caller
from gateway.api.posting_calls import PostingCall, PostingRequest, Reader, Unfit
from gateway.api.problems import FieldProblem, Problem, ProblemDocument, document_of, documented
from gateway.api.receipts import TransactionId, refusal_of
from gateway.api.shapes import PlayerId
from gateway.api.withdrawals import tell_of_debt
from gateway.binding import NOBODY
from gateway.outcomes import status_of
from wallet.bulk import MAXIMUM_CALLS, MAXIMUM_OPERATIONS, slices
from wallet.lane import Reason
from wallet.ledger import Overloaded, Told, Unavailable
from wallet.money import Currency
from wallet.types import SUCCESSES, Call, Kind, OpOutcome, Outcome, Status
from wallet.wallet_lookups import find_wallets

PATH = "/v1/postings"

MAXIMUM_BULK_BODY = 8 * 1024 * 1024
"""A kilobyte for each of the most calls."""

BULK_SECONDS = 30.0
"""How long a bulk request may take before the rest of it is answered as not posted."""

MAXIMUM_PROBLEMS = 100
"""So many fields that cannot be taken are named."""

UNKNOWN = frozenset({Reason.DEADLINE, Reason.UNKNOWN})
"""Reasons after which a call may or may not have been posted."""


class PostedOperation(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one operation: of one that was known the transaction of the first time."""

    status: Status
    id: TransactionId | None = None
    balances_after: Balances | None = None
    recorded_at: datetime | None = None
    late: bool = False


class PostedCall(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of the call at `index`: the operations and the wallet now, and a problem unless all went well."""

    index: int
    player: PlayerId
    currency: CurrencyCode
    status: Annotated[Status, Meta(description="The ledger's, where it was asked and answered.")] | None = (
        None
    )
    ops: list[PostedOperation] = []
    balances: Balances | None = None
    problem: ProblemDocument | None = None


class PostingAnswer(Struct, frozen=True, kw_only=True):
    """A result for each call, in the order of the request."""

    succeeded: Annotated[int, Meta(description="Calls that are posted, now or before.")]
    failed: int
    results: list[PostedCall]


@post(
    "/postings",
    status_code=200,
    tags=["Postings"],
    responses=documented("too_large", "provider_account_unserved"),
    request_max_body_size=MAXIMUM_BULK_BODY,
)
async def create_postings(data: JSONBody[PostingRequest], caller: NamedDependency[Caller]) -> PostingAnswer:
    """Post up to 8,000 calls that do not depend on each other; 200 says that each has a result, not that all succeeded."""
    calls = await _read(data.calls, caller)
    problems = await _find_wallets(data.calls, calls, caller)
    sound = [call for call in calls if call.wallet != NOBODY]
    await caller.desk.audit.task(caller.author, "postings", str(len(sound)), sound)
    posted = iter(await caller.desk.ledger.post_many(sound, caller.within(BULK_SECONDS)) if sound else ())
    results: list[PostedCall] = []
    async for some in slices(data.calls):
        for asked in some:
            index = len(results)
            told = problems[index] if index in problems else next(posted)
            results.append(_result(index, asked, calls[index], told, caller.desk.currencies[asked.currency]))
    failed = sum(result.problem is not None for result in results)
    return PostingAnswer(succeeded=len(results) - failed, failed=failed, results=results)


async def _read(asked: list[PostingCall], caller: Caller) -> list[Call]:
    """The calls.  Raises `Problem` with every field that cannot be taken, up to `MAXIMUM_PROBLEMS`."""
    reader = Reader(caller.desk.registry, caller.actor)
    calls: list[Call] = []
    unfit: list[FieldProblem] = []
    index = operations = 0
    async for some in slices(asked):
        for one in some:
            operations += len(one.ops)
            try:
                calls.append(reader.call(one))
            except Unfit as error:
                if len(unfit) < MAXIMUM_PROBLEMS:
                    unfit.append(FieldProblem(f"calls[{index}].{error.field}", "body", str(error)))
            index += 1
    if unfit:
        raise Problem("invalid_request", f"{unfit[0].field}: {unfit[0].detail}", errors=tuple(unfit))
    if operations > MAXIMUM_OPERATIONS:
        raise Problem("invalid_request", f"{operations} operations are more than {MAXIMUM_OPERATIONS}")
    return calls


async def _find_wallets(asked: list[PostingCall], calls: list[Call], caller: Caller) -> dict[int, Problem]:
    """Give the calls their wallets; the problems of those that have none, by index."""
    wallets = await find_wallets(caller.desk.history, {(one.player, one.currency) for one in asked})
    problems = {}
    for index, one in enumerate(asked):
        name = one.player, one.currency
        wallet = wallets.get(name)
        if wallet is not None:
            calls[index].wallet = wallet
        else:
            problems[index] = Problem(Status.WALLET_NOT_FOUND if name in wallets else "player_not_found")
    return problems


def _result(
    index: int, asked: PostingCall, call: Call, told: Told | Problem, currency: Currency
) -> PostedCall:
    outcome = told if isinstance(told, Outcome) else None
    problem = _problem_of(call, told, currency)
    if outcome is None:
        return PostedCall(
            index=index,
            player=asked.player,
            currency=currency.code,
            problem=None if problem is None else document_of(problem, f"{PATH}#/calls/{index}"),
        )
    for op, operation in zip(outcome.ops, call.ops, strict=True):
        if operation.kind is Kind.WITHDRAWAL and op.late and op.status in SUCCESSES:
            repeated = op.status is Status.DUPLICATE
            tell_of_debt(str(op.original_id), str(op.public_id), asked.player, repeated=repeated)
    return PostedCall(
        index=index,
        player=asked.player,
        currency=currency.code,
        status=status_of(call, outcome),
        ops=[_operation(op, currency) for op in outcome.ops],
        balances=balances_of(currency, outcome.cash, outcome.bonus, outcome.held),
        problem=None if problem is None else document_of(problem, f"{PATH}#/calls/{index}"),
    )


def _problem_of(call: Call, told: Told | Problem, currency: Currency) -> Problem | None:
    """The problem of a call that did not go well, or whose fate is not known."""
    match told:
        case Problem():
            return told
        case Outcome():
            status = status_of(call, told)
            return None if status in SUCCESSES else refusal_of(status, told, currency)
        case Unavailable(reason=reason) if reason in UNKNOWN:
            return Problem("outcome_unknown")
        case Unavailable() | Overloaded():
            return Problem("temporarily_unavailable", "it was not posted")


def _operation(op: OpOutcome, currency: Currency) -> PostedOperation:
    if op.posting is None:
        return PostedOperation(status=op.status)
    return PostedOperation(
        status=op.status,
        id=op.public_id,
        balances_after=balances_of(currency, op.cash_after, op.bonus_after, op.held_after),
        recorded_at=op.recorded_at,
        late=op.late,
    )


if MAXIMUM_BULK_BODY < MAXIMUM_CALLS * 1024:
    raise TypeError("the body has room for the most calls")
