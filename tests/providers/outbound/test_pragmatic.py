"""What is asked of Pragmatic Play, at a studio that checks the hash as it would: field by field, over what it received."""

import hashlib
from urllib.parse import parse_qsl, urlsplit

from tests.gateway.door import Door, name_of, one_loop
from tests.gateway.fake_studio import Asked, FakeStudio

pytestmark = one_loop

KEY = "testKey-for-both"


def fields_of(asked: Asked) -> dict[str, str]:
    """The fields of a request whose hash is right: name=value, sorted, joined, the key behind them."""
    query = urlsplit(asked.target).query
    fields = dict(parse_qsl(query or asked.body.decode(), strict_parsing=True))
    given = fields.pop("hash")
    text = "&".join(f"{name}={fields[name]}" for name in sorted(fields) if fields[name])
    assert given == hashlib.md5((text + KEY).encode()).hexdigest()
    return fields


async def configured(door: Door, studio: FakeStudio, slug: str) -> dict:
    """An account at the studio with a game, and the body of a launch."""
    settings = {"api_url": studio.url, "secure_login": "acme_sw"}
    await door.post(
        "/provider-accounts",
        {"slug": slug, "protocol": "pragmatic", "environment": "test", "secret": KEY, "settings": settings},
    )
    await door.post("/games", {"provider_account": slug, "code": "vs20doghouse", "name": "Dogs"})
    player = await door.player(EUR="10")
    return {"player": player, "currency": "EUR", "provider_account": slug, "game": "vs20doghouse"}


async def test_a_game_is_launched_with_the_token_and_the_player(door: Door, studio: FakeStudio):
    """A signed form with everything that the studio plays by, and the address out of its answer."""
    studio.says({"error": "0", "description": "OK", "gameURL": "https://play.example/?x=1&y=ü"})
    body = await configured(door, studio, "pp-launch")
    more = {
        "channel": "mobile",
        "language": "pt-BR",
        "country": "DE",
        "lobby_url": "https://lobby.example/?a=1&b=ö",
    }
    launched = await door.post("/sessions", {**body, **more})
    assert launched["launch_url"] == "https://play.example/?x=1&y=ü"
    (asked,) = studio.asked
    assert (asked.method, asked.target) == ("POST", "/IntegrationService/v3/http/CasinoGameAPI/game/url/")
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    assert fields_of(asked) == {
        "secureLogin": "acme_sw",
        "symbol": "vs20doghouse",
        "language": "pt",
        "token": launched["token"],
        "externalPlayerId": launched["external_id"],
        "currency": "EUR",
        "country": "DE",
        "technology": "H5",
        "platform": "MOBILE",
        "lobbyUrl": "https://lobby.example/?a=1&b=ö",
        "playMode": "REAL",
    }


async def test_a_demo_names_nobody(door: Door, studio: FakeStudio):
    """No token, no player: a demo is a game and a language."""
    studio.says({"error": "0", "description": "OK", "gameURL": "https://demo.example/"})
    body = await configured(door, studio, "pp-demo")
    demo = {"provider_account": "pp-demo", "game": body["game"], "mode": "demo"}
    assert (await door.post("/sessions", demo))["launch_url"] == "https://demo.example/"
    assert fields_of(studio.asked[0]) == {
        "secureLogin": "acme_sw",
        "symbol": "vs20doghouse",
        "language": "en",
        "technology": "H5",
        "platform": "WEB",
        "playMode": "DEMO",
    }


async def test_a_refusal_is_told_in_the_studios_word(door: Door, studio: FakeStudio):
    """Its error is text; 100 may be asked again, the others not, and a success without an address is none."""
    body = await configured(door, studio, "pp-no")
    for error, status, name, code in (
        ("7", 409, "studio_declined", "7"),
        (8, 409, "studio_declined", "8"),
        ("100", 503, "studio_unavailable", "100"),
        ("0", 502, "studio_unreadable", None),
    ):
        studio.says({"error": error, "description": "told"})
        problem = await door.post("/sessions", body, status)
        assert (name_of(problem), problem.get("studio_code")) == (name, code)


async def test_without_its_login_nobody_is_asked(door: Door, studio: FakeStudio):
    """A setting that is missing is named."""
    body = await configured(door, studio, "pp-unset")
    await door.patch("/provider-accounts/pp-unset", {"settings": {"api_url": studio.url}})
    problem = await door.post("/sessions", body, 409)
    assert name_of(problem) == "studio_not_configured"
    assert "secure_login" in problem["detail"]
    assert studio.asked == []


async def test_its_games_are_taken_over(door: Door, studio: FakeStudio):
    """A signed form, and each game once, whatever it is played on."""
    await configured(door, studio, "pp-games")
    games = [
        {
            "gameID": "vs20fruit",
            "gameName": "Fruit",
            "gameTypeID": "vs",
            "platform": "WEB",
            "demoGameAvailable": True,
        },
        {"gameID": "vs20fruit", "gameName": "Fruit", "gameTypeID": "vs", "platform": "MOBILE"},
        {"gameID": "401", "gameName": "Roulette", "gameTypeID": "lg", "demoGameAvailable": False, "new": 1},
        {"gameID": "xx1", "gameName": "Other"},
    ]
    studio.says({"error": "0", "description": "OK", "gameList": games})
    told = await door.post("/provider-accounts/pp-games/games/import", {}, 200)
    assert (told["created"], told["missing"]) == (3, ["vs20doghouse"])
    assert fields_of(studio.asked[0]) == {"secureLogin": "acme_sw"}
    stored = {game["code"]: game for game in (await door.get("/games", provider_account="pp-games"))["items"]}
    assert [(stored[code]["type"], stored[code]["demo"]) for code in ("vs20fruit", "401", "xx1")] == [
        ("slot", True),
        ("live", False),
        ("other", True),
    ]


async def test_free_rounds_are_given_and_taken_back(door: Door, studio: FakeStudio):
    """Who and when in a signed query, games and stakes in the body: an amount is a plain number."""
    body = await configured(door, studio, "pp-rounds")
    studio.says({"error": "0", "description": "OK"})
    wanted = {
        "id": "bonus-1",
        "player": body["player"],
        "currency": "EUR",
        "provider_account": "pp-rounds",
        "games": ["vs20doghouse"],
        "quantity": 10,
        "bet_value": "0.20",
        "starts_at": "2029-12-01T00:00:00Z",
        "expires_at": "2030-01-01T00:00:00Z",
    }
    given = await door.post("/free-rounds", wanted)
    assert urlsplit(studio.asked[0].target).path == (
        "/IntegrationService/v3/http/FreeRoundsBonusAPI/v2/bonus/player/create/"
    )
    assert fields_of(studio.asked[0]) == {
        "secureLogin": "acme_sw",
        "playerId": given["external_id"],
        "bonusCode": "bonus-1",
        "startDate": "1890777600",
        "expirationDate": "1893456000",
        "rounds": "10",
        "currency": "EUR",
    }
    assert studio.asked[0].body == (
        b'{"gameList":[{"gameId":"vs20doghouse","betValues":[{"totalBet":0.20,"currency":"EUR"}]}]}'
    )
    await door.post("/free-rounds/pp-rounds/bonus-1/cancel", expected=200)
    assert fields_of(studio.asked[1]) == {"secureLogin": "acme_sw", "bonusCode": "bonus-1"}
    without = await door.post("/free-rounds", {**wanted, "id": "bonus-2", "bet_value": None}, 409)
    assert "bet_value" in without["detail"]
