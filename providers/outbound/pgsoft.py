"""Where PG Soft's games are: an address that is built here, and asks the studio nothing."""

from urllib.parse import quote

from providers.locales import two_letters
from providers.outbound import Launch, Studio, setting, with_query

OPERATOR_TOKEN = "operator_token"  # noqa: S105 - a setting's name
"""Account setting: the operator's name at the studio; no call under another one is theirs."""


def launch_url(launch: Launch) -> str:
    """The game's address at the account's ``launch_host``; ``f`` is the way back."""
    host = setting(launch.account, "launch_host")
    url = f"https://{host}/{quote(launch.game, safe='')}/index.html"
    named = {"ot": setting(launch.account, OPERATOR_TOKEN), "ops": launch.token}
    return with_query(url, btt="1", **named, l=two_letters(launch.language), f=launch.lobby_url)


STUDIO = Studio(launch=launch_url, settings=frozenset({"launch_host", OPERATOR_TOKEN}))
