"""The players page by page, in the order in which they came.

Reads only, through a view; its statement stands here.  Who is registered while somebody leafs comes at the end.
"""

import msgspec
from msgspec import Struct

from wallet.cursors import Number, cursor_of, position_of
from wallet.history import BUCKET, History
from wallet.players import Player, PlayerStatus

LIST = """
select bucket, id, external_id, status, country, jurisdiction, brand, affiliate, birth_date, language, registered_at,
       labels, test, erased_at
from wallet.players
where bucket = $1 and id > $2 and ($3::text is null or status::text = $3)
order by id
limit $4
"""


class PlayerFilters(Struct, frozen=True):
    """Which players."""

    status: PlayerStatus | None = None


class Place(Struct, frozen=True):
    """Where a page ended."""

    player: Number


class PlayerList(Struct, frozen=True):
    """One page, and the cursor of the next if there may be one."""

    items: list[Player]
    next_cursor: str | None = None


async def list_of(history: History, wanted: PlayerFilters, cursor: str | None, limit: int) -> PlayerList:
    """A page of players.  Raises `BadCursor`."""
    after = position_of(cursor, wanted, Place).player if cursor else 0
    rows = await history.rows(LIST, BUCKET, after, wanted.status, limit + 1)
    items = [msgspec.convert(dict(row), Player) for row in rows[:limit]]
    if len(rows) <= limit:
        return PlayerList(items)
    return PlayerList(items, cursor_of(Place(items[-1].id), wanted))
