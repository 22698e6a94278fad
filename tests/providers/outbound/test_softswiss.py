"""What studios that speak SoftSwiss' protocols are asked: to the byte that is signed, and read as they answer."""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from msgspec.structs import replace

from providers.contract import Account, Profile
from providers.manners import Manners
from providers.outbound import (
    Channel,
    Declined,
    FreeRoundsOrder,
    Launch,
    Mode,
    OutboundAnswer,
    OutboundRequest,
    Unready,
)
from providers.outbound.softswiss import V1, V2
from tests.gateway.door import Door, holds_a_setting_to_its_form, one_loop
from wallet.types import Policy

SECRET = b"test-auth-token"
NONCE = "5d2cbb5a-63fc-4ba5-8b23-3be9b1c3f6a9"
PROFILE = Profile(
    "pl-1", "EUR", "DE", "MGA", None, "1990-02-03", "2026-01-02T03:04:05+00:00", "de", ("vip",), test=False
)
PERSON = {"firstname": "Anna", "lastname": "Żółć", "city": "Köln", "sex": "female", "tax_id": "never told"}
WHO = {
    "id": "pl-1",
    "firstname": "Anna",
    "lastname": "Żółć",
    "gender": "f",
    "country": "DE",
    "date_of_birth": "1990-02-03",
    "registered_at": "2026-01-02",
}
GIVEN = {
    "casino_id": "acme",
    "issue_id": "issue-1",
    "games": ["acme:dice"],
    "freespins_quantity": 10,
    "bet_level": 3,
    "valid_until": "2026-12-01T00:00:00Z",
}


def account(**settings: str) -> Account:
    return Account("acme", (SECRET, b"the older one"), Policy(), Manners(), {"casino_id": "acme", **settings})


def launch(mode: Mode = Mode.REAL, **settings: str) -> Launch:
    whole = Launch(
        account=account(**settings),
        game="acme:dice",
        mode=mode,
        channel=Channel.MOBILE,
        language="de-AT",
        ip="192.0.2.1",
        lobby_url="https://lobby.example/",
    )
    if mode is Mode.DEMO:
        return whole
    return replace(
        whole,
        token="t",
        player="pl-1",
        currency="EUR",
        session="17",
        nonce=NONCE,
        jurisdiction="MGA",
        profile=PROFILE,
        personal=PERSON,
    )


def order(**settings: str) -> FreeRoundsOrder:
    return FreeRoundsOrder(
        account=account(**settings),
        id="issue-1",
        player="pl-1",
        currency="EUR",
        games=("acme:dice",),
        quantity=10,
        starts_at=datetime(2026, 11, 21, tzinfo=UTC),
        expires_at=datetime(2026, 12, 1, tzinfo=UTC),
        bet_level=3,
        bet_value=Decimal("0.20"),
        profile=PROFILE,
        personal=PERSON,
    )


def told(request: OutboundRequest, path: str) -> dict:
    """The message of a request that is signed over its raw body, at this path."""
    headers = dict(request.headers)
    assert (request.method, request.path) == ("POST", path)
    assert headers["x-request-sign"] == hmac.new(SECRET, request.body, hashlib.sha256).hexdigest()
    return json.loads(request.body)


FIELDS = {
    "casino_id": "acme",
    "game": "acme:dice",
    "locale": "de",
    "ip": "192.0.2.1",
    "client_type": "mobile",
    "urls": {"return_url": "https://lobby.example/"},
}


def test_the_first_version_opens_a_session():
    """Game, money and person; what the operator keeps beyond is not told."""
    assert told(V1.launch.build(launch()), "/sessions") == {
        **FIELDS,
        "currency": "EUR",
        "jurisdiction": "MGA",
        "user": {**WHO, "city": "Köln"},
    }
    assert told(V1.launch.build(launch(Mode.DEMO)), "/demo") == FIELDS


@pytest.mark.parametrize(
    ("settings", "real", "demo"),
    [
        ({}, "/v2/a8r_provider.Launcher/Real", "/v2/a8r_provider.Launcher/Demo"),
        ({"paths": "short"}, "/launcher/real", "/launcher/demo"),
    ],
)
def test_the_second_version_opens_a_launcher(settings: dict, real: str, demo: str):
    """The same in an account, at the paths of the dialect, with a session's UUID; a demo says the currency it is told."""
    assert told(V2.launch.build(launch(**settings)), real) == {
        **FIELDS,
        "jurisdiction": "MGA",
        "session_id": NONCE,
        "account": {**WHO, "currency": "EUR", "tags": ["vip"]},
    }
    playing = launch(Mode.DEMO, **settings)
    assert told(V2.launch.build(playing), demo) == FIELDS
    assert told(V2.launch.build(replace(playing, currency="EUR")), demo) == FIELDS | {"currency": "EUR"}


def test_free_rounds_are_given_and_taken_back():
    """By their id, in levels, until a moment in UTC."""
    assert told(V1.issue.build(order()), "/freespins/issue") == {
        **GIVEN,
        "currency": "EUR",
        "user": {**WHO, "city": "Köln"},
    }
    assert told(V2.issue.build(order()), "/v2/a8r_provider.Freespins/Issue") == {
        **GIVEN,
        "account": {**WHO, "currency": "EUR", "tags": ["vip"]},
    }
    cancel = {"casino_id": "acme", "issue_id": "issue-1"}
    assert told(V1.cancel.build(order()), "/freespins/cancel") == cancel
    assert told(V2.cancel.build(order()), "/v2/a8r_provider.Freespins/Cancel") == cancel


def answer(body: bytes, http_status: int = 200) -> OutboundAnswer:
    return OutboundAnswer(http_status, {}, body)


def test_answers_are_read():
    """The address stands where each version has it; done is an empty 200 or an object."""
    first = b'{"launch_options":{"game_url":"https://a.example/","strategy":"iframe"},"session_id":"s"}'
    assert V1.launch.read(answer(first)) == "https://a.example/"
    assert V2.launch.read(answer(b'{"launch_url":"https://b.example/"}')) == "https://b.example/"
    for studio in (V1, V2):
        assert studio.issue.read(answer(b"")) is None
        assert studio.cancel.read(answer(b"{}")) is None
        with pytest.raises(ValueError, match="no launch"):
            studio.launch.read(answer(b"{}"))


@pytest.mark.parametrize(
    ("body", "http_status", "code", "retryable"),
    [
        (b'{"code":605,"message":"no"}', 400, "605", False),
        (b'{"code":503,"message":"busy"}', 503, "503", True),
        (b'{"code":"invalid_argument","msg":"no","meta":{"api_code":"610"}}', 400, "610", False),
        (b'{"code":"internal","msg":"no","meta":{"api_code":"500"}}', 500, "500", True),
        (b'{"code":605,"message":"no"}', 500, "605", True),
        (b'{"code":605,"message":"no"}', 429, "605", True),
        (b'{"code":605,"message":"no"}', 408, "605", True),
        (b'{"code":"internal","msg":"no","meta":{"api_code":{"a":[1]}}}', 500, "internal", True),
        (b'{"code":"invalid","meta":{"api_code":{"a":[1]}}}', 400, "invalid", False),
        (b'{"meta":{"api_code":[true]}}', 400, "http 400", False),
        (b'{"meta":{"api_code":true}}', 400, "http 400", False),
        (b'{"code":{"a":1}}', 400, "http 400", False),
        (b"{}", 403, "http 403", False),
        (b"<html>", 502, "http 502", True),
        (b"<html>", 404, "http 404", False),
    ],
)
def test_refusals_are_read(body: bytes, http_status: int, code: str, retryable: bool):
    """By their own number where there is one, else by the HTTP status, which alone may say that it was for now."""
    for studio in (V1, V2):
        with pytest.raises(Declined) as declined:
            studio.issue.read(answer(body, http_status))
        assert (declined.value.code, declined.value.retryable) == (code, retryable)


def test_without_the_casinos_id_nothing_is_built():
    """A setting that is missing is named."""
    bare = Account("acme", (SECRET,), Policy(), Manners())
    with pytest.raises(Unready, match="casino_id"):
        V1.launch.build(Launch(account=bare, game="dice"))


@one_loop
async def test_paths_are_long_or_short(door: Door):
    """A kind of paths that there is not, which every launch would fail with, is never stored."""
    await holds_a_setting_to_its_form(door, "softswiss_v2", "paths", "short", ("tiny", ""))
