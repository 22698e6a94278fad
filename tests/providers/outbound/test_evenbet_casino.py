"""Where a casino provider of EvenBet's has its games, and the free spins it is asked for, to the byte that is signed."""

import hashlib
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from providers.contract import Account
from providers.manners import Manners
from providers.outbound import Declined, FreeRoundsOrder, Launch, OutboundAnswer, Unready
from providers.outbound.evenbet_casino import STUDIO
from tests.gateway.door import Door, one_loop
from tests.gateway.fake_studio import FakeStudio
from wallet.types import Policy

SECRET = "a secret of both sides"
SETTINGS = {
    "casino_id": "acme",
    "open_game_url": "https://games.example/{game}?t={token}&c={currency}&l={language}&b={lobby}&o={casino}",
}
ACCOUNT = Account("house", (SECRET.encode(), b"older"), Policy(), Manners(), SETTINGS)
LAUNCH = Launch(
    account=ACCOUNT,
    game="dice/1",
    token="t{game}",
    player="p1",
    currency="EUR",
    language="pt-BR",
    lobby_url="https://lobby.example/?a=1",
)


def test_the_address_is_what_the_provider_wrote():
    """Each word in braces is put in its place, encoded, once: what a value looks like means nothing."""
    assert STUDIO.launch(LAUNCH) == (
        "https://games.example/dice%2F1?t=t%7Bgame%7D&c=EUR&l=pt&b=https%3A%2F%2Flobby.example%2F%3Fa%3D1&o=acme"
    )
    bare = STUDIO.launch(replace(LAUNCH, lobby_url=None))
    assert "&b=&o=acme" in bare


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({}, "open_game_url"),
        ({"open_game_url": "https://games.example/?t={token}&p={player.name}"}, "player.name"),
        ({"open_game_url": "https://games.example/?t={}"}, "open_game_url"),
    ],
)
def test_without_an_address_nothing_is_built(settings: dict, word: str):
    """A setting that is missing is named, and so is a word that there is not."""
    with pytest.raises(Unready, match=word):
        STUDIO.launch(replace(LAUNCH, account=replace(ACCOUNT, settings=settings)))


def test_free_spins_to_the_byte():
    """The player by the number that the login told, the end in seconds, signed over the raw body."""
    order = FreeRoundsOrder(
        account=ACCOUNT,
        id="issue-1",
        player="p1",
        player_number=7,
        currency="EUR",
        games=("dice/1", "wheel"),
        quantity=10,
        starts_at=datetime(2029, 12, 1, tzinfo=UTC),
        expires_at=datetime(2030, 1, 1, tzinfo=UTC),
    )
    body = (
        b'{"id":"issue-1","userId":7,"gameList":["dice/1","wheel"],"currency":"EUR","quantity":10,'
        b'"expirationDate":1893456000,"casinoId":"acme"}'
    )
    asked = STUDIO.issue.build(order)
    assert (asked.method, asked.path, asked.body) == ("POST", "/activate", body)
    digest = hashlib.sha256(body + SECRET.encode()).hexdigest()
    assert asked.headers == (("content-type", "application/json"), ("authorization", digest))


def test_answers_are_read():
    """Given is 200 or 201 with the provider's id of them, of whatever type; without one it is no answer."""
    for status in (200, 201):
        for told in (b'{"freespinsId":17,"message":"ok"}', b'{"freespinsId":"f-1"}'):
            assert STUDIO.issue.read(OutboundAnswer(status, {}, told)) is None
    with pytest.raises(ValueError, match="freespinsId"):
        STUDIO.issue.read(OutboundAnswer(200, {}, b'{"message":"no"}'))
    with pytest.raises(Declined):
        STUDIO.issue.read(OutboundAnswer(400, {}, b'{"message":"no"}'))


@one_loop
async def test_free_spins_are_given_to_the_player_of_the_login(door: Door, studio: FakeStudio):
    """Under the number that `login` tells, where the provider takes free spins."""
    studio.says({"freespinsId": 1, "message": "ok"}, 201)
    account = {"slug": "house-x", "protocol": "evenbet_casino", "environment": "test", "secret": SECRET}
    await door.post(
        "/provider-accounts", {**account, "settings": {**SETTINGS, "api_url": f"{studio.url}/fs"}}
    )
    await door.post("/games", {"provider_account": "house-x", "code": "dice", "name": "Dice"})
    body = {"player": await door.player(EUR="1"), "currency": "EUR", "provider_account": "house-x"}
    launched = await door.post("/sessions", {**body, "game": "dice"})
    login = b'{"token":"%s"}' % launched["token"].encode()
    signature = hashlib.sha256(login + SECRET.encode()).hexdigest()
    path = "/callbacks/house-x/api/web/casino/providers/house/login"
    known = await door.http.post(path, content=login, headers={"authorization": signature})
    spins = {**body, "id": "issue-1", "games": ["dice"], "quantity": 5, "expires_at": "2030-01-01T00:00:00Z"}
    given = await door.post("/free-rounds", spins)
    assert given["state"] == "issued"
    (asked,) = studio.asked
    assert (asked.method, asked.target) == ("POST", "/fs/activate")
    assert asked.headers["authorization"] == hashlib.sha256(asked.body + SECRET.encode()).hexdigest()
    assert asked.json()["userId"] == known.json()["userId"]
