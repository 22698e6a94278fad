"""From a studio's words to ours and back: exact amounts, times, keys, and which statuses count as done.

Pure.  Nothing here guesses: what is not allowed raises `Refused` with the fault that says why.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import ROUND_FLOOR, Context, Decimal, Inexact, InvalidOperation
from hashlib import sha256
from typing import Any

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from providers.contract import Fault, Refused, StudioOp
from providers.manners import Answered, Manners
from providers.syntax import encode_json
from wallet.types import MAXIMUM_KEY_BYTES, Kind, Op, OpOutcome, Policy, RefundAmount, Scope, Status

EXACT = Context(prec=60, traps=[Inexact, InvalidOperation])
"""Arithmetic that raises rather than rounds."""

EXACT_TO_PLACES = Context(prec=80, traps=[InvalidOperation])

MAXIMUM_DIGITS = 30
"""Longest amount, in digits before or behind the point; beyond is a bad amount, whatever the currency."""

PLAIN = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?")
NUMBER = re.compile(rb"-?[0-9]{1,30}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


# Amounts


def amount_of(value: str | int | Decimal | Raw, *, places: int, signed: bool = False) -> Decimal:
    """An exact amount in major units from the text, integer or JSON number of a request.

    `places` is the most non-zero decimals the protocol allows.  Text must be plain digits; a JSON number may
    carry an exponent.  A message that must hold a number, and no text, has it as `Raw`.  Raises `Refused` with
    BAD_AMOUNT.
    """
    if isinstance(value, Raw):
        if not NUMBER.fullmatch(bytes(value)):
            raise Refused(Fault.BAD_AMOUNT, "not a number")
        value = Decimal(bytes(value).decode())
    elif isinstance(value, str):
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
    """How many decimals a finite amount has, zeros at its end not counted."""
    shortest = value.normalize(EXACT)
    return max(0, len(shortest.as_tuple().digits) - 1 - shortest.adjusted())


def floored(value: Decimal, places: int) -> Decimal:
    """`value` floored to exactly `places` decimals: a reported balance never promises more than there is."""
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_FLOOR, context=EXACT_TO_PLACES)


def whole_units(value: Decimal, places: int) -> int:
    """`value` floored to an integer count of its 10^-places."""
    return int(floored(value, places).scaleb(places))


def of_units(units: int, places: int) -> Decimal:
    """The amount in major units of an integer count of its 10^-places."""
    return Decimal(units).scaleb(-places)


# Times


def moment_of(milliseconds: str) -> datetime | None:
    """A time given as milliseconds since 1970; None for what is no time, because no money depends on it."""
    if not TIME.fullmatch(milliseconds):
        return None
    return EPOCH + timedelta(milliseconds=int(milliseconds))


def instant_of(text: Raw) -> datetime | None:
    """A time in ISO 8601, where a message has it of any type; None for what is no time."""
    try:
        return decode_instant(text)
    except msgspec.MsgspecError:
        return None


def milliseconds_of(moment: datetime) -> int:
    """Whole milliseconds since 1970."""
    return (moment - EPOCH) // timedelta(milliseconds=1)


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TIME = re.compile(r"[0-9]{1,14}")
decode_instant = msgspec.json.Decoder(datetime).decode


# Text that becomes a key


def key_of(text: str, *, prefix: str = "", any_length: bool = False) -> str:
    """A key or reference: `prefix` and the studio's id.  Raises `Refused` with BAD_VALUE.

    With `any_length` an id that would not fit stands as its digest, and so does one that looks like a digest: no two
    ids ever become one key.
    """
    key = prefix + text
    long = len(key.encode("utf-8", "surrogatepass")) > MAXIMUM_KEY_BYTES
    if not text or CONTROL.search(key) or (long and not any_length):
        raise Refused(Fault.BAD_VALUE, "an id has 1 to 255 bytes and no control characters")
    if not key.isascii() and any("\ud800" <= letter <= "\udfff" for letter in key):
        raise Refused(Fault.BAD_VALUE, "an id is valid unicode")
    if any_length and (long or text.startswith(DIGESTED)):
        return f"{prefix}{DIGESTED}{sha256(text.encode()).hexdigest()}"
    return key


DIGESTED = "sha256:"


def metadata_of(message: msgspec.Struct, names: Iterable[str]) -> dict[str, Any] | None:
    """The given fields among `names`, to be kept with the posting: booleans and integers as they are, else text.

    An object is kept as its JSON text, so that its numbers stay as they were written and no nesting, size or
    NUL of a stranger's can trouble the database.  A field that may be of any type is a `Raw` of the message: what it
    says is no reason to refuse the call.
    """
    kept: dict[str, Any] = {}
    for name in names:
        value = getattr(message, name, None)
        if isinstance(value, Raw):
            value = None if value in NOTHING else bytes(value).decode().strip('"')
        if isinstance(value, bool | int):
            kept[name] = value
        elif value is not None:
            text = value if isinstance(value, str) else encode_json(value).decode()
            kept[name] = text.replace("\0", "\ufffd").replace("\\u0000", "\\ufffd")
    return kept or None


NOTHING = (Raw(), Raw(b"null"))


# What is posted beside a movement


def jackpot_of(win: StudioOp, name: str) -> tuple[StudioOp, StudioOp]:
    """The win `name` as a jackpot's and, under a key of ours, a win of nothing: a jackpot is no result of its bet, that one is.

    So the bet is not given back beside the jackpot, nor the jackpot paid for a bet that was given back.
    """
    key = key_of(name, prefix="jackpot:", any_length=True)
    nothing = replace(win, kind=Kind.WIN, key=key, amount=Decimal(0), implied=True)
    return replace(win, kind=Kind.JACKPOT_WIN, end_round=False), nothing


def scope_of_undoing(policy: Policy) -> Scope:
    """What the rollback of what may be a jackpot means: all of its call, or it alone where its amount has to match."""
    return Scope.KEY if policy.refund_amount is RefundAmount.MATCH else Scope.CALL


# What counts as done


def answered_status(op: OpOutcome, kind: Kind, manners: Manners) -> Status:
    """The status that the protocol's words are chosen for: the ledger's, seen through the account's manners."""
    undoing = kind in REVERSALS
    if undoing and op.of_unknown:  # whichever rollback of it: none has reversed anything
        done = manners.unknown_rollback is Answered.DONE
        return Status.TOMBSTONE_CREATED if done else Status.REFERENCE_NOT_FOUND
    if undoing and op.status is Status.REFERENCE_REVERSED and manners.second_reversal is Answered.DONE:
        return Status.DUPLICATE
    if op.status is Status.TOMBSTONED and manners.late_op is Answered.DONE:
        return Status.DUPLICATE
    if op.status is Status.KEY_REUSED and manners.key_reused is Answered.DONE:
        return Status.DUPLICATE
    return op.status


REVERSALS = frozenset({Kind.REFUND, Kind.ROLLBACK})


def is_reversed_already(op: Op | StudioOp, became: OpOutcome) -> bool:
    """Whether an operation would give back what has been given back.  A credit refused for that reason is none."""
    return became.status is Status.REFERENCE_REVERSED and op.kind in REVERSALS
