"""What can be broken, and what is broken now.  It breaks nothing itself."""

from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

import asyncpg

from bench.faults.hand import Hand
from bench.faults.line import Line
from bench.faults.proxy import Proxy
from bench.faults.servers import Servers
from gateway.processes import Supervisor


class Scene:
    """What can be broken.  `servers` is None where they belong to others too."""

    def __init__(
        self,
        owner_url: str,
        database_url: str,
        redis_url: str,
        *,
        postgres: Proxy,
        valkey: Proxy,
        lines: Sequence[Line],
        supervisors: Sequence[Supervisor],
        servers: Servers | None,
    ) -> None:
        self.owner_url = owner_url
        self.database_url = database_url
        self.redis_url = redis_url
        self.postgres = postgres
        self.valkey = valkey
        self.lines = lines
        self.supervisors = supervisors
        self.servers = servers
        self.hands: Sequence[Hand] = ()
        self.broken: Counter[str] = Counter()  # what is broken now
        self.times: Counter[str] = Counter()  # how often it was, and hit something
        self.failed: list[str] = []  # what could not be broken

    @property
    def own(self) -> Servers:
        """The servers, where they are nobody else's."""
        assert self.servers is not None
        return self.servers

    @asynccontextmanager
    async def owner(self) -> AsyncGenerator[asyncpg.Connection]:
        """A connection that may do everything, past the line."""
        connection = await asyncpg.connect(self.owner_url, timeout=5)
        try:
            yield connection
        finally:
            connection.terminate()
