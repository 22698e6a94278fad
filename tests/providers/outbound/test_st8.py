"""What St8 is asked: a launch that it verifies with our public key over the raw body."""

import base64

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.gateway.door import Door, one_loop
from tests.gateway.fake_studio import FakeStudio

pytestmark = one_loop

OURS = ec.generate_private_key(ec.SECP256K1())
PEM = OURS.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


async def test_a_game_is_launched_with_our_signature(door: Door, studio: FakeStudio):
    """For real with token and player, for fun with neither; the language has three letters."""
    studio.says({"game_url": "https://play.example/"})
    settings = {"api_url": studio.url, "site": "acme"}
    await door.post(
        "/provider-accounts",
        {"slug": "st8-x", "protocol": "st8", "environment": "test", "settings": settings},
    )
    told = await door.http.put("/v1/provider-accounts/st8-x/own-secret", json={"secret": PEM})
    assert told.status_code == 200
    await door.post("/games", {"provider_account": "st8-x", "code": "g", "name": "G"})
    body = {"player": await door.player(EUR="0"), "currency": "EUR", "provider_account": "st8-x", "game": "g"}
    launched = await door.post("/sessions", {**body, "language": "de", "lobby_url": "https://lobby.example/"})
    assert launched["launch_url"] == "https://play.example/"
    await door.post(
        "/sessions", {"provider_account": "st8-x", "game": "g", "mode": "demo", "channel": "mobile"}
    )
    real, fun = studio.asked
    for asked in studio.asked:
        assert (asked.method, asked.target) == ("POST", "/api/operator/v1/launch")
        signature = base64.b64decode(asked.headers["x-st8-sign"])
        OURS.public_key().verify(signature, asked.body, ec.ECDSA(SHA256()))
    assert real.json() == {
        "game_code": "g",
        "currency": "EUR",
        "site": {"id": "acme", "lobby": "https://lobby.example/"},
        "token": launched["token"],
        "player": launched["external_id"],
        "country": "MT",
        "lang": "deu",
        "device": "DESKTOP",
        "fun_mode": False,
    }
    assert fun.json() == {
        "game_code": "g",
        "site": {"id": "acme"},
        "lang": "eng",
        "device": "MOBILE",
        "fun_mode": True,
    }
