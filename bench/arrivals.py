"""Sends signed bets and wins at a fixed arrival rate, or as fast as so many are answered, and counts what came of it.

The n-th request is due at n / rate seconds whatever became of the others, and its latency counts from then.  Bets and
wins take turns; a win follows a bet that was accepted, and where there is none a bet takes its place.  It knows what a
studio knows of an answer and nothing of who gave it.
"""

import asyncio
import contextlib
import gc
import resource
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter
from typing import cast

import httptools
from typing_extensions import override

from bench.arrived import BOUND, Arrived
from bench.signed import Round
from bench.studios.contract import Answer, Move, Studio

DRAIN_SECONDS = 10.0
CONNECTIONS = min(1024, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 4)
"""Kept alive, as studios do, and there before the first request is due: what has none waits for one."""

TOGETHER = 64
"""Most requests sent before answers are looked at."""

TICK_SECONDS = 0.001
"""Requests due within one are sent together: timers tell no less, and who spins takes a core from who is measured."""


@dataclass(slots=True)
class Shot:
    """One request that is due."""

    due: float
    move: Move
    message: bytes
    round: Round | None  # of a bet
    sent: float = 0.0


class Wire(asyncio.Protocol):
    """One kept-alive connection of a volley: one request at a time."""

    def __init__(self, volley: "Volley") -> None:
        self.volley = volley
        self.transport: asyncio.Transport | None = None
        self.shot: Shot | None = None
        self.headers: dict[str, str] = {}
        self.body = b""
        self.parser = httptools.HttpResponseParser(self)

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ready."""
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is one without saying so
        self.volley.free(self)

    @override
    def data_received(self, data: bytes) -> None:
        """Feed the parser."""
        self.parser.feed_data(data)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the volley, which may still wait for an answer."""
        self.transport = None
        self.volley.lost(self)

    def send(self, shot: Shot) -> None:
        """Send, now."""
        assert self.transport
        self.shot, self.body = shot, b""
        self.headers = dict[str, str]()
        shot.sent = perf_counter()
        self.transport.write(shot.message)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header of the answer."""
        self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self.body += body

    def on_message_complete(self) -> None:
        """The whole answer is here."""
        shot, self.shot = self.shot, None
        answer = Answer(self.parser.get_status_code(), self.headers, self.body)
        if shot:
            self.volley.answered(shot, answer)
        if not self.parser.should_keep_alive() and self.transport:
            self.transport.close()
        else:
            self.volley.free(self)


class Volley:
    """One run of requests at one address: `open` to arrive at a rate, `closed` for so many at a time."""

    def __init__(self, host: str, port: int, studio: Studio, rounds: Iterator[Round]) -> None:
        self.host = host
        self.port = port
        self.studio = studio
        self.rounds = rounds
        self.arrived = Arrived()
        self.winnable: deque[Round] = deque()
        self.waiting: deque[Shot] = deque()
        self.idle: list[Wire] = []
        self.wires: set[Wire] = set()
        self.connecting: set[asyncio.Task[None]] = set()
        self.under_way = 0
        self.turn = 0
        self.end = 0.0
        self.again = False  # an answer is followed by the next request
        self.ended = False  # nothing is sent any more
        self.quiet = asyncio.Event()
        self.empty = asyncio.Event()

    async def open(self, rate: float, seconds: float) -> Arrived:
        """Requests at a fixed rate."""
        arrived, used = self.arrived, time.process_time()
        arrived.intended, arrived.seconds = max(2, round(rate * seconds)), seconds
        await self._connect(min(CONNECTIONS, arrived.intended))
        gc.disable()
        try:
            began = perf_counter()
            self.end = began + seconds
            await self._arrive(began, rate)
            arrived.open_at_end = self.under_way + len(self.waiting)
            await self._drain()
        finally:
            gc.enable()
            self._close()
        arrived.generator_seconds = time.process_time() - used
        return arrived

    async def closed(self, together: int, seconds: float) -> Arrived:
        """So many requests at a time, each followed by the next when its answer is there, while there are rounds."""
        await self._connect(together)
        arrived, used = self.arrived, time.process_time()
        arrived.seconds = seconds
        gc.disable()
        try:
            began = perf_counter()
            self.end, self.again = began + seconds, True
            for _ in range(together):
                self._launch(perf_counter())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self.empty.wait()
            self.end = min(self.end, perf_counter())
            arrived.seconds = self.end - began
            await self._drain()
        finally:
            gc.enable()
            self._close()
        arrived.intended = arrived.answered
        arrived.generator_seconds = time.process_time() - used
        return arrived

    # Told by the wires

    def answered(self, shot: Shot, answer: Answer) -> None:
        """Judge an answer, as its studio reads it."""
        now = perf_counter()
        self._landed()
        arrived, studio = self.arrived, self.studio
        reply = studio.read(shot.move, answer)
        if reply.broken:
            arrived.errors[f"{shot.move.act}: {reply.broken}"[:200]] += 1
        elif reply.done:
            arrived.accepted.add(now - shot.due)
            # One at a time: what was asked before the end is what was done by then.
            arrived.in_time += now <= self.end + (0.0 if self.again else BOUND)
            if shot.round is not None:
                self.winnable.append(shot.round)
        elif reply.retry or reply.code in studio.undo_after:
            arrived.shed.add(now - shot.due)
            arrived.shed_after_sending.add(now - shot.sent)
        elif reply.code in studio.refusals.get(shot.move.act, frozenset()):
            arrived.refusals[reply.code] += 1
        else:
            arrived.errors[f"{shot.move.act}: {reply.code}"] += 1
        if self.again and now < self.end:
            self._launch(now)

    def free(self, wire: Wire) -> None:
        """A connection that can send: what waits goes first."""
        self.wires.add(wire)
        if self.waiting:
            self._send(wire, self.waiting.popleft())
        else:
            self.idle.append(wire)

    def lost(self, wire: Wire) -> None:
        """A connection that is gone, perhaps with a request."""
        self.wires.discard(wire)
        if wire in self.idle:
            self.idle.remove(wire)
        if wire.shot is not None:
            self._landed()
            self.arrived.errors["the connection was closed before the answer"] += 1
            wire.shot = None

    # The run

    async def _arrive(self, began: float, rate: float) -> None:
        number, half = 0, self.arrived.intended // 2
        while number < self.arrived.intended:
            now = perf_counter()
            for _ in range(TOGETHER):
                due = began + number / rate
                if number == self.arrived.intended or due > now:
                    break
                self._launch(due)
                number += 1
                if number == half:
                    self.arrived.open_half_way = self.under_way + len(self.waiting)
            await asyncio.sleep(max(TICK_SECONDS, began + number / rate - perf_counter()))

    def _launch(self, due: float) -> None:
        self.turn += 1
        if self.winnable and self.turn % 2 == 0:
            played = self.winnable.popleft()
            shot = Shot(due, played.win, played.win_bytes, None)
        else:
            played = next(self.rounds, None)
            if played is None:  # everything signed is sent
                if not self.again:
                    raise ValueError("too few rounds were signed for this rate")
                self.empty.set()
                return
            shot = Shot(due, played.bet, played.bet_bytes, played)
        while self.idle:
            wire = self.idle.pop()
            if wire.transport and not wire.transport.is_closing():
                self._send(wire, shot)
                return
        self.waiting.append(shot)
        if len(self.wires) + len(self.connecting) < CONNECTIONS:
            task = asyncio.create_task(self._connect(1))
            self.connecting.add(task)
            task.add_done_callback(self.connecting.discard)

    def _landed(self) -> None:
        self.under_way -= 1
        if self.ended and not self.under_way and not self.waiting:
            self.quiet.set()

    def _send(self, wire: Wire, shot: Shot) -> None:
        self.under_way += 1
        wire.send(shot)

    async def _connect(self, count: int) -> None:
        loop = asyncio.get_running_loop()
        made = (loop.create_connection(lambda: Wire(self), self.host, self.port) for _ in range(count))
        for failed in await asyncio.gather(*made, return_exceptions=True):
            if isinstance(failed, OSError):
                self.arrived.errors[f"connecting: {type(failed).__name__}"] += 1

    async def _drain(self) -> None:
        """Wait for what was sent; what still waits for a connection `BOUND` after the last arrival is never sent."""
        self.ended = True
        await self._quiet(self.end + BOUND - perf_counter())
        self.arrived.unsent = len(self.waiting)
        self.waiting.clear()
        await self._quiet(DRAIN_SECONDS)
        if self.under_way:
            self.arrived.errors[f"no answer within {DRAIN_SECONDS:.0f} s"] += self.under_way

    async def _quiet(self, seconds: float) -> None:
        """Wait for the last answer, for so long."""
        if self.under_way:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self.quiet.wait()

    def _close(self) -> None:
        for wire in self.wires:
            wire.shot = None
            if wire.transport:
                wire.transport.close()
