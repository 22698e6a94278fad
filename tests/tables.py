"""Tables of the column language as data: lines, and the calls they make.  columns.py says what the words mean.

Reads text only; knows no ledger and no amounts.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

GIVEN = ("op", "key", "player", "amount", "ref", "round", "flags", "call")
HOUSES = (
    "game_revenue",
    "payment_clearing",
    "bonus_cost",
    "jackpot_pool",
    "receivables",
    "house_loss",
    "adjustments",
)
SEEN = ("status", "cash", "bonus", "held", "moved", "moved_bonus", "stored", "original", "kind", "late")
ACTS = {"block": "blocked", "exclude": "excluded", "unblock": "active"}


@dataclass(frozen=True)
class Line:
    """One line of a table: an operation, or an act such as ``block alice``."""

    number: int
    given: Mapping[str, str]
    expected: Mapping[str, str] = field(default_factory=dict)
    act: tuple[str, str] | None = None


@dataclass(frozen=True)
class Step:
    """A call and the lines it came from."""

    lines: tuple[Line, ...]

    @property
    def act(self) -> tuple[str, str] | None:
        """What is done to a player or wallet instead of a call."""
        return self.lines[0].act

    @property
    def wallet(self) -> str:
        """The wallet's name."""
        return self.lines[0].given["player"]

    @property
    def keys(self) -> set[str]:
        """The keys it names, as its own or as references."""
        return {line.given.get(name, "_") for line in self.lines for name in ("key", "ref")} - {"_"}

    def meets(self, other: "Step") -> bool:
        """Whether the order of the two matters."""
        return self.wallet == other.wallet or bool(self.keys & other.keys)


def read(table: str) -> list[Line]:
    """Parse a table."""
    rows = [(number, text.split("#")[0].rstrip()) for number, text in enumerate(table.splitlines())]
    rows = [(number, text) for number, text in rows if text.strip()]
    names = [side.split() for side in rows[0][1].split("│")]
    if len(names) != 2 or set(names[0]) - set(GIVEN) or set(names[1]) - {*SEEN, *HOUSES}:
        raise ValueError(f"not a head of a table: {rows[0][1]}")
    return [_read_line(number, text, names) for number, text in rows[1:]]


def _read_line(number: int, text: str, names: list[list[str]]) -> Line:
    words = text.split()
    if len(words) == 2 and words[0] in {*ACTS, "close"}:
        return Line(number, {}, act=(words[0], words[1]))
    sides = [side.split() for side in text.split("│")]
    if [len(side) for side in sides] != [len(side) for side in names]:
        raise ValueError(f"line {number} does not fill its columns: {text}")
    given, expected = (dict(zip(head, side, strict=True)) for head, side in zip(names, sides, strict=True))
    return Line(number, given, {name: cell for name, cell in expected.items() if cell != "_"})


def steps(lines: Sequence[Line]) -> Iterator[Step]:
    """Group lines into calls: consecutive ones with the same letter are one."""

    def letter(line: Line) -> object:
        call = line.given.get("call", "_")
        return line.number if call == "_" else call

    for _, group in itertools.groupby(lines, key=letter):
        yield Step(tuple(group))
