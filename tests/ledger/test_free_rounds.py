"""Free rounds: an issue names one wallet, for good, before any studio hears of it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from msgspec.structs import replace

from tests.edge import Edge, edge
from tests.ledger.calls import until_waiting
from wallet.free_rounds import FreeRounds, FreeRoundsRequest, FreeRoundsState
from wallet.named_wallets import NamedWallet
from wallet.players import Wallet
from wallet.types import Status

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
async def here(database, redis_url, redis_prefix) -> AsyncIterator[Edge]:
    async with edge(database.service_url, redis_url, redis_prefix) as made:
        yield made


@pytest.fixture
async def free_rounds(here: Edge) -> AsyncIterator[FreeRounds]:
    made = FreeRounds(here.pool)
    made.start()
    yield made
    await made.close()


@pytest.fixture
async def account(owner: asyncpg.Connection) -> int:
    account = await owner.fetchval(
        "insert into wallet.provider_account (slug, protocol) values ('f-' || gen_random_uuid(), 'bogus') returning id"
    )
    await owner.execute(
        "insert into wallet.game (provider_account, code, name, enabled)"
        " values ($1, 'on', 'On', true), ($1, 'off', 'Off', false)",
        account,
    )
    return account


def wanted(wallet: Wallet, issue: str = "issue-1", **more) -> FreeRoundsRequest:
    given = FreeRoundsRequest(
        id=issue,
        wallet=wallet.id,
        games=("on",),
        quantity=10,
        bet_value=200_000,
        starts_at=NOW,
        expires_at=NOW + timedelta(days=7),
        options={"prepaid": "p-1"},
    )
    return replace(given, **more)


async def test_an_issue_names_the_wallet_that_it_was_given_to(
    here: Edge, free_rounds: FreeRounds, account: int
):
    """Written down, an issue says whose it is, under the name that the studio knows the wallet by."""
    wallet = await here.wallet()
    assert await free_rounds.request(account, wanted(wallet)) is Status.CREATED
    named = await here.external_ids.name_wallet(account, wallet.id)
    assert isinstance(named, NamedWallet)
    assert await free_rounds.find(account, "issue-1") == named
    written = await free_rounds.issued(account, "issue-1")
    assert written is not None
    assert (written.external_id, written.currency, written.currency_code) == (named.external_id, "EUR", "EUR")
    assert (written.games, written.quantity, written.bet_value) == (("on",), 10, 200_000)
    assert (written.options, written.state) == ({"prepaid": "p-1"}, FreeRoundsState.REQUESTED)
    assert (written.starts_at, written.expires_at) == (NOW, NOW + timedelta(days=7))
    before = (datetime.now(UTC) + timedelta(days=1), "")
    assert await free_rounds.list_of([wallet.id], before=before) == [written]
    assert await free_rounds.list_of([wallet.id], before=(written.created_at, "issue-1")) == []


async def test_an_issue_means_nothing_to_another_account(here: Edge, free_rounds: FreeRounds, account: int):
    """Ids are the account's own, and what is none is not even asked for."""
    await free_rounds.request(account, wanted(await here.wallet()))
    assert await free_rounds.find(account + 1, "issue-1") is None
    for hostile in ("", "x" * 65, "\x00", "\ud800", "é", "issue-2"):
        assert await free_rounds.find(account, hostile) is None
    assert await free_rounds.issued(account, "issue-2") is None


async def test_the_same_request_again_is_found(here: Edge, free_rounds: FreeRounds, account: int):
    """However often and however many at once: the same free rounds once, and other ones under the same id never."""
    wallet = await here.wallet()
    statuses = await asyncio.gather(*(free_rounds.request(account, wanted(wallet)) for _ in range(10)))
    assert sorted(statuses) == [Status.CREATED, *[Status.FOUND] * 9]
    other = await here.wallet()
    for different in (
        wanted(other),
        wanted(wallet, quantity=11),
        wanted(wallet, games=("on", "on")),
        wanted(wallet, bet_value=None),
        wanted(wallet, bet_level=1),
        wanted(wallet, options={}),
        wanted(wallet, expires_at=NOW + timedelta(days=8)),
    ):
        assert await free_rounds.request(account, different) is Status.KEY_REUSED
    # When they begin may be the moment of the request: another moment is the same request.
    assert await free_rounds.request(account, wanted(wallet, starts_at=NOW + timedelta(1))) is Status.FOUND
    # What stands is found whatever became of the player.
    await here.players.block(wallet.player)
    assert await free_rounds.request(account, wanted(wallet)) is Status.FOUND


async def test_a_request_waits_for_an_erasure_and_sees_it(
    here: Edge, free_rounds: FreeRounds, account: int, owner: asyncpg.Connection
):
    """An erasure under way is waited for; after it nothing is written down but what the studio may have."""
    wallet = await here.wallet()
    await free_rounds.request(account, wanted(wallet))
    async with owner.transaction():
        await owner.execute("select wallet.erase_personal_data(0, $1)", wallet.player)
        request = asyncio.create_task(free_rounds.request(account, wanted(wallet, "issue-2")))
        await until_waiting(owner, 1)
    assert await request is None
    assert await free_rounds.issued(account, "issue-2") is None
    assert await free_rounds.request(account, wanted(wallet)) is Status.FOUND
    await free_rounds.change(account, "issue-1", FreeRoundsState.DECLINED)
    assert await free_rounds.request(account, wanted(wallet)) is None


async def test_whom_nothing_may_be_given(
    here: Edge, free_rounds: FreeRounds, account: int, owner: asyncpg.Connection
):
    """No free rounds for nobody, for a closed wallet, a blocked or excluded player, or in a game that is not to be played."""
    wallet = await here.wallet()
    assert await free_rounds.request(account, wanted(replace(wallet, id=10**12))) is Status.WALLET_NOT_FOUND
    for games in (("off",), ("on", "nowhere")):
        assert await free_rounds.request(account, wanted(wallet, games=games)) is Status.GAME_DISABLED
    assert await free_rounds.request(account, wanted(wallet, currency="USD")) is Status.CURRENCY_DIFFERS
    for stop, refusal in (
        (here.players.block, Status.PLAYER_BLOCKED),
        (here.players.exclude, Status.PLAYER_EXCLUDED),
    ):
        stopped = await here.wallet()
        await stop(stopped.player)
        assert await free_rounds.request(account, wanted(stopped)) is refusal
    closed = await here.wallet()
    await here.players.close_wallet(closed.id)
    assert await free_rounds.request(account, wanted(closed)) is Status.WALLET_CLOSED
    await owner.execute("update wallet.provider_account set state = 'no_new_bets' where id = $1", account)
    assert await free_rounds.request(account, wanted(wallet)) is Status.ACCOUNT_DISABLED
    assert await free_rounds.find(account, "issue-1") is None


@pytest.mark.parametrize(
    ("path", "end"),
    [
        (["issued"], "issued"),
        (["declined"], "declined"),
        (["declined", "issued"], "issued"),
        (["issued", "declined"], "issued"),
        (["issued", "cancelled"], "cancelled"),
        (["cancelled", "issued"], "cancelled"),
        (["issued", "cancelled", "finished"], "finished"),
        (["finished", "cancelled"], "finished"),
        (["finished", "issued"], "finished"),
        (["issued", "requested"], "issued"),
        (["declined", "requested"], "requested"),
        (["cancelled", "requested"], "cancelled"),
        (["finished", "requested"], "finished"),
    ],
)
async def test_states_follow_each_other(
    here: Edge, free_rounds: FreeRounds, account: int, path: list[str], end: str
):
    """A state that cannot follow changes nothing; what was cancelled may still be paid."""
    await free_rounds.request(account, wanted(await here.wallet()))
    states = [await free_rounds.change(account, "issue-1", FreeRoundsState(state)) for state in path]
    assert states[-1] == end
    assert await free_rounds.change(account, "nowhere", FreeRoundsState.ISSUED) is None


async def test_what_the_studio_declined_is_nobodys(here: Edge, free_rounds: FreeRounds, account: int):
    """An issue means its wallet while the studio may have it, and nobody once it said no: no process remembers more."""
    await free_rounds.request(account, wanted(await here.wallet()))
    named = await free_rounds.find(account, "issue-1")
    assert named is not None
    await free_rounds.change(account, "issue-1", FreeRoundsState.DECLINED)
    assert await free_rounds.find(account, "issue-1") is None
    for state in ("requested", "issued", "cancelled", "finished"):
        await free_rounds.change(account, "issue-1", FreeRoundsState(state))
        assert await free_rounds.find(account, "issue-1") == named


async def test_free_rounds_state_is_the_databases(owner: asyncpg.Connection):
    """States have the same names in the same order in SQL and in Python."""
    assert await owner.fetchval("select enum_range(null::wallet.free_rounds_state)::text[]") == list(
        FreeRoundsState
    )
