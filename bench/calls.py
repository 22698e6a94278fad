"""Calls as studios make them: bets in rounds of their own, and wins for bets that were answered.

Half and half, one operation each, with keys and rounds that are random, as most studios' are.  No call depends on one
that is still under way, so that whoever posts them may do it in any order.  It posts nothing.
"""

import random
from collections import deque
from collections.abc import Sequence
from enum import StrEnum
from itertools import accumulate

from wallet.types import Call, Kind, Op, Policy

POLICY = Policy()
UNIT = 1_000_000  # one euro
DRAWN = 1_000
"""How many players are drawn at a time."""

OPENING = 10**6 * UNIT
"""What a wallet holds at first: more than it loses."""

STAKES = (1 * UNIT, 2 * UNIT, 5 * UNIT)
MULTIPLES = (0, 0, 1, 3)
"""A win over its stake: half of the rounds win nothing, and all together what was staked."""


class Players(StrEnum):
    """Who plays."""

    UNIFORM = "uniform"
    ZIPF = "zipf"  # the n-th player plays an n-th as often as the first
    ONE = "one"  # a single player: strictly one call after the other


class Play:
    """Draws calls for `wallets` at the provider accounts 1 to `houses`."""

    def __init__(self, wallets: Sequence[int], players: Players = Players.UNIFORM, houses: int = 8) -> None:
        self.wallets = wallets[:1] if players is Players.ONE else wallets
        self.weights: list[float] | None = None
        if players is Players.ZIPF:
            self.weights = list(accumulate(1 / rank for rank in range(1, len(wallets) + 1)))
        self.houses = houses
        self.random = random.Random()
        self.drawn: list[int] = []
        self.unsettled: deque[Call] = deque()

    def next(self) -> Call:
        """A bet of somebody, or the win of the oldest bet that was answered."""
        if self.unsettled and self.random.random() < 0.5:
            bet = self.unsettled.popleft()
            [op] = bet.ops
            return self._call(bet.wallet, bet.provider_account, self._win(op))
        if not self.drawn:
            self.drawn = self.random.choices(self.wallets, cum_weights=self.weights, k=DRAWN)
        account = 1 + int(self.random.random() * self.houses)
        return self._call(self.drawn.pop(), account, self._bet())

    def answered(self, call: Call) -> None:
        """Take note that the call was posted: a bet may be won from now on."""
        if call.ops[0].kind is Kind.BET:
            self.unsettled.append(call)

    def _call(self, wallet: int, account: int, op: Op) -> Call:
        number = self.random.getrandbits(63)
        return Call(number, account, wallet, (op,), POLICY, session=wallet, game=account, channel="desktop")

    def _bet(self) -> Op:
        return Op(Kind.BET, self._key(), self.random.choice(STAKES), round=self._key())

    def _win(self, bet: Op) -> Op:
        won = bet.amount * self.random.choice(MULTIPLES)
        return Op(Kind.WIN, self._key(), won, round=bet.round, end_round=True)

    def _key(self) -> str:
        return f"{self.random.getrandbits(128):032x}"
