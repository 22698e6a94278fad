"""Players: registered under the operator's own id, read, listed, blocked and unblocked.

Registering the same player again answers the player there is; the same id with other content is refused.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any

from litestar import Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta, Struct

from gateway.api.desk import Caller
from gateway.api.problems import Problem, documented, invalid
from gateway.api.shapes import PLAIN, Cursor, Limit, PlayerId, PlayerInPath, Sentence
from wallet.directory import PlayerFilters, list_of
from wallet.players import NewPlayer, Player, PlayerStatus
from wallet.types import Status

TAGS = ["Players"]
BEYOND_A_PATH = frozenset("/\\")

PersonalData = Annotated[
    dict[str, Sentence],
    Meta(
        max_length=50,
        description="Kept apart, erasable, never answered here. Studios that ask are told of "
        "`sex` (female or male), and of nothing else in it.",
        examples=[{"name": "Anna Camilleri", "sex": "female"}],
    ),
]


class PlayerRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A player to register."""

    id: PlayerId
    country: Annotated[
        str, Meta(pattern=PLAIN + "[A-Z]{2}$", description="ISO 3166-1 alpha-2.", examples=["MT"])
    ]
    jurisdiction: Annotated[str, Meta(max_length=64)] | None = None
    brand: Annotated[str, Meta(max_length=64)] | None = None
    affiliate: Annotated[str, Meta(max_length=64, description="Who brought the player.")] | None = None
    birth_date: date | None = None
    language: Annotated[str, Meta(max_length=35, examples=["en", "pt-BR"])] | None = None
    registered_at: datetime | None = None
    labels: Annotated[list[Annotated[str, Meta(max_length=64)]], Meta(max_length=32)] = []
    test: bool = False
    personal_data: PersonalData | None = None


class PersonalDataRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What takes the place of the personal data that are kept."""

    personal_data: PersonalData


class PlayerAnswer(Struct, frozen=True, kw_only=True):
    """A player, without personal data."""

    id: PlayerId
    status: PlayerStatus
    country: str
    jurisdiction: str | None
    brand: str | None
    affiliate: str | None
    birth_date: date | None
    language: str | None
    registered_at: datetime
    labels: list[str]
    test: bool
    erased_at: Annotated[
        datetime | None,
        Meta(description="Since when nothing personal is known: no new game, no free rounds."),
    ]


class PlayerPage(Struct, frozen=True):
    """Players in the order in which they were registered."""

    items: list[PlayerAnswer]
    next_cursor: str | None


@post("/players", tags=TAGS, responses=documented("player_differs", repeated=PlayerAnswer))
async def create_player(
    data: JSONBody[PlayerRequest], caller: NamedDependency[Caller]
) -> Response[PlayerAnswer]:
    """Register a player; 200 with the player there is if this was done before."""
    if data.id in {".", ".."} or BEYOND_A_PATH & set(data.id):
        raise invalid("id", "an id stands in paths: no slashes, and not . or ..")
    try:
        new = NewPlayer(
            external_id=data.id,
            country=data.country,
            jurisdiction=data.jurisdiction,
            brand=data.brand,
            affiliate=data.affiliate,
            birth_date=data.birth_date,
            language=data.language,
            registered_at=data.registered_at,
            labels=tuple(data.labels),
            test=data.test,
            personal_data=data.personal_data,
        )
    except ValueError as error:
        field = str(error).partition(" ")[0]
        raise invalid("id" if field == "external_id" else field, str(error)) from None
    player, created = await caller.desk.players.create(new, caller.author)
    if not created:
        kept = await caller.desk.players.personal_data(player.id, bucket=player.bucket)
        if not _same(new, player, kept):
            raise Problem("player_differs")
    return Response(_answer(player), status_code=201 if created else 200)


@get("/players", tags=TAGS, responses=documented("invalid_cursor"))
async def list_players(
    caller: NamedDependency[Caller],
    status: Annotated[PlayerStatus | None, QueryParameter()] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> PlayerPage:
    """Players, a page at a time."""
    page = await list_of(caller.desk.history, PlayerFilters(status), cursor, limit)
    return PlayerPage([_answer(player) for player in page.items], page.next_cursor)


@get("/players/{player:str}", tags=TAGS, responses=documented("player_not_found"))
async def read_player(player: PlayerInPath, caller: NamedDependency[Caller]) -> PlayerAnswer:
    """One player."""
    return _answer(await caller.player(player))


@post(
    "/players/{player:str}/block",
    status_code=200,
    tags=TAGS,
    responses=documented("player_not_found", Status.PLAYER_EXCLUDED),
)
async def block_player(player: PlayerInPath, caller: NamedDependency[Caller]) -> PlayerAnswer:
    """Refuse new bets and deposits; answered once no such bet can land any more."""
    found = await caller.player(player)
    status = await caller.desk.players.block(found.id, bucket=found.bucket, author=caller.author)
    return await _changed(caller, found, status)


@post(
    "/players/{player:str}/unblock",
    status_code=200,
    tags=TAGS,
    responses=documented("player_not_found", Status.PLAYER_EXCLUDED),
)
async def unblock_player(player: PlayerInPath, caller: NamedDependency[Caller]) -> PlayerAnswer:
    """End a block, never an exclusion."""
    found = await caller.player(player)
    status = await caller.desk.players.unblock(found.id, bucket=found.bucket, author=caller.author)
    return await _changed(caller, found, status)


@put(
    "/players/{player:str}/personal-data",
    status_code=204,
    tags=TAGS,
    responses=documented("player_not_found", "player_erased"),
)
async def keep_personal_data(
    player: PlayerInPath, data: JSONBody[PersonalDataRequest], caller: NamedDependency[Caller]
) -> None:
    """Put personal data in place of all that are kept; the audit log tells that they changed, and not what they were."""
    found = await caller.player(player)
    try:
        kept = await caller.desk.players.keep_personal_data(
            found.id, data.personal_data, bucket=found.bucket, author=caller.author
        )
    except ValueError as error:
        raise invalid("personal_data", str(error)) from None
    if not kept:
        raise Problem("player_erased")


@delete("/players/{player:str}/personal-data", tags=TAGS, responses=documented("player_not_found"))
async def erase_personal_data(player: PlayerInPath, caller: NamedDependency[Caller]) -> None:
    """Erase what is personal; the player, the money and its history stand.

    Erased are `personal_data`, birth date, language, affiliate and labels.  Done again, it erases nothing more.  No new
    game is begun after it, and no free rounds are given (`player_erased`).
    """
    found = await caller.player(player)
    await caller.desk.players.erase_personal_data(found.id, bucket=found.bucket, author=caller.author)


async def _changed(caller: Caller, player: Player, status: PlayerStatus | None) -> PlayerAnswer:
    if status is None:
        raise Problem("player_not_found")
    if status is PlayerStatus.EXCLUDED:
        raise Problem(Status.PLAYER_EXCLUDED)
    return _answer(await caller.player(player.external_id))


def _same(new: NewPlayer, player: Player, kept: Mapping[str, Any] | None) -> bool:
    """Whether a player is registered like this; personal data or a time that were left out do not count."""
    names: Any = ("country", "jurisdiction", "brand", "affiliate", "birth_date", "language", "labels", "test")
    if any(getattr(new, name) != getattr(player, name) for name in names):
        return False
    return new.registered_at in (None, player.registered_at) and new.personal_data in (None, kept)


def _answer(player: Player) -> PlayerAnswer:
    return PlayerAnswer(
        id=player.external_id,
        status=player.status,
        country=player.country,
        jurisdiction=player.jurisdiction,
        brand=player.brand,
        affiliate=player.affiliate,
        birth_date=player.birth_date,
        language=player.language,
        registered_at=player.registered_at,
        labels=list(player.labels),
        test=player.test,
        erased_at=player.erased_at,
    )
