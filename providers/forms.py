"""Forms and queries as fields: their names and values decoded, and what PHP folds into names put together again.

Pure.  What has no one meaning raises `Refused`.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from providers.contract import Fault, Refused

MAXIMUM_FIELDS = 1000
"""Most fields of a form: a call of as many operations as the ledger takes has about 800."""

FOLDED = re.compile(r"[^\[\]]+(\[[^\[\]]*\]){1,16}")
BRACKETED = re.compile(r"[^\[\]]+")


def form_of(body: bytes) -> dict[str, str]:
    """The decoded fields of a form body.  A field that stands twice, or text that is not UTF-8, is MALFORMED."""
    try:
        text = body.decode("utf-8")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAXIMUM_FIELDS)
    except ValueError as error:
        raise Refused(Fault.MALFORMED, str(error)) from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Refused(Fault.MALFORMED, "a field stands twice")
    return fields


def given(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that have a value: empty text is none."""
    return {name: value for name, value in fields.items() if value not in (None, "")}


def unfolded(form: Mapping[str, str]) -> dict[str, Any]:
    """The fields with those whose names have brackets put together: ``a[0][b]=1`` is ``{"a": [{"b": "1"}]}``.

    An object of numbers is a list, in the order of its items in the form.  A field that would have to be text and
    object at once is MALFORMED.
    """
    fields: dict[str, Any] = {}
    for name, value in form.items():
        outer, *inner = BRACKETED.findall(name) if FOLDED.fullmatch(name) else [name]
        place, last = fields, outer
        for step in inner:
            place, last = place.setdefault(last, {}), step
            if not isinstance(place, dict):
                raise Refused(Fault.MALFORMED, f"{outer} is text and object")
        if last in place:
            raise Refused(Fault.MALFORMED, f"{outer} is text and object")
        place[last] = value
    return {name: listed(value) for name, value in fields.items()}


def listed(value: Any) -> Any:
    """The value with every object of numbers in it as a list."""
    if not isinstance(value, dict):
        return value
    inner = {name: listed(item) for name, item in value.items()}
    return list(inner.values()) if all(name.isdecimal() for name in inner) else inner
