"""Lists of games as studios keep them: asked for, and taken over into the catalogue.

What the operator decided of a game (whether it is enabled, where and in which money it may be played) stays; what the
studio says of it (its name, type, return and whether it has a demo) follows the list.  A game that is no longer
listed is named and left as it is: to disable it is the operator's decision.
"""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated

from litestar import post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta, Struct
from msgspec.structs import replace

from gateway.api.desk import Caller
from gateway.api.games import new_game_of
from gateway.api.problems import Problem, documented
from gateway.api.provider_accounts import TAGS, SlugInPath
from gateway.configured_accounts import ConfiguredAccount
from gateway.studios import Failure, StudioFailed
from providers.outbound import ListedGame
from wallet.games import MAXIMUM_GAMES, Game, NewGame
from wallet.types import GameType

IMPORT_SECONDS = 20.0
"""For one import, from the question to the studio to the last game: less than a worker that ends gives the requests in flight."""


class GameImport(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the list is taken over."""

    enabled: Annotated[bool, Meta(description="Whether games that were not there before are enabled.")] = (
        False
    )


class GameImportAnswer(Struct, frozen=True, kw_only=True):
    """What became of the list."""

    listed: int
    created: int
    changed: int
    unchanged: int
    refused: Annotated[
        list[str], Meta(description="Codes that cannot be taken: of a game that is none here.")
    ]
    missing: Annotated[list[str], Meta(description="Codes of the catalogue that the studio does not list.")]


class Merged(Struct):
    """A list beside what is there."""

    created: list[NewGame] = []
    changed: list[NewGame] = []
    unchanged: list[str] = []
    refused: list[str] = []


@post(
    "/provider-accounts/{slug:str}/games/import",
    status_code=200,
    tags=TAGS,
    responses=documented(
        *("provider_account_not_found", "provider_account_unserved", "studio_cannot"),
        *(failure.value for failure in Failure),
    ),
)
async def import_games(
    slug: SlugInPath, data: JSONBody[GameImport], caller: NamedDependency[Caller]
) -> GameImportAnswer:
    """Ask the studio for its games and take them over; again, it changes what the studio changed."""
    account = caller.provider_account(slug)
    question = account.provider.studio.games
    if question is None:
        raise Problem("studio_cannot", "the protocol has no list of games")
    until = caller.within(IMPORT_SECONDS)
    listed = await caller.desk.studios.ask(account, "games", question, account.account, until=until)
    if len(listed) > MAXIMUM_GAMES:
        raise StudioFailed(Failure.UNREADABLE, f"a list of more than {MAXIMUM_GAMES} games")
    async with asyncio.timeout(until - time.monotonic()):
        return await take_over(caller, account, listed, enabled=data.enabled)


async def take_over(
    caller: Caller, account: ConfiguredAccount, listed: Sequence[ListedGame], *, enabled: bool
) -> GameImportAnswer:
    """Write what a list says, all of it or nothing, and tell what became of it."""
    there = {game.code: game for game in await caller.desk.catalogue.games(account.id)}
    merged = merge(listed, there, enabled=enabled)
    written = merged.created + merged.changed
    if written:
        await caller.desk.catalogue.put_games(account.id, written, caller.author)
    await caller.desk.registry.refresh()
    return GameImportAnswer(
        listed=len(listed),
        created=len(merged.created),
        changed=len(merged.changed),
        unchanged=len(merged.unchanged),
        refused=merged.refused,
        missing=sorted(there.keys() - {game.code for game in listed}),
    )


def merge(listed: Iterable[ListedGame], there: Mapping[str, Game], *, enabled: bool) -> Merged:
    """What is to be written; a code that is listed twice counts once, as it stands first."""
    merged = Merged()
    seen: set[str] = set()
    for told in listed:
        if told.code in seen:
            continue
        seen.add(told.code)
        known = there.get(told.code)
        try:
            game = taken_over(told, None if known is None else new_game_of(known), enabled=enabled)
        except ValueError:
            merged.refused.append(told.code[:255])
            continue
        if known is None:
            merged.created.append(game)
        elif game == new_game_of(known):
            merged.unchanged.append(game.code)
        else:
            # What the studio says, and no more: the operator may have decided otherwise since `there` was read.
            merged.changed.append(taken_over(told, None, enabled=enabled))
    return merged


def taken_over(told: ListedGame, known: NewGame | None, *, enabled: bool) -> NewGame:
    """A game as it is to be stored.  Raises ValueError for what is none."""
    if known is None:
        return NewGame(
            code=told.code, name=told.name, enabled=enabled, type=told.type, rtp=told.rtp, demo=told.demo
        )
    told_type = known.type if told.type is GameType.OTHER else told.type
    rtp = known.rtp if told.rtp is None else told.rtp
    return replace(known, name=told.name, type=told_type, rtp=rtp, demo=told.demo)
