"""A wire between the ledger and Postgres that can be cut, held back, or robbed of its answers."""

import asyncio
from urllib.parse import urlsplit


class Connection:
    """One connection through the proxy."""

    def __init__(self, proxy: "Proxy", client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self.proxy = proxy
        self.client = client
        self.server = server
        self.held: list[bytes] = []  # what the client sent and the server has not got yet
        self.gone = False  # the client hung up; the server is not told
        self.answered: list[bytes] = []  # what the server said to a client that was gone


class Proxy:
    """Forwards bytes, but for what a test wants otherwise.

    `hold`: what clients send stays here.  `swallow`: the server's next bytes are lost, with the connection.
    """

    def __init__(self, url: str) -> None:
        self._target = urlsplit(url)
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.connections: list[Connection] = []
        self.hold = False
        self.swallow = False

    async def start(self) -> str:
        """Listen, and answer the URL that leads through here."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        user = self._target.netloc.rpartition("@")[0]
        return self._target._replace(netloc=f"{user}@127.0.0.1:{port}").geturl()

    def retarget(self, url: str) -> None:
        """Lead new connections elsewhere."""
        self._target = urlsplit(url)

    async def close(self) -> None:
        """Cut everything."""
        assert self._server is not None
        self._server.close()
        for connection in self.connections:
            connection.client.close()
            connection.server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def deliver(self, connection: Connection) -> None:
        """Send the server what was held back of a connection, though its client may be gone."""
        for data in connection.held:
            connection.server.write(data)
        connection.held.clear()
        await connection.server.drain()

    async def _accept(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        try:
            server_reader, server = await asyncio.open_connection(self._target.hostname, self._target.port)
        except OSError:
            client.close()
            return
        connection = Connection(self, client, server)
        self.connections.append(connection)
        for pump in (self._to_server(reader, connection), self._to_client(server_reader, connection)):
            task = asyncio.create_task(pump)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _to_server(self, reader: asyncio.StreamReader, connection: Connection) -> None:
        """Until the client hangs up; the server is not told, as when a network loses the news."""
        while data := await reader.read(65536):
            if self.hold or connection.held:
                connection.held.append(data)
            else:
                connection.server.write(data)
        connection.gone = True

    async def _to_client(self, reader: asyncio.StreamReader, connection: Connection) -> None:
        while data := await reader.read(65536):
            if self.swallow:
                self.swallow = False
                connection.gone = True
                connection.client.close()
            if connection.gone:
                connection.answered.append(data)
            else:
                connection.client.write(data)
        connection.client.close()
