"""Requests by GET whose path holds ids: ``players/{player}/balance`` is a pattern, its names stand for one step each.

Pure.  The ids of the path and the fields of the query are the fields of one message, as text.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar
from urllib.parse import unquote

from providers.contract import Fault, Refused, Request
from providers.forms import form_of, given
from providers.provider import Verb
from providers.syntax import Reads, complete, of_texts

T = TypeVar("T")


def pattern_of(patterns: Mapping[str, Any]) -> Callable[[Request], str | None]:
    """Which of the patterns the path of a GET has; None where it has none of them, or the request is no GET."""
    expressions = {pattern: expression_of(pattern) for pattern in patterns}

    def matching(request: Request) -> str | None:
        if request.method != "GET":
            return None
        path = request.path.strip("/")
        found = (pattern for pattern, expression in expressions.items() if expression.fullmatch(path))
        return next(found, None)

    return matching


def expression_of(pattern: str) -> re.Pattern[str]:
    """The regular expression of a pattern, its names the groups."""
    parts = NAME.split(pattern)
    steps = (f"(?P<{part}>[^/]+)" if place % 2 else re.escape(part) for place, part in enumerate(parts))
    return re.compile("".join(steps))


def fields_at(pattern: str) -> Callable[[Request], dict[str, str]]:
    """The fields of a GET that has this pattern, decoded.

    Raises `Refused` for a query without one meaning, and for one that says an id of the path again.
    """
    expression = expression_of(pattern)

    def fields(request: Request) -> dict[str, str]:
        match = expression.fullmatch(request.path.strip("/"))
        named = {name: unquote(step) for name, step in match.groupdict().items()} if match else {}
        asked = form_of(request.query)
        if named.keys() & asked.keys():
            raise Refused(Fault.MALFORMED, "an id stands twice")
        return asked | named

    return fields


def body_or_fields(covered: Mapping[str, Iterable[str]]) -> Callable[[Request], bytes | None]:
    """What a signature covers: of a GET the values of these fields of its pattern, one behind the other, what is missing as nothing.

    Of any other request the body as it came.  None for a GET without a pattern.
    """
    matching = pattern_of(covered)
    reading = {pattern: fields_at(pattern) for pattern in covered}

    def covers(request: Request) -> bytes | None:
        if request.method != "GET":
            return request.body
        pattern = matching(request)
        if pattern is None:
            return None
        fields = reading[pattern](request)
        return "".join(fields.get(name, "") for name in covered[pattern]).encode()

    return covers


def verbs_by_path(model: type[T], reads: Reads) -> dict[str, Verb]:
    """The verbs whose names are patterns, and whose messages are all of one `model`."""
    return {
        pattern: Verb(pattern, path_decoder(pattern, model, required), read)
        for pattern, (required, read) in reads.items()
    }


def path_decoder(pattern: str, model: type[T], required: Iterable[str] = ()) -> Callable[[Request], T]:
    """A decoder of path and query into `model`; an empty value is no value."""
    fields = fields_at(pattern)
    return lambda request: complete(of_texts(given(fields(request)), model), required)


NAME = re.compile(r"\{(\w+)\}")
