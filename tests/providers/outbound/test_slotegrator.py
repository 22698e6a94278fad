"""What Slotegrator is asked: forms that it verifies as it signs its own, written as PHP writes them."""

import hashlib
import hmac
import time
from urllib.parse import parse_qsl, quote_plus
from uuid import UUID

import pytest
from msgspec.structs import replace

from providers.contract import Account
from providers.manners import Manners
from providers.outbound import Channel, Declined, Launch, Mode, OutboundAnswer, Unready
from providers.outbound.slotegrator import STUDIO
from tests.gateway.door import Door, holds_a_setting_to_its_form, name_of, one_loop
from tests.gateway.fake_studio import Asked, FakeStudio
from wallet.types import Policy

KEY = "merchant-key"
COVERED = ("X-Merchant-Id", "X-Nonce", "X-Timestamp")
ACCOUNT = Account("gis", (KEY.encode(), b"older"), Policy(), Manners(), {"merchant_id": "m1"})
LAUNCH = Launch(
    account=ACCOUNT,
    game="g 1",
    token="s1",
    player="p1",
    currency="EUR",
    language="pt-BR",
    lobby_url="https://lobby.example/~a?b=ö",
    personal={"nickname": "Ann", "email": "a@b.example", "firstname": "never told"},
    nonce="n1",
    asked_at=1700000000,
)
REAL = (
    b"game_uuid=g+1&device=desktop&return_url=https%3A%2F%2Flobby.example%2F~a%3Fb%3D%C3%B6&language=pt"
    b"&player_id=p1&player_name=Ann&currency=EUR&session_id=s1&email=a%40b.example"
)
SIGNED = (
    b"X-Merchant-Id=m1&X-Nonce=n1&X-Timestamp=1700000000&currency=EUR&device=desktop&email=a%40b.example"
    b"&game_uuid=g+1&language=pt&player_id=p1&player_name=Ann"
    b"&return_url=https%3A%2F%2Flobby.example%2F%7Ea%3Fb%3D%C3%B6&session_id=s1"
)


def digest(text: bytes) -> str:
    return hmac.new(KEY.encode(), text, hashlib.sha1).hexdigest()


def verified(asked: Asked) -> dict[str, str]:
    """The fields of a form whose signature is right: sorted with the headers, a tilde encoded too."""
    fields = dict(parse_qsl(asked.body.decode(), strict_parsing=True))
    whole = fields | {name: asked.headers[name.lower()] for name in COVERED}
    text = "&".join(f"{name}={quote_plus(whole[name])}" for name in sorted(whole)).replace("~", "%7E")
    assert asked.headers["x-sign"] == digest(text.encode())
    return fields


def test_a_launch_to_the_byte():
    """The form, the three headers, and the signature over both in PHP's order, where a tilde is encoded."""
    asked = STUDIO.launch.build(LAUNCH)
    assert (asked.method, asked.path, asked.body) == ("POST", "/games/init", REAL)
    assert asked.headers == (
        ("content-type", "application/x-www-form-urlencoded"),
        ("X-Merchant-Id", "m1"),
        ("X-Nonce", "n1"),
        ("X-Timestamp", "1700000000"),
        ("X-Sign", digest(SIGNED)),
    )


def test_a_demo_to_the_byte():
    """A demo is a game and a language, at a path of its own."""
    demo = Launch(
        account=ACCOUNT, game="g 1", mode=Mode.DEMO, channel=Channel.MOBILE, nonce="n1", asked_at=1700000000
    )
    asked = STUDIO.launch.build(demo)
    assert (asked.path, asked.body) == ("/games/init-demo", b"game_uuid=g+1&device=mobile&language=en")
    covered = b"X-Merchant-Id=m1&X-Nonce=n1&X-Timestamp=1700000000&device=mobile&game_uuid=g+1&language=en"
    assert dict(asked.headers)["X-Sign"] == digest(covered)


def test_a_player_without_a_nickname_is_told_by_the_external_id():
    """A name is always told, an address of mail only where there is one."""
    fields = dict(parse_qsl(STUDIO.launch.build(replace(LAUNCH, personal={})).body.decode()))
    assert fields["player_name"] == "p1"
    assert "email" not in fields


def test_without_the_merchants_id_nothing_is_built():
    """A setting that is missing is named."""
    with pytest.raises(Unready, match="merchant_id"):
        STUDIO.launch.build(replace(LAUNCH, account=replace(ACCOUNT, settings={})))


def test_answers_are_read():
    """The address; a refusal is an HTTP status, a success without an address is none."""
    read = STUDIO.launch.read
    assert (
        read(OutboundAnswer(200, {}, b'{"url":"https://play.example/?a=1"}')) == "https://play.example/?a=1"
    )
    with pytest.raises(ValueError, match="url"):
        read(OutboundAnswer(200, {}, b"{}"))
    for status, retryable in ((403, False), (422, False), (429, True), (500, True)):
        with pytest.raises(Declined) as declined:
            read(OutboundAnswer(status, {}, b'{"message":"no"}'))
        assert (declined.value.code, declined.value.retryable) == (f"http {status}", retryable)


@one_loop
async def test_a_game_is_launched_with_our_signature(door: Door, studio: FakeStudio):
    """For real with player, session and money, for fun with none; each with a nonce of its own, at this moment."""
    studio.says({"url": "https://play.example/"})
    account = {"slug": "gis-x", "protocol": "slotegrator", "environment": "test", "secret": KEY}
    settings = {"api_url": f"{studio.url}/index.php", "merchant_id": "m/1 ~"}
    await door.post("/provider-accounts", {**account, "settings": settings})
    await door.post("/games", {"provider_account": "gis-x", "code": "g~1", "name": "G"})
    body = {
        "player": await door.player(EUR="0"),
        "currency": "EUR",
        "provider_account": "gis-x",
        "game": "g~1",
    }
    launched = await door.post("/sessions", {**body, "lobby_url": "https://lobby.example/?a=1&b=ö"})
    assert launched["launch_url"] == "https://play.example/"
    await door.post("/sessions", {"provider_account": "gis-x", "game": "g~1", "mode": "demo"})
    real, demo = studio.asked
    assert (real.target, demo.target) == ("/index.php/games/init", "/index.php/games/init-demo")
    assert verified(real) == {
        "game_uuid": "g~1",
        "device": "desktop",
        "return_url": "https://lobby.example/?a=1&b=ö",
        "language": "en",
        "player_id": launched["external_id"],
        "player_name": launched["external_id"],
        "currency": "EUR",
        "session_id": launched["token"],
    }
    assert verified(demo) == {"game_uuid": "g~1", "device": "desktop", "language": "en"}
    assert len({UUID(asked.headers["x-nonce"]) for asked in studio.asked}) == 2
    for asked in studio.asked:
        assert asked.headers["x-merchant-id"] == "m/1 ~"
        assert abs(time.time() - int(asked.headers["x-timestamp"])) < 60
    studio.says({"message": "no"}, 422)
    assert name_of(await door.post("/sessions", body, 409)) == "studio_declined"


@one_loop
async def test_a_merchant_is_what_a_header_can_carry(door: Door):
    """A merchant id of other letters, which every launch would fail with, is never stored."""
    await holds_a_setting_to_its_form(door, "slotegrator", "merchant_id", "m-1", ("Geschäft€", "m1 ", ""))
