"""What is proven, and how it went: names and promises, offences, proofs and the report of a run.  It reads nothing.

`wallet.verify` does the proving.
"""

from collections.abc import Callable, Iterable
from enum import Enum
from itertools import islice

from msgspec import Struct

EXAMPLES = 20
"""Most offending rows kept of one proof."""


class Scope(Enum):
    """What a proof is put to at a time."""

    POSTINGS = "the postings of some wallets after their checkpoints"
    WALLETS = "all that belongs to wallets that changed since their checkpoints"
    RANGES = "the wallets of ranges of ids, at rest or not"
    SPANS = "the postings of ranges of wallet ids, whether or not there are such wallets"
    WHOLE = "everything, once"


PROOFS = {
    "books": (Scope.WHOLE, "per currency, wallets and house add up to zero"),
    "house_balances": (Scope.WHOLE, "house balances are the sums of their legs"),
    "legs": (Scope.POSTINGS, "the legs of every posting sum to zero"),
    "houses": (Scope.POSTINGS, "house legs lie where their kind says"),
    "wallets": (Scope.WALLETS, "wallets are the sums of their postings"),
    "players": (Scope.RANGES, "wallets belong to a player, and have the player's status"),
    "owners": (Scope.SPANS, "postings belong to a wallet, in its currency"),
    "sequences": (Scope.POSTINGS, "sequence numbers have no gap, times never go back"),
    "chains": (Scope.POSTINGS, "balances follow one from the other"),
    "amounts": (Scope.POSTINGS, "postings moved what their kind and amount say"),
    "references": (Scope.POSTINGS, "postings refer to what their reference finds"),
    "held": (Scope.WALLETS, "held money is the sum of open holds"),
    "rounds": (Scope.WALLETS, "rounds are the sums of their postings"),
    "reversals": (Scope.WALLETS, "reversals match wallet, kind and parts"),
    "reversing": (Scope.POSTINGS, "what was given back is remembered, and holds end once"),
    "given_back": (Scope.WALLETS, "what was given back is what was moved, by house account"),
    "tombstones": (Scope.POSTINGS, "nothing live lies under a tombstone"),
    "keys": (Scope.POSTINGS, "keys are unique"),
    "ids": (Scope.WHOLE, "posting ids are unique"),
}
"""What is proven, by the name of its view ``wallet.verify_…`` (house balances are added up on the way)."""

CHECKPOINTS = "checkpoints"
KEPT_PROMISE = "postings at checkpoints are as they were"
"""A proof more, where there are checkpoints."""


class Offence(Struct, frozen=True):
    """A row that a proof does not accept."""

    subject: str
    expected: str
    found: str


class Proof(Struct, frozen=True):
    """How one proof went.  `checked` is None where the time was over before its end."""

    name: str
    promise: str
    checked: int | None
    broken: int = 0
    examples: tuple[Offence, ...] = ()
    seconds: float = 0.0

    @property
    def holds(self) -> bool:
        """Whether it was completed and nothing offends it."""
        return self.checked is not None and self.broken == 0

    @property
    def verdict(self) -> str:
        """Whether it holds, in two words at most."""
        if self.broken:
            return f"{self.broken} BROKEN"
        return "not finished" if self.checked is None else "ok"


class Report(Struct, frozen=True):
    """All proofs of one snapshot, and how many of its wallets were come to."""

    proofs: tuple[Proof, ...]
    wallets: int = 0
    of: int = 0

    @property
    def drift(self) -> int:
        """Offending rows, over all proofs."""
        return sum(proof.broken for proof in self.proofs)

    @property
    def complete(self) -> bool:
        """Whether every proof came to its end."""
        return all(proof.checked is not None for proof in self.proofs)

    @property
    def holds(self) -> bool:
        """Whether everything is proven: complete, and no drift."""
        return all(proof.holds for proof in self.proofs)

    def lines(self) -> list[str]:
        """The report as text: a line per proof, the offending rows below theirs."""
        lines = []
        for proof in self.proofs:
            checked = "-" if proof.checked is None else f"{proof.checked:,}"
            lines.append(f"{proof.name:<15} {checked:>14}  {proof.verdict:<12} {proof.promise}")
            lines.extend(
                f"    {one.subject}: expected {one.expected}; found {one.found}" for one in proof.examples
            )
            if proof.broken > len(proof.examples) > 0:
                lines.append(f"    … and {proof.broken - len(proof.examples):,} more")
        if not self.complete:
            lines.append(f"The time was over after {self.wallets:,} of {self.of:,} wallets.")
        return lines


class Tally:
    """What one proof came to so far, range by range."""

    def __init__(self) -> None:
        self.checked = self.broken = 0
        self.examples: list[Offence] = []
        self.seconds = 0.0

    @property
    def room(self) -> int:
        """How many offending rows may still be kept."""
        return EXAMPLES - len(self.examples)

    def add(self, checked: int, broken: int, rows: Iterable[Iterable[object]]) -> None:
        """Count what was checked, and keep offending rows: subject, expected, found."""
        self.checked += checked
        self.broken += broken
        self.examples.extend(Offence(*map(str, row)) for row in islice(rows, self.room))

    def proof(self, name: str, promise: str, *, complete: bool) -> Proof:
        """What the report says of it."""
        checked = self.checked if complete else None
        return Proof(name, promise, checked, self.broken, tuple(self.examples), self.seconds)


Progress = Callable[[int, int], None]
"""Told after every range: wallets come to, wallets there are."""
