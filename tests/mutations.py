"""Every place in a module of ours where something is decided, and what a mutant makes of it.

It reads the module's syntax, so the list is complete by itself: a branch that is written tomorrow is a mutant
tomorrow.  Conditions are turned round and lose their parts, bounds move by one, refusals and fences are left out,
permissions of a ``Policy`` and of ``Manners`` fall back to their defaults, and a table of codes says its neighbour's
word.  It changes no file and runs no test (that is `tests.mutants`).
"""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

ORDERS = {ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">"}
EQUALS = {ast.Eq: "!=", ast.NotEq: "==", ast.In: "not in", ast.NotIn: "in", ast.Is: "is not", ast.IsNot: "is"}
SWITCHES = frozenset({"Policy", "Manners"})
REFUSING = re.compile(r"^_?(?:refuse|check|require|fail|drop|take_lane|release|wake)")
"""Calls for their effect that stop something; without them it goes on."""

Condition = ast.If | ast.While | ast.IfExp


class Edit(NamedTuple):
    """One place of a text, by bytes, and what is put there."""

    start: int
    end: int
    new: str
    name: str

    def planted(self, text: str) -> str:
        """The text with the edit in it."""
        raw = text.encode()
        return (raw[: self.start] + self.new.encode() + raw[self.end :]).decode()


class Source:
    """A module's text, and where its syntax stands in it."""

    def __init__(self, text: str) -> None:
        self.raw = text.encode()
        self.tree = ast.parse(text)
        self.lines = [0]
        for line in text.splitlines(keepends=True):
            self.lines.append(self.lines[-1] + len(line.encode()))
        self.inside: dict[ast.AST, str] = {}
        self._name(self.tree, "")

    def _name(self, node: ast.AST, within: str) -> None:
        """Note in which function everything stands."""
        for child in ast.iter_child_nodes(node):
            named = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            self.inside[child] = f"{within}.{child.name}".strip(".") if named else within
            self._name(child, self.inside[child])

    def span(self, node: ast.expr | ast.stmt | ast.keyword) -> tuple[int, int]:
        """Where a node begins and ends."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self.lines[node.lineno - 1] + node.col_offset, self.lines[
            node.end_lineno - 1
        ] + node.end_col_offset

    def text(self, node: ast.expr | ast.stmt | ast.keyword) -> str:
        """What a node says."""
        start, end = self.span(node)
        return self.raw[start:end].decode()

    def edit(self, node: ast.expr | ast.stmt | ast.keyword, new: str, what: str) -> Edit:
        """An edit that puts something in a node's place."""
        where = self.inside.get(node, "")
        return Edit(*self.span(node), new, f"{where}: {what}" if where else what)


def edits(text: str) -> list[Edit]:
    """Every edit of a module, each under a name of its own."""
    source = Source(text)
    found = [edit for node in ast.walk(source.tree) for edit in _of(source, node)]
    found.sort(key=lambda edit: (edit.start, edit.end, edit.name))
    times = Counter[str]()
    named = []
    for edit in found:
        times[edit.name] += 1
        again = f" ({times[edit.name]})" if times[edit.name] > 1 else ""
        named.append(edit._replace(name=edit.name + again))
    return named


def _of(source: Source, node: ast.AST) -> Iterator[Edit]:
    match node:
        case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test):
            if not _is_constant(test):
                yield from _condition(source, test)
        case ast.comprehension(ifs=conditions):
            for test in conditions:
                yield from _condition(source, test)
        case ast.Return(value=value) if value is not None:
            yield from _answer(source, value)
        case ast.Raise(exc=ast.Call()):
            yield source.edit(node, "pass", f"without {short(source.text(node))}")
        case ast.Expr(value=ast.Call() | ast.Await()):
            yield from _effect(source, node)
        case ast.Call(func=ast.Name(id=name)) if name in SWITCHES:
            yield from _switches(source, node)
        case ast.Call(func=ast.Name(id="codes" | "codes_of")):
            for table in [*node.args, *(keyword.value for keyword in node.keywords)]:
                yield from _codes(source, table)
        case ast.AnnAssign(target=ast.Name(id="WORDS"), value=ast.Dict() as table):
            yield from _codes(source, table)


def _is_constant(test: ast.expr) -> bool:
    return isinstance(test, ast.Constant)


def _condition(source: Source, test: ast.expr) -> Iterator[Edit]:
    """A condition turned round, and its parts."""
    yield source.edit(test, f"not ({source.text(test)})", f"not ({short(source.text(test))})")
    yield from _parts(source, test, whole=True)


def _answer(source: Source, value: ast.expr) -> Iterator[Edit]:
    """A verdict that is returned: turned round, and its parts."""
    verdict = isinstance(value, ast.Compare | ast.BoolOp) and _decides(value)
    verdict = verdict or (isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.Not))
    if isinstance(value, ast.Constant) and isinstance(value.value, bool):
        yield source.edit(value, str(not value.value), f"returns {not value.value}")
    elif verdict:
        yield source.edit(value, f"not ({source.text(value)})", f"returns not ({short(source.text(value))})")
        yield from _parts(source, value, whole=True)


def _decides(value: ast.expr) -> bool:
    """Whether an expression is a verdict, and not a value with a default."""
    if isinstance(value, ast.BoolOp):
        return all(
            _decides(part) or isinstance(part, ast.Call | ast.Attribute | ast.Name) for part in value.values
        ) and any(_decides(part) for part in value.values)
    return isinstance(value, ast.Compare) or (
        isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.Not)
    )


def _parts(source: Source, test: ast.expr, *, whole: bool) -> Iterator[Edit]:
    """What a condition is made of: each part of it left out, each bound moved by one, each comparison turned round."""
    if isinstance(test, ast.BoolOp):
        word = " and " if isinstance(test.op, ast.And) else " or "
        for place, part in enumerate(test.values):
            rest = word.join(
                f"({source.text(other)})" for other in test.values[:place] + test.values[place + 1 :]
            )
            yield source.edit(test, f"({rest})", f"{word.strip()} without {short(source.text(part))}")
            yield from _parts(source, part, whole=True)
    elif isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        yield from _parts(source, test.operand, whole=True)
    elif isinstance(test, ast.Compare):
        yield from _comparison(source, test, whole=whole)


def _comparison(source: Source, test: ast.Compare, *, whole: bool) -> Iterator[Edit]:
    """Its bounds moved by one; where it is not the whole condition or a chain, its comparisons turned round."""
    sides = [test.left, *test.comparators]
    for place, operator in enumerate(test.ops):
        other = ORDERS.get(type(operator))
        if other is None and whole and len(test.ops) == 1:
            continue
        other = other or EQUALS[type(operator)]
        words = [source.text(sides[0])]
        for at, side in enumerate(test.comparators):
            start, end = source.span(sides[at])[1], source.span(side)[0]
            between = source.raw[start:end].decode()
            words += [f" {other} " if at == place else between, source.text(side)]
        new = "".join(words)
        yield source.edit(test, f"({new})", f"{short(source.text(test))} becomes {short(new)}")


def _effect(source: Source, statement: ast.Expr) -> Iterator[Edit]:
    """A call for its effect, left out."""
    value = statement.value
    call = value.value if isinstance(value, ast.Await) else value
    if not isinstance(call, ast.Call):
        return
    function = call.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if REFUSING.match(name):
        yield source.edit(statement, "pass", f"without {short(source.text(statement))}")


def _switches(source: Source, call: ast.Call) -> Iterator[Edit]:
    """Each switch left at its default, and each member of a set of kinds left out."""
    for place, keyword in enumerate(call.keywords):
        kept = [source.text(other) for other in call.keywords[:place] + call.keywords[place + 1 :]]
        kept = [source.text(other) for other in call.args] + kept
        new = f"{source.text(call.func)}({', '.join(kept)})"
        if keyword.arg is not None:
            yield source.edit(call, new, f"without {short(source.text(keyword))}")
        for members in (node for node in ast.walk(keyword.value) if isinstance(node, ast.Set)):
            for gone in members.elts if len(members.elts) > 1 else ():
                rest = ", ".join(source.text(other) for other in members.elts if other is not gone)
                what = f"{keyword.arg} without {short(source.text(gone))}"
                yield source.edit(members, f"{{{rest}}}", what)


def _codes(source: Source, table: ast.expr) -> Iterator[Edit]:
    """Each word replaced by its neighbour's, and a verb's own words left out."""
    if not isinstance(table, ast.Dict):
        return
    rows = [
        (None if name is None else source.text(name), source.text(value))
        for name, value in zip(table.keys, table.values, strict=True)
    ]
    if any(isinstance(value, ast.Dict) for value in table.values):
        for (verb, _), words in zip(rows, table.values, strict=True):
            if isinstance(words, ast.Dict) and verb is not None:
                yield source.edit(words, "{}", f"{short(verb)} says nothing of its own")
        return
    named = [row for row in rows if row[0] is not None]
    for (word, statuses), (other, others) in zip(named, [*named[1:], *named[:1]], strict=True):
        if word != other:
            kept = [row for row in rows if row[0] not in {word, other} or row[0] is None]
            said = [f"**{value}" if name is None else f"{name}: {value}" for name, value in kept]
            said.append(f"{other}: (*{statuses}, *{others})")  # so that no row hides another
            yield source.edit(
                table, f"{{{', '.join(said)}}}", f"says {short(str(other))} for {short(str(word))}"
            )


def short(text: str) -> str:
    """One line of a text."""
    line = " ".join(text.split())
    return line if len(line) <= 70 else f"{line[:67]}…"
