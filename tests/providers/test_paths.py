"""Paths that hold ids: which pattern a request has, and the message that its path and query make."""

import pytest
from msgspec import Struct
from msgspec.structs import replace

from providers.contract import Ask, Fault, Query, Refused, Request
from providers.paths import body_or_fields, fields_at, pattern_of, verbs_by_path

PLAYER = "players/{player}/balance"
SESSION = "sessions/{token}"


class Question(Struct):
    """What is asked of either pattern."""

    player: str | None = None
    token: str | None = None
    currency: str | None = None


VERBS = verbs_by_path(
    Question,
    {
        PLAYER: (("currency",), lambda asked, _: Query(Ask.BALANCE, asked.player, currency=asked.currency)),
        SESSION: ((), lambda asked, _: Query(Ask.IDENTITY, token=asked.token)),
    },
)


def sent(path, query=b"", method="GET"):
    """A request."""
    return Request(method, path, path, query, {}, b"")


@pytest.mark.parametrize(
    ("path", "pattern"),
    [
        ("/players/p1/balance", PLAYER),
        ("/players/p1/balance/", PLAYER),
        ("/sessions/a.b-c", SESSION),
        ("/sessions/a%2Fb", SESSION),
        ("/sessions/a/b", None),
        ("/sessions/", None),
        ("/players//balance", None),
        ("/players/p1/balances", None),
        ("/a/sessions/b", None),
        ("/", None),
    ],
)
def test_a_path_has_the_pattern_whose_steps_it_has(path, pattern):
    """A name stands for exactly one step that is not empty, and everything else stands for itself."""
    assert pattern_of(VERBS)(sent(path)) == pattern
    assert pattern_of(VERBS)(sent(path, method="POST")) is None


def test_path_and_query_are_one_message():
    """Ids and fields are decoded once, and what is empty is not there."""
    verb = VERBS[PLAYER]
    message = verb.decode(sent("/players/p%201%2F%C3%A9/balance", b"currency=EUR&token=&other=1"))
    assert message == Question("p 1/é", None, "EUR")
    assert verb.read(message, None) == Query(Ask.BALANCE, "p 1/é", currency="EUR")


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        (b"", Fault.MISSING_FIELD),
        (b"currency=", Fault.MISSING_FIELD),
        (b"currency=EUR&currency=USD", Fault.MALFORMED),
        (b"currency=EUR&player=p2", Fault.MALFORMED),
        (b"currency=EUR&player=", Fault.MALFORMED),
        (b"currency=%FF", Fault.MALFORMED),
    ],
)
def test_a_query_that_has_no_one_meaning_is_refused(query, fault):
    """The query cannot say an id of the path again, nor leave out what is required."""
    with pytest.raises(Refused) as refused:
        VERBS[PLAYER].decode(sent("/players/p1/balance", query))
    assert refused.value.fault is fault


def test_fields_are_text_as_it_was_asked():
    """What a signature covers is read from the same fields as the message."""
    fields = fields_at(PLAYER)(sent("/players/p1/balance", b"a=1+2&b=%2B&c="))
    assert fields == {"player": "p1", "a": "1 2", "b": "+", "c": ""}


def test_a_signature_covers_the_body_or_the_fields_of_its_pattern():
    """Values stand one behind the other in the order that is given, and a GET that has no pattern is nobody's."""
    covers = body_or_fields({PLAYER: ("currency", "player", "token"), SESSION: ("token",)})
    assert covers(sent("/players/p%201/balance", b"token=t%2B&currency=EUR&other=1")) == b"EURp 1t+"
    assert covers(sent("/players/p1/balance")) == b"p1"
    assert covers(sent("/sessions/%C3%A9")) == "é".encode()
    assert covers(sent("/elsewhere")) is None
    assert covers(replace(sent("/elsewhere", method="POST"), body=b"{}")) == b"{}"
    with pytest.raises(Refused):
        covers(sent("/sessions/t", b"token=u"))
