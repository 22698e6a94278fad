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

RATE = 40.0


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
    admission, stop = road.gateway.callbacks.admission, asyncio.Event()
    admission.bound = 0
    playing = asyncio.create_task(players.play(None, stop))
    async with asyncio.timeout(30):  # more have begun than there are seats, and none of them keeps one
        while players.idle.empty() or len(players.playing) <= len(players.seats):  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.01)
    admission.bound = LEAST
    stop.set()
    await playing
    tally = players.tally
    assert (tally.errors, list(tally.unexpected)) == (0, [])
    assert tally.rounds > len(players.seats)
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
    await players.play(0.1, asyncio.Event())
    assert players.tally.errors > 0
    assert all(why.endswith("not over when patience ended") for why in players.tally.unexpected)


async def test_who_found_no_seat_is_late_all_the_same(road: Road, players: Load) -> None:
    """A round that was due and could not begin before the end moves nothing, and counts with how long it waited."""
    seats = [players.idle.get_nowait() for _ in players.seats]
    playing = asyncio.create_task(players.play(0.11, asyncio.Event()))
    async with asyncio.timeout(30):
        while not players.over:  # noqa: ASYNC110 - the same
            await asyncio.sleep(0.01)
    for seat in seats:
        players.idle.put_nowait(seat)
    await playing
    tally = players.tally
    assert (tally.calls, tally.rounds, tally.latencies.total) == (0, 0, 5)
