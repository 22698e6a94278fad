"""What has to happen before a database that was restored, or a copy that was promoted, may be posted to again.

The restore epoch is raised, so that nothing which was issued in the lost future is issued twice or believed; Redis
forgets what it knew of that future; the books are proven.  It moves no money and restores nothing itself.
"""

from datetime import datetime
from typing import Any

import asyncpg
from msgspec import Struct

from wallet.hot_copies import forget_all
from wallet.proofs import Progress
from wallet.types import public_id
from wallet.vault import CopyError
from wallet.verify import Report, verify

MOST_SECONDS = 4 * 60 * 60.0
"""For the proof of the books."""

LAST_EPOCH = 2**15 - 1
"""Ids of postings show none above it: they hold it in their upper 16 bits, of which one is the sign."""

EPOCH = "select restore_epoch from wallet.installation"
RAISE = "select wallet.raise_restore_epoch($1)"
# The timeline of the log that is written now: the control file's is older until a checkpoint has come.
TIMELINE = "select ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::integer"
LAST = "select id, recorded_at from wallet.journal order by recorded_at desc, id desc limit 1"
PREPARED = "set role bankroll_owner"


class LastPosting(Struct, frozen=True):
    """The newest posting that there is."""

    public_id: str
    recorded_at: datetime


class Restored(Struct, frozen=True):
    """What was reached, and under which epoch it goes on."""

    restore_epoch: int
    last: LastPosting | None
    report: Report


async def settle(
    owner_url: str,
    database_url: str,
    redis_url: str,
    *,
    above: int = 0,
    prefix: str = "bankroll:",
    progress: Progress | None = None,
) -> Restored:
    """Raise the restore epoch above its own and above `above`, let Redis forget, prove.

    `prefix` is what Redis keeps our keys under.  The schema must be this release's.  Raises `CopyError` where no id could
    show the epoch, and what connecting raises.
    """
    owner: Any = await asyncpg.connect(owner_url)
    try:
        timeline = await owner.fetchval(TIMELINE)
        await owner.execute(PREPARED)
        unused = max(await owner.fetchval(EPOCH) + 1, above + 1, timeline)
        if unused > LAST_EPOCH:
            raise CopyError(
                f"the restore epoch would be {unused}, and no id can show one above {LAST_EPOCH}: carry the"
                " balances over to a database that is new"
            )
        epoch = await owner.fetchval(RAISE, unused)
        row = await owner.fetchrow(LAST)
    finally:
        await owner.close()
    last = None if row is None else LastPosting(public_id(row[0]), row[1])
    await forget_all(redis_url, prefix=prefix)
    return Restored(epoch, last, await verify(database_url, timeout_seconds=MOST_SECONDS, progress=progress))
