"""Which wallets players have, thousands looked up at once.

Reads only, through views; its statement stands here.  It reads no balance.
"""

from collections.abc import Collection, Mapping

from wallet.history import BUCKET, History

AT_ONCE = 1_000
"""So many are looked up by one statement."""

# Lateral with a limit: index probes, however many there are and whatever the planner believes of the tables.
FIND = """
select asked.player as external_id, asked.currency, w.id
from unnest($2::text[], $3::text[]) as asked (player, currency)
cross join lateral (
    select p.bucket, p.id from wallet.players p where p.external_id = asked.player and p.bucket = $1 limit 1) p
left join lateral (
    select w.id from wallet.wallets w
    where w.bucket = p.bucket and w.player = p.id and w.currency = asked.currency limit 1) w on true
"""

Named = tuple[str, str]
"""A player by the operator's id, and one of our currencies."""


async def find_wallets(history: History, names: Collection[Named]) -> Mapping[Named, int | None]:
    """The wallets of players that there are; None where the player has none in that currency."""
    wanted = list(dict.fromkeys(names))
    found: dict[Named, int | None] = {}
    for first in range(0, len(wanted), AT_ONCE):
        players, currencies = zip(*wanted[first : first + AT_ONCE], strict=True)
        for row in await history.rows(FIND, BUCKET, players, currencies):
            found[row["external_id"], row["currency"]] = row["id"]
    return found
