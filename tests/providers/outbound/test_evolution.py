"""What Evolution is asked: a player's entry to a table, at a path that holds a secret and is written down nowhere."""

import json
import logging
from uuid import UUID

import pytest
from msgspec.structs import replace

from providers.contract import Account
from providers.manners import Manners
from providers.outbound import Channel, Declined, Launch, Mode, OutboundAnswer, Unready
from providers.outbound.evolution import STUDIO
from tests.gateway.door import Door, name_of, one_loop
from tests.gateway.fake_studio import FakeStudio
from wallet.types import Policy

API_TOKEN = "api/token of ours?"
PLACE = "/ua/v1/acme%2F1/api%2Ftoken%20of%20ours%3F"
SETTINGS = {"casino_key": "acme/1", "brand_id": "b1", "skin": "s1"}
NONCE = "0f1e2d3c-0000-4000-8000-000000000001"
ACCOUNT = Account("evo", (b"auth token",), Policy(), Manners(), SETTINGS, own_secret=API_TOKEN.encode())
LAUNCH = Launch(
    account=ACCOUNT,
    game="leqhceumaq6qfoug",
    token="t" * 43,
    player="pl-1",
    currency="EUR",
    country="DE",
    language="pt-BR",
    nonce=NONCE,
)
REAL = (
    b'{"uuid":"0f1e2d3c-0000-4000-8000-000000000001","player":{"id":"pl-1","update":true,"firstName":"pl-1",'
    b'"lastName":"pl-1","country":"DE","language":"pt","currency":"EUR","session":{"id":"'
    + b"t"
    * 43
    + b'"}},'
    b'"config":{"brand":{"id":"b1","skin":"s1"},"game":{"table":{"id":"leqhceumaq6qfoug"}},'
    b'"channel":{"wrapped":false,"mobile":false},"urls":{}}}'
)
DEMO = (
    b'{"uuid":"0f1e2d3c-0000-4000-8000-000000000001","demo":{"language":"en","currency":"EUR"},'
    b'"config":{"brand":{"id":"b1","skin":"s1"},"game":{"playMode":"demo","table":{"id":"leqhceumaq6qfoug"}},'
    b'"channel":{"wrapped":false,"mobile":true},"urls":{}}}'
)


def answer(body: bytes, http_status: int = 200) -> OutboundAnswer:
    return OutboundAnswer(http_status, {}, body, "https://casino.example/below")


def test_a_launch_to_the_byte():
    """What nobody told us is left out, but for the names, for which the external id stands."""
    asked = STUDIO.launch.build(LAUNCH)
    assert (asked.method, asked.path, asked.body) == ("POST", PLACE, REAL)
    assert asked.headers == (("content-type", "application/json"),)


def test_a_demo_to_the_byte():
    """A demo is a language and a currency at a table: no player, no session."""
    demo = Launch(
        account=ACCOUNT,
        game=LAUNCH.game,
        mode=Mode.DEMO,
        currency="EUR",
        channel=Channel.MOBILE,
        nonce=NONCE,
    )
    asked = STUDIO.launch.build(demo)
    assert (asked.path, asked.body) == (PLACE, DEMO)


def test_what_is_known_is_told():
    """Names, address, group and the addresses that the game shows, each where it belongs."""
    more = {"player_group": "vip", "responsible_gaming_url": "https://rg.example/", "unheard": "never told"}
    told = replace(
        LAUNCH,
        account=replace(ACCOUNT, settings={**SETTINGS, **more}),
        ip="192.0.2.1",
        lobby_url="https://lobby.example/",
        deposit_url="https://bank.example/",
        personal={"firstname": "Anna", "lastname": "Żółć", "nickname": "ann", "email": "never told"},
    )
    body = STUDIO.launch.build(told).body
    message = json.loads(body)
    player = message["player"]
    assert [player[name] for name in ("firstName", "lastName", "nickname")] == ["Anna", "Żółć", "ann"]
    assert player["session"] == {"id": "t" * 43, "ip": "192.0.2.1"}
    assert player["group"] == {"id": "vip", "action": "assign"}
    assert message["config"]["urls"] == {
        "cashier": "https://bank.example/",
        "lobby": "https://lobby.example/",
        "responsibleGaming": "https://rg.example/",
    }
    assert b"never told" not in body


@pytest.mark.parametrize("missing", ["casino_key", "brand_id", "skin"])
def test_without_a_setting_nothing_is_built(missing: str):
    """A setting that is missing is named."""
    settings = {name: value for name, value in SETTINGS.items() if name != missing}
    with pytest.raises(Unready, match=missing):
        STUDIO.launch.build(replace(LAUNCH, account=replace(ACCOUNT, settings=settings)))


def test_the_auth_token_is_never_taken_for_the_api_token():
    """What Evolution proves itself with is no secret of ours: without our own nothing is asked."""
    with pytest.raises(Unready, match="own_secret"):
        STUDIO.launch.build(replace(LAUNCH, account=replace(ACCOUNT, own_secret=None)))


def test_the_address_is_the_host_and_the_entry():
    """Whatever path we asked below, the entry stands at the host itself; one that leads elsewhere is no answer."""
    told = b'{"entry":"/entry?params=a%3D1&JSESSIONID=x","entryEmbedded":"/entry?embedded"}'
    assert STUDIO.launch.read(answer(told)) == "https://casino.example/entry?params=a%3D1&JSESSIONID=x"
    for body in (b"{}", b'{"entry":"https://elsewhere.example/"}', b'{"entry":"@elsewhere.example/"}'):
        with pytest.raises(ValueError, match="no entry"):
            STUDIO.launch.read(answer(body))


@pytest.mark.parametrize(
    ("body", "http_status", "code", "retryable"),
    [
        *((b'{"errors":[{"code":"G.%d","message":"m"}]}' % n, 200, f"G.{n}", True) for n in (0, 4, 5, 6, 7)),
        *((b'{"errors":[{"code":"G.%d"}]}' % n, 500, f"G.{n}", False) for n in (1, 2, 3, 8, 9, 10, 11)),
        (b'{"errors":[]}', 401, "http 401", False),
        (b"<html>", 502, "http 502", True),
    ],
)
def test_refusals_are_read(body: bytes, http_status: int, code: str, retryable: bool):
    """By their own code, whatever the HTTP status; by that where there is no code."""
    with pytest.raises(Declined) as declined:
        STUDIO.launch.read(answer(body, http_status))
    assert (declined.value.code, declined.value.retryable) == (code, retryable)


@one_loop
async def test_a_game_is_launched_and_its_address_stays_unwritten(
    door: Door, studio: FakeStudio, caplog: pytest.LogCaptureFixture
):
    """The API token is what opens the studio's door, and no log line of any library has it, whatever becomes of it."""
    studio.says({"entry": "/entry?x=1", "entryEmbedded": "/entry?x=2"})
    account = {"slug": "evo-x", "protocol": "evolution", "environment": "test", "secret": "the auth token"}
    await door.post("/provider-accounts", {**account, "settings": {**SETTINGS, "api_url": studio.url}})
    told = await door.http.put("/v1/provider-accounts/evo-x/own-secret", json={"secret": API_TOKEN})
    assert told.status_code == 200
    await door.post("/games", {"provider_account": "evo-x", "code": "leqh", "name": "Roulette"})
    body = {
        "player": await door.player(EUR="1"),
        "currency": "EUR",
        "provider_account": "evo-x",
        "game": "leqh",
    }
    with caplog.at_level(logging.DEBUG):
        launched = await door.post("/sessions", {**body, "ip": "192.0.2.1", "channel": "mobile"})
        await door.post("/sessions", {"provider_account": "evo-x", "game": "leqh", "mode": "demo"})
        studio.says({"errors": [{"code": "G.2", "message": "wrong token"}]}, 401)
        refused = await door.post("/sessions", body, 409)
        studio.answers = lambda _asked: b"garbage\r\n\r\n"
        await door.post("/sessions", body, 502)
    assert launched["launch_url"] == f"{studio.url}/entry?x=1"
    assert (name_of(refused), refused["studio_code"]) == ("studio_declined", "G.2")
    assert {(asked.method, asked.target) for asked in studio.asked} == {("POST", PLACE)}
    real, demo = (asked.json() for asked in studio.asked[:2])
    assert real["player"]["session"] == {"id": launched["token"], "ip": "192.0.2.1"}
    assert (real["player"]["id"], real["player"]["country"]) == (launched["external_id"], "MT")
    assert real["config"]["channel"] == {"wrapped": False, "mobile": True}
    assert (demo["demo"], demo["config"]["game"]["playMode"]) == ({"language": "en"}, "demo")
    assert len({UUID(asked.json()["uuid"]) for asked in studio.asked}) == 4
    written = "\n".join(f"{vars(record)} {record.getMessage()}" for record in caplog.records)
    assert "studio_failed" in written
    for secret in (API_TOKEN, PLACE, "api%2Ftoken", launched["token"]):
        assert secret not in written
