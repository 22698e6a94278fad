"""Problem details (RFC 9457): every way in which a request of the internal API can fail, as one table of words.

A problem has a name that never changes; what the ledger refuses keeps the ledger's name.  Nothing here shows a trace,
a statement or a value that was not the caller's own.
"""

import logging
from collections import defaultdict
from collections.abc import Mapping
from typing import Annotated, Any

from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi.datastructures import ResponseSpec
from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from gateway import logs
from gateway.connections import MAXIMUM_HEAD
from gateway.studios import StudioFailed
from wallet.coalesce import DeadlinePassed, Overloaded
from wallet.cursors import BadCursor
from wallet.history import TooWide
from wallet.lane import Unavailable
from wallet.patience import AWAY
from wallet.types import SUCCESSES, Status

MEDIA_TYPE = "application/problem+json"
TYPE = "urn:bankroll:problem:"
RETRY_AFTER = "1"
MAXIMUM_TOLD = 800  # characters of a detail: the longest list of ours, and not all that a caller makes up
THROTTLES: defaultdict[str, logs.Throttle] = defaultdict(logs.Throttle)
"""By the problem's name: into an outage strangers ask too, and none of it hides what nobody foresaw."""

WORDS: Mapping[str, tuple[int, str]] = {
    "invalid_request": (400, "The request is not what this operation takes"),
    "malformed_json": (400, "The body is not JSON that can be taken"),
    "unknown_parameter": (400, "There is no such query parameter here"),
    "invalid_amount": (400, "The amount cannot be taken"),
    "unknown_currency": (400, "There is no such currency here"),
    "invalid_cursor": (400, "The cursor does not belong to this list"),
    "idempotency_key_missing": (400, "What moves money needs an Idempotency-Key"),
    "idempotency_key_invalid": (400, "The Idempotency-Key has 1 to 255 printable ASCII characters"),
    "api_key_missing": (401, "An API key is needed"),
    "api_key_invalid": (401, "The API key is unknown, expired or revoked"),
    "scope_missing": (403, "The API key may not do this"),
    "same_actor": (403, "Who asked for it cannot approve it"),
    "not_found": (404, "There is nothing here"),
    "player_not_found": (404, "There is no such player"),
    "transaction_not_found": (404, "There is no such transaction"),
    "withdrawal_not_found": (404, "There is no such withdrawal"),
    "round_not_found": (404, "There is no such round"),
    "session_not_found": (404, "There is no such session that lives"),
    "provider_account_not_found": (404, "There is no such provider account"),
    "game_not_found": (404, "There is no such game"),
    "free_rounds_not_found": (404, "There are no such free rounds"),
    "api_key_not_found": (404, "There is no such API key that lives"),
    "secret_not_found": (404, "The provider account has no such secret that is active"),
    "adjustment_not_found": (404, "No adjustment like this waits for approval"),
    "method_not_allowed": (405, "This cannot be done here"),
    "player_differs": (409, "There is such a player already, registered otherwise"),
    "provider_account_exists": (409, "There is such a provider account already"),
    "two_secrets_active": (409, "Two secrets are active: retire one of them first"),
    "secret_active": (409, "The secret is active already: a rotation takes another one"),
    "only_secret_active": (409, "It is the only secret: rotate it instead"),
    "game_exists": (409, "There is such a game already"),
    "live_account": (409, "This can be done at test accounts alone"),
    "demo_unavailable": (409, "The game is not played for fun"),
    "country_refused": (409, "The game is not played in this country"),
    "currency_refused": (409, "The game is not played in this currency"),
    "player_erased": (409, "The player's personal data were erased"),
    "under_age": (409, "The player is too young"),
    "age_unknown": (409, "The player's birth date must be known first"),
    "free_rounds_differ": (409, "There are such free rounds already, given otherwise"),
    "free_rounds_finished": (409, "The free rounds were played"),
    "studio_cannot": (409, "The studio cannot be asked for this"),
    "studio_not_configured": (409, "The provider account lacks what this needs"),
    "studio_declined": (409, "The studio refused"),
    "too_large": (413, "The body is too large"),
    "unsupported_media_type": (415, "The body must be application/json, in UTF-8 and not packed"),
    "too_many_attempts": (429, "Too many wrong API keys came from here"),
    "too_many_requests": (429, "The studio wants a pause between two of these"),
    "internal_error": (500, "Something went wrong on our side"),
    "studio_unreachable": (502, "The studio cannot be reached"),
    "studio_unreadable": (502, "The studio's answer cannot be understood"),
    "studio_unavailable": (503, "The studio refused for now"),
    "studio_timeout": (504, "The studio did not answer in time"),
    "outcome_unknown": (503, "It is not known yet whether this was posted: send it again"),
    "provider_account_unserved": (503, "The provider account cannot be served for now: /readyz says which"),
    "question_too_wide": (503, "This takes too long to find: narrow the filters"),
    "temporarily_unavailable": (503, "Not now: try again"),
}
"""A problem's name → its HTTP status and title."""

REFUSALS: Mapping[Status, tuple[int, str]] = {
    Status.KEY_REUSED: (409, "The key was used for something else"),
    Status.TOMBSTONED: (409, "It was rolled back before it came"),
    Status.WALLET_NOT_FOUND: (404, "The player has no such wallet"),
    Status.CURRENCY_DIFFERS: (409, "The currency is not the wallet's, or not one of the provider account's"),
    Status.SESSION_UNKNOWN: (409, "The session is unknown"),
    Status.SESSION_SUPERSEDED: (409, "A newer session token took its place"),
    Status.SESSION_EXPIRED: (409, "The session has expired"),
    Status.SESSION_REVOKED: (409, "The session was revoked"),
    Status.WALLET_CLOSED: (409, "The wallet is closed"),
    Status.PLAYER_BLOCKED: (409, "The player is blocked"),
    Status.PLAYER_EXCLUDED: (409, "The player is excluded"),
    Status.KYC_REQUIRED: (409, "The player must be verified first"),
    Status.GAME_DISABLED: (409, "The game is disabled or unknown"),
    Status.ACCOUNT_DISABLED: (409, "The provider account takes no new bets"),
    Status.LIMIT_REACHED: (409, "A limit is reached"),
    Status.SECOND_ACTOR_REQUIRED: (403, "So much needs the approval of a second person"),
    Status.REFERENCE_NOT_FOUND: (404, "What is referred to is not there"),
    Status.REFERENCE_DIFFERS: (409, "What is referred to is something else"),
    Status.REFERENCE_REVERSED: (409, "It was given back already"),
    Status.REFERENCE_SETTLED: (409, "It has its end already"),
    Status.ROUND_CLOSED: (409, "The round is closed"),
    Status.BONUS_RULES: (409, "The rules of the bonus forbid it"),
    Status.INSUFFICIENT_FUNDS: (409, "There is not enough in the wallet"),
    Status.BALANCE_OVERFLOW: (409, "The amount or the balance would be too large"),
    Status.NOT_APPLIED: (409, "It was not applied"),
}
"""What the ledger refuses → HTTP status and title; total over the statuses that are no success."""


class FieldProblem(Struct, frozen=True):
    """One field that is wrong, and why."""

    field: str
    source: str  # body, query, path or header
    detail: str


class ProblemDocument(Struct, frozen=True, omit_defaults=True):
    """A problem (RFC 9457).  `type` is a name that never changes; `status_code` is the ledger's status."""

    type: Annotated[str, Meta(examples=["urn:bankroll:problem:insufficient_funds"])]
    title: str
    status: int
    detail: str
    instance: str
    status_code: Status | UnsetType = UNSET
    errors: tuple[FieldProblem, ...] = ()
    studio_code: Annotated[str, Meta(description="The studio's own word.")] | UnsetType = UNSET
    request_id: str | UnsetType = UNSET


class Problem(Exception):  # noqa: N818 - the standard's word
    """Raised by a handler, answered as a `ProblemDocument`."""

    def __init__(
        self,
        name: str | Status,
        detail: str = "",
        *,
        errors: tuple[FieldProblem, ...] = (),
        studio_code: str | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(detail or str(name))
        self.name = name
        self.detail = detail
        self.errors = errors
        self.studio_code = studio_code
        self.retry_after = retry_after


def documented(*names: str | Status, repeated: type[Struct] | None = None) -> dict[int, ResponseSpec]:
    """The problems that an operation may answer, for its description, beside those that any operation may.

    `repeated` is what it answers with 200 where 201 is the answer of the first time.
    """
    by_code: dict[int, list[str]] = {}
    for name in (*EVERYWHERE, *names):
        by_code.setdefault(_words(name)[0], []).append(str(name))
    specifications = {
        code: ResponseSpec(
            ProblemDocument, generate_examples=False, description=", ".join(found), media_type=MEDIA_TYPE
        )
        for code, found in sorted(by_code.items())
    }
    specifications[431] = ResponseSpec(None, generate_examples=False, description=TOO_LONG)
    if repeated is not None:
        specifications[200] = ResponseSpec(
            repeated, generate_examples=False, description="Was done before: the same again."
        )
    return specifications


EVERYWHERE = (
    *("invalid_request", "malformed_json", "unknown_parameter", "api_key_missing", "api_key_invalid"),
    *("scope_missing", "too_many_attempts", "internal_error", "temporarily_unavailable"),
)

TOO_LONG = f"The request's line and headers are longer than {MAXIMUM_HEAD // 1024} KiB; the connection ends, no body."


def refused(status: Status, detail: str = "") -> Problem:
    """The problem of a call that the ledger refused."""
    return Problem(status, detail)


def invalid(field: str, detail: str, source: str = "body") -> Problem:
    """The problem of one field."""
    return Problem("invalid_request", detail, errors=(FieldProblem(field, source, detail),))


def answer_problem(request: Request[Any, Any, Any], error: Exception) -> Response[ProblemDocument]:
    """Answer any exception as a problem; what nobody foresaw is logged and tells nothing."""
    problem = problem_of(error)
    http_status, _ = _words(problem.name)
    request_id: str | UnsetType = UNSET
    if http_status >= 500:
        request_id = logs.request_id_of(request.headers.get("x-request-id"))
        level = logging.ERROR if http_status == 500 else logging.WARNING
        name = str(problem.name)
        THROTTLES[name].event(level, "api_problem", error, request_id=request_id, problem=name)
    document = document_of(problem, request.url.path, request_id)
    headers = {}
    if http_status == 401:
        headers["www-authenticate"] = "Bearer"
    if http_status == 503:
        headers["retry-after"] = RETRY_AFTER
    if problem.retry_after is not None:
        headers["retry-after"] = str(problem.retry_after)
    if isinstance(error, HTTPException) and "allow" in (error.headers or {}):
        headers["allow"] = (error.headers or {})["allow"]
    return Response(document, status_code=http_status, headers=headers, media_type=MEDIA_TYPE)


def document_of(problem: Problem, instance: str, request_id: str | UnsetType = UNSET) -> ProblemDocument:
    """The document that tells a problem of `instance`."""
    http_status, title = _words(problem.name)
    return ProblemDocument(
        type=TYPE + str(problem.name),
        title=title,
        status=http_status,
        detail=problem.detail[:MAXIMUM_TOLD] or title,
        instance=instance,
        status_code=problem.name if isinstance(problem.name, Status) else UNSET,
        errors=tuple(replace(one, detail=one.detail[:MAXIMUM_TOLD]) for one in problem.errors),
        studio_code=UNSET if problem.studio_code is None else problem.studio_code,
        request_id=request_id,
    )


HANDLERS: dict[int | type[Exception], Any] = {
    Problem: answer_problem,
    HTTPException: answer_problem,
    Exception: answer_problem,
}
"""For the application, so that an unknown path is a problem too."""

TEMPORARY = (Overloaded, Unavailable, DeadlinePassed, *AWAY)
HTTP_NAMES = {
    401: "api_key_invalid",
    403: "scope_missing",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    503: "temporarily_unavailable",
}


def problem_of(error: Exception) -> Problem:
    """The problem that stands for an exception."""
    match error:
        case Problem():
            return error
        case ValidationException():
            errors = tuple(map(_field_problem, error.extra)) if isinstance(error.extra, list) else ()
            detail = "; ".join(f"{one.field}: {one.detail}" for one in errors)
            problem = Problem("invalid_request", detail, errors=errors)
        case HTTPException():
            other = "invalid_request" if error.status_code < 500 else "internal_error"
            problem = Problem(HTTP_NAMES.get(error.status_code, other))
        case BadCursor():
            problem = Problem("invalid_cursor", str(error))
        case StudioFailed():
            told = {"studio_code": error.code, "retry_after": error.retry_after}
            problem = Problem(error.failure.value, error.detail, **told)
        case TooWide():
            problem = Problem("question_too_wide")
        case _:
            problem = Problem("temporarily_unavailable" if isinstance(error, TEMPORARY) else "internal_error")
    return problem


def _field_problem(told: Any) -> FieldProblem:  # the framework's own loose dictionaries
    source = str(getattr(told.get("source"), "value", told.get("source", "body")))
    return FieldProblem(str(told.get("key", "")) or "(body)", source, str(told.get("message", "")))


def _words(name: str | Status) -> tuple[int, str]:
    return REFUSALS[name] if isinstance(name, Status) else WORDS[name]


if missing := set(Status) - SUCCESSES - REFUSALS.keys():
    raise TypeError(f"REFUSALS has no entry for {missing}")
