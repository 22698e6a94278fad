"""What the edge asks of a wallet and of a key, and that it outlasts a Postgres that is away."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.ledger.calls import OpenWallet, call, soon, unique
from tests.servers import Database, ServersUnderTest
from wallet.coalesce import DeadlinePassed
from wallet.database import open_pool
from wallet.ledger import Ledger
from wallet.standings import Standings
from wallet.types import Kind, Op, Sex, Status


@pytest.fixture
async def standings(database: Database) -> AsyncIterator[Standings]:
    """Started, on connections of its own."""
    pool = await open_pool(database.service_url, purpose="standings")
    started = Standings(pool)
    started.start()
    yield started
    await started.close()
    await pool.close()


@pytest.fixture
async def account(owner: asyncpg.Connection) -> int:
    """A provider account."""
    return await owner.fetchval(
        """
        insert into wallet.provider_account (slug, protocol) values ('asked-' || gen_random_uuid(), 'bogus')
        returning id
        """
    )


async def test_a_wallet_and_a_key_are_found(
    standings: Standings, open_wallet: OpenWallet, ledger: Ledger, account: int
) -> None:
    """A wallet is told as it is now, a posting as the outcome of its repetition; what is not there is None."""
    wallet, key = await open_wallet(100), unique("bet")
    outcome = await ledger.post(call(wallet, Op(Kind.BET, key, 30), account=account), soon())
    standing = await standings.find(wallet, soon())
    found = await standings.find_posting(account, key, soon())
    assert standing is not None
    assert (standing.wallet, standing.cash, standing.currency) == (wallet, 70, "EUR")
    assert found is not None
    assert (found.wallet, found.kind, found.outcome.status) == (wallet, Kind.BET, Status.DUPLICATE)
    assert found.outcome.posting == outcome.ops[0].posting
    assert await standings.find(10**12, soon()) is None
    assert await standings.find_posting(account, unique("nothing"), soon()) is None


async def test_sex_is_told_until_it_is_erased(
    standings: Standings, open_wallet: OpenWallet, owner: asyncpg.Connection
) -> None:
    """What studios are told of a player's personal data goes with them."""
    wallet = await open_wallet()
    player = await owner.fetchval(
        "update wallet.player p set affiliate = 'a' from wallet.wallet w where w.id = $1 and p.id = w.player returning p.id",
        wallet,
    )
    keep, told = "select wallet.keep_personal_data(0, $1, $2)", []
    with pytest.raises(asyncpg.CheckViolationError, match="sex_is_known"):
        await owner.fetchval(keep, player, '{"sex": "F"}')
    for data in ('{"name": "Ada"}', '{"name": "Ada", "sex": "female"}', None):
        if data is None:
            assert await owner.fetchval("select wallet.erase_personal_data(0, $1)", player)
        else:
            assert await owner.fetchval(keep, player, data)
        standing = await standings.find(wallet, soon())
        assert standing is not None
        told.append((standing.sex, standing.affiliate))
    assert told == [(None, "a"), (Sex.FEMALE, "a"), (None, None)]


async def test_a_postgres_that_lets_nobody_in_is_waited_for(
    standings: Standings,
    open_wallet: OpenWallet,
    ledger: Ledger,
    account: int,
    owner: asyncpg.Connection,
    servers: ServersUnderTest,
) -> None:
    """Questions that meet it are answered once it lets them in again, and no later than their deadline."""
    wallet, key = await open_wallet(100), unique("bet")
    await ledger.post(call(wallet, Op(Kind.BET, key, 30), account=account), soon())
    assert await standings.find(wallet, soon())  # so that there is a connection to lose
    name = await owner.fetchval("select current_database()")
    await owner.close()
    servers.execute(f"alter database {name} connection limit 0")
    try:
        servers.execute(f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'")
        late = [standings.find(wallet, soon(0.2)), standings.find_posting(account, key, soon(0.2))]
        for answer in await asyncio.gather(*late, return_exceptions=True):
            assert isinstance(answer, DeadlinePassed)
        asked = asyncio.gather(standings.find(wallet, soon()), standings.find_posting(account, key, soon()))
        await asyncio.sleep(0.3)
        assert not asked.done()
    finally:
        servers.execute(f"alter database {name} connection limit -1")
    standing, found = await asked
    assert standing is not None
    assert found is not None
    assert (standing.cash, found.outcome.cash_after) == (70, 70)
