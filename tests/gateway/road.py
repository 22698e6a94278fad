"""The whole gateway on a real socket, in the test's own event loop, and a studio that calls it in Bogus's words."""

import asyncio
import hashlib
import hmac
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import httpx

from gateway.accounts import AccountChange, Accounts, NewAccount
from gateway.app import Gateway, application, running
from gateway.sealing import Sealing, new_master_key
from gateway.settings import settings_from
from gateway.worker import Server, server_for
from providers import PROVIDERS
from tests.servers import Database
from wallet import cashier
from wallet.catalogue import Catalogue
from wallet.games import NewGame
from wallet.money import by_code
from wallet.players import NewPlayer, Player, Wallet
from wallet.types import Session, Status

MASTER_KEY = new_master_key()
SECRET = "a secret of the studio"
GAME = "book-of-tests"


@dataclass
class Somebody:
    """A player with a wallet, as the operator and as the studio know them."""

    player: Player
    wallet: Wallet
    session: Session

    @property
    def name(self) -> str:
        """The external id."""
        return self.session.external_id

    @property
    def token(self) -> str:
        """The play token."""
        return self.session.token


@dataclass
class Road:
    """A running gateway with one provider account, and a client."""

    gateway: Gateway
    http: httpx.AsyncClient
    owner: asyncpg.Connection
    accounts: Accounts
    catalogue: Catalogue
    server: Server
    slug: str = ""
    account_id: int = 0
    keys: list[str] = field(default_factory=list)

    async def open_account(self, **more: Any) -> str:
        """A provider account of Bogus with one game; calls go to the one opened last."""
        self.slug = f"acme-{secrets.token_hex(4)}"
        created = await self.accounts.create(
            NewAccount(slug=self.slug, protocol="bogus", secret=SECRET, **more)
        )
        assert created is not None
        self.account_id = created[0].id
        games = NewGame(code=GAME, name="Book of Tests"), NewGame(code="closed", name="Closed", enabled=False)
        await self.catalogue.put_games(self.account_id, games)
        await self.refresh()
        return self.slug

    async def change_account(self, **changes: Any) -> None:
        """Configure the account otherwise."""
        assert await self.accounts.change(self.slug, AccountChange(**changes)) is not None
        await self.refresh()

    async def refresh(self) -> None:
        """Let the gateway see what was configured."""
        await self.gateway.callbacks.registry.refresh()

    async def somebody(self, balance: str = "100.00", currency: str = "EUR", **more: Any) -> Somebody:
        """A player with money and a session; another wallet of `player` where one is given."""
        desk = self.gateway.desk
        player = more.pop("player", None)
        if player is None:
            player, _ = await desk.players.create(NewPlayer(external_id=secrets.token_hex(8), country="MT"))
        opened = await desk.players.open_wallet(player.id, currency)
        assert isinstance(opened, tuple)
        wallet, _ = opened
        amount = by_code(await self.catalogue.currencies())[currency].parse(balance)
        if amount:
            act = cashier.Act(wallet=wallet.id, key=secrets.token_hex(8), actor="test", amount=amount)
            outcome = await desk.ledger.post(cashier.deposit(act), asyncio.get_running_loop().time() + 5)
            assert outcome.status is Status.CREATED
        session = await desk.sessions.launch(wallet.id, self.account_id, direct=True, **more)
        assert isinstance(session, Session)
        return Somebody(player, wallet, session)

    async def send(self, path: str, body: bytes, *, signed: bool = True, **more: Any) -> httpx.Response:
        """A signed POST."""
        headers = dict(more.pop("headers", {}))
        if signed:
            headers["x-bogus-signature"] = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        return await self.http.post(f"/callbacks/{self.slug}{path}", content=body, headers=headers, **more)

    async def say(self, path: str, message: Any, **more: Any) -> dict[str, Any]:
        """A signed message and what was answered."""
        response = await self.send(path, json.dumps(message).encode(), **more)
        answer = response.json()
        for told in (answer, *answer.get("ops", ())):
            told.update(
                {name: plain(text) for name, text in told.items() if name.startswith(("cash", "bonus"))}
            )
        return {"http": response.status_code, **answer}

    async def call(self, who: Somebody | None, *ops: dict[str, Any], **more: Any) -> dict[str, Any]:
        """A call of operations for somebody, with their token."""
        named = {} if who is None else {"player": who.name, "token": who.token}
        return await self.say("/call", {"game": GAME, **named, "ops": [op_of(op) for op in ops], **more})

    async def query(self, ask: str, **more: Any) -> dict[str, Any]:
        """A question."""
        return await self.say("/query", {"ask": ask, **more})

    async def exchanges_written(self) -> None:
        """Wait until the database has every exchange that was kept; who was answered may not be recorded yet."""
        kept = self.gateway.callbacks.exchanges
        while self.server.server_state.tasks or kept._waiting:  # noqa: ASYNC110 - nobody is told when they are empty
            await asyncio.sleep(0.01)


def plain(amount: str) -> str:
    """An amount with two decimals, or as many more as it needs."""
    whole, _, decimals = amount.partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(2, '0')}"


def op_of(op: dict[str, Any]) -> dict[str, Any]:
    """An operation with a key of its own where none is given."""
    return {"key": secrets.token_hex(6), "round": "r1", **op}


def bet(amount: str, **more: Any) -> dict[str, Any]:
    """A stake."""
    return {"kind": "bet", "amount": amount, **more}


def win(amount: str, **more: Any) -> dict[str, Any]:
    """A result."""
    return {"kind": "win", "amount": amount, **more}


def rollback(reference: str, **more: Any) -> dict[str, Any]:
    """What takes another operation back."""
    return {"kind": "rollback", "reference": reference, **more}


@asynccontextmanager
async def road_on(
    database: Database, redis_url: str, prefix: str, owner: asyncpg.Connection, **settings: str
) -> AsyncIterator[Road]:
    """Serve until the test is over."""
    given = {
        "BANKROLL_DATABASE_URL": database.service_url,
        "BANKROLL_REDIS_URL": redis_url,
        "BANKROLL_MASTER_KEYS": MASTER_KEY,
        "BANKROLL_PORT": "0",
        **settings,
    }
    chosen = settings_from(given)
    async with running(chosen, redis_prefix=prefix) as gateway:
        server = server_for(chosen, application(gateway))
        serving = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 - it says so in no other way
            await asyncio.sleep(0.005)
        port = server.servers[0].sockets[0].getsockname()[1]
        pool = gateway.health.database
        catalogue = Catalogue(pool)
        accounts = Accounts(catalogue, Sealing([MASTER_KEY]), PROVIDERS)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as http:
            road = Road(gateway, http, owner, accounts, catalogue, server)
            await road.open_account()
            yield road
        server.should_exit = True
        await serving
