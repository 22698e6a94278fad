"""Games of provider accounts, by the studio's code: made, listed, renamed, enabled and disabled.

A game that is disabled takes no new bets; its wins, refunds and rollbacks go on.
"""

from typing import Annotated

from litestar import Response, get, patch, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter
from msgspec import Meta, Struct

from gateway.api.desk import Caller
from gateway.api.problems import Problem, documented, invalid
from gateway.api.shapes import PLAIN, Cursor, Filter, Limit, Word
from wallet.catalogue import MAXIMUM_GAME_NAME, Game
from wallet.cursors import Small, cursor_of, position_of
from wallet.cursors import Word as CursorWord

TAGS = ["Catalogue"]

GameName = Annotated[str, Meta(min_length=1, max_length=MAXIMUM_GAME_NAME, pattern=PLAIN)]


class GameRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A game to make."""

    provider_account: Annotated[Word, Meta(description="Its slug.")]
    code: Annotated[Word, Meta(description="The studio's own, as its calls carry it.")]
    name: GameName
    enabled: bool = True


class GameChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change; what is left out stays."""

    name: GameName | None = None
    enabled: bool | None = None


class GameAnswer(Struct, frozen=True):
    """A game."""

    id: int
    provider_account: str
    code: str
    name: str
    enabled: bool


class GamePage(Struct, frozen=True):
    """Games, by provider account and code."""

    items: list[GameAnswer]
    next_cursor: str | None


class GameFilters(Struct, frozen=True):
    """Which games."""

    provider_account: str | None


class Place(Struct, frozen=True):
    """Where a page ended."""

    provider_account: Small
    code: CursorWord


@post(
    "/games",
    tags=TAGS,
    responses=documented("provider_account_not_found", "game_exists", repeated=GameAnswer),
)
async def create_game(data: JSONBody[GameRequest], caller: NamedDependency[Caller]) -> Response[GameAnswer]:
    """Make a game; 200 with the game there is if it is the same."""
    account = await caller.desk.catalogue.account(data.provider_account)
    if account is None:
        raise Problem("provider_account_not_found")
    for game in await caller.desk.catalogue.games(account.id):
        if game.code == data.code:
            if (game.name, game.enabled) != (data.name, data.enabled):
                raise Problem("game_exists")
            return Response(_answer(game, account.slug), status_code=200)
    await _put(caller, account.id, data.code, data.name, enabled=data.enabled)
    games = await caller.desk.catalogue.games(account.id)
    (made,) = [game for game in games if game.code == data.code]
    return Response(_answer(made, account.slug), status_code=201)


@get("/games", tags=TAGS, responses=documented("invalid_cursor"))
async def list_games(
    caller: NamedDependency[Caller],
    provider_account: Filter = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> GamePage:
    """Games, a page at a time."""
    wanted = GameFilters(provider_account)
    after = position_of(cursor, wanted, Place) if cursor else Place(0, "")
    names = await caller.desk.history.account_names()
    games = [
        game
        for game in await caller.desk.catalogue.games()
        if (game.provider_account, game.code) > (after.provider_account, after.code)
        and provider_account in (None, names[game.provider_account])
    ]
    games.sort(key=lambda game: (game.provider_account, game.code))
    more = None
    if len(games) > limit:
        last = games[limit - 1]
        more = cursor_of(Place(last.provider_account, last.code), wanted)
    return GamePage([_answer(game, names[game.provider_account]) for game in games[:limit]], more)


@patch("/games/{game_id:int}", tags=TAGS, responses=documented("game_not_found"))
async def change_game(
    game_id: Annotated[int, PathParameter(ge=1, le=2**31 - 1)],
    data: JSONBody[GameChange],
    caller: NamedDependency[Caller],
) -> GameAnswer:
    """Rename, enable or disable a game."""
    for game in await caller.desk.catalogue.games():
        if game.id == game_id:
            break
    else:
        raise Problem("game_not_found")
    name = game.name if data.name is None else data.name
    enabled = game.enabled if data.enabled is None else data.enabled
    await _put(caller, game.provider_account, game.code, name, enabled=enabled)
    names = await caller.desk.history.account_names()
    changed = Game(game.id, game.provider_account, game.code, name, enabled)
    return _answer(changed, names[game.provider_account])


async def _put(caller: Caller, account: int, code: str, name: str, *, enabled: bool) -> None:
    try:
        await caller.desk.catalogue.put_games(account, [(code, name, enabled)])
    except ValueError as error:
        raise invalid("name", str(error)) from None
    await caller.desk.registry.refresh()


def _answer(game: Game, provider_account: str) -> GameAnswer:
    return GameAnswer(game.id, provider_account, game.code, game.name, game.enabled)
