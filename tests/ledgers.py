"""The two ledgers that tests ask the same things: the oracle in memory, and wallet.post over a plain connection.

Both take calls and give outcomes, so that one table or one history runs against either.  The Postgres one takes no
way that the service does not: one statement, the service's rights, a leased lane; only players and wallets are
made, blocked and closed by the owner, whatever functions the edge has for that.
"""

import itertools
import secrets
from collections.abc import Sequence
from typing import Any, Protocol, Self

import asyncpg
from msgspec.structs import astuple
from typing_extensions import override

from tests.model.books import Currency
from tests.model.oracle import Oracle
from wallet.types import Call, Kind, OpOutcome, Outcome, Policy, Status

CURRENCIES = {
    "EUR": Currency("EUR", 6, 2, 1_000_000_000),
    "USD": Currency("USD", 6, 2, 1_000_000_000),
    "JPY": Currency("JPY", 6, 0, 100_000_000_000),
    "BTC": Currency("BTC", 8, 8, 1_000_000),
}
"""What the tests play in.  A unit test compares them with what the migrations seed."""

UNKNOWN_WALLET = 2**62
"""Nobody's."""

CALL_FIELDS = (
    ("provider_account", "integer"),
    ("wallet", "bigint"),
    ("policy", "integer"),
    ("currency", "text"),
    ("session", "bigint"),
    ("session_defect", "wallet.status"),
    ("session_checked", "boolean"),
    ("game", "integer"),
    ("game_disabled", "boolean"),
    ("account_disabled", "boolean"),
    ("channel", "text"),
    ("actor", "text"),
    ("reason", "text"),
)
OP_FIELDS = (
    ("kind", "wallet.kind"),
    ("key", "text"),
    ("amount", "bigint"),
    ("nominal", "bigint"),
    ("reference", "text"),
    ("scope", "wallet.scope"),
    ("round", "text"),
    ("end_round", "boolean"),
    ("occurred_at", "timestamptz"),
    ("metadata", "jsonb"),
)
COLUMNS = (("call_id", "bigint"), *CALL_FIELDS, *OP_FIELDS)
POST = "select * from wallet.post(0, $1, $2, $3::wallet.policy[], {})".format(
    ", ".join(f"{name} => ${place}::{type_}[]" for place, (name, type_) in enumerate(COLUMNS, start=4))
)


class LedgerUnderTest(Protocol):
    """What a table or a history needs of a ledger."""

    async def open(self, player: str, currency: str) -> int:
        """Give a player a wallet, the player too where new; return the wallet's id."""
        ...

    async def close(self, wallet: int) -> None:
        """Close a wallet."""
        ...

    async def set_player(self, player: str, status: str) -> None:
        """Make a player active, blocked or excluded."""
        ...

    async def post(self, calls: Sequence[Call]) -> list[Outcome]:
        """Post one batch: no wallet twice."""
        ...

    async def house(self, house: str, wallets: Sequence[int]) -> int:
        """Sum what the house account moved with these wallets, in ledger units."""
        ...


class OracleLedger:
    """The oracle, spoken to like the other one."""

    def __init__(self) -> None:
        self.oracle = Oracle()
        self._wallets = itertools.count(1)

    async def open(self, player: str, currency: str) -> int:
        """Give a player a wallet."""
        wallet = next(self._wallets)
        self.oracle.open(wallet, player, CURRENCIES[currency])
        return wallet

    async def close(self, wallet: int) -> None:
        """Close a wallet."""
        self.oracle.close(wallet)

    async def set_player(self, player: str, status: str) -> None:
        """Make a player active, blocked or excluded."""
        self.oracle.set_player(player, status)

    async def post(self, calls: Sequence[Call]) -> list[Outcome]:
        """Post one call after the other."""
        return [self.oracle.post(call) for call in calls]

    async def house(self, house: str, wallets: Sequence[int]) -> int:
        """Sum the house's legs."""
        journal = self.oracle.books.journal
        return sum(posting.houses.get(house, 0) for posting in journal if posting.wallet in wallets)


class PostgresLedger:
    """The real one, over one connection with a lane of its own."""

    def __init__(self, service: asyncpg.Connection, owner: asyncpg.Connection) -> None:
        self.service = service
        self.owner = owner
        self._run = secrets.token_hex(4)
        self.lane = self.epoch = 0

    @classmethod
    async def connect(cls, service_url: str, owner_url: str) -> Self:
        """Connect twice, as the service and as the owner, and lease a lane."""
        ledger = cls(await asyncpg.connect(service_url), await asyncpg.connect(owner_url))
        ledger.lane, ledger.epoch = await ledger.service.fetchrow("select * from wallet.lease_lane()")
        return ledger

    async def disconnect(self) -> None:
        """Close both connections."""
        await self.service.close()
        await self.owner.close()

    async def open(self, player: str, currency: str) -> int:
        """Give a player a wallet; names are this ledger's own, so that tests can share a database."""
        await self.owner.execute(
            "insert into wallet.player (bucket, external_id, country) values (0, $1, 'MT') on conflict do nothing",
            f"{self._run}-{player}",
        )
        return await self.owner.fetchval(
            "insert into wallet.wallet (bucket, player, currency, player_status)"
            " select 0, id, $2, status from wallet.player where bucket = 0 and external_id = $1 returning id",
            f"{self._run}-{player}",
            currency,
        )

    async def close(self, wallet: int) -> None:
        """Close a wallet."""
        await self.owner.execute(
            "update wallet.wallet set status = 'closed' where bucket = 0 and id = $1", wallet
        )

    async def set_player(self, player: str, status: str) -> None:
        """Make a player active, blocked or excluded, in the wallets too."""
        await self.owner.execute(
            "with one as (update wallet.player set status = $2::wallet.player_status"
            " where bucket = 0 and external_id = $1 returning id)"
            " update wallet.wallet w set player_status = $2::wallet.player_status from one"
            " where w.bucket = 0 and w.player = one.id",
            f"{self._run}-{player}",
            status,
        )

    async def post(self, calls: Sequence[Call]) -> list[Outcome]:
        """Post one batch in one statement."""
        rows = await self.service.fetch(POST, self.lane, self.epoch, *arguments(calls))
        return outcomes(calls, rows)

    async def house(self, house: str, wallets: Sequence[int]) -> int:
        """Sum the house's legs."""
        total = await self.owner.fetchval(
            "select coalesce(sum(amount), 0) from wallet.leg"
            " where bucket = 0 and house::text = $1 and wallet = any ($2)",
            house,
            list(wallets),
        )
        return int(total)


class RepostingLedger(PostgresLedger):
    """The real one, to which every answer is lost once, as to a lane whose connection breaks after the commit."""

    @override
    async def post(self, calls: Sequence[Call]) -> list[Outcome]:
        """Post one batch, and again under the same ids: it is answered as the first time."""
        first = await super().post(calls)
        again = await super().post(calls)
        assert again == first, "posted again and answered otherwise:\n" + "\n".join(
            f"{call}\nfirst {one}\nagain {other}"
            for call, one, other in zip(calls, first, again, strict=True)
            if one != other
        )
        return first


def arguments(calls: Sequence[Call]) -> list[list[Any]]:
    """Turn calls into the arrays of ``wallet.post``: policies, then one element per operation."""
    policies: list[Policy] = []
    rows: list[list[Any]] = []
    for call in calls:
        if call.policy not in policies:
            policies.append(call.policy)
        for op in call.ops:
            ours = {"policy": policies.index(call.policy) + 1}
            row = [call.id]
            row += [ours.get(name, getattr(call, name)) for name, _ in CALL_FIELDS]
            row += [getattr(op, name) for name, _ in OP_FIELDS]
            rows.append(row)
    return [[astuple(policy) for policy in policies], *([list(column) for column in zip(*rows, strict=True)])]


def outcomes(calls: Sequence[Call], rows: Sequence[Any]) -> list[Outcome]:
    """Read the rows of ``wallet.post``: exactly one verdict per operation, in order."""
    assert [row["op_position"] for row in rows] == list(range(1, sum(len(c.ops) for c in calls) + 1)), rows
    found = iter(rows)
    results: list[Outcome] = []
    for call in calls:
        mine = list(itertools.islice(found, len(call.ops)))
        last = mine[-1]
        ends = {
            (row["wallet_cash"], row["wallet_bonus"], row["wallet_held"], row["wallet_currency"])
            for row in mine
        }
        assert len(ends) == 1, f"one call, several balances: {ends}"
        results.append(
            Outcome(
                ops=tuple(_op_outcome(row) for row in mine),
                cash=last["wallet_cash"] or 0,
                bonus=last["wallet_bonus"] or 0,
                held=last["wallet_held"] or 0,
                currency=last["wallet_currency"],
            )
        )
    return results


def _op_outcome(row: Any) -> OpOutcome:
    numbers = ("cash", "bonus", "held", "cash_after", "bonus_after", "held_after", "seq")
    return OpOutcome(
        status=Status(row["status"]),
        posting=row["posting"],
        original=row["original"],
        original_kind=Kind(row["original_kind"]) if row["original_kind"] else None,
        late=bool(row["late"]),
        recorded_at=row["recorded_at"],
        **{name: row[name] or 0 for name in numbers},
    )
