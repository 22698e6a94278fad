"""Every guard of a SQL function: each ``when``, ``if`` and comparison, each ``raise``, and a mutant of it.

It reads the text, so the list is complete by itself; `tests.mutants` leaves out what a written mutant is about already.
"""

import re
from collections import Counter
from collections.abc import Iterator

from tests.mutations import Edit, short

COMMENT = re.compile(r"--[^\n]*")
STRING = re.compile(r"'[^'\n]*'")
WHEN = re.compile(r"(?<!continue )(?<!exit )\bwhen\s+(.+?)\s+then\b", re.DOTALL)
BRANCH = re.compile(r"\b(?:if|elsif)\s+(.+?)\s+then\b", re.DOTALL)
LEAVE = re.compile(r"\b(?:continue|exit) when\s+(.+?);", re.DOTALL)
LOOP = re.compile(r"\bwhile\s+(.+?)\s+loop\b", re.DOTALL)
RAISE = re.compile(r"\braise exception\b.+?;", re.DOTALL)
LITERAL = re.compile(r"'[^']*'|\d+|null")
OPERATORS = {
    " <> ": " = ",
    " < ": " <= ",
    " <= ": " < ",
    " > ": " >= ",
    " >= ": " > ",
    " is distinct from ": " is not distinct from ",
    " is not null": " is null",
    " is null": " is not null",
    " not in (": " in (",
}
COMPARISON = re.compile("|".join(re.escape(word) for word in sorted(OPERATORS, key=len, reverse=True)))
EQUALITY = re.compile(r"(?<![:=<>!]) = (?!=)|(?<! not) in \(")
SET = re.compile(r"\bset\s")
LEAVES_SET = re.compile(r";|\b(?:from|where)\s")


def edits(text: str) -> list[Edit]:
    """Every edit of a SQL function's body, each under a name of its own."""
    bare = STRING.sub(lambda found: "'" + "x" * (len(found[0]) - 2) + "'", text)
    bare = COMMENT.sub(lambda found: " " * len(found[0]), bare)
    begins = bare.index(" as $") if " as $" in bare else bare.find("\nbegin")
    found = sorted(set(_edits(text, bare, max(begins, 0))))
    times = Counter[str]()
    named = []
    for edit in found:
        times[edit.name] += 1
        again = f" ({times[edit.name]})" if times[edit.name] > 1 else ""
        start, end = (len(text[:place].encode()) for place in edit[:2])
        named.append(Edit(start, end, edit.new, edit.name + again))
    return named


def _edits(text: str, bare: str, begins: int) -> Iterator[Edit]:
    for pattern in (WHEN, BRANCH, LEAVE, LOOP):
        for found in pattern.finditer(bare, begins):
            yield from _condition(text, *found.span(1))
    for found in RAISE.finditer(bare, begins):
        yield Edit(*found.span(), "null;", f"without {short(text[found.start() : found.end()])}")
    bare = RAISE.sub(lambda found: " " * len(found[0]), bare)
    for found in COMPARISON.finditer(bare, begins):
        yield _comparison(text, *found.span(), OPERATORS[found[0]])
    for found in EQUALITY.finditer(bare, begins):
        if not _sets(bare, found.start(), begins):
            yield _comparison(text, *found.span(), " <> " if found[0] == " = " else " not in (")


def _condition(text: str, start: int, end: int) -> Iterator[Edit]:
    """A condition never met, and turned round; a value that is looked for, not looked for."""
    condition = text[start:end]
    if LITERAL.fullmatch(condition):
        yield Edit(start, end, "null", f"never when {short(condition)}")
        return
    yield Edit(start, end, f"not coalesce(({condition}), false)", f"not ({short(condition)})")


def _comparison(text: str, start: int, end: int, other: str) -> Edit:
    """A comparison turned round, or moved by one."""
    line = text[text.rfind("\n", 0, start) + 1 : _end(text, end)]
    return Edit(start, end, other, f"{text[start:end].strip()} becomes {other.strip()} in {short(line)}")


def _end(text: str, place: int) -> int:
    at = text.find("\n", place)
    return len(text) if at < 0 else at


def _sets(bare: str, place: int, begins: int) -> bool:
    """Whether an equals sign at a place sets a column, and compares nothing."""
    set_ends = max((found.end() for found in SET.finditer(bare, begins, place)), default=-1)
    between = bare[set_ends:place]
    return set_ends >= 0 and not LEAVES_SET.search(between) and between.count("(") == between.count(")")
