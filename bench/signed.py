"""Rounds signed ahead: whole requests as bytes, so that whoever sends them does not sign while something is measured.

A signature may cost the studio a hundred times what its check costs us; it is made by processes of its own while
nothing else runs.  It sends nothing.
"""

import asyncio
import multiprocessing
import random
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from decimal import Decimal
from typing import Self

from msgspec import Struct

from bench.client import encoded
from bench.studios import STUDIOS
from bench.studios.contract import Act, Move, Player, Studio, addressed, write

STAKE = Decimal("1.00")
PRIZES = (Decimal("0.00"), Decimal("0.50"), Decimal("2.30"))
WEIGHTS = (50, 10, 40)
CHUNK = 500
SIGNERS = 2


class Round(Struct):
    """A bet and its win, as they are sent and as they are read."""

    bet: Move
    win: Move
    bet_bytes: bytes
    win_bytes: bytes


class Table(Struct, frozen=True):
    """Where rounds are played: one protocol's account, its studio's key, and the players who sit there."""

    protocol: str
    account: str  # the slug
    key: str
    players: tuple[Player, ...]

    def studio(self) -> Studio:
        """The studio that signs and reads."""
        return addressed(STUDIOS[self.protocol](self.key), f"/callbacks/{self.account}")


def sign(table: Table, host: str, count: int) -> list[Round]:
    """So many new rounds, each of any player.  Keys are random: two processes never choose the same."""
    studio, rng = table.studio(), random.Random()
    rounds = []
    for _ in range(count):
        player, name = rng.choice(table.players), str(rng.randrange(10**15, 10**16))
        bet = Move(Act.BET, f"{rng.getrandbits(128):032x}", STAKE, name)
        prize = rng.choices(PRIZES, WEIGHTS)[0]
        win = Move(Act.WIN, f"{rng.getrandbits(128):032x}", prize, name, bet.key, STAKE, end=True)
        written = [message(table, studio, player, move, host) for move in (bet, win)]
        rounds.append(Round(bet, win, *written))
    return rounds


def message(table: Table, studio: Studio, player: Player, move: Move, host: str) -> bytes:
    """A move as the bytes of a request."""
    request = write(studio, player, move)
    path = f"/callbacks/{table.account}{request.path}"
    return encoded(host, request.method, path, request.headers, request.body)


class Signers:
    """Processes that sign, while nobody measures."""

    def __init__(self) -> None:
        # Not forked: the parent has an event loop.
        self._pool = ProcessPoolExecutor(SIGNERS, mp_context=multiprocessing.get_context("spawn"))

    async def fill(self, rounds: deque[Round], table: Table, host: str, wanted: int) -> None:
        """Sign until there are `wanted` rounds."""
        missing = wanted - len(rounds)
        chunks: Sequence[int] = [min(CHUNK, missing - first) for first in range(0, missing, CHUNK)]
        loop = asyncio.get_running_loop()
        works = [loop.run_in_executor(self._pool, sign, table, host, count) for count in chunks]
        for signed in await asyncio.gather(*works):
            rounds.extend(signed)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)
