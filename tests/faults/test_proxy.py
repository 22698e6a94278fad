"""The line between the gateway and its servers outlives both of its ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

import pytest
import uvloop

from bench.faults.proxy import Proxy

LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@asynccontextmanager
async def held() -> AsyncIterator[tuple[Proxy, asyncio.StreamReader, asyncio.Event]]:
    """A line on which a client's batch is held back, what the client hears, and what ends the server."""
    killed = asyncio.Event()

    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await killed.wait()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    proxy = Proxy(f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}", linger=0.0)
    proxy.hold = True
    heard, client = await asyncio.open_connection("127.0.0.1", urlsplit(await proxy.start()).port)
    client.write(b"a batch")
    while not any(connection.held for connection in proxy.connections):  # noqa: ASYNC110 - the line tells nobody
        await asyncio.sleep(0.01)
    try:
        yield proxy, heard, killed
    finally:
        killed.set()
        client.close()
        await proxy.close()
        server.close()
        await server.wait_closed()


async def late() -> None:
    """Deliver the batch when its server has ended."""
    async with held() as (proxy, heard, killed):
        [connection] = proxy.connections
        killed.set()
        with suppress(ConnectionError):
            await heard.read()
        await connection.server.wait_closed()
        with suppress(ConnectionError):
            await proxy.deliver(connection)
        assert not connection.held


@pytest.mark.parametrize("loop", LOOPS)
def test_what_is_held_back_for_a_server_that_ends_is_lost_with_its_connection(loop: str) -> None:
    """Whoever holds it back hears at most that the connection is lost, whatever loop both run on."""
    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        runner.run(late())


@pytest.mark.parametrize("spare", [0, 3, -1])
async def test_of_what_is_swallowed_so_much_arrives_as_is_spared(spare: int) -> None:
    """An answer is torn where it is said, and the connection ends there."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"an answer")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    proxy = Proxy(f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    heard, client = await asyncio.open_connection("127.0.0.1", urlsplit(await proxy.start()).port)
    proxy.swallow, proxy.spare = True, spare
    client.write(b"a question")
    assert await heard.read() == b"an answer"[:spare]
    client.close()
    await proxy.close()
    server.close()
    await server.wait_closed()
