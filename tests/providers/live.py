"""The stage of the real gateway: every case at a provider account of its own, over a socket, on a real ledger."""

import asyncio
import secrets
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import asyncpg
import msgspec

from bench.studios.contract import Answer, Request, addressed
from gateway.accounts import AccountChange, NewAccount
from providers.provider import Provider
from tests.gateway.road import Road, road_on
from tests.providers.paper import AFFILIATE
from tests.providers.scene import Case, Desk, Scene
from tests.providers.transcript import Overrides
from tests.servers import Database, ServersUnderTest
from wallet import cashier
from wallet.catalogue import AccountState
from wallet.external_ids import NamedWallet
from wallet.free_rounds import FreeRoundsRequest, FreeRoundsState
from wallet.games import NewGame
from wallet.money import Currency, by_code
from wallet.players import NewPlayer, Wallet
from wallet.types import Session, Status

GAMES = ("dice", "crash")
DEADLINE_MS = 10_000  # what a story promises, it promises of a busy machine too: nothing in it is of haste


@dataclass
class Gateway:
    """The running gateway of all cases, and its provider accounts that no case has spoilt for the next."""

    road: Road
    prefix: str
    forget_keys: Callable[[str], None]
    accounts: dict[tuple[str, bytes], tuple[str, int]] = field(default_factory=dict)


@asynccontextmanager
async def running_gateway(
    database: Database, servers: ServersUnderTest, prefix: str
) -> AsyncGenerator[Gateway]:
    """One running gateway for every protocol; what it keeps in Redis begins with `prefix` and goes at the end."""
    owner = await asyncpg.connect(database.owner_url)
    try:
        async with road_on(database, servers.redis_url, prefix, owner) as road:
            yield Gateway(road, prefix, servers.forget_keys)
    finally:
        await owner.close()
        servers.forget_keys(prefix)


class Live:
    """One provider account at the running gateway, and the operator's hand on it."""

    def __init__(self, gateway: Gateway, provider: Provider) -> None:
        self.gateway = gateway
        road = gateway.road
        self.road = road
        self.provider = provider
        self.slug = f"{provider.name.replace('_', '-')}-{secrets.token_hex(6)}"
        self.shared: tuple[str, bytes] = (provider.name, b"")
        self.account = 0
        self.currencies: dict[str, Currency] = {}
        self.wallets: dict[str, Wallet] = {}
        self.looking = asyncio.Lock()  # players side by side share one connection to look at the books

    async def configure(self, overrides: Overrides) -> None:
        """The account with its games: one that another case left as it was, or a new one."""
        self.currencies = by_code(await self.road.catalogue.currencies())
        self.shared = (self.provider.name, msgspec.json.encode(overrides))
        if self.shared in self.gateway.accounts:
            self.slug, self.account = self.gateway.accounts[self.shared]
            return
        new = NewAccount(
            slug=self.slug,
            protocol=self.provider.name,
            secret=next(iter(overrides.secrets), None),
            policy=overrides.policy,
            manners=overrides.manners,
            settings=overrides.settings,
            deadline_ms=DEADLINE_MS,
        )
        created = await self.road.accounts.create(new)
        assert created is not None
        self.account = created[0].id
        await self.road.catalogue.put_games(
            self.account, [NewGame(code=code, name=code.title()) for code in GAMES]
        )
        await self.road.refresh()
        self.gateway.accounts[self.shared] = self.slug, self.account

    async def join(self, currency: str, cash: int) -> str:
        """A player with a funded wallet; the studio's name for it."""
        desk = self.road.gateway.desk
        new = NewPlayer(
            external_id=secrets.token_hex(8),
            country="MT",
            language="en",
            affiliate=AFFILIATE,
            personal_data={"sex": "female"},
        )
        player, _ = await desk.players.create(new)
        opened = await desk.players.open_wallet(player.id, currency)
        assert isinstance(opened, tuple)
        wallet, _ = opened
        amount = self.currencies[currency].units(Decimal(cash))
        act = cashier.Act(wallet=wallet.id, key=secrets.token_hex(8), actor="test", amount=amount)
        outcome = await desk.ledger.post(cashier.deposit(act), asyncio.get_running_loop().time() + 5)
        assert outcome.status is Status.CREATED
        named = await self.road.gateway.callbacks.resolution.external_ids.name_wallet(self.account, wallet.id)
        assert isinstance(named, NamedWallet)
        self.wallets[named.external_id] = wallet
        return named.external_id

    async def launch(self, player: str) -> str:
        """A session; its launch token."""
        session = await self.road.gateway.desk.sessions.launch(
            self.wallets[player].id, self.account, game="dice", direct=not self.provider.one_time_launch
        )
        assert isinstance(session, Session)
        assert session.external_id == player
        return session.token

    async def spoil(self, token: str, defect: Status) -> None:
        """The session behind a token has ended, or another token took its place."""
        sessions = self.road.gateway.desk.sessions
        session = await sessions.find(self.account, token)
        assert session is not None
        if defect is Status.SESSION_SUPERSEDED:
            await sessions.rotate(self.account, token)
            return
        if defect is Status.SESSION_REVOKED:
            await sessions.revoke(session.id)
            return
        assert defect is Status.SESSION_EXPIRED
        await self.road.owner.execute(
            "update wallet.session set expires_at = now() - interval '1 minute' where id = $1", session.id
        )
        self.gateway.forget_keys(self.gateway.prefix)  # the hot copy would outlive it by a minute at most

    async def block(self, player: str) -> None:
        """The player may not bet."""
        await self.road.gateway.desk.players.block(self.wallets[player].player)

    async def take_no_bets(self) -> None:
        """The provider account takes no new bets."""
        self.gateway.accounts.pop(self.shared, None)
        await self.road.accounts.change(self.slug, AccountChange(state=AccountState.NO_NEW_BETS))
        await self.road.refresh()

    async def disable_game(self, game: str) -> None:
        """The game takes no new bets."""
        self.gateway.accounts.pop(self.shared, None)
        await self.road.catalogue.enable_games(self.account, [game], enabled=False)
        await self.road.refresh()

    async def give_free_rounds(self, player: str, issue: str) -> None:
        """Free rounds are the player's; the studio knows them by the issue."""
        now = datetime.now(UTC)
        given = FreeRoundsRequest(
            id=issue,
            wallet=self.wallets[player].id,
            games=GAMES,
            quantity=10,
            starts_at=now,
            expires_at=now + timedelta(days=1),
        )
        free_rounds = self.road.gateway.callbacks.resolution.free_rounds
        assert await free_rounds.request(self.account, given) is Status.CREATED
        assert await free_rounds.change(self.account, issue, FreeRoundsState.ISSUED)

    async def cash(self, player: str) -> Decimal:
        """What the ledger holds."""
        wallet = self.wallets[player]
        async with self.looking:
            units = await self.road.owner.fetchval("select cash from wallet.wallet where id = $1", wallet.id)
        return self.currencies[wallet.currency].amount(units)

    async def receive(self, sent: Request) -> Answer:
        """One request of the studio."""
        answer = await self.road.http.request(
            sent.method, f"/callbacks/{self.slug}{sent.path}", content=sent.body, headers=list(sent.headers)
        )
        return Answer(answer.status_code, dict(answer.headers), answer.content)


async def live_scene(
    gateway: Gateway, provider: Provider, desk: Desk, case: Case, overrides: Overrides, key: str
) -> Scene:
    """A case's scene at the running gateway, the game not yet open."""
    live = Live(gateway, provider)
    await live.configure(overrides)
    studio = addressed(desk.studio(key), f"/callbacks/{live.slug}")
    return Scene(desk, studio, live, overrides.account(provider), case.name)
