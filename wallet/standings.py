"""What the edge asks of one wallet without moving money: what is in it, whose it is, and whether a key was posted.

Reads only, through views, many questions in one statement; its statements stand here.  It never looks at a session and
refuses nothing.
"""

import time
from datetime import date, datetime
from typing import Any

import asyncpg
from msgspec import Struct

from wallet.coalesce import Coalescer, Pending
from wallet.types import Kind, OpOutcome, Status

BUCKET = 0
LANES = 2
READ_SECONDS = 2.0

FIND = """
select w.id, w.player, w.currency, w.cash, w.bonus, w.held, w.status::text, w.player_status::text,
       p.country, p.jurisdiction, p.brand, p.birth_date, p.registered_at, p.language, p.labels, p.test
from wallet.wallets w
join wallet.players p on p.bucket = w.bucket and p.id = w.player
where w.bucket = $1 and w.id = any ($2::bigint[])
"""

FIND_POSTING = """
select t.wallet, t.id, t.restore_epoch, t.kind::text, t.original, t.original_kind::text, t.late, t.cash, t.bonus, t.held,
       t.cash_after, t.bonus_after, t.held_after, t.seq, t.recorded_at
from wallet.transaction t
where t.bucket = $1 and t.provider_account = $2 and t.key = $3
"""


class Standing(Struct, frozen=True):
    """A wallet as it is now, in ledger units, and its player."""

    wallet: int
    player: int
    currency: str
    cash: int
    bonus: int
    held: int
    status: str
    player_status: str
    country: str
    jurisdiction: str | None
    brand: str | None
    birth_date: date | None
    registered_at: datetime
    language: str | None
    labels: tuple[str, ...]
    test: bool


class FoundPosting(Struct, frozen=True):
    """The posting under a key, as the outcome of a call that would repeat it."""

    wallet: int
    kind: Kind
    outcome: OpOutcome

    @property
    def tombstone(self) -> bool:
        """Whether it is only the memory of a rollback that came first."""
        return self.kind is Kind.TOMBSTONE


class Standings:
    """The wallets of one installation, as one process asks for them.

    Every method raises what Postgres raises, or `coalesce.Overloaded` and `coalesce.DeadlinePassed`.
    """

    def __init__(self, database: asyncpg.Pool) -> None:
        self._database = database
        self._questions: Coalescer[int, Standing | None] = Coalescer([self._answer] * LANES)

    def start(self) -> None:
        """Put the questions to work, on the running event loop."""
        self._questions.start()

    async def close(self) -> None:
        """Finish the questions under way."""
        await self._questions.close()

    async def find(self, wallet: int, deadline: float) -> Standing | None:
        """The wallet now, read after this was called.  `deadline` is a moment of ``time.monotonic()``."""
        return await self._questions.submit(wallet, deadline)

    async def find_posting(self, provider_account: int, key: str, deadline: float) -> FoundPosting | None:
        """What an account posted under a key."""
        seconds = min(READ_SECONDS, max(0.001, deadline - time.monotonic()))
        row = await self._database.fetchrow(FIND_POSTING, BUCKET, provider_account, key, timeout=seconds)
        if row is None:
            return None
        wallet, posting, restore_epoch, kind, original, original_kind, *rest = row
        outcome = OpOutcome(
            Status.DUPLICATE,
            posting,
            restore_epoch,
            original,
            None if original_kind is None else Kind(original_kind),
            *rest,
        )
        return FoundPosting(wallet, Kind(kind), outcome)

    async def _answer(self, batch: list[Pending[int, Standing | None]]) -> None:
        wallets = list({pending.item for pending in batch})
        try:
            rows = await self._database.fetch(FIND, BUCKET, wallets, timeout=READ_SECONDS)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            for pending in batch:
                pending.fail(error)
            return
        found = {row[0]: _standing(row) for row in rows}
        for pending in batch:
            pending.answer(found.get(pending.item))


def _standing(row: Any) -> Standing:
    *columns, labels, test = row
    return Standing(*columns, labels=tuple(labels), test=test)
