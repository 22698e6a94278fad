"""What else a studio is asked: its list of games, free rounds and their end; each again without doing it twice."""

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio
from msgspec import Struct
from msgspec.structs import replace

from gateway.api import free_rounds, game_lists
from providers.bogus import BOGUS
from providers.outbound import Studio
from tests.gateway.door import Door, name_of, one_loop
from tests.gateway.fake_studio import FakeStudio, fake_studio, http
from wallet.cursors import cursor_of
from wallet.database import POOL_SIZE

pytestmark = one_loop

SECRET = "a secret of both sides"
UNTIL = "2030-01-01T00:00:00Z"


@pytest_asyncio.fixture(loop_scope="module")
async def studio(door: Door) -> AsyncIterator[FakeStudio]:
    """A studio of our own protocol, and a provider account `slug` at it."""
    async with fake_studio() as served:
        served.slug = f"jobs-{secrets.token_hex(4)}"
        account = {"slug": served.slug, "protocol": "bogus", "environment": "test", "secret": SECRET}
        await door.post("/provider-accounts", {**account, "settings": {"api_url": served.url}})
        yield served


async def listed(door: Door, studio: FakeStudio, expected: int = 200, **body):
    """An import, as if the studio's pause were over."""
    pauses = door.gateway.desk.studios._pauses
    await pauses._redis.delete(f"{pauses._prefix}{studio.slug}:games")
    pauses._own.clear()
    return await door.post(f"/provider-accounts/{studio.slug}/games/import", body, expected)


async def games_of(door: Door, studio: FakeStudio) -> dict[str, dict]:
    page = await door.get("/games", provider_account=studio.slug, limit=500)
    return {game["code"]: game for game in page["items"]}


async def test_a_list_of_games_is_taken_over(door: Door, studio: FakeStudio):
    """New games come disabled, known ones follow the studio's words and keep the operator's, missing ones are named."""
    first = [
        {"code": "a", "name": "A", "type": "slot", "rtp": "96.51"},
        {"code": "b", "name": "B"},
        {"code": "a", "name": "A on another platform"},
        {"code": "bad", "name": ""},
    ]
    studio.says({"games": first})
    told = await listed(door, studio)
    assert told == {
        "listed": 4, "created": 2, "changed": 0, "unchanged": 0, "refused": ["bad"], "missing": [],
    }  # fmt: skip
    (asked,) = studio.asked
    assert (
        asked.headers["x-bogus-signature"]
        == hmac.new(SECRET.encode(), asked.body, hashlib.sha256).hexdigest()
    )
    games = await games_of(door, studio)
    assert (games["a"]["name"], games["a"]["type"], games["a"]["rtp"]) == ("A", "slot", "96.51")
    assert not games["a"]["enabled"]
    await door.patch(f"/games/{games['a']['id']}", {"enabled": True, "refused_countries": ["FR"]})
    assert (await listed(door, studio))["unchanged"] == 2
    studio.says({"games": [{"code": "a", "name": "A2"}, {"code": "c", "name": "C", "type": "live"}]})
    told = await listed(door, studio, enabled=True)
    assert (told["created"], told["changed"], told["unchanged"], told["missing"]) == (1, 1, 0, ["b"])
    games = await games_of(door, studio)
    kept = {name: games["a"][name] for name in ("name", "type", "rtp", "enabled", "refused_countries")}
    assert kept == {
        "name": "A2",
        "type": "slot",
        "rtp": "96.51",
        "enabled": True,
        "refused_countries": ["FR"],
    }
    assert (games["c"]["enabled"], games["b"]["enabled"]) == (True, False)
    assert door.gateway.desk.registry.account(studio.slug).games["a"].name == "A2"


async def test_a_list_of_thousands_is_taken_over(door: Door, studio: FakeStudio):
    """More games than are written at once all arrive."""
    studio.says({"games": [{"code": f"g{number}", "name": f"Game {number}"} for number in range(5_500)]})
    assert (await listed(door, studio))["created"] == 5_500
    assert len(door.gateway.desk.registry.account(studio.slug).games) == 5_500


async def test_a_list_is_taken_over_whole_or_not_at_all(
    door: Door, studio: FakeStudio, monkeypatch: pytest.MonkeyPatch
):
    """Where one game of thousands cannot be written in time, none of them is there; again, all are."""
    monkeypatch.setattr(game_lists, "IMPORT_SECONDS", 3.0)
    await door.post("/games", {"provider_account": studio.slug, "code": "g5500", "name": "The last"})
    account = door.gateway.desk.registry.account(studio.slug)
    studio.says({"games": [{"code": f"g{n}", "name": f"Game {n}"} for n in range(5_501)]})
    async with door.owner.transaction():
        await door.owner.execute(
            "select from wallet.game where provider_account = $1 and code = 'g5500' for update", account.id
        )
        assert name_of(await listed(door, studio, 503)) == "temporarily_unavailable"
    assert [game.code for game in await door.gateway.desk.catalogue.games(account.id)] == ["g5500"]
    monkeypatch.undo()
    told = await listed(door, studio)
    assert (told["created"], told["changed"]) == (5_500, 1)


async def test_an_import_has_an_end(door: Door, studio: FakeStudio, monkeypatch: pytest.MonkeyPatch):
    """Whether the studio is silent or the database has no connection left, it is answered by name, and nothing is taken."""
    monkeypatch.setattr(game_lists, "IMPORT_SECONDS", 2.0)
    studio.says({"games": [{"code": "a", "name": "A"}]})
    catalogue = door.gateway.desk.catalogue
    async with AsyncExitStack() as busy:
        for _ in range(POOL_SIZE):
            await busy.enter_async_context(catalogue._database.acquire())
        assert name_of(await listed(door, studio, 503)) == "temporarily_unavailable"
    studio.silent_until = asyncio.Event()
    assert name_of(await listed(door, studio, 504)) == "studio_timeout"
    studio.silent_until.set()
    assert await games_of(door, studio) == {}


async def test_a_list_beyond_all_studios_is_not_taken_over(door: Door, studio: FakeStudio):
    """One game more than any studio has is no list, and none of them is taken."""
    studio.says({"games": [{"code": f"g{n}", "name": "Game"} for n in range(20_001)]})
    path = f"/provider-accounts/{studio.slug}/games/import"
    assert name_of(await door.post(path, {}, 502)) == "studio_unreadable"
    assert (await door.get("/games", provider_account=studio.slug))["items"] == []


async def test_a_studio_is_asked_for_its_list_once_a_minute(door: Door, studio: FakeStudio):
    """The second request is not sent, and says when to come again; another account's pause is its own."""
    studio.says({"games": []})
    await listed(door, studio)
    path = f"/v1/provider-accounts/{studio.slug}/games/import"
    refused = await door.http.post(path, json={})
    assert (refused.status_code, name_of(refused.json())) == (429, "too_many_requests")
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert len(studio.asked) == 1


async def test_a_list_that_is_none_changes_nothing(door: Door, studio: FakeStudio):
    """A refusal, garbage or a list that breaks off leaves the catalogue as it is."""
    studio.says({"games": [{"code": "a", "name": "A"}]})
    await listed(door, studio)
    before = await games_of(door, studio)
    for answer, status, name in (
        (http(200, b'{"error":"unknown_operator"}'), 409, "studio_declined"),
        (http(200, b'{"error":"busy"}'), 503, "studio_unavailable"),
        (http(200, b'{"games":[{"code":"b","name":"B"},{"code":7}]}'), 502, "studio_unreadable"),
        (http(200, b'{"games":[{"code":"b"'), 502, "studio_unreadable"),
    ):
        studio.answers = lambda _asked, answer=answer: answer
        assert name_of(await listed(door, studio, status)) == name
    assert await games_of(door, studio) == before
    nowhere = await door.post("/provider-accounts/nowhere/games/import", {}, 404)
    assert name_of(nowhere) == "provider_account_not_found"


async def wanted(door: Door, studio: FakeStudio, **more) -> dict:
    """Free rounds for a new player in a game that is there."""
    await door.http.post("/v1/games", json={"provider_account": studio.slug, "code": "g", "name": "G"})
    return {
        "id": secrets.token_hex(8),
        "player": await door.player(EUR="0"),
        "currency": "EUR",
        "provider_account": studio.slug,
        "games": ["g"],
        "quantity": 10,
        "bet_value": "0.20",
        "expires_at": UNTIL,
        **more,
    }


async def test_free_rounds_are_given_listed_and_taken_back(door: Door, studio: FakeStudio):
    """The studio is told once whom, in which money, what and until when; the list says how far they are."""
    body = await wanted(door, studio)
    given = await door.post("/free-rounds", body)
    assert (given["state"], given["bet_value"], given["quantity"]) == ("issued", "0.20", 10)
    asked = studio.asked[-1]
    assert asked.target == "/free-rounds"
    assert (
        asked.headers["x-bogus-signature"]
        == hmac.new(SECRET.encode(), asked.body, hashlib.sha256).hexdigest()
    )
    assert asked.json() == {
        "id": body["id"],
        "player": given["external_id"],
        "currency": "EUR",
        "games": ["g"],
        "quantity": 10,
        "bet_value": "0.20",
        "expires_at": UNTIL,
    }
    assert await door.post("/free-rounds", body, 200) == given
    assert len(studio.asked) == 1
    second = await door.post("/free-rounds", {**body, "id": secrets.token_hex(8)})
    first_page = await door.get("/free-rounds", player=body["player"], limit=1)
    rest = await door.get("/free-rounds", player=body["player"], limit=1, cursor=first_page["next_cursor"])
    assert first_page["items"] + rest["items"] == [second, given]
    assert rest["next_cursor"] is None
    path = f"/free-rounds/{studio.slug}/{body['id']}/cancel"
    cancelled = await door.post(path, expected=200)
    assert cancelled == {**given, "state": "cancelled"}
    assert studio.asked[-1].json() == {"id": body["id"]}
    told = len(studio.asked)
    assert await door.post(path, expected=200) == cancelled
    assert len(studio.asked) == told


class Written(Struct, frozen=True):
    """Where a page ended, as somebody may write it by hand."""

    created_at: str
    issue: str


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-11-21T12:00:00", "yesterday"]
)
async def test_a_list_goes_on_from_no_moment_that_is_none(door: Door, moment: str):
    """A cursor that was altered to a moment beyond the calendar, or without a time zone, is refused."""
    player = await door.player()
    cursor = cursor_of(Written(moment, "x"), free_rounds.Filters(player))
    assert name_of(await door.get("/free-rounds", 400, player=player, cursor=cursor)) == "invalid_cursor"
    for bound in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"):
        cursor = cursor_of(Written(bound, "x"), free_rounds.Filters(player))
        assert (await door.get("/free-rounds", player=player, cursor=cursor))["items"] == []


async def test_free_rounds_whose_answer_was_lost_are_asked_for_again(door: Door, studio: FakeStudio):
    """They stay requested until the studio said yes or no, and the wallet is known by their id from the beginning."""
    body = await wanted(door, studio)
    studio.answers = lambda _asked: b""
    assert name_of(await door.post("/free-rounds", body, 502)) == "studio_unreachable"
    (requested,) = (await door.get("/free-rounds", player=body["player"]))["items"]
    assert requested["state"] == "requested"
    account = door.gateway.desk.registry.account(studio.slug)
    named = await door.gateway.desk.free_rounds.find(account.id, body["id"])
    assert named is not None
    assert named.external_id == requested["external_id"]
    studio.says({})
    assert (await door.post("/free-rounds", body))["state"] == "issued"
    assert [asked.body for asked in studio.asked] == [studio.asked[0].body] * 2


async def test_free_rounds_that_the_studio_declines(door: Door, studio: FakeStudio):
    """Its no is remembered and may be asked again; a cancellation that it declines leaves them as they are."""
    body = await wanted(door, studio)
    studio.says({"error": "no_such_game"})
    problem = await door.post("/free-rounds", body, 409)
    assert (name_of(problem), problem["studio_code"]) == ("studio_declined", "no_such_game")
    assert (await door.get("/free-rounds", player=body["player"]))["items"][0]["state"] == "declined"
    studio.says({})
    await door.post("/free-rounds", body)
    studio.says({"error": "too_late"})
    path = f"/free-rounds/{studio.slug}/{body['id']}/cancel"
    assert name_of(await door.post(path, expected=409)) == "studio_declined"
    assert (await door.get("/free-rounds", player=body["player"]))["items"][0]["state"] == "issued"
    account = door.gateway.desk.registry.account(studio.slug)
    await door.gateway.desk.free_rounds.change(account.id, body["id"], "finished")
    assert name_of(await door.post(path, expected=409)) == "free_rounds_finished"


async def test_a_no_after_a_lost_answer_is_not_believed(door: Door, studio: FakeStudio):
    """The studio may have given them the first time: they stay requested, and what they win still finds its wallet."""
    account = door.gateway.desk.registry.account(studio.slug)
    find = door.gateway.desk.free_rounds.find

    async def asked(expected: int) -> str:
        await door.post("/free-rounds", body, expected)
        return (await door.get("/free-rounds", player=body["player"]))["items"][0]["state"]

    body = await wanted(door, studio)
    studio.says({"error": "busy"})
    assert await asked(503) == "requested"
    studio.says({"error": "known_already"})
    assert await asked(409) == "requested"
    assert await find(account.id, body["id"]) is not None
    body = await wanted(door, studio)
    assert await asked(409) == "declined"
    assert await find(account.id, body["id"]) is None
    assert await asked(409) == "declined"
    studio.answers = lambda _asked: b""
    assert await asked(502) == "requested"
    assert await find(account.id, body["id"]) is not None


async def test_who_was_erased_is_given_no_free_rounds(door: Door, studio: FakeStudio):
    """No new ones and none that the studio declined; what it has already is answered as before, and taken back."""
    body = await wanted(door, studio)
    given = await door.post("/free-rounds", body)
    declined = {**body, "id": secrets.token_hex(8)}
    studio.says({"error": "no_such_game"})
    await door.post("/free-rounds", declined, 409)
    studio.says({})
    await door.http.delete(f"/v1/players/{body['player']}/personal-data")
    for refused in (declined, {**body, "id": secrets.token_hex(8)}):
        assert name_of(await door.post("/free-rounds", refused, 409)) == "player_erased"
    assert len(studio.asked) == 2
    assert len((await door.get("/free-rounds", player=body["player"]))["items"]) == 2
    assert await door.post("/free-rounds", body, 200) == given
    await door.post(f"/free-rounds/{studio.slug}/{body['id']}/cancel", expected=200)


async def test_free_rounds_are_refused_by_name(door: Door, studio: FakeStudio):
    """Whom nothing may be given, what is not there and what makes no sense is refused before anybody is asked."""
    body = await wanted(door, studio)
    await door.post("/free-rounds", body)
    blocked = await door.player(EUR="0")
    await door.post(f"/players/{blocked}/block", expected=200)
    fresh = {**body, "id": secrets.token_hex(8)}
    for change, status, name in (
        ({"id": body["id"], "quantity": 11}, 409, "free_rounds_differ"),
        ({"player": blocked}, 409, "player_blocked"),
        ({"player": "nobody"}, 404, "player_not_found"),
        ({"currency": "USD"}, 404, "wallet_not_found"),
        ({"currency": "XXQ"}, 400, "unknown_currency"),
        ({"games": ["nowhere"]}, 409, "game_disabled"),
        ({"games": []}, 400, "invalid_request"),
        ({"quantity": 0}, 400, "invalid_request"),
        ({"bet_value": "0"}, 400, "invalid_amount"),
        ({"bet_value": "0.001"}, 400, "invalid_amount"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, 400, "invalid_request"),
        ({"expires_at": "2030-01-01T00:00:00"}, 400, "invalid_request"),
        ({"starts_at": UNTIL}, 400, "invalid_request"),
        ({"id": "a/b"}, 400, "invalid_request"),
        ({"id": f"{body['id']}\n"}, 400, "invalid_request"),
        ({"provider_account": "nowhere"}, 404, "provider_account_not_found"),
    ):
        assert name_of(await door.post("/free-rounds", {**fresh, **change}, status)) == name, change
    assert len(studio.asked) == 1
    for path in (f"/free-rounds/{studio.slug}/none/cancel", "/free-rounds/nowhere/none/cancel"):
        await door.post(path, expected=404)


async def test_a_protocol_without_a_question_says_so(
    door: Door, studio: FakeStudio, monkeypatch: pytest.MonkeyPatch
):
    """Where the protocol has no such call, nothing is written down and nobody is asked."""
    body = await wanted(door, studio)
    monkeypatch.setitem(door.gateway.desk.registry._providers, "bogus", replace(BOGUS, studio=Studio()))
    await door.patch(f"/provider-accounts/{studio.slug}", {"deadline_ms": 1999})
    paths = {
        f"/provider-accounts/{studio.slug}/games/import": {},
        "/free-rounds": body,
        f"/free-rounds/{studio.slug}/{body['id']}/cancel": None,
    }
    for path, message in paths.items():
        assert name_of(await door.post(path, message, 409)) == "studio_cannot"
    assert (await door.get("/free-rounds", player=body["player"]))["items"] == []
    assert studio.asked == []
