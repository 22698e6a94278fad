"""The questions that aggregators with ``RS_`` statuses are asked, at one that verifies our signature over the raw body."""

import base64

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.gateway.door import Door
from tests.gateway.fake_studio import FakeStudio

OURS = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = OURS.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


async def configured(door: Door, studio: FakeStudio, protocol: str, *, key: bool = True) -> dict:
    """An account at the aggregator with a game and our key, and the body of a launch."""
    slug = f"{protocol}-{len(await door.get('/provider-accounts'))}{studio.url[-5:]}"
    settings = {"api_url": studio.url, "operator_id": "acme"}
    await door.post(
        "/provider-accounts",
        {"slug": slug, "protocol": protocol, "environment": "test", "settings": settings},
    )
    if key:
        told = await door.http.put(f"/v1/provider-accounts/{slug}/own-secret", json={"secret": PEM})
        assert told.status_code == 200
    await door.post("/games", {"provider_account": slug, "code": "dice", "name": "Dice"})
    return {
        "player": await door.player(EUR="10"),
        "currency": "EUR",
        "provider_account": slug,
        "game": "dice",
    }


async def launch(door: Door, studio: FakeStudio, protocol: str, header: str, path: str) -> None:
    """The body is signed as it is sent, with our private key, in the dialect's header, at the dialect's path."""
    studio.says({"url": "https://play.example/?t=1"})
    body = await configured(door, studio, protocol)
    more = {
        "channel": "mobile",
        "language": "en-GB",
        "ip": "192.0.2.1",
        "deposit_url": "https://bank.example/",
    }
    launched = await door.post("/sessions", {**body, **more})
    assert launched["launch_url"] == "https://play.example/?t=1"
    (asked,) = studio.asked
    assert (asked.method, asked.target) == ("POST", path)
    OURS.public_key().verify(
        base64.b64decode(asked.headers[header]), asked.body, padding.PKCS1v15(), SHA256()
    )
    assert asked.json() == {
        "operator_id": "acme",
        "user": launched["external_id"],
        "token": launched["token"],
        "platform": "GPL_MOBILE",
        "deposit_url": "https://bank.example/",
        "lang": "en",
        "ip": "192.0.2.1",
        "game_code": "dice",
        "currency": "EUR",
        "country": "MT",
    }


async def demo(door: Door, studio: FakeStudio, protocol: str, fun: str) -> None:
    """No user and no token: the currency says that it is for fun."""
    studio.says({"url": "https://demo.example/"})
    body = await configured(door, studio, protocol)
    await door.post(
        "/sessions", {"provider_account": body["provider_account"], "game": "dice", "mode": "demo"}
    )
    told = studio.asked[0].json()
    assert told == {
        "operator_id": "acme",
        "platform": "GPL_DESKTOP",
        "lang": "en",
        "game_code": "dice",
        "currency": fun,
    }


async def games(door: Door, studio: FakeStudio, protocol: str, path: str) -> None:
    """An array of games, asked for once a minute at most."""
    body = await configured(door, studio, protocol)
    studio.says(
        [
            {"game_code": "wheel", "name": "Wheel", "category": "Live Dealer", "demo_game_support": False},
            {"game_code": "fruit", "name": "Fruit", "category": "Video Slots", "platforms": ["GPL_DESKTOP"]},
        ]
    )
    place = f"/provider-accounts/{body['provider_account']}/games/import"
    told = await door.post(place, {"enabled": True}, 200)
    assert (told["created"], told["missing"]) == (2, ["dice"])
    assert (studio.asked[0].target, studio.asked[0].json()) == (path, {"operator_id": "acme"})
    listed = (await door.get("/games", provider_account=body["provider_account"]))["items"]
    assert {(game["code"], game["type"], game["demo"]) for game in listed} >= {
        ("wheel", "live", False),
        ("fruit", "slot", True),
    }
    await door.post(place, {}, 429)
    assert len(studio.asked) == 1


async def rewards(door: Door, studio: FakeStudio, protocol: str, issue: str, cancel: str) -> None:
    """Free bets of a package, under an id of ours; stakes are 100,000 to a major unit."""
    body = await configured(door, studio, protocol)
    studio.says({"status": "RS_OK"})
    given = await door.post(
        "/free-rounds",
        {
            "id": "583c985f-fee6-4c0e-bbf5-308aad6265af",
            "player": body["player"],
            "currency": "EUR",
            "provider_account": body["provider_account"],
            "games": ["dice"],
            "quantity": 5,
            "bet_value": "0.20",
            "starts_at": "2029-12-01T00:00:00Z",
            "expires_at": "2030-01-01T00:00:00Z",
            "options": {"prepaid_uuid": "55b7518e-b89e-11e7-81be-58404eea6d16"},
        },
    )
    assert (studio.asked[0].target, studio.asked[0].json()) == (
        issue,
        {
            "operator_id": "acme",
            "prepaid_uuid": "55b7518e-b89e-11e7-81be-58404eea6d16",
            "user": given["external_id"],
            "reward_uuid": given["id"],
            "currency": "EUR",
            "game_code": "dice",
            "bet_count": 5,
            "bet_value": 20_000,
            "start_time": "2029-12-01T00:00:00Z",
            "end_time": "2030-01-01T00:00:00Z",
        },
    )
    await door.post(f"/free-rounds/{body['provider_account']}/{given['id']}/cancel", expected=200)
    told = {"operator_id": "acme", "reward_uuid": given["id"]}
    assert (studio.asked[1].target, studio.asked[1].json()) == (cancel, told)
