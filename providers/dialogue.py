"""The pure half of the road: what a request asks, and what is answered.  The ledger's work lies between the two.

`understand` fills an `Exchange` from its request as far as it can be understood; `conclude` writes the answer
from an exchange that also knows what became of it.  Neither raises for anything a stranger can send.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from providers.contract import Amounts, Answer, Exchange, Fault, Query, Refused, StudioCall, StudioOp
from providers.manners import Answered, DuplicateBalance, Manners
from providers.provider import Provider
from providers.translate import REVERSALS, answered_status, is_reversed_already, milliseconds_of
from wallet.money import WireCurrency
from wallet.types import NEW_BETS, SUCCESSES, Kind, OpOutcome, Outcome, Status


def understand(provider: Provider, exchange: Exchange) -> bool:
    """Check, route, decode and read the request.  False where `exchange.status` now holds the fault.

    The verb, and the message where it could be decoded, are kept for the answer to echo.
    """
    request, account = exchange.request, exchange.account
    unrouted = find_verb(provider, exchange)
    if not provider.check(request, account):
        return fail(exchange, Fault.BAD_SIGNATURE)
    if not signed_in_time(provider, exchange):
        return fail(exchange, Fault.BAD_SIGNATURE, "signed at another time")
    exchange.verified = True
    if exchange.verb is None:
        return fail(exchange, unrouted)
    verb = provider.verbs[exchange.verb]
    try:
        exchange.message = verb.decode(request)
        asked = verb.read(exchange.message, account)
        if isinstance(asked, StudioCall):
            refuse_zeros(asked, exchange)
            refuse_two_undone(asked)
    except Refused as refused:
        return fail(exchange, refused.fault, str(refused))
    exchange.asked = asked
    return True


def find_verb(provider: Provider, exchange: Exchange) -> Fault:
    """Note what is asked.  The fault is that of a request that asks nothing: its verb is unknown, or cannot be read."""
    try:
        exchange.verb = provider.route(exchange.request)
    except Refused as refused:
        return refused.fault
    return Fault.UNKNOWN_VERB


def signed_in_time(provider: Provider, exchange: Exchange) -> bool:
    """Whether the time that was signed is within the account's window around ours; without a window any is."""
    window = exchange.account.manners.replay_window
    if window is None or provider.signed_at is None:
        return True
    signed = provider.signed_at(exchange.request)
    return signed is not None and abs(milliseconds_of(exchange.now) - signed) <= window * 1000


def fail(exchange: Exchange, fault: Fault, detail: str = "") -> bool:
    """Note why the request goes no further."""
    exchange.status = fault
    exchange.detail = detail
    return False


def refuse_zeros(call: StudioCall, exchange: Exchange) -> None:
    """Raise `Refused` for an amount of zero in an operation of a kind that moves money by its amount.

    What is recorded as nominal, and what the adapter posts beside it, is zero by its reading and by no message.
    """
    for op in call.ops:
        if (
            not (op.amount or op.nominal or op.implied)
            and op.kind in MOVED_BY_AMOUNT
            and op.kind not in exchange.account.manners.zero_amounts
        ):
            raise Refused(Fault.BAD_AMOUNT, f"{op.kind} of zero")


def refuse_two_undone(call: StudioCall) -> None:
    """Raise `Refused` for two rollbacks under one key: where the first has nothing to give back the key would be the second's."""
    undone: dict[str, str | None] = {}
    for op in call.ops:
        if op.kind in REVERSALS and undone.setdefault(op.key, op.reference) != op.reference:
            raise Refused(Fault.BAD_VALUE, "two rollbacks under one key")


MOVED_BY_AMOUNT = frozenset(
    {
        Kind.BET,
        Kind.TIP,
        Kind.WIN,
        Kind.PROMO_WIN,
        Kind.JACKPOT_WIN,
        Kind.BUY_IN,
        Kind.PAYOUT,
        Kind.CORRECTION,
    }
)


def conclude(provider: Provider, exchange: Exchange) -> Answer:
    """The answer to an exchange whose `outcome` or `status` is known."""
    if isinstance(exchange.asked, StudioCall) and exchange.outcome is not None:
        exchange.status = spoken(exchange.asked, exchange.outcome, exchange)
    manners = exchange.account.manners
    exchange.code, exchange.http_status = provider.code(exchange.verb, exchange.status, manners)
    return provider.write(exchange)


def tells_of_a_person(provider: Provider, exchange: Exchange, answer: Answer) -> bool:
    """Whether an answer holds something that can be erased: without it, it would be another by a byte at least.

    So nothing needs to know where a protocol tells what.
    """
    profile = exchange.profile
    if profile is None or profile == profile.erased:
        return False
    try:
        return provider.write(replace(exchange, profile=profile.erased)).body != answer.body
    except Exception:  # noqa: BLE001 - an adapter's mistake may cost the evidence, never tell of a person
        return True


def balances_of(asked: StudioCall | Query | None, outcome: Outcome, manners: Manners) -> tuple[int, int]:
    """Cash and bonus to report for a call, in ledger units: those of today, or of a repetition those of back then.

    What was posted by an attempt of its own call whose answer was lost is `created`, and may have been followed since:
    it is told the balance that its repetitions will be told.  What had been given back before says nothing of when.
    """
    booked = outcome.ops
    if isinstance(asked, StudioCall):
        ops = zip(asked.ops, outcome.ops, strict=True)
        booked = tuple(became for op, became in ops if not is_reversed_already(op, became))
    statuses = {became.status for became in booked}
    stored = statuses == {Status.DUPLICATE} or statuses <= {Status.CREATED, Status.TOMBSTONE_CREATED}
    if booked and stored and manners.duplicate_balance is DuplicateBalance.STORED:
        return booked[-1].cash_after, booked[-1].bonus_after
    return outcome.cash, outcome.bonus


def amounts_of(op: OpOutcome, currency: WireCurrency) -> Amounts:
    """An operation's stored movement and balances in major units of the studio's currency."""
    units = (op.cash, op.bonus, op.cash_before, op.cash_after, op.bonus_before, op.bonus_after)
    return Amounts(*(currency.amount(value) for value in units))


def spoken(call: StudioCall, outcome: Outcome, exchange: Exchange) -> Status:
    """The status that speaks for the call, seen through the account's manners: the first failure, else the last.

    What was not applied never speaks: it stands beside an operation that was refused, perhaps in a way that counts as
    done.  Not where it would have moved money by itself: told as done, it would count with the studio.
    """
    manners = exchange.account.manners
    ops = tuple(zip(call.ops, outcome.ops, strict=True))
    if is_left_out(ops, manners):
        manners = replace(manners, late_op=Answered.ERROR, key_reused=Answered.ERROR)
    statuses = [answered_status(became, op.kind, manners) for op, became in ops]
    speaking = [one for one in statuses if one is not Status.NOT_APPLIED] or statuses
    return next((one for one in speaking if one not in SUCCESSES), speaking[-1])


def is_left_out(ops: Sequence[tuple[StudioOp, OpOutcome]], manners: Manners) -> bool:
    """Whether something was not applied that has its own claim: neither it nor its bet was taken back before it came.

    Nor does what is known with other content claim anything, where that counts as done.
    """
    known_is_done = manners.key_reused is Answered.DONE
    late = [op for op, became in ops if manners.late_op is Answered.DONE and came_late(became)]
    return any(
        became.status is Status.NOT_APPLIED
        and op not in late
        and not (known_is_done and became.original is not None)
        and not falls_with(op, became, late)
        for op, became in ops
    )


def came_late(became: OpOutcome) -> bool:
    """Whether an operation was taken back before it came; of several in a call only the first says so by its status."""
    remembered = became.status is Status.NOT_APPLIED and became.original_kind is Kind.TOMBSTONE
    return remembered or became.status is Status.TOMBSTONED


def falls_with(op: StudioOp, became: OpOutcome, late: Sequence[StudioOp]) -> bool:
    """Whether an operation moves nothing, or is the win of these alone: it names a bet of them, or their round has no other."""
    if op.amount == 0:
        return op.kind not in NEW_BETS | REVERSALS
    if op.kind is not Kind.WIN:
        return False
    bets = [one for one in late if one.kind in {Kind.BET, Kind.FREE_BET}]
    if op.reference is not None:
        return any(one.key == op.reference for one in bets)
    return became.original_kind is not Kind.BET and any(one.round == op.round for one in bets)
