"""Spribe's addresses: what a game's holds, and what it needs of the account."""

import pytest
from msgspec.structs import replace

from providers.contract import Account
from providers.outbound import Launch, Mode, Unready
from providers.spribe import SPRIBE

SETTINGS = {"client_id": "operator 1", "launch_host": "games.example"}
ACCOUNT = Account("spribe", (b"secret",), SPRIBE.policy, SPRIBE.manners, SETTINGS)
LAUNCH = Launch(
    account=ACCOUNT,
    game="hi-lo",
    token="t/1",
    player="p1",
    currency="EUR",
    language="de-AT",
    lobby_url="https://lobby.example/?a=1",
)


def url_of(launch):
    assert callable(SPRIBE.studio.launch)
    return SPRIBE.studio.launch(launch)


def test_a_game_is_launched_at_the_accounts_host():
    """The address names player, launch token, language, currency and operator, and the way back."""
    assert url_of(LAUNCH) == (
        "https://games.example/hi-lo?user=p1&token=t%2F1&lang=de&currency=EUR&operator=operator+1"
        "&return_url=https%3A%2F%2Flobby.example%2F%3Fa%3D1"
    )


def test_settings_are_passed_on():
    """The history's address, the reality check and a callback's address go along where the account has them."""
    passed = {
        "account_history_url": "https://h.example",
        "irc_duration": "3600",
        "irc_elapsed": "0",
        "callback_url": "https://c.example",
    }
    launch = replace(LAUNCH, account=replace(ACCOUNT, settings=SETTINGS | passed), lobby_url=None)
    assert url_of(launch).endswith(
        "&operator=operator+1&account_history_url=https%3A%2F%2Fh.example&irc_duration=3600&irc_elapsed=0"
        "&callback_url=https%3A%2F%2Fc.example"
    )


def test_a_demo_names_nobody():
    """A demo has neither player nor token, and needs no setting."""
    launch = replace(LAUNCH, mode=Mode.DEMO, token="", player="", account=replace(ACCOUNT, settings={}))
    assert url_of(launch) == (
        "https://demo.spribe.io/launch/hi-lo?lang=de&currency=EUR&return_url=https%3A%2F%2Flobby.example%2F%3Fa%3D1"
    )


@pytest.mark.parametrize("name", SETTINGS)
def test_a_launch_says_what_it_lacks(name):
    """Without the host or the operator's key there is no address, and the error names the setting."""
    settings = {one: value for one, value in SETTINGS.items() if one != name}
    with pytest.raises(Unready, match=name):
        url_of(replace(LAUNCH, account=replace(ACCOUNT, settings=settings)))
