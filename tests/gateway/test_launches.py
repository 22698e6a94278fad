"""Launches: who is let in, what a demo begins (nothing), and every way in which a studio can fail to answer."""

import asyncio
import hashlib
import hmac
import logging
import secrets
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial

import pytest
import pytest_asyncio
from msgspec.structs import replace

from gateway import logs
from gateway import studios as asking_studios
from gateway.api import problems
from gateway.api.launches import sound_address
from gateway.studios import Studios
from providers.bogus import BOGUS
from providers.outbound import Launch, Outbound, OutboundRequest, Studio, json_of, json_post, own_secret
from providers.signing import hmac_sha256_signature
from tests.gateway.door import Door, name_of, one_loop
from tests.gateway.fake_studio import FakeStudio, fake_studio, http
from tests.gateway.road import GAME, road_on

pytestmark = one_loop

TWENTY = f"{datetime.now(UTC).year - 20}-01-01"
SECRET = "a secret of both sides"
ADDRESS = b'{"url":"https://studio.example/"}'
TOLD = ("token", "player", "currency", "game", "mode", "language", "country", "channel", "ip")


def ask_launch(launch: Launch) -> OutboundRequest:
    """A launch that the studio is asked for, in the words of our own protocol."""
    message = {name: getattr(launch, name) for name in TOLD}
    secret = own_secret(launch.account)
    return json_post(
        "/launch", message, header="x-bogus-signature", sign=lambda body: hmac_sha256_signature(secret, body)
    )


ASKING = replace(
    BOGUS,
    studio=Studio(launch=Outbound(ask_launch, lambda answer: json_of(answer, dict)["url"]), demo=True),
)


@pytest_asyncio.fixture(loop_scope="module")
async def studio(door: Door, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeStudio]:
    """A studio that is asked for the address of a game, and a provider account `slug` at it."""
    monkeypatch.setitem(door.gateway.desk.registry._providers, "bogus", ASKING)
    async with asked_studio(door) as served:
        yield served


@asynccontextmanager
async def asked_studio(door: Door) -> AsyncIterator[FakeStudio]:
    """A studio of its own, and a provider account `slug` with one game at it."""
    async with fake_studio() as served:
        served.slug = f"asked-{secrets.token_hex(4)}"
        await door.post(
            "/provider-accounts",
            {
                "slug": served.slug,
                "protocol": "bogus",
                "environment": "test",
                "secret": SECRET,
                "settings": {"api_url": f"{served.url}/studio"},
            },
        )
        await door.post("/games", {"provider_account": served.slug, "code": "g1", "name": "Game"})
        served.says({"url": "https://studio.example/play?x=1"})
        yield served


async def body_for(door: Door, studio: FakeStudio, **more) -> dict:
    player = await door.player(EUR="10")
    return {"player": player, "currency": "EUR", "provider_account": studio.slug, "game": "g1", **more}


async def until(what: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not what():  # noqa: ASYNC110 - a fake studio has no event for it
            await asyncio.sleep(0.01)


async def sessions_of(door: Door, player: str) -> list:
    return (await door.get("/sessions", player=player))["items"]


async def test_a_studio_is_asked_for_the_address(door: Door, studio: FakeStudio):
    """The player's token, name, place, language and channel go out signed; the address comes back."""
    body = await body_for(door, studio, channel="mobile", language="pt-BR", country="DE", ip="192.0.2.7")
    launched = await door.post("/sessions", body)
    assert launched["launch_url"] == "https://studio.example/play?x=1"
    (asked,) = studio.asked
    assert (asked.method, asked.target) == ("POST", "/studio/launch")
    signature = hmac.new(SECRET.encode(), asked.body, hashlib.sha256).hexdigest()
    assert asked.headers["x-bogus-signature"] == signature
    assert asked.json() == {
        "token": launched["token"],
        "player": launched["external_id"],
        "currency": "EUR",
        "game": "g1",
        "mode": "real",
        "language": "pt-BR",
        "country": "DE",
        "channel": "mobile",
        "ip": "192.0.2.7",
    }
    assert [session["id"] for session in await sessions_of(door, body["player"])] == [launched["id"]]


async def test_our_own_secret_signs_where_there_is_one(door: Door, studio: FakeStudio):
    """A secret of our own takes the place of the shared one, is never shown, and survives a change of master keys."""
    path = f"/provider-accounts/{studio.slug}"
    assert (await door.get(path))["has_own_secret"] is False
    told = await door.http.put(f"/v1{path}/own-secret", json={"secret": "only ours, for ever"})
    assert (told.status_code, told.json()["has_own_secret"]) == (200, True)
    assert "only ours" not in told.text
    await door.post("/sessions", await body_for(door, studio))
    asked = studio.asked[-1]
    signature = hmac.new(b"only ours, for ever", asked.body, hashlib.sha256).hexdigest()
    assert asked.headers["x-bogus-signature"] == signature
    stored = await door.owner.fetchval(
        "select own_secret from wallet.provider_account where slug = $1", studio.slug
    )
    assert b"only ours" not in stored
    for wrong, status, name in (({"secret": "short"}, 400, "invalid_request"), ({}, 400, "invalid_request")):
        refused = await door.http.put(f"/v1{path}/own-secret", json=wrong)
        assert (refused.status_code, name_of(refused.json())) == (status, name)
    nowhere = await door.http.put("/v1/provider-accounts/nowhere/own-secret", json={"secret": "long enough"})
    assert name_of(nowhere.json()) == "provider_account_not_found"


async def test_a_demo_begins_nothing(door: Door, studio: FakeStudio):
    """No session, no token, no name at the studio and no row: whatever a demo sends, nothing of it could be posted."""
    tables = ("session", "session_token", "external_id", "wallet", "player", "posting")

    async def rows() -> list[int]:
        return [await door.owner.fetchval(f"select count(*) from wallet.{table}") for table in tables]

    player = await door.player(EUR="10")
    before = await rows()
    body = {"provider_account": studio.slug, "game": "g1", "mode": "demo"}
    for more in ({}, {"player": player}, {"player": player, "currency": "EUR", "country": "DE"}):
        answer = await door.post("/sessions", {**body, **more})
        assert answer["launch_url"] == "https://studio.example/play?x=1"
        assert (answer["id"], answer["token"], answer["external_id"]) == (None, None, None)
        asked = studio.asked[-1].json()
        assert (asked["mode"], asked["token"], asked["player"]) == ("demo", "", "")
    assert await rows() == before


@pytest.mark.parametrize(
    ("answer", "status", "name", "code"),
    [
        (http(200, b"<html>"), 502, "studio_unreadable", None),
        (http(200, b"{}"), 502, "studio_unreadable", None),
        (http(200, b""), 502, "studio_unreadable", None),
        (http(200, b"\xff\xfe"), 502, "studio_unreadable", None),
        (http(200, b'{"x":' + b"[" * 20_000 + b"]" * 20_000 + b"}"), 502, "studio_unreadable", None),
        (http(200, ADDRESS.ljust(65_537)), 502, "studio_unreadable", None),
        (http(200, b"\x1f\x8b", "content-encoding: gzip"), 502, "studio_unreadable", None),
        (http(200, ADDRESS, "content-encoding: gzip"), 502, "studio_unreadable", None),
        (http(302, ADDRESS, "location: http://127.0.0.1:1/"), 502, "studio_unreadable", None),
        (http(307, b"", "location: /studio/elsewhere"), 502, "studio_unreadable", None),
        (http(403, b"{}"), 409, "studio_declined", "http 403"),
        (http(500, b"{}"), 503, "studio_unavailable", "http 500"),
        (http(429, b"{}"), 503, "studio_unavailable", "http 429"),
        (b"", 502, "studio_unreachable", None),
        (b"garbage\r\n\r\n", 502, "studio_unreachable", None),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhalf", 502, "studio_unreachable", None),
    ],
    ids=lambda value: repr(value)[:40],
)
async def test_a_studio_that_fails_is_a_problem_by_name(
    door: Door, studio: FakeStudio, answer: bytes, status: int, name: str, code: str | None
):
    """Garbage, too much, a redirect, an error, a broken line: one name each, no second try, and no session is left."""
    studio.answers = lambda _asked: answer
    body = await body_for(door, studio)
    problem = await door.post("/sessions", body, status)
    assert (name_of(problem), problem.get("studio_code")) == (name, code)
    assert len(studio.asked) == 1
    assert await sessions_of(door, body["player"]) == []
    metrics = (await door.http.get("/metrics")).text
    assert (
        f'bankroll_studio_seconds_count{{account="{studio.slug}",question="launch",outcome="{name}"}} 1'
        in metrics
    )


async def test_an_answer_is_read_up_to_its_bound(door: Door, studio: FakeStudio):
    """The longest answer that is read is read whole, said to be as it stands or not."""
    for headers in ((), ("content-encoding: identity",)):
        studio.answers = lambda _asked, headers=headers: http(200, ADDRESS.ljust(65_536), *headers)
        launched = await door.post("/sessions", await body_for(door, studio))
        assert launched["launch_url"] == "https://studio.example/"


async def test_a_path_never_leads_to_another_host(
    door: Door, studio: FakeStudio, monkeypatch: pytest.MonkeyPatch
):
    """What an adapter appends to the studio's address begins with a slash; else it is a fault of ours, and nobody is asked."""
    pathless = Outbound(lambda _launch: OutboundRequest("POST", ".example"), ASKING.studio.launch.read)
    asking = replace(ASKING, studio=Studio(launch=pathless))
    account = door.gateway.desk.registry.account(studio.slug)
    monkeypatch.setitem(door.gateway.desk.registry._accounts, studio.slug, replace(account, provider=asking))
    body = await body_for(door, studio)
    assert (await door.http.post("/v1/sessions", json=body)).status_code == 500
    assert (studio.asked, await sessions_of(door, body["player"])) == ([], [])


async def test_whatever_fails_leaves_no_session(
    door: Door, studio: FakeStudio, monkeypatch: pytest.MonkeyPatch
):
    """A mistake of an adapter is a fault of ours, and still nobody plays in a session that no studio opened."""

    async def broken(*_asked: object) -> str:
        raise TypeError("a mistake")

    monkeypatch.setattr(door.gateway.desk.studios, "ask", broken)
    body = await body_for(door, studio)
    assert (await door.http.post("/v1/sessions", json=body)).status_code == 500
    assert await sessions_of(door, body["player"]) == []


@pytest.mark.parametrize(
    "built", [LookupError("tiny"), OutboundRequest("POST", "/", (("x-name", "Geschäft€"),))], ids=str
)
async def test_a_question_that_cannot_be_built_is_the_account_s(
    door: Door, studio: FakeStudio, monkeypatch: pytest.MonkeyPatch, built: Exception | OutboundRequest
):
    """A setting that is none of a table's, or that no header can carry: nobody is asked, and no session is left."""

    def build(_launch: Launch) -> OutboundRequest:
        if isinstance(built, Exception):
            raise built
        return built

    account = door.gateway.desk.registry.account(studio.slug)
    asking = replace(ASKING, studio=Studio(launch=Outbound(build, lambda _answer: "")))
    monkeypatch.setitem(door.gateway.desk.registry._accounts, studio.slug, replace(account, provider=asking))
    body = await body_for(door, studio)
    assert name_of(await door.post("/sessions", body, 409)) == "studio_not_configured"
    assert (studio.asked, await sessions_of(door, body["player"])) == ([], [])


async def test_a_late_studio_is_not_waited_for(
    door: Door, studio: FakeStudio, monkeypatch: pytest.MonkeyPatch
):
    """Beyond its time the launch answers 504, and the session is ended."""
    studios: Studios = door.gateway.desk.studios
    monkeypatch.setattr(studios, "_seconds", 0.2)
    studio.delay = 5.0
    body = await body_for(door, studio)
    began = asyncio.get_running_loop().time()
    assert name_of(await door.post("/sessions", body, 504)) == "studio_timeout"
    assert asyncio.get_running_loop().time() - began < 3
    assert await sessions_of(door, body["player"]) == []


async def test_a_silent_studio_keeps_no_other_waiting(
    door: Door, studio: FakeStudio, monkeypatch: pytest.MonkeyPatch
):
    """However many launches one studio leaves waiting, another's are answered; beyond its share the rest fail by name."""
    monkeypatch.setattr(asking_studios, "TURN_SECONDS", 0.2)
    studio.silent_until = asyncio.Event()
    demo = {"game": "g1", "mode": "demo"}
    asking = [
        asyncio.create_task(door.http.post("/v1/sessions", json={**demo, "provider_account": studio.slug}))
        for _ in range(60)
    ]
    await until(lambda: len(studio.asked) >= asking_studios.ACCOUNT_REQUESTS)
    async with asked_studio(door) as other:
        await door.post("/sessions", await body_for(door, other))
        await door.post("/sessions", {**demo, "provider_account": other.slug})
        assert len(other.asked) == 2
    await until(lambda: sum(task.done() for task in asking) == len(asking) - asking_studios.ACCOUNT_REQUESTS)
    refused = [task.result() for task in asking if task.done()]
    assert {(each.status_code, name_of(each.json())) for each in refused} == {(502, "studio_unreachable")}
    studio.silent_until.set()
    answered = await asyncio.gather(*asking)
    assert sum(each.status_code == 201 for each in answered) == asking_studios.ACCOUNT_REQUESTS
    assert len(studio.asked) == asking_studios.ACCOUNT_REQUESTS
    await door.post("/sessions", {**demo, "provider_account": studio.slug})


async def test_a_studio_that_is_away_or_nowhere(door: Door, studio: FakeStudio):
    """No listener is unreachable; no address is a configuration that is missing."""
    path = f"/provider-accounts/{studio.slug}"
    await door.patch(path, {"settings": {"api_url": "http://127.0.0.1:1"}})
    assert name_of(await door.post("/sessions", await body_for(door, studio), 502)) == "studio_unreachable"
    await door.patch(path, {"settings": {}})
    problem = await door.post("/sessions", await body_for(door, studio), 409)
    assert name_of(problem) == "studio_not_configured"
    assert "api_url" in problem["detail"]


@pytest.mark.parametrize(
    ("environment", "address"),
    [
        ("test", "ftp://studio.example"),
        ("test", "studio.example"),
        ("test", "https://user:password@studio.example"),
        ("test", "https://studio.example/?a=b"),
        ("live", "http://studio.example"),
    ],
)
async def test_an_address_that_is_none_is_not_stored(door: Door, environment: str, address: str):
    """A studio's address is http(s)://host, and of a live account https."""
    body = {"slug": "unaddressed", "protocol": "bogus", "environment": environment}
    problem = await door.post("/provider-accounts", {**body, "settings": {"api_url": address}}, 400)
    assert "api_url" in problem["detail"]


async def test_a_studio_that_fails_floods_no_log(
    door: Door, studio: FakeStudio, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    """However often it is asked meanwhile, a second has so many lines of an account's studio, and of others their own."""
    one_a_second = defaultdict(partial(logs.Throttle, lines=1))
    monkeypatch.setattr(door.gateway.desk.studios, "_throttles", one_a_second)
    monkeypatch.setattr(problems, "THROTTLES", one_a_second)
    body, asked = await body_for(door, studio), 20
    studio.says({"error": "no"}, 500)
    began = time.monotonic()
    async with asked_studio(door) as other:
        other.says({"error": "no"}, 500)
        for _ in range(asked):
            await door.post("/sessions", body, 503)
        await door.post("/sessions", await body_for(door, other), 503)
    seconds = int(time.monotonic() - began) + 2
    told = [record.fields["account"] for record in caplog.records if record.getMessage() == "studio_failed"]
    assert told.count(studio.slug) <= min(seconds, asked - 1)
    assert told.count(other.slug) == 1


async def test_nothing_secret_is_logged(door: Door, studio: FakeStudio, caplog: pytest.LogCaptureFixture):
    """Whatever becomes of a question, neither its token, its signature nor its body stands in any log line."""
    with caplog.at_level(logging.DEBUG, logger="bankroll"):
        launched = await door.post("/sessions", await body_for(door, studio))
        studio.says({"error": "no"}, 500)
        await door.post("/sessions", await body_for(door, studio), 503)
    told = "\n".join(str(vars(record)) for record in caplog.records)
    assert "studio_failed" in told
    for asked in studio.asked:
        assert asked.headers["x-bogus-signature"] not in told
        assert asked.json()["token"] not in told
    assert launched["token"] not in told


@pytest.mark.parametrize(
    ("game", "body", "name"),
    [
        ({"refused_countries": ["MT"]}, {}, "country_refused"),
        ({"allowed_countries": ["MT"]}, {"country": "DE"}, "country_refused"),
        ({"refused_currencies": ["EUR"]}, {}, "currency_refused"),
        ({"demo": False}, {"mode": "demo"}, "demo_unavailable"),
        ({"enabled": False}, {"mode": "demo"}, "game_disabled"),
        ({"refused_countries": ["DE"]}, {"mode": "demo", "player": None, "country": "DE"}, "country_refused"),
    ],
    ids=str,
)
async def test_a_launch_is_refused_before_anybody_is_asked(
    door: Door, studio: FakeStudio, game: dict, body: dict, name: str
):
    """Where and in which money a game may be played, and whether for fun, is the catalogue's word."""
    items = (await door.get("/games", provider_account=studio.slug))["items"]
    await door.patch(f"/games/{items[0]['id']}", game)
    assert name_of(await door.post("/sessions", await body_for(door, studio, **body), 409)) == name
    assert studio.asked == []


async def test_a_launch_asks_for_the_age(door: Door, studio: FakeStudio):
    """Who is too young is let into no game; whose birth date nobody told is."""
    young = secrets.token_hex(8)
    await door.post("/players", {"id": young, "country": "MT", "birth_date": "2015-01-01"})
    await door.post(f"/players/{young}/wallets", {"currency": "EUR"})
    body = await body_for(door, studio)
    assert name_of(await door.post("/sessions", {**body, "player": young}, 409)) == "under_age"
    await door.post("/sessions", body)


async def test_a_session_for_the_lobby_is_checked_too(door: Door, studio: FakeStudio):
    """Without a game the player and the account are looked at as with one: nobody too young gets a token."""
    young = secrets.token_hex(8)
    await door.post("/players", {"id": young, "country": "MT", "birth_date": "2015-01-01"})
    await door.post(f"/players/{young}/wallets", {"currency": "EUR"})
    body = {**await body_for(door, studio), "game": None}
    assert name_of(await door.post("/sessions", {**body, "player": young}, 409)) == "under_age"
    assert await sessions_of(door, young) == []
    launched = await door.post("/sessions", body)
    assert (launched["launch_url"], launched["game"]) == (None, None)
    await door.patch(f"/provider-accounts/{studio.slug}", {"state": "no_new_bets"})
    assert name_of(await door.post("/sessions", body, 409)) == "account_disabled"


@pytest.mark.parametrize(
    "address",
    [
        *("javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//evil.example/", "/relative"),
        *("", "game", "https:///path", "https://:443/", "https://a.example:99999/", "https://[::1/"),
        *("https://a.example/\r\nx: y", "https://a.example/\t", " https://a.example/", "https://a.ex ample/"),
        *(
            "\x00https://a.example/",
            "https://a.example/\x7f",
            "https://a.example/\u2028",
            "https:\\a.example",
        ),
    ],
    ids=repr,
)
async def test_an_address_that_no_player_may_be_sent_to(door: Door, studio: FakeStudio, address: str):
    """What a studio answers is held to be a place on the web before anybody is sent there; the session is ended."""
    studio.says({"url": address})
    body = await body_for(door, studio)
    assert name_of(await door.post("/sessions", body, 502)) == "studio_unreadable"
    assert await sessions_of(door, body["player"]) == []


@pytest.mark.parametrize(
    ("address", "test", "sound"),
    [
        ("https://a.example/play?x=1#y", False, True),
        ("HTTPS://a.example:8443", False, True),
        ("http://a.example/", True, True),
        ("http://a.example/", False, False),
        ("ftp://a.example/", True, False),
    ],
)
async def test_a_live_game_is_played_over_https(address: str, test: bool, sound: bool):
    """Plain http is for test accounts."""
    if sound:
        assert sound_address(address, test=test) == address
        return
    with pytest.raises(ValueError, match="absolute"):
        sound_address(address, test=test)


async def test_an_operator_may_want_to_know_the_age(door: Door, database, redis_url):
    """With BANKROLL_BIRTH_DATE_NEEDED nobody plays whose birth date is unknown, and BANKROLL_MINIMUM_AGE is the age."""
    wanted = {"BANKROLL_BIRTH_DATE_NEEDED": "true", "BANKROLL_MINIMUM_AGE": "21"}
    async with road_on(database, redis_url, f"{secrets.token_hex(4)}:", door.owner, **wanted) as strict:
        strict.http.headers["authorization"] = door.http.headers["authorization"]
        there = Door(strict.gateway, strict.http, door.owner)
        body = {"provider_account": strict.slug, "game": GAME, "currency": "EUR"}
        for birth_date, name in ((None, "age_unknown"), (TWENTY, "under_age")):
            player = secrets.token_hex(8)
            await there.post("/players", {"id": player, "country": "MT", "birth_date": birth_date})
            await there.post(f"/players/{player}/wallets", {"currency": "EUR"})
            assert name_of(await there.post("/sessions", {**body, "player": player}, 409)) == name


async def test_a_blocked_player_has_no_demo_either(door: Door, studio: FakeStudio):
    """Who may not play is not shown a game by name."""
    body = await body_for(door, studio, mode="demo")
    await door.post(f"/players/{body['player']}/block", expected=200)
    assert name_of(await door.post("/sessions", body, 409)) == "player_blocked"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"player": None}, "player"),
        ({"currency": None}, "currency"),
        ({"mode": "demo", "game": None}, "game"),
        ({"mode": "fun"}, "mode"),
        ({"channel": "toaster"}, "channel"),
        ({"country": "XX"}, "country"),
        ({"language": "English"}, "language"),
        ({"ip": "192.0.2.256"}, "ip"),
        *(({"ip": address}, "ip") for address in ("fe80::1%eth0", "fe80::1%\r\nx: y", "::1%&a=b")),
        ({"lobby_url": "javascript:alert(1)"}, "lobby_url"),
        ({"deposit_url": "https://x.example/\n"}, "deposit_url"),
    ],
    ids=str,
)
async def test_a_launch_that_makes_no_sense_is_refused_by_field(
    door: Door, studio: FakeStudio, change: dict, field: str
):
    """Every field is held to what it may be, before anything begins."""
    problem = await door.post("/sessions", {**await body_for(door, studio), **change}, 400)
    assert name_of(problem) == "invalid_request"
    assert problem["errors"][0]["field"] == field
    assert studio.asked == []


async def test_a_studio_that_hands_out_a_permit_sees_it(door: Door, studio: FakeStudio):
    """The permit is asked for first and goes along; without one nothing else is asked, and the session is ended."""
    permit = Outbound(
        lambda _account: OutboundRequest("POST", "/permit"), lambda answer: json_of(answer, dict)["permit"]
    )
    launch = Outbound(
        lambda launch: OutboundRequest("POST", "/launch", (("authorization", launch.permit),)),
        lambda answer: json_of(answer, dict)["url"],
    )
    registry = door.gateway.desk.registry
    registry._providers["bogus"] = replace(BOGUS, studio=Studio(launch=launch, permit=permit))
    await door.patch(f"/provider-accounts/{studio.slug}", {"deadline_ms": 1999})
    studio.says({"permit": "of-the-hour", "url": "https://studio.example/"})
    await door.post("/sessions", await body_for(door, studio))
    assert [asked.target for asked in studio.asked] == ["/studio/permit", "/studio/launch"]
    assert studio.asked[1].headers["authorization"] == "of-the-hour"
    studio.says({}, 401)
    body = await body_for(door, studio)
    assert name_of(await door.post("/sessions", body, 409)) == "studio_declined"
    assert len(studio.asked) == 3
    assert await sessions_of(door, body["player"]) == []
