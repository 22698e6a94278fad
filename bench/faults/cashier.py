"""The operator's side of the money: small deposits for the poor, over the same lines, each asked for until it is there."""

import asyncio
import json
from random import Random

from bench.client import Client
from bench.faults.hand import PAUSE, WAYS, WHOLE, Room
from bench.faults.line import HEADER
from bench.faults.model import Deposit
from bench.seed import Operator

EVERY = 0.3
"""Seconds between two deposits."""


class Cashier:
    """Pays deposits with a key of its own each, which is the same for every attempt."""

    def __init__(self, operator: Operator, room: Room, wallets: list[tuple[str, str]], seed: str) -> None:
        self.operator = operator
        self.room = room
        self.wallets = wallets
        self.rng = Random(seed)

    async def pay(self, stop: asyncio.Event) -> None:
        """Pay until told to stop; what was begun is asked for to its end."""
        while not stop.is_set():
            amount = self.rng.randint(1, 3)
            deposit = Deposit(self.rng.choice(self.wallets), amount, f"{self.rng.getrandbits(128):032x}")
            self.room.model.deposits.append(deposit)
            while not deposit.done:
                await self.ask(deposit, calm=stop.is_set())
                await asyncio.sleep(PAUSE)
            await asyncio.sleep(EVERY)

    async def ask(self, deposit: Deposit, *, calm: bool) -> None:
        """One attempt, by one of the gateways."""
        [name] = self.rng.choices(list(WAYS), [weight for weight, _, _ in WAYS.values()])
        seconds = self.rng.uniform(*WAYS[name][1:]) / self.room.haste
        name, seconds = WHOLE if calm else (name, seconds)
        client: Client = self.rng.choice(self.room.clients)
        player, currency = deposit.wallet
        body = json.dumps({"player": player, "currency": currency, "amount": str(deposit.amount)}).encode()
        headers = (
            *self.operator.headers,
            ("idempotency-key", deposit.key),
            (HEADER, f"{name} {seconds:.3f}"),
        )
        self.room.told.faults[name] += 1
        answer = await client.send("POST", "/v1/deposits", headers, body)
        self.room.told.calls += 1
        if answer is not None and answer.http_status < 300:
            deposit.done = True
            self.room.told.acknowledged += 1
