"""A Postgres that lets nobody in, because strangers hold every connection there is."""

import asyncio

import asyncpg
import pytest

from gateway.api.problems import TEMPORARY
from tests.gateway.door import door_to, name_of
from tests.servers import Database, ServersUnderTest
from wallet.patience import AWAY

SERVICE = "from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"


async def test_who_posts_is_told_that_it_cannot_be_done_now_and_nothing_is_lost(
    database: Database, servers: ServersUnderTest, redis_prefix: str
):
    """A deposit is temporarily unavailable and not posted; its retry is, once, and the gateway is ready again by itself."""
    async with door_to(database, servers.redis_url, redis_prefix) as door, asyncio.timeout(60):
        player = await door.player(EUR="1.00")
        before = await door.postings()
        deposit = {"player": player, "currency": "EUR", "amount": "2.00"}
        servers.execute(f"alter database {database.name} connection limit 0")
        try:
            await door.owner.execute(f"select pg_terminate_backend(pid) {SERVICE}")
            refused = await door.post("/deposits", deposit, expected=503, key="k1")
            assert name_of(refused) == "temporarily_unavailable"
            assert await door.postings() == before
            assert (await door.http.get("/readyz")).status_code == 503
        finally:
            servers.execute(f"alter database {database.name} connection limit -1")
        while (await door.http.get("/readyz")).status_code != 200:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.05)
        await door.post("/deposits", deposit, key="k1")
        assert await door.cash(player) == "3.00"
        assert await door.postings() == before + 1


@pytest.mark.parametrize("error", [*AWAY, asyncpg.InternalClientError], ids=lambda error: error.__name__)
def test_whatever_says_that_postgres_is_away_is_temporary(error: type[Exception]):
    """Whatever a driver says of a connection that ended under a question is temporary, its own confusion too."""
    assert issubclass(error, TEMPORARY)
