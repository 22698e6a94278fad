"""What St8 is asked: a launch that it verifies with our public key over the raw body."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests.gateway.door import Door, name_of, one_loop
from tests.gateway.fake_studio import FakeStudio

pytestmark = one_loop

OURS = ec.generate_private_key(ec.SECP256K1())
PEM = OURS.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
RSA_PEM = RSA.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


async def test_keys_of_another_kind_are_refused_at_once(door: Door):
    """An RSA key can neither be the aggregator's nor sign for us, and either key may come as base64 of its PEM."""
    theirs = OURS.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    rsa_public = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    body = {"slug": "st8-keys", "protocol": "st8", "environment": "test"}
    refused = await door.post("/provider-accounts", {**body, "secret": rsa_public}, 400)
    assert name_of(refused) == "invalid_request"
    assert "elliptic-curve public key" in str(refused)
    await door.post("/provider-accounts", {**body, "secret": base64.b64encode(theirs).decode()})
    path = "/v1/provider-accounts/st8-keys/own-secret"
    refused = (await door.http.put(path, json={"secret": RSA_PEM})).json()
    assert name_of(refused) == "invalid_request"
    assert "elliptic-curve private key" in str(refused)


@pytest.mark.parametrize("key", [PEM, base64.b64encode(PEM.encode()).decode()], ids=["pem", "base64"])
async def test_a_game_is_launched_with_our_signature(door: Door, studio: FakeStudio, key: str):
    """For real with token and player, for fun with neither; the language has three letters."""
    studio.says({"game_url": "https://play.example/"})
    slug, settings = f"st8-x{studio.url[-5:]}", {"api_url": studio.url, "site": "acme"}
    await door.post(
        "/provider-accounts",
        {"slug": slug, "protocol": "st8", "environment": "test", "settings": settings},
    )
    told = await door.http.put(f"/v1/provider-accounts/{slug}/own-secret", json={"secret": key})
    assert told.status_code == 200
    await door.post("/games", {"provider_account": slug, "code": "g", "name": "G"})
    body = {"player": await door.player(EUR="0"), "currency": "EUR", "provider_account": slug, "game": "g"}
    launched = await door.post("/sessions", {**body, "language": "de", "lobby_url": "https://lobby.example/"})
    assert launched["launch_url"] == "https://play.example/"
    await door.post("/sessions", {"provider_account": slug, "game": "g", "mode": "demo", "channel": "mobile"})
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
