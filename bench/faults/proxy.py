"""A line between the gateway and a server that can be cut, held back, or robbed of its answers.

It knows bytes and connections, and nothing of what they say.
"""

import asyncio
from urllib.parse import urlsplit


class Connection:
    """One connection through the proxy."""

    def __init__(self, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self.client = client
        self.server = server
        self.held: list[bytes] = []  # what the client sent and the server has not got yet
        self.gone = False  # the client hung up; the server is not told
        self.answered: list[bytes] = []  # what the server said to a client that was gone
        self.marked = False  # the client once sent what `Proxy.mark` names

    def cut(self) -> None:
        """Both ends hear of it at once."""
        self.client.transport.abort()
        self.server.transport.abort()


class Proxy:
    """Forwards bytes, but for what is wanted otherwise.

    `hold`: what clients send stays here.  `swallow`: the server's next bytes are lost, with the connection; where
    there is a `mark`, only on a connection on which a client once sent it.  `refuse`: new connections are closed.
    `spare`: so much of what is swallowed arrives all the same, as of a slice.
    `linger`: after so many seconds the server is told of a client that hung up (None: never).
    """

    def __init__(self, url: str, *, mark: bytes = b"", linger: float | None = None) -> None:
        self._target = urlsplit(url)
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.mark = mark
        self.linger = linger
        self.connections: list[Connection] = []
        self.hold = False
        self.swallow = False
        self.spare = 0
        self.refuse = False
        self.refused = 0  # so many connections

    async def start(self) -> str:
        """Listen, and answer the URL that leads through here."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        user = self._target.netloc.rpartition("@")[0]
        return self._target._replace(netloc=f"{user}@127.0.0.1:{port}").geturl()

    def retarget(self, url: str) -> None:
        """Lead new connections elsewhere."""
        self._target = urlsplit(url)

    def cut(self) -> int:
        """Cut every connection there is; how many clients lost one."""
        there = [connection for connection in self.connections if not connection.client.is_closing()]
        for connection in self.connections:
            connection.cut()
        return len(there)

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

    async def deliver(self, connection: Connection) -> bool:
        """Send the server what was held back of a connection, though its client may be gone; whether it took any."""
        taken = [send(connection.server, data) for data in connection.held]
        connection.held.clear()
        try:
            await connection.server.drain()
        except OSError:
            return False
        return any(taken)

    async def _accept(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        if self.refuse:
            self.refused += 1
            client.transport.abort()
            return
        try:
            server_reader, server = await asyncio.open_connection(self._target.hostname, self._target.port)
        except OSError:
            client.close()
            return
        connection = Connection(client, server)
        self.connections.append(connection)
        for pump in (self._to_server(reader, connection), self._to_client(server_reader, connection)):
            task = asyncio.create_task(pump)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _to_server(self, reader: asyncio.StreamReader, connection: Connection) -> None:
        """Until the client hangs up; the server is not told, as when a network loses the news."""
        while data := await received(reader):
            connection.marked = connection.marked or self.mark in data
            if self.hold or connection.held:
                connection.held.append(data)
            else:
                send(connection.server, data)
        connection.gone = True
        if self.linger is not None:
            await asyncio.sleep(self.linger)
            connection.server.close()

    async def _to_client(self, reader: asyncio.StreamReader, connection: Connection) -> None:
        while data := await received(reader):
            if self.swallow and (connection.marked or not self.mark):
                self.swallow = False
                send(connection.client, data[: self.spare])
                connection.gone = True
                connection.client.close()
            if connection.gone:
                connection.answered.append(data)
            else:
                send(connection.client, data)
        connection.client.close()
        if self.linger is not None:
            connection.cut()
            self.connections.remove(connection)


def send(writer: asyncio.StreamWriter, data: bytes) -> bool:
    """Write to one end, unless it hung up: uvloop raises then, where asyncio says nothing; whether it had not."""
    if writer.is_closing():
        return False
    writer.write(data)
    return True


async def received(reader: asyncio.StreamReader) -> bytes:
    """The next bytes; none where the connection ended, in whatever way."""
    try:
        return await reader.read(65536)
    except OSError:
        return b""
