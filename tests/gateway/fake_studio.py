"""A studio that is asked: a real socket on loopback, what it was sent, and whatever a test wants it to answer."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Asked:
    """One request as it came."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """The body."""
        return json.loads(self.body)


@dataclass
class FakeStudio:
    """Answers every request with the bytes that `answers` makes of it; closes without a word where they are none."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    answers: Callable[[Asked], bytes] = lambda _asked: http(200, b"{}")
    delay: float = 0.0
    silent_until: asyncio.Event | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            method, target, _ = head[0].split(" ")
            pairs = (line.split(": ", 1) for line in head[1:] if line)
            headers = {name.lower(): value for name, value in pairs}
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            asked = Asked(method, target, headers, body)
            self.asked.append(asked)
            await asyncio.sleep(self.delay)
            if self.silent_until is not None:
                await self.silent_until.wait()
            writer.write(self.answers(asked))
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    def says(self, message: Any, status: int = 200) -> None:
        """Answer everything with this JSON from now on."""
        self.answers = lambda _asked: http(status, json.dumps(message).encode())


def http(status: int, body: bytes, *headers: str) -> bytes:
    """An answer to the byte."""
    lines = (f"HTTP/1.1 {status} Said", f"content-length: {len(body)}", "connection: close", *headers)
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@asynccontextmanager
async def fake_studio() -> AsyncIterator[FakeStudio]:
    """Serve until the test is over."""
    studio = FakeStudio()
    server = await asyncio.start_server(studio.serve, "127.0.0.1", 0)
    studio.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield studio
    finally:
        server.close()
