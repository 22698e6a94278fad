"""Where Alea's games are: an address that is built and signed here, and asks the studio nothing."""

from providers.locales import on
from providers.outbound import Launch, Studio, own_secret, setting, with_query
from providers.signing import sha512_suffixed_signature


def launch_url(launch: Launch) -> str:
    """The game's address at the account's ``launch_url``; player, session, country and currency are signed."""
    account, country = launch.account, launch.country or ""
    signed = f"{launch.player}{launch.token}{country}{launch.currency}".encode()
    return with_query(
        f"{setting(account, 'launch_url').rstrip('/')}/real",
        casinoId=setting(account, "casino_id"),
        casinoPlayerId=launch.player,
        casinoSessionId=launch.token,
        gameId=launch.game,
        country=country,
        currency=launch.currency,
        lobbyUrl=launch.lobby_url,
        depositUrl=launch.deposit_url,
        device=on(launch.channel, "DESKTOP", "MOBILE"),
        locale=launch.language,
        signature=sha512_suffixed_signature(own_secret(account), signed),
    )


STUDIO = Studio(launch=launch_url, settings=frozenset({"launch_url", "casino_id"}))
