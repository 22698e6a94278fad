"""Free rounds that wallets were given: written down before a studio is asked for them, and what became of each.

Some studios pay them by the id of their issue alone, so an issue names one wallet, for good; but nobody while the
studio has declined it.  It moves no money: what free rounds win comes as a studio's call, like every win.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum

import asyncpg
import msgspec
from msgspec import Struct

from wallet.audit import Author, signed
from wallet.external_ids import new_external_id
from wallet.named_wallets import NamedWallet, NamedWallets
from wallet.types import Status

MAXIMUM_ISSUE = 64
MAXIMUM_GAMES = 100
"""Most games that one issue is for."""

MAXIMUM_QUANTITY = 100_000

FIND = """
select f.provider_account, f.issue,
       f.provider_account, f.external_id, f.bucket, f.wallet, f.player, f.currency, f.currency_code
from unnest($1::integer[], $2::text[]) as asked (provider_account, issue)
join wallet.free_rounds f using (provider_account, issue)
where f.state <> 'declined'
"""
ISSUED = """
select provider_account, issue as id, bucket, wallet, player, external_id, currency, currency_code, games, quantity,
       bet_level, bet_value, options, starts_at, expires_at, state, created_at
from wallet.free_rounds
"""
ONE = f"{ISSUED} where provider_account = $1 and issue = $2"
LIST = f"""
{ISSUED}
where bucket = $1 and wallet = any ($2) and (created_at, issue) < ($3, $4)
order by created_at desc, issue desc
limit $5
"""
ISSUE = "select wallet.issue_free_rounds($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
CHANGE = "select wallet.change_free_rounds($1, $2, $3, $4)"


class FreeRoundsState(StrEnum):
    """How far free rounds are.  The order is the order of ``wallet.free_rounds_state``."""

    REQUESTED = "requested"  # written down; the studio was asked or not, and may have them or not
    DECLINED = "declined"  # the studio said no: it has none, and pays none
    ISSUED = "issued"
    CANCELLED = "cancelled"
    FINISHED = "finished"  # the studio paid what they won


class FreeRoundsRequest(Struct, frozen=True, kw_only=True):
    """Free rounds to be given to a wallet."""

    id: str  # what the studio is told, and repeats when it pays
    wallet: int
    games: Sequence[str]  # the studio's codes
    quantity: int
    starts_at: datetime
    expires_at: datetime
    bet_level: int | None = None  # where the studio counts levels
    bet_value: int | None = None  # in ledger units, where it takes an amount
    options: Mapping[str, str] = {}  # what else the studio wants to be told
    currency: str | None = None  # the wire code; absent: the account's for the wallet's currency
    bucket: int = 0


class FreeRoundsIssue(Struct, frozen=True, kw_only=True):
    """Free rounds as they were written down."""

    provider_account: int
    id: str
    bucket: int
    wallet: int
    player: int
    external_id: str
    currency: str
    currency_code: str  # on the wire
    games: tuple[str, ...]
    quantity: int
    bet_level: int | None
    bet_value: int | None
    options: Mapping[str, str]
    starts_at: datetime
    expires_at: datetime
    state: FreeRoundsState
    created_at: datetime


class FreeRounds:
    """The free rounds of one installation, as one process knows them."""

    def __init__(self, database: asyncpg.Pool) -> None:
        self._database = database
        # An issue is paid once or twice, and may be declined after it was looked for: nothing is remembered.
        self._wallets = NamedWallets(database, FIND, remembered=0)

    def start(self) -> None:
        """Put the look-ups to work, on the running event loop."""
        self._wallets.start()

    async def close(self) -> None:
        """Finish the look-ups under way."""
        await self._wallets.close()

    async def find(self, provider_account: int, issue: str, deadline: float = math.inf) -> NamedWallet | None:
        """The wallet that free rounds were given to; None where the account has given none under this id.

        `deadline` is a moment of ``time.monotonic()``; raises `coalesce.DeadlinePassed` or `coalesce.Overloaded`.
        """
        if not 1 <= len(issue) <= MAXIMUM_ISSUE or not issue.isascii() or not issue.isprintable():
            return None
        return await self._wallets.find(provider_account, issue, deadline)

    async def issued(self, provider_account: int, issue: str) -> FreeRoundsIssue | None:
        """Free rounds by their id."""
        row = await self._database.fetchrow(ONE, provider_account, issue)
        return None if row is None else _issue_of(row)

    async def list_of(
        self, wallets: Sequence[int], *, before: tuple[datetime, str], limit: int = 100, bucket: int = 0
    ) -> list[FreeRoundsIssue]:
        """Free rounds of wallets, the newest first, older than (created at, id)."""
        rows = await self._database.fetch(LIST, bucket, list(wallets), *before, limit)
        return [_issue_of(row) for row in rows]

    async def request(
        self, provider_account: int, wanted: FreeRoundsRequest, author: Author | None = None
    ) -> Status | None:
        """Write down what a studio will be asked for.

        `created`; `found` where it stands already; `key_reused` where the id stands for other free rounds; or why the
        wallet cannot be given any: None where the player's personal data were erased.
        """
        status = await self._database.fetchval(
            ISSUE,
            *(provider_account, wanted.id, wanted.bucket, wanted.wallet, wanted.currency),
            *(new_external_id(), list(wanted.games), wanted.quantity, wanted.bet_level, wanted.bet_value),
            *(msgspec.json.encode(wanted.options).decode(), wanted.starts_at, wanted.expires_at),
            signed(author),
        )
        return None if status is None else Status(status)

    async def change(
        self, provider_account: int, issue: str, state: FreeRoundsState, author: Author | None = None
    ) -> FreeRoundsState | None:
        """Move free rounds on, and answer where they are then: a state that cannot follow changes nothing."""
        now_in = await self._database.fetchval(CHANGE, provider_account, issue, state, signed(author))
        return None if now_in is None else FreeRoundsState(now_in)


def _issue_of(row: asyncpg.Record) -> FreeRoundsIssue:
    return msgspec.convert({**row, "options": msgspec.json.decode(row["options"])}, FreeRoundsIssue)
