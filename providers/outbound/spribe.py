"""Where Spribe's games are: an address that is built here, and asks the studio nothing."""

from urllib.parse import quote

from providers.locales import two_letters
from providers.outbound import Launch, Studio, setting, with_query
from providers.signing import CLIENT_ID

PASSED = ("account_history_url", "irc_duration", "irc_elapsed", "callback_url")
"""Settings that go into the address as they are; `irc` are the seconds of a reality check."""


def launch_url(launch: Launch) -> str:
    """The game's address at the account's ``launch_host``; a demo's at the studio's own for everybody."""
    account, game = launch.account, quote(launch.game, safe="")
    shown = {"lang": two_letters(launch.language), "currency": launch.currency}
    if launch.demo:
        host = setting(account, "demo_host", "demo.spribe.io")
        return with_query(f"https://{host}/launch/{game}", **shown, return_url=launch.lobby_url)
    passed = {name: account.settings.get(name) for name in PASSED}
    named = {"user": launch.player, "token": launch.token, **shown, "operator": setting(account, CLIENT_ID)}
    host = setting(account, "launch_host")
    return with_query(f"https://{host}/{game}", **named, return_url=launch.lobby_url, **passed)


STUDIO = Studio(
    launch=launch_url, demo=True, settings=frozenset({"launch_host", "demo_host", CLIENT_ID, *PASSED})
)
