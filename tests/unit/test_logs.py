"""Log lines are JSON, carry no secret, and are no flood."""

import io
import json
import logging
from collections import Counter

import pytest

from gateway import logs


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    return [json.loads(logs.JsonLines().format(record)) for record in caplog.records]


def record(name: str, line: int, event: str) -> logging.LogRecord:
    return logging.makeLogRecord({"name": name, "pathname": f"{name}.py", "lineno": line, "msg": event})


def test_an_event_is_one_line_of_json_with_its_fields(caplog: pytest.LogCaptureFixture) -> None:
    """What is not known is left out; what is no JSON is text."""
    caplog.set_level(logging.INFO, logger="bankroll")
    logs.event(logging.INFO, "started", account="acme", nothing=None, odd={1})
    [line] = lines(caplog)
    assert (line["event"], line["level"], line["account"], line["odd"]) == ("started", "info", "acme", "{1}")
    assert "nothing" not in line


def test_an_error_is_told_by_type_and_place_and_first_line(caplog: pytest.LogCaptureFixture) -> None:
    """A database's detail quotes rows, and rows hold what must not be logged."""
    try:
        try:
            raise LookupError("cause\nDETAIL: hush")  # noqa: TRY301 - a cause is what is wanted
        except LookupError as cause:
            raise ValueError("what happened\nDETAIL: Key (token)=(hush)") from cause
    except ValueError as error:
        logs.event(logging.ERROR, "failed", error)
    [line] = lines(caplog)
    told = line["error"]
    assert isinstance(told, dict)
    assert (told["type"], told["message"], told["cause"]) == (
        "ValueError",
        "what happened",
        {"type": "LookupError", "message": "cause"},
    )
    assert "test_logs.py" in told["places"][-1]
    assert "hush" not in json.dumps(line)


def test_an_outage_is_no_flood(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many lines a second, and then how many were left out."""
    now = [100.0]
    monkeypatch.setattr(logs.time, "monotonic", lambda: now[0])
    throttle = logs.Throttle(lines=3)
    for _ in range(10):
        throttle.event(logging.WARNING, "refused")
    now[0] = 101.5
    throttle.event(logging.WARNING, "refused")
    assert [line.get("suppressed") for line in lines(caplog)] == [None, None, None, 7]


def test_what_the_ledger_and_libraries_say_is_no_flood(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many lines a second of one place in the code, and then how many were left out; events and others have room."""
    now = [100.0]
    monkeypatch.setattr(logs.time, "monotonic", lambda: now[0])
    written = io.StringIO()
    handler = logs.handler_to(written)
    for second in (100.0, 101.0):
        now[0] = second
        for _ in range(50):
            handler.handle(record("wallet.lane", 187, "a batch of 1 calls failed"))
            handler.handle(record("bankroll", 187, "started"))
        handler.handle(record("wallet.lane", 232, "a lane cannot connect"))
    said = [json.loads(line) for line in written.getvalue().splitlines()]
    counted = Counter((line["event"], line.get("suppressed")) for line in said)
    assert counted == {
        ("a batch of 1 calls failed", None): 20 + 19,
        ("a batch of 1 calls failed", 30): 1,
        ("started", None): 100,
        ("a lane cannot connect", None): 2,
    }


@pytest.mark.parametrize(("given", "taken"), [("abc-1.2/x", True), ("a b", False), ("", False), ("x" * 129, False), ("a\n", False), (None, False)])  # fmt: skip
def test_a_request_id_is_taken_where_it_is_a_sane_one(given: str | None, taken: bool) -> None:
    """Else it is ours, and never the same twice."""
    made = logs.request_id_of(given)
    assert (made == given) is taken
    assert taken or made != logs.request_id_of(given)
