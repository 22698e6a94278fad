"""Looks sessions up by their tokens: copies in Redis first, Postgres behind them, many look-ups in one.

It says what is wrong with a dead session and refuses nothing; it never changes a session but for the time it ends.

Why a dead token cannot come back to life, whatever happens to Redis:
1. Postgres first.  What ends a token is committed, and announced with the commit, before anything else is touched.
2. Its copy is then overwritten with its defect, not deleted: a reader that still holds the row from before fills only
   where there is nothing, so that it cannot put the living copy back.
3. Where Redis cannot be reached at that moment, its copy outlives the token there.  But every process has heard
   which token died and asks Postgres about it for twice a copy's life; and it trusts no copy older than its own
   listening, so one that was not there to hear, or lost its line, trusts none that could be stale.
4. And no copy lives longer than a minute.
"""

import logging
import math
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import asyncpg

from wallet import hot_copies
from wallet.announcements import Announcements
from wallet.coalesce import Coalescer, Pending
from wallet.hot_copies import Copy, HotCopies
from wallet.patience import AWAY, patiently
from wallet.types import Session, Status

SLIDE = timedelta(seconds=60)
"""A session in use is extended in Postgres once in so long, not with each call."""

LANES = 2
FIND_SECONDS = 5.0  # at most; a caller with less time leaves earlier
READ_SECONDS = 1.5
REMEMBERED_SECONDS = 2.0 * hot_copies.SECONDS
MAXIMUM_REMEMBERED = 200_000

CHANNEL = "bankroll_dead_tokens"

COLUMNS = """
select digest, session, wallet, player, provider_account, external_id, currency_code, game, channel, defect,
       read_at, expires_at, launch
from wallet.session_tokens
"""
READ = f"{COLUMNS} where digest = any ($1)"
READ_SESSIONS = f"{COLUMNS} where session = any ($1) and superseded_at is null"
EXTEND = "select wallet.extend_sessions($1, $2)"

logger = logging.getLogger(__name__)


class SessionLookups:
    """The sessions of one installation, as one process looks them up.  `announcements` starts after this is made."""

    def __init__(
        self,
        database: asyncpg.Pool,
        announcements: Announcements,
        copies: HotCopies,
        *,
        lifetime: timedelta,
        find_seconds: float = FIND_SECONDS,
    ) -> None:
        if lifetime <= SLIDE + timedelta(seconds=hot_copies.SECONDS):
            raise ValueError("a session must outlive its copies")
        self.unburied = 0  # dead tokens whose copy in Redis could not be overwritten at once
        self._database = database
        self._announcements = announcements
        self._copies = copies
        self._lifetime = lifetime
        self._find_seconds = find_seconds
        self._died: dict[bytes, float] = {}  # digest -> until when no copy of it is trusted, oldest first
        self._distrust_until = 0.0
        self._coalescer: Coalescer[bytes, Session | None] = Coalescer([self._look_up] * LANES)
        announcements.subscribe(CHANNEL, self._hear)

    def start(self) -> None:
        """Put the look-ups to work, on the running event loop."""
        self._coalescer.start()

    async def close(self) -> None:
        """Finish the look-ups under way."""
        await self._coalescer.close()

    async def find(self, digest: bytes, deadline: float = math.inf) -> Session | None:
        """The session of a token, the token itself left out."""
        return await self._coalescer.submit(digest, min(deadline, time.monotonic() + self._find_seconds))

    async def read(self, digests: Sequence[bytes]) -> dict[bytes, Copy]:
        """The sessions as Postgres has them now."""
        rows = await self._database.fetch(READ, list(digests), timeout=READ_SECONDS)
        return {row["digest"]: _copy(row) for row in rows}

    async def bury_sessions(self, sessions: Sequence[int], database: asyncpg.Pool) -> None:
        """Overwrite the copies of sessions that Postgres already knows as dead, whose tokens are read there."""
        if sessions:
            rows = await database.fetch(READ_SESSIONS, list(sessions))
            await self.bury({row["digest"]: _copy(row) for row in rows})

    async def bury(self, dead: Mapping[bytes, Copy]) -> None:
        """Overwrite the copies of tokens that Postgres already knows as dead."""
        for digest in dead:
            self._hear(digest.hex())  # ourselves at once, others by the announcement
        if not await self._copies.overwrite(dead, insist=True):
            self.unburied += len(dead)

    async def _look_up(self, batch: list[Pending[bytes, Session | None]]) -> None:
        """Run a lane: Redis for all of them, Postgres for those whose copy is not there or not trusted."""
        digests = list({pending.item for pending in batch})
        copies = dict(zip(digests, await self._copies.read(digests), strict=True))
        found = {digest: copy for digest, copy in copies.items() if copy and self._trusts(digest, copy)}
        missing = [digest for digest in digests if digest not in found]
        unanswered = [pending for pending in batch if pending.item not in found]
        for pending in batch:
            if (copy := found.get(pending.item)) is not None:
                pending.answer(copy.session)
        if not unanswered:
            return
        read = await patiently(lambda: self.read(missing), unanswered)
        for pending in unanswered:
            copy = read.get(pending.item)
            pending.answer(None if copy is None else copy.session)
        if read:
            await self._extend(list(read.values()))
            await self._copies.fill({digest: copy for digest, copy in read.items() if not copies[digest]})
            await self._copies.overwrite({digest: copy for digest, copy in read.items() if copies[digest]})

    async def _extend(self, read: Sequence[Copy]) -> None:
        """Slide the end of sessions in use.  A failure is only a session that may end early."""
        late = self._lifetime - SLIDE
        due = [
            copy.session.id
            for copy in read
            if copy.session.defect is None and copy.expires_at - copy.read_at < late
        ]
        if not due:
            return
        try:
            await self._database.fetchval(EXTEND, due, self._lifetime, timeout=READ_SECONDS)
        except (*AWAY, asyncpg.PostgresError) as error:
            logger.warning("%d sessions were not extended: %s", len(due), error or type(error).__name__)

    def _trusts(self, digest: bytes, copy: Copy) -> bool:
        since = self._announcements.since
        return (
            since is not None
            and copy.read_at >= since
            and digest not in self._died
            and time.monotonic() >= self._distrust_until
        )

    def _hear(self, payload: str) -> None:
        """Remember a token that died for as long as a living copy of it could turn up."""
        now = time.monotonic()
        while self._died and next(iter(self._died.values())) < now:
            del self._died[next(iter(self._died))]
        if len(self._died) >= MAXIMUM_REMEMBERED:
            self._died.clear()
            self._distrust_until = now + REMEMBERED_SECONDS
        digest = bytes.fromhex(payload)
        self._died.pop(digest, None)
        self._died[digest] = now + REMEMBERED_SECONDS


def _copy(row: Any) -> Copy:
    session = Session(
        id=row["session"],
        token="",
        wallet=row["wallet"],
        player=row["player"],
        provider_account=row["provider_account"],
        external_id=row["external_id"],
        currency=row["currency_code"],
        game=row["game"],
        channel=row["channel"],
        defect=None if row["defect"] is None else Status(row["defect"]),
    )
    return Copy(session, row["read_at"], row["expires_at"], row["launch"])
