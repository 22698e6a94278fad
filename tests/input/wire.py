"""A caller that writes bytes and reads bytes: what no HTTP client would send, to a running gateway of Bogus's."""

import asyncio
import hashlib
import hmac
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.gateway.road import GAME, SECRET, Road, Somebody

PATIENCE = 10.0
STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")


class Wire:
    """The road to one gateway, for somebody who has money there."""

    def __init__(self, road: Road, who: Somebody) -> None:
        self.road = road
        self.who = who
        self.port: int = road.server.servers[0].sockets[0].getsockname()[1]
        self.bets = 0

    @property
    def question(self) -> bytes:
        """What somebody has."""
        return json.dumps({"ask": "balance", "player": self.who.name}).encode()

    def bet(self, amount: str = '"1.00"', more: str = "") -> bytes:
        """A stake under a key of its own, its amount and whatever follows it as they are written."""
        self.bets += 1
        op = f'{{"kind":"bet","key":"bomb-{self.bets}","round":"r1","amount":{amount}{more}}}'
        return (
            f'{{"game":"{GAME}","player":"{self.who.name}","token":"{self.who.token}","ops":[{op}]}}'.encode()
        )

    def target(self, path: str) -> str:
        """Where the account is called."""
        return f"/callbacks/{self.road.slug}{path}"

    def head(
        self, path: str, *lines: str, line: str = "POST {} HTTP/1.1", host: str = "Host: localhost"
    ) -> bytes:
        """A request line and headers."""
        return "\r\n".join((line.format(self.target(path)), *filter(None, (host, *lines)), "", "")).encode(
            "latin-1"
        )

    def request(self, path: str, body: bytes, *lines: str, close: bool = True, **more: Any) -> bytes:
        """A signed request with its length."""
        own = [f"Content-Length: {len(body)}", f"X-Bogus-Signature: {signature(body)}"]
        return self.head(path, *own, *(("Connection: close",) if close else ()), *lines, **more) + body

    def ask(self, *lines: str, **more: Any) -> bytes:
        """A question that moves nothing."""
        return self.request("/query", self.question, *lines, **more)

    def stake(self, *lines: str, **more: Any) -> bytes:
        """A bet that would be taken."""
        return self.request("/call", self.bet(), *lines, **more)

    def chunked(self, path: str, body: bytes, *lines: str, close: bool = True) -> bytes:
        """The head of a signed request whose body comes in chunks."""
        more = ("Connection: close",) if close else ()
        sign = f"X-Bogus-Signature: {signature(body)}"
        return self.head(path, sign, "Transfer-Encoding: chunked", *more, *lines)

    async def say(self, *pieces: bytes) -> bytes:
        """Write, and read until the gateway has closed the connection."""
        async with self.connection() as (reader, writer):
            for piece in pieces:
                writer.write(piece)
                await asyncio.sleep(0)
            return await self.heard(reader)

    async def heard(self, reader: asyncio.StreamReader) -> bytes:
        """Everything until the connection is closed, politely or not."""
        heard = b""
        async with asyncio.timeout(PATIENCE):
            try:
                while piece := await reader.read(65536):
                    heard += piece
            except ConnectionError:
                pass
        return heard

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """A connection to the gateway."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            yield reader, writer
        finally:
            writer.close()

    async def postings(self) -> int:
        """How many postings there are."""
        return await self.road.owner.fetchval("select count(*) from wallet.posting")


def statuses(heard: bytes) -> list[int]:
    """The HTTP statuses of the answers."""
    return [int(found) for found in STATUS.findall(heard)]


def signature(body: bytes) -> str:
    """What the studio signs with."""
    return hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()


def chunk(data: bytes, extension: bytes = b"") -> bytes:
    """One chunk of a body; an empty one is the last."""
    return b"%x%s\r\n%s\r\n" % (len(data), extension, data) if data else b"0\r\n"
