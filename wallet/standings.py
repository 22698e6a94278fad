"""What the edge asks of one wallet without moving money: what is in it, whose it is, and whether a key was posted.

Reads only, through views, many wallets in one statement; its statements stand here.  A Postgres that is away for a
moment is waited for.  It never looks at a session and refuses nothing.
"""

from datetime import date, datetime
from typing import Any

import asyncpg
from msgspec import Struct

from wallet.coalesce import Coalescer, Pending
from wallet.patience import patiently
from wallet.types import Kind, OpOutcome, Sex, Status

BUCKET = 0
LANES = 2
READ_SECONDS = 2.0

Key = tuple[int, str]
"""A provider account's id and a key of its studio."""

FIND = """
select w.id, w.player, w.currency, w.cash, w.bonus, w.held, w.status::text, w.player_status::text,
       p.country, p.jurisdiction, p.brand, p.affiliate, p.birth_date, p.registered_at, p.language, e.sex,
       p.labels, p.test
from wallet.wallets w
join wallet.players p on p.bucket = w.bucket and p.id = w.player
left join wallet.erasable_data e on e.bucket = p.bucket and e.player = p.id
where w.bucket = $1 and w.id = any ($2::bigint[])
"""

FIND_POSTING = """
select t.wallet, t.id, t.kind::text, t.original, t.original_kind::text, t.late, t.cash, t.bonus, t.held, t.cash_after,
       t.bonus_after, t.held_after, t.seq, t.recorded_at
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
    affiliate: str | None
    birth_date: date | None
    registered_at: datetime
    language: str | None
    sex: Sex | None  # until it is erased
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

    Every question raises `coalesce.Overloaded`, `coalesce.DeadlinePassed`, or what Postgres says of the statement itself.
    """

    def __init__(self, database: asyncpg.Pool) -> None:
        self._database = database
        self._wallets: Coalescer[int, Standing | None] = Coalescer([self._read_wallets] * LANES)
        self._keys: Coalescer[Key, FoundPosting | None] = Coalescer([self._read_key] * LANES, batch_bound=1)

    def start(self) -> None:
        """Put the questions to work, on the running event loop."""
        self._wallets.start()
        self._keys.start()

    async def close(self) -> None:
        """Finish the questions under way."""
        await self._wallets.close()
        await self._keys.close()

    async def find(self, wallet: int, deadline: float) -> Standing | None:
        """The wallet now, read after this was called.  `deadline` is a moment of ``time.monotonic()``."""
        return await self._wallets.submit(wallet, deadline)

    async def find_posting(self, provider_account: int, key: str, deadline: float) -> FoundPosting | None:
        """What an account posted under a key."""
        return await self._keys.submit((provider_account, key), deadline)

    async def _read_wallets(self, batch: list[Pending[int, Standing | None]]) -> None:
        wallets = list({pending.item for pending in batch})
        rows = await patiently(
            lambda: self._database.fetch(FIND, BUCKET, wallets, timeout=READ_SECONDS), batch
        )
        found = {row[0]: _standing(row) for row in rows}
        for pending in batch:
            pending.answer(found.get(pending.item))

    async def _read_key(self, batch: list[Pending[Key, FoundPosting | None]]) -> None:
        [pending] = batch
        row = await patiently(
            lambda: self._database.fetchrow(FIND_POSTING, BUCKET, *pending.item, timeout=READ_SECONDS), batch
        )
        pending.answer(None if row is None else _found_posting(row))


def _standing(row: Any) -> Standing:
    *columns, sex, labels, test = row
    return Standing(*columns, sex=sex and Sex(sex), labels=tuple(labels), test=test)


def _found_posting(row: Any) -> FoundPosting:
    wallet, posting, kind, original, original_kind, *rest = row
    outcome = OpOutcome(
        Status.DUPLICATE,
        posting,
        original,
        None if original_kind is None else Kind(original_kind),
        *rest,
    )
    return FoundPosting(wallet, Kind(kind), outcome)
