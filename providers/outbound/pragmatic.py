"""What an operator asks of Pragmatic Play: form POSTs with the same hash as its wallet calls, JSON answers.

Settings: ``api_url``; ``secure_login``, the operator's name there; ``stylename`` where there are several.  The hash is made
with the secret that both sides share.  The calls of free rounds are the least sure of all: see docs/providers/pragmatic.md.
"""

from msgspec import Struct, field

from providers.contract import Account
from providers.locales import on, two_letters
from providers.outbound import (
    Declined,
    FreeRoundsOrder,
    Launch,
    ListedGame,
    Outbound,
    OutboundAnswer,
    OutboundRequest,
    Studio,
    form_post,
    given,
    json_of,
    own_secret,
    setting,
    with_query,
)
from providers.signing import md5_sorted_form_signature
from providers.syntax import encode_json
from wallet.types import GameType

API = "/IntegrationService/v3/http"
FREE_ROUNDS = f"{API}/FreeRoundsBonusAPI/v2/bonus"
TYPES = {"vs": GameType.SLOT, "lg": GameType.LIVE}


class Listed(Struct, frozen=True, rename="camel"):
    """A game of the list."""

    game_id: str = field(name="gameID")
    game_name: str
    game_type_id: str = field(name="gameTypeID", default="")
    demo_game_available: bool = True


class Reply(Struct, frozen=True, rename="camel"):
    """What the studio answers; here its ``error`` is text."""

    error: str | int
    description: str = ""
    game_url: str = field(name="gameURL", default="")
    game_list: tuple[Listed, ...] = ()

    @property
    def address(self) -> str:
        """Where the game is played."""
        if not self.game_url:
            raise ValueError("no gameURL")
        return self.game_url

    @property
    def listed(self) -> tuple[ListedGame, ...]:
        """The games of the list."""
        return tuple(
            ListedGame(
                code=game.game_id,
                name=game.game_name,
                type=TYPES.get(game.game_type_id, GameType.OTHER),
                demo=game.demo_game_available,
            )
            for game in self.game_list
        )


def signed(account: Account, /, **fields: str | None) -> dict[str, str]:
    """The fields that have a value, with the operator's name and the hash over them all."""
    told = given(secureLogin=setting(account, "secure_login"), **fields)
    return {**told, "hash": md5_sorted_form_signature(own_secret(account), told)}


def ask_launch(launch: Launch) -> OutboundRequest:
    """The address of a game; a demo names nobody."""
    fields = signed(
        launch.account,
        symbol=launch.game,
        language=two_letters(launch.language),
        token=launch.token,
        externalPlayerId=launch.player,
        currency=launch.currency,
        country=launch.country,
        technology="H5",
        platform=on(launch.channel, "WEB", "MOBILE"),
        lobbyUrl=launch.lobby_url,
        cashierUrl=launch.deposit_url,
        stylename=launch.account.settings.get("stylename"),
        playMode=launch.mode.upper(),
    )
    return form_post(f"{API}/CasinoGameAPI/game/url/", fields)


def ask_games(account: Account) -> OutboundRequest:
    """The operator's games."""
    return form_post(f"{API}/CasinoGameAPI/getCasinoGames/", signed(account))


def ask_free_rounds(order: FreeRoundsOrder) -> OutboundRequest:
    """Free rounds for one player: who and when in the signed query, games and stakes in the body."""
    if order.bet_value is None:
        raise ValueError("a bet_value")
    bets = [{"totalBet": order.bet_value, "currency": order.currency}]
    fields = signed(
        order.account,
        playerId=order.player,
        bonusCode=order.id,
        startDate=str(int(order.starts_at.timestamp())),
        expirationDate=str(int(order.expires_at.timestamp())),
        rounds=str(order.quantity),
        currency=order.currency,
    )
    games = [{"gameId": game, "betValues": bets} for game in order.games]
    path = with_query(f"{FREE_ROUNDS}/player/create/", **fields)
    return OutboundRequest(
        "POST", path, (("content-type", "application/json"),), encode_json({"gameList": games})
    )


def ask_cancel(order: FreeRoundsOrder) -> OutboundRequest:
    """The end of free rounds."""
    path = with_query(f"{FREE_ROUNDS}/cancel/", **signed(order.account, bonusCode=order.id))
    return OutboundRequest("POST", path, (("content-type", "application/json"),), b"{}")


def reply_of(answer: OutboundAnswer) -> Reply:
    """What the studio answered.  Raises `Declined`."""
    reply = json_of(answer, Reply)
    if str(reply.error) != "0":
        raise Declined(str(reply.error), retryable=str(reply.error) == "100")
    return reply


def done(answer: OutboundAnswer) -> None:
    """That it was done.  Raises `Declined`."""
    reply_of(answer)


STUDIO = Studio(
    launch=Outbound(ask_launch, lambda answer: reply_of(answer).address),
    demo=True,
    games=Outbound(ask_games, lambda answer: reply_of(answer).listed, bound=2**25),
    issue=Outbound(ask_free_rounds, done),
    cancel=Outbound(ask_cancel, done),
    settings=frozenset({"secure_login", "stylename"}),
)
