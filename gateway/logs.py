"""Log lines: one JSON object each, with an event's name and its fields, ours and the libraries' alike.

Never in them: bodies, query strings, headers, tokens, signatures, secrets.  Of an exception the type, the first line
of its message and the places it passed, because a value in a traceback could be any of those.
"""

import logging
import re
import sys
import time
import traceback
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count
from secrets import token_hex
from typing import Any, TextIO

import orjson

MAXIMUM_MESSAGE = 300
PLACES = 12
HIDDEN = "***"
LINES_PER_SECOND = 20
REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")

logger = logging.getLogger("bankroll")


class JsonLines(logging.Formatter):
    """Formats a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:  # pyrefly: ignore[missing-override-decorator] - of 3.12
        """The record's line."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage()[:MAXIMUM_MESSAGE],
            "process": record.process,
        }
        fields = getattr(record, "fields", None)
        if isinstance(fields, dict):
            line.update({name: value for name, value in fields.items() if value is not None})
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = described(record.exc_info[1], getattr(record, "hidden", ()))
        return orjson.dumps(line, default=str).decode()


def handler_to(stream: TextIO) -> logging.Handler:
    """What writes to `stream` all that is logged."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    handler.addFilter(Throttled())
    return handler


def configure(level: int = logging.INFO, stream: TextIO | None = None) -> None:
    """Send every log line of this process to `stream` (standard error) as JSON; uvicorn's access log is off."""
    root = logging.getLogger()
    root.handlers[:] = [handler_to(stream or sys.stderr)]
    root.setLevel(logging.WARNING)
    logger.setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = True
    logging.getLogger("uvicorn.access").disabled = True


def event(
    level: int, name: str, error: BaseException | None = None, hidden: Sequence[str] = (), **fields: object
) -> None:
    """Log one event with its fields; the error's message loses every text in `hidden`."""
    if logger.isEnabledFor(level):
        logger.log(level, name, exc_info=error, extra={"fields": fields, "hidden": hidden})


class Throttle:
    """Lets so many lines a second through, and counts the others: an attack or an outage must not be a flood."""

    def __init__(self, lines: int = LINES_PER_SECOND) -> None:
        self._lines = lines
        self._second = 0
        self._written = 0
        self._suppressed = 0

    def event(
        self,
        level: int,
        name: str,
        error: BaseException | None = None,
        hidden: Sequence[str] = (),
        **fields: object,
    ) -> None:
        """Log one event, if there is room for it in this second."""
        suppressed = self.room()
        if suppressed is not None:
            event(level, name, error, hidden, **fields, suppressed=suppressed or None)

    def room(self) -> int | None:
        """How many lines were left out before this one; None where this one is to be left out too."""
        second = int(time.monotonic())
        if second != self._second:
            self._second, self._written = second, 0
        if self._written >= self._lines:
            self._suppressed += 1
            return None
        self._written += 1
        suppressed, self._suppressed = self._suppressed, 0
        return suppressed


class Throttled(logging.Filter):
    """Throttles what is no event (the ledger's lines, the libraries'): each place in the code by itself."""

    def __init__(self) -> None:
        super().__init__()
        self._places: defaultdict[tuple[str, int], Throttle] = defaultdict(Throttle)

    def filter(self, record: logging.LogRecord) -> bool:  # pyrefly: ignore[missing-override-decorator] - of 3.12
        """Whether there is room for the record in this second; it says how many before it had none."""
        if record.name == logger.name:
            return True
        suppressed = self._places[record.pathname, record.lineno].room()
        record.fields = {"suppressed": suppressed or None}
        return suppressed is not None


def described(error: BaseException, hidden: Sequence[str] = ()) -> dict[str, Any]:
    """An exception as something to look up, without a value that was in play."""
    frames = traceback.extract_tb(error.__traceback__)[-PLACES:]
    cause = error.__cause__ or error.__context__
    told: dict[str, Any] = {
        "type": type(error).__name__,
        "message": _message(error, hidden),
        "places": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
    if cause is not None:
        told["cause"] = {"type": type(cause).__name__, "message": _message(cause, hidden)}
    return told


def _message(error: BaseException, hidden: Sequence[str]) -> str:
    message = str(error)
    for text in hidden:
        message = message.replace(text, HIDDEN)
    return message.partition("\n")[0][:MAXIMUM_MESSAGE]


_process = token_hex(6)
_requests = count(1)


def request_id_of(given: str | None) -> str:
    """The caller's request id where it is a sane one, else one of ours."""
    if given is not None and REQUEST_ID.fullmatch(given):
        return given
    return f"{_process}-{next(_requests):x}"
