"""Plays rounds at a fixed arrival rate: the n-th begins at n / rate seconds, whether or not earlier ones are over.

A latency counts from the moment a request was due, not from when it could be sent, so that a slow gateway cannot hide
by slowing the players down; a round that found no seat before the end counts with how long it waited.  It counts what
studios say of their answers and believes nothing the gateway says of itself.
"""

import asyncio
import random
from collections import Counter, deque
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from decimal import Decimal
from time import perf_counter

from bench.client import Client
from bench.latency import Latencies
from bench.studios.contract import Act, Plan, Player, Studio, Verdict, Word
from bench.studios.rounds import opening, round_of

MAXIMUM_UNEXPECTED = 20
"""How many unexpected answers are kept to be shown; all are counted."""

PATIENCE = 15.0
"""Seconds that rounds under way may take when the playing time is over."""


@dataclass
class Seat:
    """A player with an open game at one provider account."""

    account: str  # the slug
    studio: Studio
    player: Player
    stake: Decimal


@dataclass
class Turnover:
    """What one provider account's studio saw move, in one currency."""

    staked: Decimal = Decimal(0)
    won: Decimal = Decimal(0)

    @property
    def ggr(self) -> Decimal:
        """Gross gaming revenue: stakes less wins."""
        return self.staked - self.won


@dataclass
class Tally:
    """Everything counted while playing."""

    seconds: float = 0.0
    rounds: int = 0
    calls: int = 0
    latencies: Latencies = field(default_factory=Latencies)
    recent: Latencies = field(default_factory=Latencies)  # since the view was last drawn
    refused: Counter[str] = field(default_factory=Counter)
    errors: int = 0
    unexpected: deque[str] = field(default_factory=lambda: deque(maxlen=MAXIMUM_UNEXPECTED))
    turnover: dict[tuple[str, str], Turnover] = field(default_factory=dict)

    def note(self, seat: Seat, act: Act, verdict: Verdict, seconds: float) -> None:
        """Count one answered request."""
        self.calls += 1
        self.latencies.add(seconds)
        self.recent.add(seconds)
        if verdict.word in (Word.REFUSED, Word.TEMPORARY):
            self.refused[f"{seat.account} {verdict.reason}"] += 1
        elif verdict.word is not Word.OK:
            self.complain(seat, act, str(verdict))
        turnover = self.turnover.setdefault((seat.account, seat.player.currency), Turnover())
        turnover.staked += verdict.staked - verdict.returned
        turnover.won += verdict.won - verdict.taken

    def complain(self, seat: Seat, act: Act, why: str) -> None:
        """Count one error."""
        self.errors += 1
        self.unexpected.append(f"{seat.account} {act}: {why}")


class Load:
    """Seats, a client and a rate; `tally` may be read at any time."""

    def __init__(self, client: Client, seats: list[Seat], rate: float) -> None:
        self.client = client
        self.seats = seats
        self.rate = rate
        self.tally = Tally()
        self.random = random.Random()  # never seeded: keys of an earlier run would be used again
        self.idle: asyncio.Queue[Seat] = asyncio.Queue()
        self.playing: set[asyncio.Task[None]] = set()
        self.over = False  # nothing new begins

    async def open(self) -> None:
        """Open every seat's game, a few at a time."""
        slots = asyncio.Semaphore(16)

        async def open_one(seat: Seat) -> None:
            async with slots:
                await self._follow(seat, opening(seat.studio, seat.player), perf_counter())
            self.idle.put_nowait(seat)

        order = self.seats[:]
        self.random.shuffle(order)
        await asyncio.gather(*(open_one(seat) for seat in order))
        self.tally = replace(Tally(), errors=self.tally.errors, unexpected=self.tally.unexpected)

    async def play(self, seconds: float | None, stop: asyncio.Event) -> None:
        """Begin rounds until `seconds` have passed or `stop` is set, then let those under way end."""
        began = perf_counter()
        self.over = False
        number = 0
        while not stop.is_set():
            due = began + number / self.rate
            if seconds is not None and due - began >= seconds:
                break
            wait = due - perf_counter()
            if wait > 0:
                try:
                    async with asyncio.timeout(wait):
                        await stop.wait()
                    break
                except TimeoutError:
                    pass
            task = asyncio.create_task(self._round(due))
            self.playing.add(task)
            task.add_done_callback(self.playing.discard)
            number += 1
        self.over = True
        if self.playing:
            await asyncio.wait(self.playing, timeout=PATIENCE)
        self.tally.seconds = perf_counter() - began
        for task in self.playing:
            task.cancel()
        await asyncio.gather(*self.playing, return_exceptions=True)

    async def _round(self, due: float) -> None:
        """One round; while it waits to send something again, others play on at its seat."""
        seat = await self.idle.get()
        with ExitStack() as sitting:
            sitting.callback(self.idle.put_nowait, seat)
            if self.over:
                self.tally.latencies.add(perf_counter() - due)
                return
            plan = round_of(seat.studio, seat.player, self.random, stake=self._stake(seat))
            await self._follow(seat, plan, due, sitting.close)
            self.tally.rounds += 1

    def _stake(self, seat: Seat) -> Decimal:
        return seat.stake * self.random.choice((1, 1, 2, 5))

    async def _follow(
        self, seat: Seat, plan: Plan, due: float, waits: Callable[[], None] = lambda: None
    ) -> None:
        """Carry a plan's requests, judge each answer, and let the plan say what is next; `waits` hears of each wait."""
        step = next(plan)
        try:
            while True:
                if step.wait:
                    waits()
                    await asyncio.sleep(step.wait)
                    due = perf_counter()
                request = step.request
                path = f"/callbacks/{seat.account}{request.path}"
                answer = await self.client.send(request.method, path, request.headers, request.body)
                now = perf_counter()
                verdict = step.judge(answer)
                self.tally.note(seat, step.move.act, verdict, now - due)
                due = now
                step = plan.send(verdict)
        except StopIteration:
            return
        except asyncio.CancelledError:
            self.tally.complain(seat, step.move.act, "not over when patience ended")
            raise
