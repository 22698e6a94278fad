"""Every guard of a SQL function: each ``when``, ``if``, comparison and ``raise``, each part of an ``and`` or ``or``.

And what a mutant makes of it.  It reads the text, so the list is complete by itself; `tests.mutants` leaves out what a
written mutant is about already.
"""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from tests.mutations import Edit, short

COMMENT = re.compile(r"--[^\n]*")
STRING = re.compile(r"'[^'\n]*'")
BODY = re.compile(r" as \$|\n(?:begin|return)\b")
WHEN = re.compile(r"(?<!continue )(?<!exit )\bwhen\s+(.+?)\s+then\b", re.DOTALL)
BRANCH = re.compile(r"\b(?:if|elsif)\s+((?:\bcase\b.+?\bend\b|.)+?)\s+then\b", re.DOTALL)
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
TOKEN = re.compile(r"[(),;]|:=|\bend (?:if|loop)\b|\bdistinct from\b|\bbetween\b[^()]*?\band\b|\b[a-z_]+\b")
OPENS = frozenset({"(", "case"})
CLOSES = frozenset({")", "end"})
BOUNDARIES = frozenset(
    {
        *(";", ",", ":=", "when", "then", "if", "elsif", "else", "while", "loop", "return", "begin"),
        *("select", "from", "where", "on", "group", "order", "limit", "returning", "as", "using", "union"),
        *("for", "into"),
    }
)
"""Where a condition begins or ends, apart from brackets."""
THE_BUCKET = re.compile(r"(?:\w+\.)?bucket = .+", re.DOTALL)
SET = re.compile(r"\bset\s")
LEAVES_SET = re.compile(r";|\b(?:from|where)\s")


def edits(text: str) -> list[Edit]:
    """Every edit of a SQL function's body, each under a name of its own."""
    bare = STRING.sub(lambda found: "'" + "x" * (len(found[0]) - 2) + "'", text)
    bare = COMMENT.sub(lambda found: " " * len(found[0]), bare)
    found = sorted(set(_edits(text, bare, BODY.search(bare).start())))
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
    yield from _parts(text, bare, begins)
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


def _parts(text: str, bare: str, begins: int) -> Iterator[Edit]:
    """Each part of an ``and`` or an ``or`` left out, but for the bucket: there is one.

    A part is what stands between such words, inside its bracket or ``case`` and within what bounds a condition; an
    ``and`` binds closer.
    """
    open_ones: list[list[tuple[str, int, int]]] = [[("", begins, begins)]]
    for token in TOKEN.finditer(bare, begins):
        word = token[0]
        if word in OPENS:
            open_ones.append([("", token.end(), token.end())])
        elif word in CLOSES and len(open_ones) > 1:
            yield from _condition_parts(text, bare, open_ones.pop(), token.start())
        elif word in BOUNDARIES:
            yield from _condition_parts(text, bare, open_ones[-1], token.start())
            open_ones[-1] = [("", token.end(), token.end())]
        elif word in {"and", "or"}:
            open_ones[-1].append((word, *token.span()))


def _condition_parts(text: str, bare: str, words: list[tuple[str, int, int]], end: int) -> Iterator[Edit]:
    """The parts of one condition, given where it begins and its words between them, and its end."""
    for word, weaker in (("and", "or"), ("or", "")):
        between = [place for place in words[1:] if place[0] in {word, weaker}]
        cuts = [words[0], *between, ("", end, end)]
        for before, after in pairwise(cuts):
            joined = word in {before[0], after[0]}
            part = bare[before[2] : after[1]]
            if joined and not THE_BUCKET.fullmatch(part.strip()):
                start = before[2] + len(part) - len(part.lstrip())
                there = start, start + len(part.strip())
                left = "true" if word == "and" else "false"
                yield Edit(*there, left, f"{word} without {short(text[slice(*there)])}")


def _sets(bare: str, place: int, begins: int) -> bool:
    """Whether an equals sign at a place sets a column, and compares nothing."""
    set_ends = max((found.end() for found in SET.finditer(bare, begins, place)), default=-1)
    between = bare[set_ends:place]
    return set_ends >= 0 and not LEAVES_SET.search(between) and between.count("(") == between.count(")")
