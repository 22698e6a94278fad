"""Transactions that failed on the way to us and wait at the studio: each is tried once more, and reported as dealt with.

Each is read by the adapter as the call that failed, and goes to the ledger like that call: what was processed is a
duplicate, what was not is processed now, and a rollback of what never came is remembered and moves nothing.  So it does
not matter how often this runs, or who runs it beside.
"""

import logging
import time
from datetime import UTC, datetime

from msgspec import Struct
from msgspec.structs import replace

from gateway import logs
from gateway.configured_accounts import ConfiguredAccount
from gateway.outcomes import status_of
from gateway.resolution import Resolution, Sign
from gateway.studios import StudioFailed, Studios
from providers.contract import Exchange, Fault, Refused, Request, StudioCall
from providers.dialogue import refuse_zeros
from providers.outbound import FailedQueue, FailedTransaction, Permit, Settlement
from providers.translate import is_reversed_already
from wallet.types import SUCCESSES, Outcome, Status

MAXIMUM = 1_000
"""Most transactions of one run; the others wait for the next."""

RUN_SECONDS = 20.0
"""For one run, from the first question to the studio; what it did not come to waits for the next.

Less than a worker that ends gives the requests in flight.
"""

CALL_SECONDS = 5.0


class Attempt(Struct, frozen=True):
    """What the ledger made of a transaction, and our id of it."""

    status: Status | Fault
    settled: bool = False
    reference: str | None = None


class Report(Struct, frozen=True, kw_only=True):
    """What became of the queue."""

    listed: int
    settled: int
    booked: int  # of the settled, how many moved money now
    left: dict[str, str]  # id -> why it stays in the queue
    remaining: int  # that this run did not come to


async def settle(
    studios: Studios,
    resolution: Resolution,
    account: ConfiguredAccount,
    queue: FailedQueue,
    sign: Sign,
    until: float,
) -> Report:
    """Deal with a studio's queue in the name of who asked for it, as far as `until`, on ``time.monotonic()``.

    Raises `StudioFailed` where it cannot be read at all.
    """
    permit = Permit(account.account, await studios.permit(account, until=until))
    listed = await studios.ask(account, "failed_transactions", queue.listed, permit, until=until)
    left: dict[str, str] = {}
    reached = settled = booked = 0
    for transaction in listed[:MAXIMUM]:
        if time.monotonic() >= until:
            break
        reached += 1
        made = await attempt(resolution, account, transaction, sign, until)
        if not made.settled:
            left[transaction.id] = made.status.value
            continue
        try:
            settlement = Settlement(permit=permit, id=transaction.id, reference=made.reference)
            await studios.ask(account, "settled", queue.settled, settlement, until=until)
        except StudioFailed as failed:
            left[transaction.id] = failed.failure.value
            continue
        settled += 1
        booked += made.status is Status.CREATED
    report = Report(
        listed=len(listed), settled=settled, booked=booked, left=left, remaining=len(listed) - reached
    )
    logs.event(
        logging.INFO,
        "failed_transactions",
        account=account.slug,
        settled=settled,
        booked=booked,
        left=len(left),
        remaining=report.remaining,
    )
    return report


async def attempt(
    resolution: Resolution,
    account: ConfiguredAccount,
    transaction: FailedTransaction,
    sign: Sign,
    until: float,
) -> Attempt:
    """Post a transaction as the call that it was."""
    if transaction.verb is None:
        return Attempt(Fault.MALFORMED)
    path = f"/{transaction.verb}"
    request = Request("POST", path, path, b"", {}, transaction.body)
    exchange = Exchange(request, account.account, datetime.now(UTC))
    exchange.verb = transaction.verb
    verb = account.provider.verbs[transaction.verb]
    try:
        exchange.message = verb.decode(request)
        asked = verb.read(exchange.message, account.account)
        if not isinstance(asked, StudioCall):
            return Attempt(Fault.UNKNOWN_VERB)
        refuse_zeros(asked, exchange)
    except Refused as refused:
        return Attempt(refused.fault)
    strict = exacting(account)
    exchange.asked = asked
    await resolution.resolve(exchange, strict, min(until, time.monotonic() + CALL_SECONDS), sign)
    if exchange.outcome is not None and status_of(asked, exchange.outcome) is Status.KEY_REUSED:
        exchange.asked = without_known_rounds(asked, exchange.outcome)
        await resolution.resolve(exchange, strict, min(until, time.monotonic() + CALL_SECONDS), sign)
    if exchange.outcome is None:
        return Attempt(exchange.status)
    outcome = exchange.outcome
    return Attempt(status_of(asked, outcome), is_settled(asked, outcome), exchange.transaction() or None)


def is_settled(asked: StudioCall, outcome: Outcome) -> bool:
    """Whether every operation moved its money, now or before, or gives back what has been given back.

    A credit that is refused since its bet was given back is not: the studio still holds it due.
    """
    return all(
        became.status in SUCCESSES or is_reversed_already(op, became)
        for op, became in zip(asked.ops, outcome.ops, strict=True)
    )


def exacting(account: ConfiguredAccount) -> ConfiguredAccount:
    """The account, a known key with another amount being another movement: what is told as done must have been paid."""
    policy = replace(account.policy, compare_amount=True)
    return replace(account, account=replace(account.account, policy=policy))


def without_known_rounds(asked: StudioCall, outcome: Outcome) -> StudioCall:
    """The call in less words where a key is known otherwise: a queue may tell another round than the call did.

    Kind, wallet, amount and reference still have to be those that are booked, also of what is posted beside it.
    """
    ops = (
        replace(op, round=None) if known.status is Status.KEY_REUSED or op.implied else op
        for op, known in zip(asked.ops, outcome.ops, strict=True)
    )
    return replace(asked, ops=tuple(ops))
