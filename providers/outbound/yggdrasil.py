"""Where Yggdrasil's games are: an address that is built here, and asks the studio nothing."""

from providers.locales import on, two_letters
from providers.outbound import Launch, Studio, setting, with_query

ORG = "org"
"""Account setting: the name of the operator's organisation, which every call must say."""


def launch_url(launch: Launch) -> str:
    """The game's address at the account's ``launcher``."""
    account = launch.account
    return with_query(
        setting(account, "launcher"),
        gameid=launch.game,
        org=setting(account, ORG),
        currency=launch.currency,
        lang=two_letters(launch.language),
        channel=on(launch.channel, "pc", "mobile"),
        home=launch.lobby_url,
        fullscreen=account.settings.get("fullscreen"),
        loginname=launch.player,
        key=launch.token,
    )


STUDIO = Studio(launch=launch_url, settings=frozenset({"launcher", "fullscreen", ORG}))
