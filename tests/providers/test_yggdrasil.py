"""Yggdrasil's organisation, keys and addresses: who may call at all, what is known as what, what a game's address holds."""

import pytest
from msgspec.structs import replace

from providers.contract import Account, Exchange, Fault, Request
from providers.dialogue import understand
from providers.outbound import Channel, Launch, Unready
from providers.yggdrasil import YGGDRASIL
from tests.providers.paper import START

SETTINGS = {"org": "Operator", "launcher": "https://play.example/init?a=1"}
ACCOUNT = Account("yggdrasil", (), YGGDRASIL.policy, YGGDRASIL.manners, SETTINGS)
LAUNCH = Launch(
    account=ACCOUNT,
    game="7301",
    token="t/1",
    player="p1",
    currency="EUR",
    language="de-AT",
    channel=Channel.MOBILE,
    lobby_url="https://lobby.example/?a=1",
)


@pytest.mark.parametrize("settings", [{}, {"org": ""}, {"org": "Another"}])
@pytest.mark.parametrize("said", [b"", b"org=&", b"org=Operator&", b"org=%00&"])
def test_nobody_calls_an_account_of_another_organisation(settings, said):
    """An account that has no organisation, or another, is called by nobody, whatever they say."""
    path = "/playerinfo.json"
    request = Request("GET", path, path, said + b"sessiontoken=t", {}, b"")
    exchange = Exchange(request, replace(ACCOUNT, settings=settings), START)
    assert not understand(YGGDRASIL, exchange)
    assert exchange.status in (Fault.WRONG_PARTNER, Fault.MISSING_FIELD)
    assert understand(YGGDRASIL, Exchange(request, ACCOUNT, START)) is (said == b"org=Operator&")


@pytest.mark.parametrize("word", ["cancel", "jackpot", "campaign", "step"])
def test_no_player_is_taken_for_a_word_of_our_keys(word):
    """A step of a player who is called like a word of our keys is neither a cancel, nor a jackpot's win, nor a prize."""
    bet = "reference=7&amount=1&sessiontoken=t"
    steps = [
        keys_of("wager", f"playerid={word}&subreference={text}&{bet}") for text in ("p:1", f"{word}:p:1")
    ]
    others = {
        *keys_of("wager", f"playerid=p&subreference=1&{bet}"),
        *keys_of("cancelwager", "playerid=p&reference=7&subreference=1"),
        *keys_of("appendwagerresult", f"playerid=p&subreference=1&{bet}&isJackpotWin=true"),
        *keys_of("campaignpayout", "playerid=p&reference=1&cash=1"),
    }
    assert len(others) == 4
    assert not others & {key for keys in steps for key in keys}


def keys_of(verb: str, said: str) -> list[str]:
    """The keys of what a call posts."""
    path = f"/{verb}.json"
    request = Request("GET", path, path, f"org=Operator&currency=EUR&{said}".encode(), {}, b"")
    exchange = Exchange(request, ACCOUNT, START)
    assert understand(YGGDRASIL, exchange), exchange.status
    return [op.key for op in exchange.asked.ops]


def test_a_game_is_launched_at_the_accounts_launcher():
    """The address names game, organisation, player and session, and the way home."""
    assert callable(YGGDRASIL.studio.launch)
    url = (
        "https://play.example/init?a=1&gameid=7301&org=Operator&currency=EUR&lang=de&channel=mobile"
        "&home=https%3A%2F%2Flobby.example%2F%3Fa%3D1&loginname=p1&key=t%2F1"
    )
    assert YGGDRASIL.studio.launch(LAUNCH) == url
    full = replace(ACCOUNT, settings=SETTINGS | {"fullscreen": "yes"})
    desktop = replace(LAUNCH, account=full, channel=Channel.DESKTOP, lobby_url=None)
    assert "&channel=pc&fullscreen=yes&loginname=p1" in YGGDRASIL.studio.launch(desktop)


@pytest.mark.parametrize("name", SETTINGS)
def test_a_launch_says_what_it_lacks(name):
    """Without the launcher or the organisation there is no address, and the error names the setting."""
    settings = {one: value for one, value in SETTINGS.items() if one != name}
    assert callable(YGGDRASIL.studio.launch)
    with pytest.raises(Unready, match=name):
        YGGDRASIL.studio.launch(replace(LAUNCH, account=replace(ACCOUNT, settings=settings)))
