"""The line between studios and gateway does to a request what its header says, and nothing else."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bench.client import Client
from bench.faults.hand import COPIES, WAYS
from bench.faults.line import FAULTS, HEADER, Line

BODY = b"x" * 100


class Operator:
    """Counts what arrives whole, and answers each."""

    def __init__(self) -> None:
        self.arrived: list[bytes] = []

    async def start(self) -> int:
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        return self.server.sockets[0].getsockname()[1]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            self.arrived.append(head + await reader.readexactly(len(BODY)))
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nthanks")
            await writer.drain()
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()


@pytest.fixture
async def operator() -> AsyncIterator[Operator]:
    """Somebody to answer."""
    started = Operator()
    started.port = await started.start()
    yield started
    started.server.close()


@pytest.fixture
async def line(operator: Operator) -> AsyncIterator[Line]:
    """A line to the operator."""
    started = Line("127.0.0.1", operator.port)
    await started.start()
    yield started
    await started.close()


@pytest.mark.parametrize("way", WAYS)
async def test_a_request_meets_what_its_header_says(way: str, line: Line, operator: Operator) -> None:
    """As many copies arrive as the model believes, whole and without the header; the answer comes back or does not."""
    client = Client(line.host, line.port, timeout=0.2)
    answer = await client.send("POST", "/bet", ((HEADER, f"{way} 0.05"),), BODY)
    heard = {"none", "delayed", "twice"}
    await line.settle()
    assert len(operator.arrived) == COPIES.get(way, 1)
    assert all(request.endswith(BODY) and HEADER.encode() not in request for request in operator.arrived)
    assert (answer is not None and answer.body == b"thanks") is (way in heard)
    client.close()


async def test_a_late_request_comes_after_its_retry(line: Line, operator: Operator) -> None:
    """What was held on the way arrives, though it was sent again meanwhile."""
    client = Client(line.host, line.port, timeout=0.2)
    assert await client.send("POST", "/first", ((HEADER, "late 0.1"),), BODY) is None
    assert await client.send("POST", "/again", (), BODY) is not None
    await line.settle()
    assert [request.split()[1] for request in operator.arrived] == [b"/again", b"/first"]
    client.close()


async def test_what_is_kept_comes_when_all_is_over(line: Line, operator: Operator) -> None:
    """It arrives once, after everything, and it is known how late."""
    client = Client(line.host, line.port, timeout=0.2)
    assert await client.send("POST", "/first", ((HEADER, "kept 0.0"),), BODY) is None
    assert await client.send("POST", "/again", (), BODY) is not None
    assert [request.split()[1] for request in operator.arrived] == [b"/again"]
    assert line.latest == 0.0
    await line.settle()
    await line.settle()
    assert [request.split()[1] for request in operator.arrived] == [b"/again", b"/first"]
    assert line.latest > 0.0
    client.close()


def test_every_way_is_a_fault_of_the_line():
    """The studios ask for no way that the line does not know, and leave none out."""
    assert set(WAYS) == set(FAULTS)
