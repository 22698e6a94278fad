"""The syntax of requests and answers: strict JSON, forms as messages, and the routes by which a request finds its verb.

Pure.  Nothing here guesses: what has no one meaning raises `Refused` with the fault that says why.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import msgspec

from providers.contract import (
    Account,
    Answer,
    Exchange,
    Fault,
    Query,
    Refused,
    Request,
    StudioCall,
)
from providers.forms import form_of, given, unfolded
from providers.provider import Verb

T = TypeVar("T")

MAXIMUM_DEPTH = 16
"""Deepest nesting of a JSON body."""


# JSON


def json_decoder(
    model: type[T], required: Iterable[str] = (), *, float_hook: Callable[[str], Any] | None = None
) -> Callable[[Request], T]:
    """A decoder of JSON bodies into `model`: exact decimals, unknown fields ignored.

    Duplicate keys, hostile depth and broken syntax are MALFORMED, a missing field (or an empty one of `required`)
    MISSING_FIELD, another JSON type WRONG_TYPE.
    """
    decode = json_within(model, float_hook=float_hook)

    def decode_body(request: Request) -> T:
        refuse_hostile_json(request.body)
        return complete(decode(request.body), required)

    return decode_body


def json_within(
    model: type[T], *, float_hook: Callable[[str], Any] | None = None
) -> Callable[[bytes | msgspec.Raw], T]:
    """A decoder of JSON that is known to be no hostile text, such as a part of a message that is kept as it stood."""
    decode = msgspec.json.Decoder(model, float_hook=float_hook).decode

    def decode_part(part: bytes | msgspec.Raw) -> T:
        try:
            return decode(part)
        except msgspec.ValidationError as error:
            raise Refused(fault_of(str(error)), str(error)) from None
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise Refused(Fault.MALFORMED, str(error)) from None

    return decode_part


def complete(message: T, required: Iterable[str]) -> T:
    """`message`, which has all of the `required` attributes.  Raises `Refused` with MISSING_FIELD."""
    for name in required:
        if getattr(message, name) in (None, "", msgspec.Raw()):
            raise Refused(Fault.MISSING_FIELD, name)
    return message


def json_glimpse(model: type[T]) -> Callable[[Request], T | None]:
    """A decoder for what an answer must echo even if the request was refused: None where it cannot be read."""
    decode = msgspec.json.Decoder(model).decode

    def glimpse(request: Request) -> T | None:
        try:
            return decode(request.body)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return None

    return glimpse


def fault_of(reason: str) -> Fault:
    """The fault behind a msgspec validation error."""
    return Fault.MISSING_FIELD if "missing required field" in reason else Fault.WRONG_TYPE


def refuse_hostile_json(body: bytes) -> None:
    """Raise `Refused` for duplicate keys and for nesting beyond `MAXIMUM_DEPTH`.

    msgspec keeps the last of two equal keys; which one the studio meant, and which one it signed a meaning
    for, cannot be known.
    """
    if body.count(b"{") + body.count(b"[") > MAXIMUM_DEPTH and nesting(body) > MAXIMUM_DEPTH:
        raise Refused(Fault.MALFORMED, "nested too deeply")
    try:
        strict.decode(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise Refused(Fault.MALFORMED, str(error)) from None


def nesting(body: bytes) -> int:
    """The deepest nesting of a JSON text, brackets within strings not counted, and none once it is beyond the most."""
    deepest = depth = 0
    for found in BRACKETS.finditer(body):
        bracket = body[found.start()]
        if bracket in b"{[":
            depth += 1
            deepest = max(deepest, depth)
            if deepest > MAXIMUM_DEPTH:
                break
        elif bracket in b"}]":
            depth -= 1
    return deepest


BRACKETS = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|[{}\[\]]', re.DOTALL)
"""Brackets, and whole strings.  One without an end takes the rest: looking for it again from each quote took seconds.

What was read is never given back: the way back through one long string was a hundred bytes for each of its own.
"""


def unique_pairs(pairs: list[tuple[str, Any]]) -> None:
    """Raise for an object in which a key stands twice."""
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a key stands twice")


def text_of_number(text: str) -> str:
    """Numbers are left as text: a bomb of digits or exponents must cost nothing."""
    return text


strict = json.JSONDecoder(
    object_pairs_hook=unique_pairs,
    parse_int=text_of_number,
    parse_float=text_of_number,
    parse_constant=text_of_number,
)


def json_answer(exchange: Exchange, model: Any, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """An answer with `model` as its JSON body and the exchange's HTTP status."""
    return Answer(exchange.http_status, (JSON_TYPE, *headers), encode_json(model))


JSON_TYPE = ("content-type", "application/json")
encode_json = msgspec.json.Encoder(decimal_format="number").encode


# Forms


def form_decoder(
    model: type[T], required: Iterable[str] = (), *, query: bool = False
) -> Callable[[Request], T]:
    """A decoder of form bodies, or of the query, into `model`; values are text, and an empty value is no value.

    Names with brackets are lists and objects.  Without one of `required`, attributes that the model itself does not
    insist on, it raises MISSING_FIELD.
    """

    def decode_form(request: Request) -> T:
        form = form_of(request.query if query else request.body)
        return complete(of_texts(unfolded(given(form)), model), required)

    return decode_form


def query_or_json_decoder(model: type[T], required: Iterable[str] = ()) -> Callable[[Request], T]:
    """A decoder for what is asked by GET with a query or by POST with a JSON object: both are fields of text.

    A JSON number is its text as it stood.
    """
    decode_query = form_decoder(model, required, query=True)
    decode_object = json_decoder(dict[str, Any], float_hook=str)

    def decode(request: Request) -> T:
        if request.method == "GET":
            return decode_query(request)
        fields = {
            name: str(value) if type(value) is int else value
            for name, value in decode_object(request).items()
        }
        return complete(of_texts(given(fields), model), required)

    return decode


def of_texts(fields: Mapping[str, Any], model: type[T]) -> T:
    """The fields as `model`, whose numbers and flags may be text.  Raises `Refused`."""
    try:
        return msgspec.convert(fields, model, strict=False)
    except msgspec.ValidationError as error:
        raise Refused(fault_of(str(error)), str(error)) from None


# Routes


Read = Callable[[Any, Account], StudioCall | Query]
Reads = Mapping[str, tuple[tuple[str, ...], Read]]
"""A verb's name to the attributes that it cannot be read without, and what it means."""


def verbs(
    decoder: Callable[[type[Any], tuple[str, ...]], Callable[[Request], Any]], model: type[Any], reads: Reads
) -> dict[str, Verb]:
    """The verbs of a protocol whose messages are all of one `model`."""
    return {name: Verb(name, decoder(model, required), read) for name, (required, read) in reads.items()}


def by_path(verbs: Mapping[str, Verb], *methods: str) -> Callable[[Request], str | None]:
    """A route by path: ``/transaction/bet`` and ``/transaction/bet/`` to the verb of the key ``transaction/bet``.

    By POST, or by the `methods` that are given.
    """
    names = {path.strip("/"): verb.name for path, verb in verbs.items()}
    accepted = frozenset(methods or ("POST",))

    def route(request: Request) -> str | None:
        return names.get(request.path.strip("/")) if request.method in accepted else None

    return route


def by_last_step(verbs: Mapping[str, Verb]) -> Callable[[Request], str | None]:
    """A route by the last step of the path, by POST, for studios that put names of their own before it."""

    def route(request: Request) -> str | None:
        name = request.path.rstrip("/").rpartition("/")[2]
        return name if name in verbs and request.method == "POST" else None

    return route


def by_field(field: str, verbs: Mapping[str, Verb]) -> Callable[[Request], str | None]:
    """A route by the value of a field of a JSON object or a form, for protocols with one address.

    What cannot be read, or has no text there, is MALFORMED; another text, or nothing, is no verb.
    """
    glimpse = msgspec.json.Decoder(dict[str, Any]).decode

    def route(request: Request) -> str | None:
        if request.method != "POST":
            return None
        try:
            fields = glimpse(request.body) if request.body[:1] == b"{" else form_of(request.body)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            raise Refused(Fault.MALFORMED, str(error)) from None
        name = fields.get(field, "")
        if not isinstance(name, str):
            raise Refused(Fault.MALFORMED, f"{field} is no text")
        return name if name in verbs else None

    return route
