"""What every request of the internal API is held to before its handler sees it, and the words handlers share.

Unknown query parameters and body fields are refused, because a misspelt filter answers the wrong question; JSON with
duplicate keys or hostile depth is refused, because what it means cannot be known.
"""

import asyncio
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any

import msgspec
from litestar import Request
from litestar.handlers import HTTPRouteHandler
from litestar.params import HeaderParameter, ParameterKwarg, PathParameter, QueryParameter
from msgspec import Meta

from gateway.api.problems import FieldProblem, Problem, invalid
from providers.contract import Refused
from providers.syntax import refuse_hostile_json
from wallet.cursors import MAXIMUM_CURSOR, MAXIMUM_LIMIT
from wallet.words import PLAIN

MAXIMUM_BODY = 64 * 1024
MAXIMUM_IDEMPOTENCY_KEY = 255
MISSING = re.compile(r"Object missing required field `([^`]+)`")
UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
MAXIMUM_NAME = 50
MAXIMUM_DETAIL = 200
"""Characters that are repeated of a name, or of a value, that the caller made up."""
MAXIMUM_EPOCH = 2**15
MAXIMUM_ID = 2**63 - 1
JSON = "application/json"
IDEMPOTENCY_KEY = "Idempotency-Key"
UNPACKED = frozenset({"", "identity"})
UTF_8 = frozenset({"", "utf-8", "utf8"})
WRITTEN: Mapping[type, tuple[re.Pattern[str], str]] = {
    int: (re.compile(r"-?(0|[1-9][0-9]*)"), "is a whole number, in digits"),
    datetime: (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}.*"), "is a date and time, as in 2026-11-21T12:00:00Z"),
}
"""How values of a query are written: the framework also takes 1e1 for a number, and a number for a moment."""

Word = Annotated[str, Meta(min_length=1, max_length=255, pattern=PLAIN)]
Sentence = Annotated[str, Meta(min_length=1, max_length=500, pattern=PLAIN)]
PlayerId = Annotated[
    str, Meta(min_length=1, max_length=64, pattern=PLAIN, description="The operator's own id.")
]
Metadata = Annotated[
    dict[
        Annotated[str, Meta(max_length=64, pattern=PLAIN)],
        Annotated[str, Meta(max_length=500, pattern=PLAIN)],
    ],
    Meta(max_length=20, description="Kept with the posting."),
]

IdempotencyKey = Annotated[
    str,
    HeaderParameter(
        name=IDEMPOTENCY_KEY,
        description="Names the movement: the same key again answers what was done the first time.",
        min_length=1,
        max_length=MAXIMUM_IDEMPOTENCY_KEY,
    ),
]
Limit = Annotated[int, QueryParameter(ge=1, le=MAXIMUM_LIMIT, description="Most items of the page.")]
Cursor = Annotated[
    str | None,
    QueryParameter(
        max_length=MAXIMUM_CURSOR, description="`next_cursor` of the page before, with the same filters."
    ),
]
Filter = Annotated[str | None, QueryParameter(min_length=1, max_length=255, pattern=PLAIN)]
RoundFilter = Annotated[
    str | None,
    QueryParameter(
        name="round", min_length=1, max_length=255, pattern=PLAIN, description="The studio's id of it."
    ),
]
Since = Annotated[datetime | None, QueryParameter(description="From this moment on, with a time zone.")]
Until = Annotated[datetime | None, QueryParameter(description="Before this moment, with a time zone.")]
PlayerInPath = Annotated[str, PathParameter(pattern=PLAIN, description="The operator's own id.")]
CurrencyInPath = Annotated[str, PathParameter(pattern=PLAIN)]
PublicId = Annotated[
    str, PathParameter(pattern="^[0-9]{1,5}-[0-9]{1,19}$", description="Of a transaction: `1-42`.")
]


async def admit(request: Request[Any, Any, Any]) -> None:
    """Hold a request to the shape that its handler declares.  Raises `Problem`."""
    handler = request.route_handler
    _check_path(request)
    if not isinstance(handler, HTTPRouteHandler):
        raise TypeError("only HTTP handlers are registered here")
    _check_query(request, query_parameters(handler), written(handler))
    if IDEMPOTENCY_KEY in headers_of(handler):
        _check_idempotency_key(request.headers.getall(IDEMPOTENCY_KEY, []))
    body = await request.body()
    if "data" not in handler.parsed_fn_signature.parameters:
        if body.strip() not in (b"", b"{}"):
            raise Problem("invalid_request", "this operation takes no body")
        return
    _check_type(request)
    try:
        if len(body) > MAXIMUM_BODY:
            await asyncio.to_thread(refuse_hostile_json, body)  # long enough to be felt by everybody else
        else:
            refuse_hostile_json(body)
        decoder_of(handler).decode(body)
    except Refused as refusal:
        raise Problem("malformed_json", str(refusal)) from None
    except msgspec.ValidationError as error:
        raise _misfit(str(error)) from None
    except (msgspec.DecodeError, UnicodeError) as error:
        raise Problem("malformed_json", str(error)) from None


def parts_of(public_id: str) -> tuple[int, int] | None:
    """The restore epoch and the posting's id in a public id; None where no posting could have them."""
    epoch, _, posting = public_id.partition("-")
    parts = int(epoch), int(posting)
    possible = parts < (MAXIMUM_EPOCH, 0) and parts[1] <= MAXIMUM_ID
    return parts if possible and f"{parts[0]}-{parts[1]}" == public_id else None


def moments(since: datetime | None, until: datetime | None) -> None:
    """Hold a stretch of time to moments that are some.  Raises `Problem`."""
    for name, moment in (("since", since), ("until", until)):
        if moment is None:
            continue
        if moment.tzinfo is None:
            raise invalid(name, "has a time zone, as in 2026-11-21T12:00:00Z", "query")
        try:
            moment.astimezone(UTC)
        except OverflowError:
            raise invalid(name, "lies beyond the calendar", "query") from None


@cache
def query_parameters(handler: HTTPRouteHandler) -> dict[str, bool]:
    """The names of a handler's query parameters, and whether one may stand several times."""
    return {
        definition.kwarg_definition.name or name: definition.is_non_string_sequence
        or any(inner.is_non_string_sequence for inner in definition.inner_types)
        for name, definition in handler.parsed_fn_signature.parameters.items()
        if isinstance(definition.kwarg_definition, QueryParameter)
    }


@cache
def written(handler: HTTPRouteHandler) -> dict[str, tuple[re.Pattern[str], str]]:
    """How the values of a handler's query parameters are written, for those of `WRITTEN`'s types."""
    return {
        definition.kwarg_definition.name or name: WRITTEN[kind]
        for name, definition in handler.parsed_fn_signature.parameters.items()
        if isinstance(definition.kwarg_definition, QueryParameter)
        for kind in (definition.annotation, *(inner.annotation for inner in definition.inner_types))
        if kind in WRITTEN
    }


@cache
def decoder_of(handler: HTTPRouteHandler) -> msgspec.json.Decoder[Any]:
    """A strict decoder of a handler's body: the framework's own would take "900" for a number."""
    return msgspec.json.Decoder(handler.parsed_fn_signature.parameters["data"].raw)


@cache
def headers_of(handler: HTTPRouteHandler) -> frozenset[str]:
    """The headers that a handler declares."""
    return frozenset(
        kwarg.name
        for definition in handler.parsed_fn_signature.parameters.values()
        if isinstance(kwarg := definition.kwarg_definition, ParameterKwarg)
        and isinstance(kwarg, HeaderParameter)
        and kwarg.name
    )


def _misfit(message: str) -> Problem:
    """The problem of a body that does not fit, from ``Expected … - at `$.field` ``."""
    detail, _, place = message.partition(" - at `$")
    field = place.rstrip("`").lstrip(".")
    for pattern, told in ((MISSING, "is missing"), (UNKNOWN, "is unknown")):
        if found := pattern.fullmatch(detail):
            field, detail = ".".join(filter(None, (field, found[1][:MAXIMUM_NAME]))), told
    field, detail = field[:MAXIMUM_DETAIL] or "(body)", detail[:MAXIMUM_DETAIL]
    return Problem("invalid_request", f"{field}: {detail}", errors=(FieldProblem(field, "body", detail),))


def _check_path(request: Request[Any, Any, Any]) -> None:
    """A number in a path has one spelling: 07, +7 and 7 would else name the same."""
    segments = request.url.path.split("/")
    for value in request.path_params.values():
        if isinstance(value, int) and str(value) not in segments:
            raise Problem("not_found")


def _check_type(request: Request[Any, Any, Any]) -> None:
    """A body is JSON in UTF-8, as it is: one that says otherwise was made for somebody else."""
    kind, *parameters = request.headers.get("content-type", "").lower().split(";")
    if kind.strip() != JSON:
        raise Problem("unsupported_media_type")
    for name, _, value in (parameter.partition("=") for parameter in parameters):
        if name.strip() == "charset" and value.strip().strip('"') not in UTF_8:
            raise Problem("unsupported_media_type", "JSON is written in UTF-8")
    for coding in request.headers.getall("content-encoding", []):
        if coding.strip().lower() not in UNPACKED:
            raise Problem(
                "unsupported_media_type", "the body must not be packed: no Content-Encoding is taken"
            )


def _check_query(
    request: Request[Any, Any, Any], known: dict[str, bool], shapes: dict[str, tuple[re.Pattern[str], str]]
) -> None:
    for name, value in request.query_params.multi_items():
        if name not in known:
            hint = f"known are {', '.join(sorted(known))}" if known else "this operation has none"
            raise Problem("unknown_parameter", f"{name[:MAXIMUM_NAME]!r}: {hint}")
        if not known[name] and len(request.query_params.getall(name)) > 1:
            raise Problem("invalid_request", f"{name!r} stands twice")
        if name in shapes and not shapes[name][0].fullmatch(value):
            raise invalid(name, f"{name} {shapes[name][1]}", "query")


def _check_idempotency_key(given: list[str]) -> None:
    if not given or given == [""]:
        raise Problem("idempotency_key_missing")
    key = given[0]
    if len(given) > 1 or len(key) > MAXIMUM_IDEMPOTENCY_KEY or not (key.isascii() and key.isprintable()):
        raise Problem("idempotency_key_invalid")
