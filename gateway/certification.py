"""Certification mode: what a test account does on demand, so that a studio can see how its side takes it.

A rule names what it is for (a verb, a player, or any) and until when; the first that fits is followed.  A live account
has no rules: the database refuses them, and this module would not look at them.  It never moves money itself and never
says that money moved where it did not: an error on demand comes instead of the ledger's work, a lost answer after it.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, TypeVar

from msgspec import Meta, Struct
from msgspec.structs import replace

from providers.contract import Ask, Exchange, Fault, StudioCall
from providers.dialogue import fail
from wallet.types import SUCCESSES, Status
from wallet.words import PLAIN

T = TypeVar("T")

MAXIMUM_DELAY = 60_000


REFUSALS: dict[str, Status | Fault] = {
    word.value: word for word in (*Status, *Fault) if word not in SUCCESSES
}
"""What a rule may refuse with."""


class Effect(StrEnum):
    """What happens on demand."""

    DELAY = "delay"  # the call waits before it is worked on
    LATE_ANSWER = "late_answer"  # the call is worked on, its answer waits
    LOST_ANSWER = "lost_answer"  # the call is worked on, and answered as a temporary error
    REFUSAL = "refusal"  # the call is refused with the status or fault that the rule names, and not worked on


class Rule(Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that a test account does on demand."""

    effect: Effect
    until: datetime
    verb: str | None = None  # any
    player: Annotated[str, Meta(pattern=PLAIN)] | None = None  # an external id; any
    milliseconds: Annotated[int, Meta(ge=0, le=MAXIMUM_DELAY)] = 0  # how long something waits
    status: str | None = None  # the status or fault of a refusal

    def why_not(self, verbs: Sequence[str]) -> str | None:
        """What is wrong with it for a protocol of these verbs, if anything is."""
        if self.until.tzinfo is None:
            return "until: a time with its zone"
        if self.verb is not None and self.verb not in verbs:
            return f"verb: one of {', '.join(verbs)}"
        if (self.effect is Effect.REFUSAL) != (self.status is not None):
            return "status: a refusal names one, and nothing else does"
        if self.status is not None and self.status not in REFUSALS:
            return f"status: one of {', '.join(REFUSALS)}"
        if (self.effect in {Effect.DELAY, Effect.LATE_ANSWER}) != (self.milliseconds > 0):
            return "milliseconds: more than 0 for what waits, and for nothing else"
        return None


def rule_for(rules: Sequence[Rule], exchange: Exchange) -> Rule | None:
    """The first rule that fits a call at this moment."""
    asked = exchange.asked
    for rule in rules:
        if (
            rule.until > exchange.now
            and rule.verb in {None, exchange.verb}
            and (rule.player is None or (asked is not None and asked.player == rule.player))
        ):
            return rule
    return None


async def staged(
    rule: Rule,
    exchange: Exchange,
    work: Callable[[], Awaitable[T]],
    wait: Callable[[float], Awaitable[None]],
) -> T:
    """What a call's `work` gives, done as the rule wants it; `wait` waits so many seconds and keeps nobody out.

    A refusal asks for the balances alone, to tell them.
    """
    if rule.effect is Effect.REFUSAL:
        asked = exchange.asked
        if isinstance(asked, StudioCall):
            exchange.asked = replace(asked, ops=(), check_token=False)
        elif asked is not None:
            exchange.asked = replace(asked, ask=Ask.BALANCE, check_token=False)
        worked = await work()
        exchange.asked, exchange.profile, exchange.token = asked, None, None
        exchange.status = REFUSALS[rule.status or Fault.INTERNAL]
        return worked
    if rule.effect is Effect.DELAY:
        await wait(rule.milliseconds / 1000)
    worked = await work()
    if rule.effect is Effect.LATE_ANSWER:
        await wait(rule.milliseconds / 1000)
    if rule.effect is Effect.LOST_ANSWER:
        exchange.outcome, exchange.amounts = None, ()
        fail(exchange, Fault.INTERNAL)
    return worked
