"""Games of provider accounts, by the studio's code: made, listed and changed.

A game that is disabled takes no new bets; its wins, refunds and rollbacks go on.  Where it may be played, and in which
money, is asked when a player is let in, and of no call of a studio.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any

from litestar import Response, get, patch, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter
from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import asdict

from gateway.api.amounts import currency_of
from gateway.api.desk import Caller
from gateway.api.problems import Problem, documented, invalid
from gateway.api.shapes import PLAIN, Cursor, Filter, Limit, Word
from wallet.cursors import Small, cursor_of, position_of
from wallet.cursors import Word as CursorWord
from wallet.games import MAXIMUM_GAME_NAME, MAXIMUM_LISTED, Game, NewGame
from wallet.types import GameType

TAGS = ["Catalogue"]

GameName = Annotated[str, Meta(min_length=1, max_length=MAXIMUM_GAME_NAME, pattern=PLAIN)]
Rtp = Annotated[
    str,
    Meta(
        pattern=PLAIN + r"[0-9]{1,3}(\.[0-9]{1,4})?$",
        description="Return to player, in percent.",
        examples=["96.51"],
    ),
]
Countries = Annotated[
    list[Annotated[str, Meta(pattern=PLAIN + "[A-Z]{2}$")]],
    Meta(max_length=MAXIMUM_LISTED, description="ISO 3166-1; allowed: none means any."),
]
Currencies = Annotated[
    list[Annotated[str, Meta(pattern=PLAIN + "[A-Z0-9]{1,16}$")]],
    Meta(max_length=MAXIMUM_LISTED, description="Ours; allowed: none means any."),
]


class GameRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A game to make."""

    provider_account: Annotated[Word, Meta(description="Its slug.")]
    code: Annotated[Word, Meta(description="The studio's own, as its calls carry it.")]
    name: GameName
    enabled: bool = True
    type: GameType = GameType.OTHER
    rtp: Rtp | None = None
    demo: Annotated[bool, Meta(description="Whether it may be played for fun.")] = True
    allowed_countries: Countries = []
    refused_countries: Countries = []
    allowed_currencies: Currencies = []
    refused_currencies: Currencies = []


class GameChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change; what is left out stays."""

    name: GameName | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    type: GameType | UnsetType = UNSET
    rtp: Rtp | UnsetType | None = UNSET
    demo: bool | UnsetType = UNSET
    allowed_countries: Countries | UnsetType = UNSET
    refused_countries: Countries | UnsetType = UNSET
    allowed_currencies: Currencies | UnsetType = UNSET
    refused_currencies: Currencies | UnsetType = UNSET


class GameAnswer(Struct, frozen=True, kw_only=True):
    """A game."""

    id: int
    provider_account: str
    code: str
    name: str
    enabled: bool
    type: GameType
    rtp: str | None
    demo: bool
    allowed_countries: tuple[str, ...]
    refused_countries: tuple[str, ...]
    allowed_currencies: tuple[str, ...]
    refused_currencies: tuple[str, ...]


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
    responses=documented(
        "provider_account_not_found", "game_exists", "unknown_currency", repeated=GameAnswer
    ),
)
async def create_game(data: JSONBody[GameRequest], caller: NamedDependency[Caller]) -> Response[GameAnswer]:
    """Make a game; 200 with the game there is if it is the same."""
    account = await caller.desk.catalogue.account(data.provider_account)
    if account is None:
        raise Problem("provider_account_not_found")
    given = asdict(data)
    given.pop("provider_account")
    wanted = _game(caller, given)
    there = await _by_code(caller, account.id, data.code)
    created = False
    if there is None:
        # Whoever makes the same at the same moment is second, and is answered like who came later.
        created = await caller.desk.catalogue.create_game(account.id, wanted, caller.author)
        await caller.desk.registry.refresh()
        there = await _by_code(caller, account.id, data.code)
    if there is None or not (created or _fields_of(there) == asdict(wanted)):
        raise Problem("game_exists")
    return Response(_answer(there, account.slug), status_code=201 if created else 200)


@get("/games", tags=TAGS, responses=documented("invalid_cursor", "provider_account_not_found"))
async def list_games(
    caller: NamedDependency[Caller],
    provider_account: Filter = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> GamePage:
    """Games, a page at a time."""
    await caller.known(provider_account=provider_account)
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


@patch("/games/{game_id:int}", tags=TAGS, responses=documented("game_not_found", "unknown_currency"))
async def change_game(
    game_id: Annotated[int, PathParameter(ge=1, le=2**31 - 1)],
    data: JSONBody[GameChange],
    caller: NamedDependency[Caller],
) -> GameAnswer:
    """Change a game; a list that is given replaces the one there is."""
    game = await _game_of(caller, game_id)
    given = {name: value for name, value in asdict(data).items() if value is not UNSET}
    wanted = asdict(_game(caller, _fields_of(game) | given))
    changes = {name: wanted[name] for name in given}
    await caller.desk.catalogue.change_game(game_id, changes, caller.author)
    await caller.desk.registry.refresh()
    names = await caller.desk.history.account_names()
    return _answer(await _game_of(caller, game_id), names[game.provider_account])


async def _game_of(caller: Caller, game_id: int) -> Game:
    for game in await caller.desk.catalogue.games():
        if game.id == game_id:
            return game
    raise Problem("game_not_found")


async def _by_code(caller: Caller, account: int, code: str) -> Game | None:
    games = await caller.desk.catalogue.games(account)
    return next((game for game in games if game.code == code), None)


def _game(caller: Caller, given: Mapping[str, Any]) -> NewGame:
    """The game that a request means.  Raises `Problem`."""
    told: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in given.items()
    }
    told["rtp"] = None if given["rtp"] is None else Decimal(given["rtp"])
    for code in (*given["allowed_currencies"], *given["refused_currencies"]):
        currency_of(caller.desk.currencies, code)
    try:
        return NewGame(**told)
    except ValueError as error:
        raise invalid("(body)", str(error)) from None


def new_game_of(game: Game) -> NewGame:
    """What may be written of a game that is stored.  Raises ValueError for one that was changed by hand into none."""
    return NewGame(**_fields_of(game))


def _fields_of(game: Game) -> dict[str, Any]:
    return {name: getattr(game, name) for name in NewGame.__struct_fields__}


def _answer(game: Game, provider_account: str) -> GameAnswer:
    told: dict[str, Any] = asdict(game)
    told |= {"provider_account": provider_account, "rtp": None if game.rtp is None else f"{game.rtp:f}"}
    return GameAnswer(**told)
