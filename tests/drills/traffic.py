"""Bets on a ledger, many at once, and what was answered to each: the witness that a drill asks afterwards.

What got no outcome is asked again under its key, as a studio would, for as long as the drill plays.
"""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

import asyncpg

from tests.ledger.calls import call, make_wallet, soon, unique
from wallet.ledger import Ledger, Overloaded, Unavailable
from wallet.types import Kind, Op, OpOutcome, Status

DEADLINE_SECONDS = 2.0
PAUSE_SECONDS = 0.05
ACCOUNT = 9_999  # none of a gateway's, whose studios answer for their own
PLAYED = frozenset({Status.CREATED, Status.DUPLICATE})


@dataclass
class Traffic:
    """One bet after the other on each wallet."""

    ledger: Ledger
    wallets: list[int]
    answered: dict[str, OpOutcome] = field(default_factory=dict)
    answered_at: list[float] = field(default_factory=list)  # by time.monotonic()
    unavailable: int = 0
    in_a_row: int = 0  # temporary errors since the last answer
    stopping: bool = False

    async def play(self) -> None:
        """Until `stopping`, and until nothing is unanswered that was sent."""
        await asyncio.gather(*(self._play(wallet) for wallet in self.wallets))

    def give_up(self) -> None:
        """Leave unanswered what is."""
        self.stopping = True
        self._given_up = True

    _given_up: bool = False

    async def _play(self, wallet: int) -> None:
        while not self.stopping:
            key = unique("drill")
            while key not in self.answered and not self._given_up:
                try:
                    outcome = await self.ledger.post(
                        call(wallet, Op(Kind.BET, key, 1), account=ACCOUNT), soon(DEADLINE_SECONDS)
                    )
                except (Unavailable, Overloaded):
                    self.unavailable += 1
                    self.in_a_row += 1
                    await asyncio.sleep(PAUSE_SECONDS)
                    continue
                if outcome.status not in PLAYED:
                    raise RuntimeError(f"{key} was answered {outcome.status}")
                self.in_a_row = 0
                self.answered[key] = outcome.ops[0]
                self.answered_at.append(time.monotonic())


async def begun(owner_url: str, database_url: str, wallets: int) -> Traffic:
    """A started ledger with funded wallets."""
    owner = await asyncpg.connect(owner_url)
    made = [await make_wallet(owner) for _ in range(wallets)]
    await owner.close()
    ledger = Ledger(database_url, lanes=2)
    await ledger.start()
    for wallet in made:
        await ledger.post(call(wallet, Op(Kind.DEPOSIT, unique("funds"), 10**9), account=0), soon())
    return Traffic(ledger, made)


async def journal(owner_url: str) -> dict[str, tuple[int, datetime]]:
    """The bets of all drills in the journal, by key: posting and time.  Fails where one stands twice."""
    owner = await asyncpg.connect(owner_url)
    rows = await owner.fetch("select key, id, recorded_at from wallet.posting where key like 'drill-%'")
    await owner.close()
    found = {key: (posting, recorded_at.astimezone(UTC)) for key, posting, recorded_at in rows}
    if len(found) != len(rows):
        raise RuntimeError("a key stands twice in the journal")
    return found
