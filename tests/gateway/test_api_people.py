"""Players, wallets, sessions and API keys through the internal API, and what every operation holds its caller to."""

import asyncio
import logging
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.api import OPERATIONS
from gateway.api.authentication import SCOPES
from providers import PROVIDERS
from tests.gateway.door import Door, answered, name_of, one_loop
from wallet.api_keys import ApiScope

pytestmark = one_loop

LAUNCHING = "bogus"  # its games are at an address that needs no setting
ASKED = next(name for name, provider in PROVIDERS.items() if not callable(provider.studio.launch))


async def test_a_player_is_registered_once(door: Door):
    """The same player again is answered with 200, the same id with other content refused."""
    body = {
        "id": "anna-1",
        "country": "MT",
        "brand": "b",
        "affiliate": "affiliate-7",
        "birth_date": "1990-01-31",
        "language": "en",
        "labels": ["vip"],
    }
    made = await door.post("/players", body)
    assert made["status"] == "active"
    assert (made["labels"], made["birth_date"], made["affiliate"]) == (["vip"], "1990-01-31", "affiliate-7")
    assert await door.post("/players", body, 200) == made
    assert name_of(await door.post("/players", {**body, "country": "GB"}, 409)) == "player_differs"
    assert name_of(await door.post("/players", {**body, "affiliate": "x"}, 409)) == "player_differs"
    assert await door.get("/players/anna-1") == made


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"id": ""}, "id"),
        ({"id": "x" * 65}, "id"),
        ({"id": "a/b"}, "id"),
        ({"id": ".."}, "id"),
        ({"id": "a\nb"}, "id"),
        ({"id": 5}, "id"),
        ({"id": " "}, "id"),
        ({"id": "\ufeff"}, "id"),
        ({"id": "é" * 33}, "id"),
        ({"country": "mt"}, "country"),
        ({"country": "QX"}, "country"),
        ({"birth_date": "2999-01-01"}, "birth_date"),
        ({"birth_date": "1899-12-31"}, "birth_date"),
        ({"birth_date": "yesterday"}, "birth_date"),
        ({"language": "english please"}, "language"),
        ({"registered_at": "2020-01-01T00:00:00"}, "registered_at"),
        ({"registered_at": "0001-01-01T00:00:00+23:59"}, "registered_at"),
        ({"registered_at": "0001-01-01T01:00:00+01:00"}, "registered_at"),
        ({"registered_at": "2999-01-01T00:00:00Z"}, "registered_at"),
        ({"labels": ["x"] * 33}, "labels"),
        ({"labels": ["\u3000"]}, "labels"),
        ({"brand": "\u200b"}, "brand"),
        ({"test": "yes"}, "test"),
        ({"personal_data": {"sex": "F"}}, "personal_data"),
        ({"affiliate": " "}, "affiliate"),
        ({"vip": True}, "vip"),
    ],
)
async def test_a_player_that_cannot_be_is_refused_by_field(door: Door, change: dict, field: str):
    """What is wrong with a player is named, and nobody is registered."""
    before = await door.owner.fetchval("select count(*) from wallet.player")
    problem = await door.post("/players", {"id": "bert", "country": "MT", **change}, 400)
    assert name_of(problem) == "invalid_request"
    assert problem["errors"][0]["field"] == field
    assert await door.owner.fetchval("select count(*) from wallet.player") == before


async def test_personal_data_are_kept_and_never_answered(door: Door):
    """Personal data lie apart: no answer holds them."""
    body = {"id": "carl", "country": "MT", "personal_data": {"name": "Carl Secret"}}
    assert "personal_data" not in await door.post("/players", body)
    assert "Secret" not in str(await door.get("/players/carl"))
    assert "Secret" in await door.owner.fetchval(
        "select string_agg(data::text, '') from wallet.personal_data"
    )


async def test_other_personal_data_are_refused_and_never_dropped(door: Door):
    """A player sent again with other or first personal data is refused; with the same, or with none, it is answered."""
    bare, whole = {"id": "dora", "country": "MT"}, {"id": "dora-2", "country": "MT"}
    person = {"name": "Dora", "sex": "female"}
    await door.post("/players", bare)
    await door.post("/players", {**whole, "personal_data": person})
    for body in ({**bare, "personal_data": person}, {**whole, "personal_data": {"name": "Dora"}}):
        assert name_of(await door.post("/players", body, 409)) == "player_differs"
    for body in (bare, whole, {**whole, "personal_data": person}):
        await door.post("/players", body, 200)


async def test_personal_data_are_corrected(door: Door):
    """What is put takes the place of all that was kept, also of nothing, until the player was erased."""
    player = {"id": "emil", "country": "MT"}
    await door.post("/players", player)
    for person in ({"name": "Emil", "sex": "male"}, {"name": "Emile"}):
        for _ in range(2):
            put = await door.http.put("/v1/players/emil/personal-data", json={"personal_data": person})
            assert (put.status_code, put.content) == (204, b"")
        await door.post("/players", {**player, "personal_data": person}, 200)
    changes = {"operation": "keep_personal_data", "player": "emil"}
    assert len((await door.get("/audit", **changes))["items"]) == 2
    wrong = await door.http.put("/v1/players/emil/personal-data", json={"personal_data": {"sex": "F"}})
    assert answered(wrong, 400)["errors"][0]["field"] == "personal_data"
    unknown = await door.http.put("/v1/players/nobody-here/personal-data", json={"personal_data": {}})
    assert name_of(answered(unknown, 404)) == "player_not_found"
    await door.http.delete("/v1/players/emil/personal-data")
    late = await door.http.put("/v1/players/emil/personal-data", json={"personal_data": {"name": "Emil"}})
    assert name_of(answered(late, 409)) == "player_erased"
    assert (
        await door.gateway.desk.players.personal_data((await door.gateway.desk.players.find("emil")).id)
        is None
    )


async def test_players_are_listed_in_pages(door: Door):
    """Pages follow one another without a gap or a repeat, and filter by status."""
    names = [await door.player() for _ in range(5)]
    await door.post(f"/players/{names[2]}/block", expected=200)
    seen, cursor = [], {}
    while True:
        page = await door.get("/players", limit=2, **cursor)
        assert len(page["items"]) <= 2
        seen += [player["id"] for player in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen[-5:] == names
    assert len(set(seen)) == len(seen)
    blocked = await door.get("/players", status="blocked", limit=500)
    assert names[2] in [player["id"] for player in blocked["items"]]
    assert name_of(await door.get("/players", 400, status="blocked", **cursor)) == "invalid_cursor"


async def test_a_block_ends_sessions_and_an_unblock_ends_the_block(door: Door):
    """Blocking and unblocking answer the status that stands and are harmless when repeated."""
    player = await door.player(EUR="0")
    for _ in range(2):
        assert (await door.post(f"/players/{player}/block", expected=200))["status"] == "blocked"
    for _ in range(2):
        assert (await door.post(f"/players/{player}/unblock", expected=200))["status"] == "active"
    assert name_of(await door.post("/players/nobody/block", expected=404)) == "player_not_found"


async def test_an_exclusion_is_not_ended_by_an_unblock(door: Door):
    """Who is excluded stays excluded: neither block nor unblock changes it."""
    player = await door.player()
    found = await door.gateway.desk.players.find(player)
    await door.gateway.desk.players.exclude(found.id)
    for act in ("block", "unblock"):
        assert name_of(await door.post(f"/players/{player}/{act}", expected=409)) == "player_excluded"
    assert (await door.get(f"/players/{player}"))["status"] == "excluded"


async def test_a_wallet_is_opened_once_and_read(door: Door):
    """Opening a wallet again answers the one there is; a currency we do not have is refused."""
    player = await door.player()
    assert await door.get(f"/players/{player}/wallets") == {"items": []}
    opened = await door.post(f"/players/{player}/wallets", {"currency": "EUR"})
    assert opened["balances"] == {"cash": "0.00", "bonus": "0.00", "held": "0.00", "total": "0.00"}
    assert await door.post(f"/players/{player}/wallets", {"currency": "EUR"}, 200) == opened
    assert await door.get(f"/players/{player}/wallets") == {"items": [opened]}
    assert await door.get(f"/players/{player}/wallets/EUR") == opened
    for expected, name, currency in ((400, "unknown_currency", "XXQ"), (400, "unknown_currency", "eur")):
        assert (
            name_of(await door.post(f"/players/{player}/wallets", {"currency": currency}, expected)) == name
        )
    assert name_of(await door.get(f"/players/{player}/wallets/USD", 404)) == "wallet_not_found"
    assert name_of(await door.get("/players/nobody/wallets", 404)) == "player_not_found"
    assert name_of(await door.get("/players/nobody/wallets/EUR", 404)) == "player_not_found"
    assert name_of(await door.post("/players/nobody/wallets", {"currency": "EUR"}, 404)) == "player_not_found"


async def test_a_wallet_that_many_open_at_once_is_made_by_one(door: Door):
    """One is told that it was made, all others that it was there, and all of them the same wallet."""
    player = await door.player()
    asked = (door.http.post(f"/v1/players/{player}/wallets", json={"currency": "EUR"}) for _ in range(8))
    answers = await asyncio.gather(*asked)
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert {answer.text for answer in answers} == {answers[0].text}


async def test_a_closed_wallet_takes_no_deposit_until_it_is_reopened(door: Door):
    """Closing and reopening answer the wallet as it then is, touch no other one, and are harmless when repeated."""
    player = await door.player(EUR="10", USD="0")
    deposit = {"player": player, "currency": "EUR", "amount": "5"}
    for _ in range(2):
        closed = await door.post(f"/players/{player}/wallets/EUR/close", expected=200)
        assert (closed["status"], closed["balances"]["cash"]) == ("closed", "10.00")
    assert await door.get(f"/players/{player}/wallets/EUR") == closed
    assert (await door.get(f"/players/{player}/wallets/USD"))["status"] == "open"
    assert name_of(await door.post("/deposits", deposit, 409)) == "wallet_closed"
    await door.post("/withdrawals", {"player": player, "currency": "EUR", "amount": "4"})
    for _ in range(2):
        assert (await door.post(f"/players/{player}/wallets/EUR/reopen", expected=200))["status"] == "open"
    await door.post("/deposits", deposit)
    for act in ("close", "reopen"):
        assert (
            name_of(await door.post(f"/players/{player}/wallets/BTC/{act}", expected=404))
            == "wallet_not_found"
        )
        assert (
            name_of(await door.post(f"/players/nobody/wallets/EUR/{act}", expected=404)) == "player_not_found"
        )


async def test_names_with_letters_of_every_kind_work(door: Door):
    """An id of any printable text is a player, percent-encoded in paths."""
    for name in ("Żółć 1", "a%2Fb", "ünï+code?&#", "玩家"):
        await door.post("/players", {"id": name, "country": "MT"})
        response = await door.http.get("/v1/players/" + "".join(f"%{byte:02X}" for byte in name.encode()))
        assert response.json()["id"] == name


async def test_a_session_is_launched_listed_and_revoked(door: Door):
    """A launch answers its token once and an address where the protocol has one; a revoked session is dead."""
    player = await door.player(EUR="10")
    await door.post("/provider-accounts", {"slug": "launching", "protocol": LAUNCHING, "environment": "test"})
    await door.post("/games", {"provider_account": "launching", "code": "g1", "name": "Game"})
    body = {
        "player": player,
        "currency": "EUR",
        "provider_account": "launching",
        "game": "g1",
        "country": "MT",
    }
    launched = await door.post("/sessions", body)
    assert launched["token"] in launched["launch_url"]
    assert launched["external_id"]
    page = await door.get("/sessions", player=player)
    assert [session["id"] for session in page["items"]] == [launched["id"]]
    assert launched["token"] not in str(page)
    assert page["items"][0]["live"]
    await door.post(f"/sessions/{launched['id']}/revoke", expected=204)
    assert name_of(await door.post(f"/sessions/{launched['id']}/revoke", expected=404)) == "session_not_found"
    assert (await door.get("/sessions", player=player))["items"] == []
    assert not (await door.get("/sessions", player=player, dead=True))["items"][0]["live"]


async def test_a_session_is_refused_by_name(door: Door):
    """An unknown or disabled game, account, wallet, player or a block says which it is."""
    player, blocked = await door.player(EUR="0"), await door.player(EUR="0")
    await door.post(f"/players/{blocked}/block", expected=200)
    await door.post("/provider-accounts", {"slug": "strict", "protocol": LAUNCHING, "environment": "test"})
    await door.post("/games", {"provider_account": "strict", "code": "off", "name": "Off", "enabled": False})
    body = {"player": player, "currency": "EUR", "provider_account": "strict"}
    for change, expected, name in (
        ({"game": "off"}, 409, "game_disabled"),
        ({"game": "unknown"}, 409, "game_disabled"),
        ({"provider_account": "nowhere"}, 404, "provider_account_not_found"),
        ({"provider_account": "operator"}, 404, "provider_account_not_found"),
        ({"player": "nobody"}, 404, "player_not_found"),
        ({"currency": "USD"}, 404, "wallet_not_found"),
        ({"player": blocked}, 409, "player_blocked"),
    ):
        assert name_of(await door.post("/sessions", {**body, **change}, expected)) == name
    await door.patch("/provider-accounts/strict", {"state": "no_new_bets"})
    assert name_of(await door.post("/sessions", body, 409)) == "account_disabled"


async def test_a_protocol_without_an_address_launches_with_null(door: Door):
    """Where the studio itself is asked for the address, the launch answers the token and null."""
    player = await door.player(EUR="0")
    await door.post("/provider-accounts", {"slug": "asked", "protocol": ASKED, "environment": "test"})
    launched = await door.post(
        "/sessions", {"player": player, "currency": "EUR", "provider_account": "asked"}
    )
    assert launched["launch_url"] is None
    assert launched["token"]


async def test_sessions_are_listed_in_pages(door: Door):
    """A player's sessions come the newest first, page by page."""
    player = await door.player(EUR="0")
    await door.post("/provider-accounts", {"slug": "paged", "protocol": LAUNCHING, "environment": "test"})
    body = {"player": player, "currency": "EUR", "provider_account": "paged"}
    made = [(await door.post("/sessions", body))["id"] for _ in range(5)]
    first = await door.get("/sessions", player=player, limit=3)
    rest = await door.get("/sessions", player=player, limit=3, cursor=first["next_cursor"])
    assert [session["id"] for session in first["items"] + rest["items"]] == made[::-1]
    assert rest["next_cursor"] is None
    assert name_of(await door.get("/sessions", 400)) == "invalid_request"


async def test_an_api_key_is_shown_once_used_and_revoked(door: Door):
    """A key works with its scopes until it is revoked; the list tells when it was used last and when it ended, and shows no key."""
    until = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    made = await door.post("/api-keys", {"name": "k", "scopes": ["players:read"], "expires_at": until})
    assert made["key"].startswith("bk_")
    headers = {"authorization": f"Bearer {made['key']}"}
    assert (await door.http.get("/v1/players", headers=headers)).status_code == 200
    refused = await door.http.get("/v1/api-keys", headers=headers)
    assert (refused.status_code, name_of(refused.json())) == (403, "scope_missing")
    listed = await door.get("/api-keys")
    assert made["key"] not in str(listed)
    assert made["id"] in [key["id"] for key in listed["items"]]
    await door.gateway.desk.api_keys.close()  # its use is written by now
    used = await listed_key(door, made["id"])
    assert (used["used_at"] or "") > used["created_at"]
    assert used["revoked_at"] is None
    await door.post(f"/api-keys/{made['id']}/revoke", expected=204)
    ended = await listed_key(door, made["id"])
    assert ended["revoked_at"] > ended["used_at"] == used["used_at"]
    dead = await door.http.get("/v1/players", headers=headers)
    assert (dead.status_code, name_of(dead.json())) == (401, "api_key_invalid")
    assert dead.headers["www-authenticate"] == "Bearer"
    assert name_of(await door.post(f"/api-keys/{made['id']}/revoke", expected=404)) == "api_key_not_found"


async def listed_key(door: Door, key_id: int) -> dict[str, Any]:
    """What the list of keys tells of one."""
    (found,) = [key for key in (await door.get("/api-keys"))["items"] if key["id"] == key_id]
    return found


@pytest.mark.parametrize("alias", ["0{}", "+{}", "%20{}", "{}%20"])
async def test_a_number_in_a_path_has_one_spelling(door: Door, alias: str):
    """Another spelling of a key's or a session's number ends nothing."""
    until = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    made = await door.post("/api-keys", {"name": "x", "scopes": ["money:read"], "expires_at": until})
    name = alias.format(made["id"])
    for path in (f"/api-keys/{name}/revoke", f"/sessions/{name}/revoke", f"/sessions/{name}/expire"):
        await door.post(path, expected=404)
    listed = {one["id"]: one for one in (await door.get("/api-keys"))["items"]}
    assert listed[made["id"]]["revoked_at"] is None
    await door.post(f"/api-keys/{made['id']}/revoke", expected=204)


async def test_a_key_gives_no_more_than_it_has(door: Door):
    """Who may make keys cannot make one with a scope of which their own knows nothing."""
    key = await door.key(ApiScope.KEYS_WRITE, ApiScope.PLAYERS_READ)
    until = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    for scopes, expected in (
        (["players:read"], 201),
        (["money:write"], 403),
        (["players:read", "money:write"], 403),
    ):
        body = {"name": "k", "scopes": scopes, "expires_at": until}
        response = await door.http.post("/v1/api-keys", json=body, headers={"authorization": f"Bearer {key}"})
        assert response.status_code == expected


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"name": "x" * 101},
        {"scopes": []},
        {"scopes": ["everything"]},
        {"expires_at": "2020-01-01T00:00:00Z"},
        {"expires_at": "2999-01-01T00:00:00Z"},
        {"expires_at": "2027-01-01T00:00:00"},
        {"expires_at": None},
        {"admin": True},
    ],
)
async def test_a_key_that_cannot_be_is_refused(door: Door, change: dict):
    """A key has a name, scopes that exist, and an end within two years."""
    body = {
        "name": "k",
        "scopes": ["players:read"],
        "expires_at": (datetime.now(UTC) + timedelta(days=1)).isoformat(),
    }
    before = await door.owner.fetchval("select count(*) from wallet.api_key")
    assert name_of(await door.post("/api-keys", {**body, **change}, 400)) == "invalid_request"
    assert await door.owner.fetchval("select count(*) from wallet.api_key") == before


@pytest.mark.parametrize("authorization", [None, "", "Basic eDp5", "Bearer", "bk_1_x"])
async def test_without_a_key_nothing_is_answered(door: Door, authorization: str | None):
    """A request without a bearer key is a 401."""
    headers = {"authorization": authorization or ""}
    response = await door.http.get("/v1/players", headers=headers)
    assert (response.status_code, name_of(response.json())) == (401, "api_key_missing")


@pytest.mark.parametrize("key", ["bk_1_" + "x" * 43, "x", "bk_" + "9" * 300, "bk_0_é"])
async def test_a_key_that_is_none_is_refused(door: Door, key: str):
    """A key that was never handed out is a 401, whatever its shape."""
    response = await door.http.get(
        "/v1/players", headers={"authorization": f"Bearer {key}".encode("latin-1")}
    )
    assert (response.status_code, name_of(response.json())) == (401, "api_key_invalid")


async def test_a_change_is_logged_with_its_request(door: Door, caplog: pytest.LogCaptureFixture):
    """The log line of a change holds the request id that the answer has: the caller's, or one of ours."""
    with caplog.at_level(logging.INFO, logger="bankroll"):
        for headers in ({"x-request-id": "their-id-8"}, {}):
            answer = await door.http.post(
                "/v1/players", json={"id": "logged", "country": "MT"}, headers=headers
            )
            line = [record for record in caplog.records if record.getMessage() == "api_call"][-1]
            assert line.__dict__["fields"]["operation"] == "create_player"
            assert line.__dict__["fields"]["request_id"] == answer.headers["x-request-id"]
            assert (
                headers.get("x-request-id", answer.headers["x-request-id"]) == answer.headers["x-request-id"]
            )


async def test_an_expired_key_is_dead(door: Door):
    """A key stops at its end."""
    key = await door.key(ApiScope.PLAYERS_READ)
    await door.owner.execute(
        "update wallet.api_key set expires_at = now() where id = $1", int(key.split("_")[1])
    )
    response = await door.http.get("/v1/players", headers={"authorization": f"Bearer {key}"})
    assert response.status_code == 401


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.handler_name)
async def test_every_operation_wants_its_scope_before_anything_else(door: Door, operation):
    """With every scope but its own a key may not do it, whatever the rest of the request is."""
    scope = SCOPES[operation.handler_name]
    key = await door.key(*(set(ApiScope) - {scope}))
    (template,) = operation.paths
    path = re.sub(r"\{\w+:(str|int)\}", "1", template)
    for method in operation.http_methods:
        headers = {"authorization": f"Bearer {key}"}
        response = await door.http.request(str(method), f"/v1{path}", headers=headers)
        assert (response.status_code, name_of(response.json())) == (403, "scope_missing"), response.text


@pytest.mark.parametrize("path", ["/nothing", "/players/a/b/c", "/sessions/x", "/rounds/a/b"])
async def test_an_unknown_path_is_a_problem_too(door: Door, path: str):
    """What is not there is a problem document, not a page."""
    assert name_of(await door.get(path, 404)) == "not_found"


@pytest.mark.parametrize(
    "path", ["/players/%00", "/players/a%0Ab/wallets", "/players/a/wallets/%00", "/sessions?player=%00"]
)
async def test_a_name_that_nobody_can_have_is_the_callers_mistake(door: Door, path: str):
    """A control character in a name is refused before the database is asked."""
    await door.get(path, expected=400)


async def test_a_preflight_needs_no_key(door: Door):
    """OPTIONS is answered without a body, and tells every method that there is."""
    for path, methods in (
        ("/players", "GET, OPTIONS, POST"),
        ("/provider-accounts/x", "GET, OPTIONS, PATCH"),
    ):
        response = await door.http.options(f"/v1{path}", headers={"authorization": ""})
        assert (response.status_code, response.content) == (204, b"")
        assert response.headers["allow"] == methods


@pytest.mark.parametrize("host", ["a:99999", "a:x", "a:80:90", "[::1]:x", "[::1", ":", "a/b?c#d", ""])
async def test_a_host_changes_no_answer(door: Door, host: str):
    """Whatever stands in the Host header, every path answers what it answers anybody, with all of its headers."""
    player = await door.player(EUR="1")
    for method, path, key, expected in (
        ("GET", f"/v1/players/{player}", True, 200),
        ("GET", f"/v1/players/{player}", False, 401),
        ("POST", "/v1/sessions/999999999/revoke", True, 404),
        ("GET", "/v1/players?limit=0", True, 400),
        ("DELETE", "/v1/players", True, 405),
        ("GET", "/nothing/%C3%A9%20", True, 404),
        ("GET", "/healthz", False, 200),
    ):
        headers = {"host": host} | ({} if key else {"authorization": ""})
        response = await door.http.request(method, path, headers=headers)
        assert response.headers["x-request-id"]
        assert response.headers["x-content-type-options"] == "nosniff"
        answered(response, expected)


@pytest.mark.parametrize("path", ["/players", "/nothing"])
async def test_no_answer_is_kept_by_a_cache(door: Door, path: str):
    """Some answers hold a token or a secret: every one says that it may not be stored."""
    response = await door.http.get(f"/v1{path}")
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"


async def test_a_method_that_is_not_there_is_a_problem(door: Door):
    """Another method is 405 as a problem."""
    response = await door.http.delete("/v1/players")
    assert (response.status_code, name_of(response.json())) == (405, "method_not_allowed")


@pytest.mark.parametrize(
    "query",
    [
        "unknown=1",
        "limit=0",
        "limit=501",
        "limit=x",
        "limit=1&limit=2",
        "cursor=rubbish",
        "cursor=" + "A" * 2000,
        "status=gone",
        "Limit=1",
    ],
)
async def test_a_query_is_taken_as_written_or_refused(door: Door, query: str):
    """An unknown, repeated or senseless parameter is refused rather than ignored."""
    response = await door.http.get(f"/v1/players?{query}")
    assert response.status_code == 400
    assert name_of(response.json()) in {"unknown_parameter", "invalid_request", "invalid_cursor"}


async def test_a_body_where_none_is_taken_is_refused(door: Door):
    """An operation without a body refuses one instead of ignoring what it says."""
    player = await door.player()
    assert (
        name_of(await door.post(f"/players/{player}/block", {"until": "tomorrow"}, 400)) == "invalid_request"
    )
    assert (await door.get(f"/players/{player}"))["status"] == "active"
