"""Fixtures for everything that needs Postgres or Redis: servers once a run, a database of its own for every module.

The process that leads the run starts the servers and stops them; xdist's workers are told where they are. A test
that asks for none of these fixtures starts nothing when it runs alone. No test ever sees another module's rows.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import asdict

import asyncpg
import pytest

from tests.servers import Database, ServersUnderTest, servers_for_this_run

LEADER = pytest.StashKey[ExitStack]()
FOUND = pytest.StashKey[ServersUnderTest]()


def _servers(config: pytest.Config) -> ServersUnderTest:
    """The run's servers: as told by the leader, or started now, once, to be stopped at the end."""
    if FOUND not in config.stash:
        told = getattr(config, "workerinput", {}).get("servers")
        if told is None:
            config.stash[LEADER] = ExitStack()
            config.stash[FOUND] = config.stash[LEADER].enter_context(servers_for_this_run())
        else:
            config.stash[FOUND] = ServersUnderTest(**told)
    return config.stash[FOUND]


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node) -> None:
    """Tell a worker, before it starts, where the servers are."""
    node.workerinput["servers"] = asdict(_servers(node.config))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what the leader started."""
    if LEADER in config.stash:
        config.stash[LEADER].close()


@pytest.fixture(scope="session")
def worker(request: pytest.FixtureRequest) -> str:
    """The name of this test process: gw0, gw1, … or main."""
    return getattr(request.config, "workerinput", {}).get("workerid", "main")


@pytest.fixture(scope="session")
def servers(request: pytest.FixtureRequest) -> ServersUnderTest:
    """The run's servers, with a migrated template database."""
    found = _servers(request.config)
    if found.defect:
        pytest.fail(f"sql/ does not apply: {found.defect}", pytrace=False)
    return found


@pytest.fixture(scope="module")
def database(servers: ServersUnderTest, worker: str) -> Iterator[Database]:
    """A migrated database for this module alone."""
    made = servers.create(worker)
    yield made
    servers.drop(made)


@pytest.fixture
def fresh_database(servers: ServersUnderTest, worker: str) -> Iterator[Database]:
    """A migrated database for this test alone; costs a fifth of a second."""
    made = servers.create(worker)
    yield made
    servers.drop(made)


@pytest.fixture
def empty_database(request: pytest.FixtureRequest, worker: str) -> Iterator[Database]:
    """A database with nothing in it, to be migrated; it works while sql/ itself does not."""
    found = _servers(request.config)
    made = found.create(worker, empty=True)
    yield made
    found.drop(made)


@pytest.fixture
async def owner(database: Database) -> AsyncIterator[asyncpg.Connection]:
    """A connection to the module's database that may do everything."""
    connection = await asyncpg.connect(database.owner_url)
    yield connection
    await connection.close()


@pytest.fixture
async def service(database: Database) -> AsyncIterator[asyncpg.Connection]:
    """A connection to the module's database with the gateway's rights."""
    connection = await asyncpg.connect(database.service_url)
    yield connection
    await connection.close()


@pytest.fixture(scope="session")
def redis_url(request: pytest.FixtureRequest) -> str:
    """The run's Redis. Every key a test writes begins with ``redis_prefix``."""
    return _servers(request.config).redis_url


@pytest.fixture
def redis_prefix(request: pytest.FixtureRequest, worker: str) -> Iterator[str]:
    """What this test's keys begin with; they are deleted after it."""
    found = _servers(request.config)
    prefix = f"{found.run}_{worker}:"
    yield prefix
    found.forget_keys(prefix)
