"""The load at a gateway that turns calls away: who is told *later* comes later, and only what never lands is an error."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from bench import load
from bench.client import Client
from bench.load import Load, Seat
from bench.studios.bogus import Bogus
from bench.studios.contract import Player
from gateway.admission import LEAST
from tests.gateway.road import GAME, SECRET, Road

RATE = 100.0
SECONDS = 0.3
ROUNDS = 30


@pytest.fixture
async def players(road: Road) -> AsyncIterator[Load]:
    """Four players, each with an open game."""
    client = Client("127.0.0.1", road.server.servers[0].sockets[0].getsockname()[1])
    seats = []
    for _ in range(4):
        who = await road.somebody("1000.00")
        seats.append(Seat(road.slug, Bogus(SECRET), Player(who.token, who.name, "EUR", GAME), Decimal(1)))
    made = Load(client, seats, RATE)
    await made.open()
    yield made
    client.close()


async def test_what_is_turned_away_lands_later_and_is_no_error(road: Road, players: Load) -> None:
    """Bets met by a full gateway are taken back, late as it may be; the studios' books are then the wallets'."""
    admission = road.gateway.callbacks.admission
    admission.bound = 0
    playing = asyncio.create_task(players.play(SECONDS, asyncio.Event()))
    async with asyncio.timeout(30):  # all have begun, and none that waits keeps its seat
        while len(players.playing) < ROUNDS or players.idle.qsize() < len(players.seats):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    admission.bound = LEAST
    await playing
    tally = players.tally
    assert (tally.errors, list(tally.unexpected)) == (0, [])
    assert tally.rounds == ROUNDS
    assert tally.refused[f"{road.slug} overloaded"] > 0
    cash = await road.owner.fetchval(
        "select sum(w.cash) from wallet.wallet w join wallet.session s on s.wallet = w.id where s.provider_account = $1",
        road.account_id,
    )
    (turnover,) = tally.turnover.values()
    assert turnover.ggr == 4000 - Decimal(cash).scaleb(-6)


async def test_what_never_lands_is_an_error(
    road: Road, players: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gateway that stays full is told of: each round that was not over when patience ended is an error."""
    monkeypatch.setattr(load, "PATIENCE", 0.1)
    road.gateway.callbacks.admission.bound = 0
    await players.play(SECONDS, asyncio.Event())
    assert players.tally.errors > 0
    assert all(why.endswith("not over when patience ended") for why in players.tally.unexpected)
