"""What every adapter needs to take a request apart and to write an answer: exact amounts, strict JSON and forms.

Pure.  Nothing here guesses: what is not allowed raises `Refused` with the fault that says why.
"""

import json
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from decimal import ROUND_FLOOR, Context, Decimal, Inexact, InvalidOperation
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import msgspec

from providers.contract import (
    Answer,
    Answered,
    Exchange,
    Fault,
    Manners,
    Refused,
    Request,
    Verb,
)
from wallet.types import MAXIMUM_KEY_BYTES, Kind, OpOutcome, Status

T = TypeVar("T")

EXACT = Context(prec=60, traps=[Inexact, InvalidOperation])
"""Arithmetic that raises rather than rounds."""

EXACT_TO_PLACES = Context(prec=80, traps=[InvalidOperation])

MAXIMUM_DIGITS = 30
"""Longest amount, in digits before or behind the point; beyond is a bad amount, whatever the currency."""

MAXIMUM_DEPTH = 16
"""Deepest nesting of a JSON body."""

PLAIN = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


# Amounts


def amount_of(value: str | int | Decimal, *, places: int, signed: bool = False) -> Decimal:
    """An exact amount in major units from the text, integer or JSON number of a request.

    `places` is the most non-zero decimals the protocol allows.  Text must be plain digits; a JSON number may
    carry an exponent.  Raises `Refused` with BAD_AMOUNT.
    """
    if isinstance(value, str):
        if not PLAIN.fullmatch(value):
            raise Refused(Fault.BAD_AMOUNT, "not a plain decimal")
        value = Decimal(value)
    elif isinstance(value, int):
        value = Decimal(value)
    if not value.is_finite():
        raise Refused(Fault.BAD_AMOUNT, "not finite")
    if not value:
        return Decimal(0)
    if value.adjusted() > MAXIMUM_DIGITS or value.adjusted() < -MAXIMUM_DIGITS:
        raise Refused(Fault.BAD_AMOUNT, "out of range")
    if len(value.as_tuple().digits) > 2 * MAXIMUM_DIGITS:
        raise Refused(Fault.BAD_AMOUNT, "too many digits")
    if value < 0 and not signed:
        raise Refused(Fault.BAD_AMOUNT, "negative")
    if decimals(value) > places:
        raise Refused(Fault.BAD_AMOUNT, f"more than {places} decimals")
    return value


def decimals(value: Decimal) -> int:
    """How many non-zero decimals a finite amount has."""
    digits = value.as_tuple().digits
    trailing = 0
    while trailing < len(digits) and digits[-1 - trailing] == 0:
        trailing += 1
    return max(0, len(digits) - 1 - value.adjusted() - trailing)


def floored(value: Decimal, places: int) -> Decimal:
    """`value` floored to exactly `places` decimals: a reported balance never promises more than there is."""
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_FLOOR, context=EXACT_TO_PLACES)


# Times


def moment_of(milliseconds: str) -> datetime | None:
    """A time given as milliseconds since 1970; None for what is no time, because no money depends on it."""
    if not TIME.fullmatch(milliseconds):
        return None
    return EPOCH + timedelta(milliseconds=int(milliseconds))


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TIME = re.compile(r"[0-9]{1,14}")


# Text that becomes a key


def key_of(text: str, *, prefix: str = "") -> str:
    """A key or reference: `prefix` and the studio's id.  Raises `Refused` with BAD_VALUE."""
    key = prefix + text
    if not text or len(key.encode("utf-8", "surrogatepass")) > MAXIMUM_KEY_BYTES or CONTROL.search(key):
        raise Refused(Fault.BAD_VALUE, "an id has 1 to 255 bytes and no control characters")
    if not key.isascii() and any("\ud800" <= letter <= "\udfff" for letter in key):
        raise Refused(Fault.BAD_VALUE, "an id is valid unicode")
    return key


def metadata_of(message: msgspec.Struct, names: Iterable[str]) -> dict[str, Any] | None:
    """The given fields among `names`, to be kept with the posting: booleans and integers as they are, else text.

    An object is kept as its JSON text, so that its numbers stay as they were written and no nesting, size or
    NUL of a stranger's can trouble the database.
    """
    kept: dict[str, Any] = {}
    for name in names:
        value = getattr(message, name, None)
        if isinstance(value, bool | int):
            kept[name] = value
        elif value is not None:
            text = value if isinstance(value, str) else encode_json(value).decode()
            kept[name] = text.replace("\0", "\ufffd").replace("\\u0000", "\\ufffd")
    return kept or None


# JSON


def json_decoder(model: type[T]) -> Callable[[Request], T]:
    """A decoder of JSON bodies into `model`: exact decimals, unknown fields ignored.

    Duplicate keys, hostile depth and broken syntax are MALFORMED, a missing field MISSING_FIELD, another JSON
    type WRONG_TYPE.
    """
    decode = msgspec.json.Decoder(model).decode

    def decode_body(request: Request) -> T:
        try:
            refuse_hostile_json(request.body)
            return decode(request.body)
        except msgspec.ValidationError as error:
            raise Refused(fault_of(str(error)), str(error)) from None
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise Refused(Fault.MALFORMED, str(error)) from None

    return decode_body


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
    except ValueError as error:
        raise Refused(Fault.MALFORMED, str(error)) from None


def nesting(body: bytes) -> int:
    """The deepest nesting of a JSON text, brackets within strings not counted."""
    deepest = depth = 0
    for bracket in BRACKETS.findall(body):
        if bracket in b"{[":
            depth += 1
            deepest = max(deepest, depth)
        elif bracket in b"}]":
            depth -= 1
    return deepest


BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*(?:"|\\?\Z)|[{}\[\]]', re.DOTALL)
"""Brackets, and whole strings.  One without an end takes the rest: looking for it again from each quote took seconds."""


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


def form_of(body: bytes) -> dict[str, str]:
    """The decoded fields of a form body.  A field that stands twice, or text that is not UTF-8, is MALFORMED."""
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=200)
    except ValueError as error:
        raise Refused(Fault.MALFORMED, str(error)) from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Refused(Fault.MALFORMED, "a field stands twice")
    return fields


def form_decoder(model: type[T], required: Iterable[str] = ()) -> Callable[[Request], T]:
    """A decoder of form bodies into `model`; values are text, and an empty value is no value.

    Without one of `required`, attributes that the model itself does not insist on, it raises MISSING_FIELD.
    """

    def decode_body(request: Request) -> T:
        given = {name: value for name, value in form_of(request.body).items() if value}
        try:
            message = msgspec.convert(given, model, strict=False)
        except msgspec.ValidationError as error:
            raise Refused(fault_of(str(error)), str(error)) from None
        for name in required:
            if not getattr(message, name):
                raise Refused(Fault.MISSING_FIELD, name)
        return message

    return decode_body


# Routes


def by_path(verbs: dict[str, Verb]) -> Callable[[Request], str | None]:
    """A route by path: ``/transaction/bet`` and ``/transaction/bet/`` to the verb of the key ``transaction/bet``."""
    names = {path.strip("/"): verb.name for path, verb in verbs.items()}

    def route(request: Request) -> str | None:
        return names.get(request.path.strip("/")) if request.method == "POST" else None

    return route


# What counts as done


def answered_status(status: Status, op: OpOutcome | None, kind: Kind | None, manners: Manners) -> Status:
    """The status that the protocol's words are chosen for: the ledger's, seen through the account's manners."""
    if op is not None and kind in REVERSALS:
        if status is Status.TOMBSTONE_CREATED or (
            status is Status.DUPLICATE and op.original_kind is Kind.TOMBSTONE
        ):
            done = manners.unknown_rollback is Answered.DONE
            return Status.TOMBSTONE_CREATED if done else Status.REFERENCE_NOT_FOUND
        if status is Status.REFERENCE_REVERSED and manners.second_reversal is Answered.DONE:
            return Status.DUPLICATE
    if status is Status.TOMBSTONED and manners.late_op is Answered.DONE:
        return Status.DUPLICATE
    if status is Status.KEY_REUSED and manners.key_reused is Answered.DONE:
        return Status.DUPLICATE
    return status


REVERSALS = frozenset({Kind.REFUND, Kind.ROLLBACK})
