"""Alea's digests and addresses: what each call's covers, and what a game's address holds."""

import hashlib

import pytest
from msgspec.structs import replace

from providers.alea import ALEA
from providers.contract import Account, Request
from providers.outbound import Channel, Launch, Unready

SETTINGS = {"launch_url": "https://play.example/api/", "casino_id": "casino 1"}
ACCOUNT = Account("alea", (b"secret",), ALEA.policy, ALEA.manners, SETTINGS)
LAUNCH = Launch(
    account=ACCOUNT,
    game="101",
    token="cs/1",
    player="p1",
    currency="EUR",
    country="MT",
    language="de-AT",
    channel=Channel.MOBILE,
    lobby_url="https://lobby.example/?a=1",
    deposit_url="https://pay.example",
)
BALANCE = b"softwareId=7&casinoSessionId=cs1&integratorId=5&gameId=101&currency=EUR"
COMPUTED = {  # secret "secret"
    (
        "POST",
        "/transactions",
        b"",
        b'{"type":"BET","id":"t1","amount":1.5}',
    ): "004e487fa960e1fda98ad5b274673abf4c0b41fcb3dd93155c6e0e4b17eb61bb0d99f288d30ab3fe3f26e8e4eaddf9b918819dbf3bea461e45303bed425f7622",
    (
        "GET",
        "/players/p1/balance",
        BALANCE,
        b"",
    ): "a3b6f66b7c2394768faf51eda728f55a6e564760cf96eb5e5ba43af1a271d1f7e5c41c0592b8646695ba6faac5df53f14a52e66e954c3b408e05db25ca79c295",
    (
        "GET",
        "/sessions/cs1",
        b"",
        b"",
    ): "8018a2adc425b134d5011bc0e9c1fcb647533e2946ddd424a573ef6247c7831888da7b23bd5e0549a4837a93861b1c6d4df0b25864594074ecf83b4c1debaba8",
}


@pytest.mark.parametrize("call", COMPUTED, ids=lambda call: call[1])
def test_computed_digests_verify(call):
    """A transaction's digest is over its body, a question's over its ids in the protocol's order and not the query's."""
    method, path, query, body = call
    digest = f"SHA-512={COMPUTED[call]}"
    request = Request(method, path, path, query, {"digest": digest}, body)
    assert ALEA.check(request, ACCOUNT)
    assert not ALEA.check(request, replace(ACCOUNT, secrets=(b"other",)))
    for other in COMPUTED.values():
        wrong = replace(request, headers={"digest": f"SHA-512={other}"})
        assert ALEA.check(wrong, ACCOUNT) is (other == COMPUTED[call])


def test_a_balance_without_a_session_is_signed_over_what_is_left():
    """What is missing or empty adds nothing, and the player's id is not covered; a session put beside it is."""
    digest = hashlib.sha512(b"EUR10157secret").hexdigest()
    left = b"softwareId=7&integratorId=5&gameId=101&currency=EUR"
    for path, query, passes in (
        ("/players/p1/balance", left, True),
        ("/players/p1/balance", left + b"&casinoSessionId=", True),
        ("/players/p2/balance", left, True),
        ("/players/p1/balance", left + b"&casinoSessionId=cs1", False),
        ("/players/p1/balance", left.replace(b"EUR", b"USD"), False),
    ):
        request = Request("GET", path, path, query, {"digest": f"SHA-512={digest}"}, b"")
        assert ALEA.check(request, ACCOUNT) is passes


def test_a_game_is_launched_at_a_signed_address():
    """Player, session, country and currency are signed as they are, before they are encoded."""
    signature = hashlib.sha512(b"p1cs/1MTEURsecret").hexdigest()
    assert callable(ALEA.studio.launch)
    assert ALEA.studio.launch(LAUNCH) == (
        "https://play.example/api/real?casinoId=casino+1&casinoPlayerId=p1&casinoSessionId=cs%2F1&gameId=101"
        "&country=MT&currency=EUR&lobbyUrl=https%3A%2F%2Flobby.example%2F%3Fa%3D1"
        f"&depositUrl=https%3A%2F%2Fpay.example&device=MOBILE&locale=de-AT&signature={signature}"
    )


def test_a_launch_without_a_country_signs_none():
    """What is not in the address is not in what is signed, and the newest secret signs."""
    account = replace(ACCOUNT, secrets=(b"new", b"secret"))
    assert callable(ALEA.studio.launch)
    url = ALEA.studio.launch(replace(LAUNCH, account=account, country=None))
    assert "country" not in url
    assert url.endswith(f"signature={hashlib.sha512(b'p1cs/1EURnew').hexdigest()}")


@pytest.mark.parametrize("name", SETTINGS)
def test_a_launch_says_what_it_lacks(name):
    """Without the address or the casino's id there is none, and the error names the setting."""
    settings = {one: value for one, value in SETTINGS.items() if one != name}
    assert callable(ALEA.studio.launch)
    with pytest.raises(Unready, match=name):
        ALEA.studio.launch(replace(LAUNCH, account=replace(ACCOUNT, settings=settings)))
