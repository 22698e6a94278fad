"""What a message says, read by nobody who knows the adapter: its numbers, its texts, and whether it has one meaning.

Pure, and written from JSON and forms alone.  Money that moved must be found in here.
"""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, unquote

from msgspec import Struct

from bench.studios.contract import Request
from tests.providers.scene import Field

PLAIN = re.compile(r"-?[0-9]{1,400}(\.[0-9]{1,400})?")


class Ambiguous(ValueError):  # noqa: N818 - what it is
    """A name stands twice, or the text cannot be read at all: nobody knows what was signed."""


class Message(Struct, frozen=True):
    """What a request says."""

    fields: Any
    numbers: frozenset[Decimal]
    texts: frozenset[str]


def message_of(request: Request, *, form: bool) -> Message:
    """The message of a request: of a GET its query, of any other its body, which may be a form.  Raises `Ambiguous`."""
    where, _, asked = request.path.partition("?")
    if request.method == "GET":
        fields = form_of(asked.encode())
    else:  # a form may begin like JSON: its first name is any text
        fields = form_of(request.body) if form else fields_of(request.body)
    leaves = [*leaves_of(fields), *map(unquote, where.split("/")), *leaves_of(loosely(asked))]
    return Message(
        fields,
        frozenset(number for leaf in leaves for number in numbers_in(leaf)),
        frozenset(leaf for leaf in leaves if isinstance(leaf, str)),
    )


def fields_of(text: bytes) -> Any:
    """What begins like JSON as plain data, numbers exact, and anything else as a form."""
    if text.lstrip()[:1] not in (b"{", b"["):
        return form_of(text)
    try:
        return json.loads(
            text.decode("utf-8"),
            parse_float=Decimal,
            parse_int=Decimal,
            parse_constant=str,
            object_pairs_hook=once,
        )
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise Ambiguous(str(error)) from error


def form_of(text: bytes) -> dict[str, str]:
    """The fields of a form."""
    try:
        return once(parse_qsl(text.decode("utf-8"), keep_blank_values=True, errors="strict"))
    except ValueError as error:
        raise Ambiguous(str(error)) from error


def loosely(query: str) -> dict[str, str]:
    """The fields of a query that only stands beside the message."""
    return dict(parse_qsl(query, keep_blank_values=True, errors="replace"))


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object in which every name stands once."""
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Ambiguous("a name stands twice")
    return fields


def leaves_of(value: Any) -> Iterator[Any]:
    """Every value in it that is neither object nor list."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from leaves_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves_of(inner)
    else:
        yield value


def numbers_in(leaf: Any) -> Iterator[Decimal]:
    """The number that a value is, or is the plain text of; its sign is the studio's affair."""
    if isinstance(leaf, Decimal) and leaf.is_finite():
        yield leaf.copy_abs()  # whatever its exponent
    elif isinstance(leaf, str) and PLAIN.fullmatch(leaf):
        yield abs(Decimal(leaf))


def placed(fields: Any, place: Field) -> Decimal | None:
    """The number at a place of a message; None where there is none, or where it is one of several alike."""
    for name in place:
        if isinstance(name, int) and not (isinstance(fields, list) and len(fields) == 1):
            return None
        if isinstance(name, str) and not (isinstance(fields, dict) and name in fields):
            return None
        fields = fields[name]
    return next(numbers_in(fields), None)
