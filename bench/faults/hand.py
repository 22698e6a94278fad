"""A hand at one seat: what it sends and by which way, what it hears, and all of it told to the model.

It draws from its own seed and believes no answer; which rounds it plays is told in play.py.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from random import Random
from typing import Protocol

from msgspec import Struct, field
from msgspec.structs import replace

from bench.client import Client
from bench.faults.line import HEADER
from bench.faults.model import ZERO, Model
from bench.faults.operations import FINAL, Family, Operation, Said, heard_of
from bench.load import Seat
from bench.studios.contract import Act, Move, Player, Request, write
from bench.studios.rounds import opening

TIMEOUT = 3.0
"""Seconds after which a studio takes no answer for none: longer than the operator's deadline."""

WAYS = {
    "none": (61, 0.0, 0.0),
    "delayed": (7, 0.05, 1.0),
    "dropped": (2, TIMEOUT, TIMEOUT),
    "reset": (4, 0.0, 0.0),
    "torn": (3, 0.0, 0.0),
    "answer lost": (6, 0.0, 0.0),
    "half open": (2, TIMEOUT, TIMEOUT),
    "truncated": (4, 0.0, 0.0),
    "twice": (5, 0.0, 0.0),
    "late": (5, 0.1, 8.0),
    "kept": (1, 0.0, 0.0),
}
"""What a request meets on its way: how often in a hundred, and for how many seconds at least and at most."""

COPIES = {"reset": 0, "torn": 0, "dropped": 0, "twice": 2}
"""How many copies of a request may arrive by a way; by the others one."""

Way = tuple[str, float]
WHOLE: Way = ("none", 0.0)
KEPT: Way = ("kept", 0.0)

INSIST = 4
SETTLE_ATTEMPTS = 200
SAME = 8
OPEN_ATTEMPTS = 600
PAUSE = 0.1


class Told(Struct):
    """What the studios counted; `during` is, for each breakage, what was first acknowledged while it lasted."""

    faults: Counter[str] = field(default_factory=Counter)
    calls: int = 0
    acknowledged: int = 0
    during: dict[str, Counter[str]] = field(default_factory=dict)


class Desk(Protocol):
    """The operator's side of a seat."""

    async def renew(self) -> Seat:
        """A new session."""
        ...

    async def expire(self) -> int:
        """End the session there is; how many were ended."""
        ...


class Room(Struct):
    """What all hands share: `clients` lead to the same wallets by different gateways; `broken` is what is broken now."""

    clients: Sequence[Client]
    model: Model
    told: Told
    broken: Mapping[str, int]
    haste: float = 1.0


class Hand:
    """Who plays one seat."""

    def __init__(self, seat: Seat, wallet: tuple[str, str], room: Room, seed: str, desk: Desk) -> None:
        self.seat = seat
        self.wallet = wallet
        self.room = room
        self.clients = room.clients
        self.model = room.model
        self.told = room.told
        self.broken = room.broken
        self.rng = Random(seed)
        self.sent: list[tuple[Operation, Player]] = []
        self.desk = desk
        self.ending = False  # the session is about to end
        self.over = False  # it has ended

    async def open(self) -> None:
        """Open the game; the lines are whole, the gateway may not be."""
        plan = opening(self.seat.studio, self.seat.player)
        step = next(plan)
        for _ in range(OPEN_ATTEMPTS):
            path = f"/callbacks/{self.seat.account}{step.request.path}"
            request = step.request
            answer = await self.clients[0].send(request.method, path, request.headers, request.body)
            heard = heard_of(self.seat.studio, step.move, answer)
            if heard.said is not Said.DONE:
                await asyncio.sleep(PAUSE)
                continue
            try:
                step = plan.send(step.judge(answer))
            except StopIteration:
                return
        raise RuntimeError(f"no game was opened at {self.seat.account}")

    async def end(self) -> int:
        """Let the session end; how many were ended."""
        self.ending = True
        ended = await self.desk.expire()
        self.over = True
        return ended

    # Operations

    def bet(self) -> Family:
        """A new bet, in a round of its own."""
        amount = self.seat.stake * self.rng.choice((1, 1, 2, 5))
        move = Move(Act.BET, self.key(), amount, str(self.rng.randrange(10**15, 10**16)))
        self.model.bet(self.operation(move))
        return self.model.families[-1]

    def win(self, family: Family) -> Operation:
        """What the bet wins."""
        amount = family.bet.move.amount * self.rng.choices((0, 1, 2, 5), (50, 25, 15, 10))[0]
        bet = family.bet.move
        move = Move(Act.WIN, self.key(), amount, bet.round, bet.key, bet.amount, end=True)
        return self.model.win(family, self.operation(move, family.bet))

    def rollback(self, family: Family) -> Operation:
        """What takes the bet back."""
        bet = family.bet.move
        move = Move(Act.ROLLBACK, self.key(), ZERO, bet.round, bet.key, bet.amount, end=True)
        return self.model.rollback(family, self.operation(move, family.bet))

    def key(self) -> str:
        """A new key."""
        return f"{self.rng.getrandbits(128):032x}"

    def operation(self, move: Move, of: Operation | None = None) -> Operation:
        """An operation of this seat."""
        may_meet = self.seat.studio.refusals.get(move.act, frozenset())
        made = Operation(self.seat.account, self.wallet, move, of, may_meet=may_meet, ended=self.over)
        self.sent.append((made, self.seat.player))
        return made

    @property
    def takes_back(self) -> bool:
        """Whether this protocol can take a bet back."""
        return Act.ROLLBACK in self.seat.studio.expresses

    # Sending

    def way(self) -> tuple[str, float]:
        """What the next request meets."""
        [name] = self.rng.choices(list(WAYS), [weight for weight, _, _ in WAYS.values()])
        return name, round(self.rng.uniform(*WAYS[name][1:]) / self.room.haste, 3)

    async def send(self, operation: Operation, player: Player | None = None, way: Way | None = None) -> Said:
        """One attempt, by one of the gateways."""
        request = write(self.seat.studio, player or self.seat.player, operation.move)
        return await self.carry(operation, request, self.rng.choice(self.clients), way or self.way())

    async def carry(self, operation: Operation, request: Request, client: Client, way: Way) -> Said:
        """These bytes, and what was answered."""
        name, seconds = way
        operation.copies += COPIES.get(name, 1)
        self.told.faults[name] += 1
        during = [kind for kind, times in self.broken.items() if times]
        headers = (*request.headers, (HEADER, f"{name} {seconds}"))
        path = f"/callbacks/{operation.account}{request.path}"
        answer = await client.send(request.method, path, headers, request.body)
        heard = heard_of(self.seat.studio, operation.move, answer)
        self.told.calls += 1
        if heard.said is Said.DONE and not operation.done:
            self.told.acknowledged += 1
            for kind in during:
                if self.broken[kind]:  # all the time
                    self.told.during.setdefault(kind, Counter())[operation.move.act] += 1
        operation.excused = operation.excused or self.ending
        operation.heard.append(heard)
        return heard.said

    async def insist(self, operation: Operation) -> Said:
        """A few attempts, until the answer says what became of it."""
        for attempt in range(INSIST):
            said = await self.send(operation)
            if said in FINAL:
                return said
            await asyncio.sleep(PAUSE * attempt)
        return said

    async def settle(self, operation: Operation, player: Player) -> None:
        """Ask again, over a whole line, until the answer says what became of it."""
        operation.again = True
        operation.excused = operation.excused or player is not self.seat.player
        for _ in range(SETTLE_ATTEMPTS):
            if await self.send(operation, player, WHOLE) in FINAL:
                return
            same = {(heard.said, heard.words) for heard in operation.heard[-SAME:]}
            if len(operation.heard) >= SAME and len(same) == 1 and operation.heard[-1].said is Said.AGAIN:
                # Some protocols have one word for "no" and for "not now"; in quiet the same word again and again is "no".
                operation.heard.append(replace(operation.heard[-1], said=Said.REFUSED))
                return
            await asyncio.sleep(PAUSE)
