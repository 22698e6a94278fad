"""What a run stands on: lines that fail, two gateways behind them, and seats at many studios, furnished while all is whole.

It is given servers and starts no others; it breaks nothing.
"""

import asyncio
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import asyncpg
from msgspec import Struct
from msgspec.structs import replace

from bench.client import Client
from bench.demo import ready, tended
from bench.faults.cashier import Cashier
from bench.faults.hand import TIMEOUT, Hand, Room, Told
from bench.faults.line import Line
from bench.faults.model import Model
from bench.faults.proxy import Proxy
from bench.faults.scene import Scene
from bench.faults.servers import Servers
from bench.load import Seat
from bench.seed import Keys, Operator, SeedError, account_of, provider_account, take_seat
from gateway.processes import Supervisor
from gateway.settings import Settings
from wallet.api_keys import ApiKeys, ApiScope

T = TypeVar("T")

CURRENCY = "EUR"
RICH, POOR = Decimal(20_000), Decimal(5)
POOR_EVERY = 3
"""Every so many players one has hardly any money: a bet that is refused now may be taken a moment later."""
POST = b"wallet.post("
"""What a connection of a lane says sooner or later."""

LINGER = 2.0
"""Seconds after which a server hears that its client is gone."""

ATTEMPTS = 300
PAUSE = 0.2


class Crew(Struct, frozen=True):
    """Who plays: so many seats at each of these protocols, so many players."""

    protocols: tuple[str, ...]
    seats: int = 2
    players: int = 12
    processes: tuple[int, ...] = (2, 1)  # of each gateway
    haste: float = 1.0  # how much sooner than usual what is late on the line arrives


@asynccontextmanager
async def stage(
    settings: Settings, crew: Crew, seed: int, folder: Path, servers: Servers | None = None
) -> AsyncGenerator[tuple[Scene, Cashier, Model, Told]]:
    """Everything there, furnished, every game open.  `settings` name the servers past the lines."""
    assert settings.database_url
    assert settings.owner_url
    assert settings.redis_url
    async with AsyncExitStack() as closing:
        postgres = Proxy(settings.database_url, mark=POST, linger=LINGER)
        valkey = Proxy(settings.redis_url, linger=LINGER)
        behind = replace(
            settings, database_url=await postgres.start(), redis_url=await valkey.start(), port=0
        )
        closing.push_async_callback(postgres.close)
        closing.push_async_callback(valkey.close)
        supervisors = []
        for processes in crew.processes:
            supervisor = Supervisor(
                replace(behind, processes=processes, owner_url=None, run_directory=None),
                output=folder / "gateway.log",
            )
            closing.push_async_callback(asyncio.to_thread, supervisor.stop)
            supervisor.start()
            await closing.enter_async_context(tended(supervisor))
            supervisors.append(supervisor)
        lines = [Line(settings.host, supervisor.port) for supervisor in supervisors]
        for line in lines:
            await line.start()
            closing.push_async_callback(line.close)
        scene = Scene(
            settings.owner_url,
            settings.database_url,
            settings.redis_url,
            postgres=postgres,
            valkey=valkey,
            lines=lines,
            supervisors=supervisors,
            servers=servers,
        )
        model, told = Model(), Told()
        cashier = await furnished(scene, crew, seed, folder, model, told)
        closing.callback(cashier.operator.client.close)  # or a gateway that stops waits for its next request
        yield scene, cashier, model, told


async def furnished(scene: Scene, crew: Crew, seed: int, folder: Path, model: Model, told: Told) -> Cashier:
    """Accounts, players with money, an open game at every seat, and who pays the poor."""
    for supervisor in scene.supervisors:
        asking = Client(supervisor.settings.host, supervisor.port)
        await ready(asking)
        asking.close()
    async with asyncpg.create_pool(scene.database_url, min_size=1, max_size=1) as database:
        key = await ApiKeys(database).create("faults", tuple(ApiScope), datetime.now(UTC) + timedelta(days=1))
    first = scene.supervisors[0]
    operator = Operator(Client(first.settings.host, first.port), key)
    keys = Keys(folder / "studio-keys.json")
    names = [f"player-{number + 1:02d}" for number in range(crew.players)]
    await asyncio.gather(*(provider_account(operator, keys, protocol) for protocol in crew.protocols))
    for number, name in enumerate(names):
        amount = RICH if number % POOR_EVERY else POOR
        await furnish(operator, name, amount)
        model.opening[name, CURRENCY] = amount
    clients = [Client(line.host, line.port, timeout=TIMEOUT) for line in scene.lines]
    room = Room(clients, model, told, scene.broken, crew.haste)
    hands = []
    for number, protocol in enumerate(crew.protocols * crew.seats):
        name = names[number % len(names)]
        desk = Desk(operator, keys, name, protocol)
        hand = Hand(await desk.renew(), (name, CURRENCY), room, f"{seed} {number}", desk)
        await hand.open()
        hands.append(hand)
    scene.hands = hands
    poor = [(name, CURRENCY) for name in names[::POOR_EVERY]]
    return Cashier(operator, room, poor, f"{seed} cashier")


async def furnish(operator: Operator, name: str, amount: Decimal) -> None:
    """A player with one wallet and money in it."""
    await operator.ask("POST", "/v1/players", {"id": name, "country": "MT", "language": "en"})
    await operator.ask("POST", f"/v1/players/{name}/wallets", {"currency": CURRENCY})
    deposit = {"player": name, "currency": CURRENCY, "amount": f"{amount:f}"}
    await operator.ask("POST", "/v1/deposits", deposit, key=secrets.token_hex(8))


class Desk(Struct, frozen=True):
    """The operator's side of one seat.  It asks until it is answered: the gateway it asks may be dead."""

    operator: Operator
    keys: Keys
    player: str
    protocol: str

    async def renew(self) -> Seat:
        """A new session."""
        return await patiently(
            lambda: take_seat(self.operator, self.keys, self.player, self.protocol, CURRENCY)
        )

    async def expire(self) -> int:
        """End the player's sessions at this protocol's account; how many there were."""
        page = await patiently(
            lambda: self.operator.ask("GET", f"/v1/sessions?player={self.player}&limit=200")
        )
        ours = [one for one in page["items"] if one["provider_account"] == account_of(self.protocol)]
        for session in ours:
            place = f"/v1/sessions/{session['id']}/expire"
            # Not found is what an expiry says that is asked for again because its answer was lost.
            await patiently(lambda place=place: self.operator.ask("POST", place, fine=404))
        return sum(session["live"] for session in ours)


async def patiently(ask: Callable[[], Awaitable[T]]) -> T:
    """What is answered in the end."""
    for _ in range(ATTEMPTS):
        with suppress(SeedError):
            return await ask()
        await asyncio.sleep(PAUSE)
    return await ask()
