"""An HTTP/1.1 client for load: kept-alive connections over asyncio, parsed by httptools.

Own code because the load generator shares two cores with what it measures: a general client costs several times
the request it sends.  It speaks only what the gateway answers (a length, no chunks needed), to one address.  It never
retries: what a lost answer means is the studio's affair.
"""

import asyncio
from collections.abc import Iterable
from typing import cast

import httptools
from typing_extensions import override

from bench.studios import contract

MAXIMUM_CONNECTIONS = 512


class Connection(asyncio.Protocol):
    """One kept-alive connection: one request at a time."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.waiting: asyncio.Future[contract.Answer] | None = None
        self.headers: dict[str, str] = {}
        self.body = b""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to write."""
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is one without saying so
        self.parser = httptools.HttpResponseParser(self)

    @override
    def data_received(self, data: bytes) -> None:
        """Feed the parser; an answer that is no HTTP ends the connection."""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError as error:
            self.fail(ConnectionError(str(error)))

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        """An answer that was awaited will not come."""
        self.transport = None
        self.fail(exc or ConnectionError("closed before the answer"))

    def fail(self, error: Exception) -> None:
        """Tell who waits, and close."""
        if self.waiting and not self.waiting.done():
            self.waiting.set_exception(error)
        if self.transport:
            self.transport.abort()
            self.transport = None

    # The parser's callbacks

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header of the answer."""
        self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self.body += body

    def on_message_complete(self) -> None:
        """The whole answer is here."""
        if self.waiting and not self.waiting.done():
            answer = contract.Answer(self.parser.get_status_code(), self.headers, self.body)
            self.waiting.set_result(answer)
        if not self.parser.should_keep_alive() and self.transport:
            self.transport.close()
            self.transport = None


class Client:
    """Connections to one address, made as they are needed and used again."""

    def __init__(self, host: str, port: int, *, timeout: float = 10.0) -> None:
        self.host = host
        self.port = port
        self.timeout = timeout
        self.idle: list[Connection] = []
        self.slots = asyncio.Semaphore(MAXIMUM_CONNECTIONS)

    async def send(
        self, method: str, path: str, headers: Iterable[tuple[str, str]], body: bytes
    ) -> contract.Answer | None:
        """The answer, or None where none came within the timeout."""
        async with self.slots:
            connection: Connection | None = None
            try:
                async with asyncio.timeout(self.timeout):
                    connection = await self._connection()
                    connection.headers = dict[str, str]()
                    connection.body = b""
                    connection.waiting = asyncio.get_running_loop().create_future()
                    assert connection.transport
                    connection.transport.write(
                        encoded(f"{self.host}:{self.port}", method, path, headers, body)
                    )
                    answer = await connection.waiting
            except (OSError, TimeoutError) as error:
                if connection:
                    connection.fail(error)
                return None
            except asyncio.CancelledError:
                if connection:
                    connection.fail(ConnectionError("given up"))
                raise
            self.idle.append(connection)
            return answer

    async def _connection(self) -> Connection:
        while self.idle:
            connection = self.idle.pop()
            if connection.transport and not connection.transport.is_closing():
                return connection
        loop = asyncio.get_running_loop()
        _, made = await loop.create_connection(Connection, self.host, self.port)
        return made

    def close(self) -> None:
        """Close every idle connection."""
        for connection in self.idle:
            if connection.transport:
                connection.transport.close()
        self.idle.clear()


def encoded(host: str, method: str, path: str, headers: Iterable[tuple[str, str]], body: bytes) -> bytes:
    """A whole request as bytes."""
    named = {"host": host} | dict(headers)  # a studio may sign the host it believes in
    lines = [f"{method} {path} HTTP/1.1", f"content-length: {len(body)}"]
    lines += (f"{name}: {value}" for name, value in named.items())
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body
