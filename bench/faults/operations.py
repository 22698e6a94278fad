"""What studios want of money, and what they were answered, attempt by attempt.  Pure: it sends nothing and judges nothing."""

from decimal import Decimal
from enum import StrEnum

from msgspec import Struct, field

from bench.studios.contract import Act, Answer, Move, Reply, Studio

DEBITS = frozenset({Act.BET})
REVERSALS = frozenset({Act.ROLLBACK})


class Said(StrEnum):
    """What an attempt was answered."""

    DONE = "done"
    REFUSED = "refused"
    AGAIN = "again"  # the protocol's temporary error: posted or not
    NOTHING = "nothing"  # no answer: posted or not
    NONSENSE = "nonsense"  # no answer of the protocol


MOST_SHOWN = 6

FINAL = (Said.DONE, Said.REFUSED)
"""What says what became of an operation."""


class Heard(Struct, frozen=True):
    """One answer."""

    said: Said
    reply: Reply | None = None
    words: str = ""


class Operation(Struct, eq=False):
    """One movement of money that a studio wants: how often it was sent, and all that was answered."""

    account: str
    wallet: tuple[str, str]  # the player's name, and the currency
    move: Move
    of: "Operation | None" = None  # the bet that a win pays and a rollback takes back
    copies: int = 0  # how many may have been delivered
    heard: list[Heard] = field(default_factory=list)
    may_meet: frozenset[str] = frozenset()  # the refusals that honest play meets
    ended: bool = False  # it was first sent when its session was over
    excused: bool = False  # its session ended while it was being sent
    tied: bool = False  # it raced what it belongs to
    again: bool = False  # everything was over, and it was asked once more

    @property
    def amount(self) -> Decimal:
        """What it moves, with its sign, where it stands; of a rollback what it gives back."""
        if self.move.act in REVERSALS:
            return self.move.of_amount
        return -self.move.amount if self.move.act in DEBITS else self.move.amount

    @property
    def done(self) -> bool:
        """Whether it was acknowledged."""
        return any(heard.said is Said.DONE for heard in self.heard)

    @property
    def refused(self) -> bool:
        """Whether every copy of it was answered, and each time refused."""
        answers = [heard.said for heard in self.heard if heard.said is not Said.NOTHING]
        return len(answers) >= self.copies and set(answers) == {Said.REFUSED}

    @property
    def settled(self) -> bool:
        """Whether the studio knows what became of it."""
        return self.done or self.refused or (self.again and self.heard[-1].said is Said.REFUSED)


def heard_of(studio: Studio, move: Move, answer: Answer | None) -> Heard:
    """What an answer says to the studio."""
    if answer is None:
        return Heard(Said.NOTHING)
    reply = studio.read(move, answer)
    if reply.broken:
        return Heard(Said.NONSENSE, reply, f"{reply.broken}: {answer.http_status} {answer.body[:200]!r}")
    if reply.done:
        return Heard(Said.DONE, reply)
    if reply.retry or reply.code in studio.undo_after:
        return Heard(Said.AGAIN, reply, reply.code)
    return Heard(Said.REFUSED, reply, reply.code)


class Family(Struct, eq=False):
    """A bet with its win and its rollback, as far as they were sent."""

    bet: Operation
    win: Operation | None = None
    rollback: Operation | None = None

    def operations(self) -> list[Operation]:
        """Those that there are."""
        return [one for one in (self.bet, self.win, self.rollback) if one is not None]


def shown(operation: Operation) -> str:
    """An operation for a person who looks for it."""
    move = operation.move
    of = f" of {move.of}" if move.of else ""
    flags = [name for name in ("ended", "excused", "tied", "again") if getattr(operation, name)]
    said = [f"{heard.said} {heard.words}".strip() for heard in operation.heard]
    return (
        f"{move.act} {operation.amount} {move.key}{of} at {operation.account} for {' '.join(operation.wallet)}"
        f" (sent {operation.copies} times, {', '.join([*flags, *said[:MOST_SHOWN], *said[MOST_SHOWN:][-1:]])})"
    )
