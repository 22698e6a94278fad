"""The line between the studios and a gateway: HTTP requests, each with the fault that its header names.

It frames requests and answers by their length and reads nothing else of them.  What the header says is gone when the
gateway gets the request.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from time import monotonic

HEADER = "x-fault"
MARK = HEADER.encode() + b": "
END = b"\r\n\r\n"
LONGEST = 60.0
"""Seconds after which a request that nobody waits for is given up."""

APART = 0.02
"""Seconds between two requests that were kept: nobody's flood."""

Fault = Callable[["Line", bytes, float, asyncio.StreamWriter], Awaitable[bool]]


class Line:
    """Listens, and leads to the gateway at `port`."""

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.target = port
        self.port = 0
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[object]] = set()
        self._kept: list[tuple[float, bytes]] = []  # since when, and what
        self.latest = 0.0  # how many seconds anything was kept at most

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._accept, self.host, 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def cut(self) -> int:
        """Reset every connection of the studios; how many there were."""
        writers = [writer for writer in self._writers if not writer.is_closing()]
        for writer in writers:
            writer.transport.abort()
        return len(writers)

    async def settle(self) -> None:
        """Let what was kept arrive, one after the other; return when nothing is under way any more."""
        for number, (since, request) in enumerate(self._kept):
            self.latest = max(self.latest, monotonic() - since)
            self.begin(self.carried(request, APART * number))
        self._kept.clear()
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def close(self) -> None:
        """Cut everything."""
        assert self._server
        self._server.close()
        self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def keep(self, request: bytes) -> None:
        """Keep a request until all is settled."""
        self._kept.append((monotonic(), request))

    def begin(self, work: Awaitable[object]) -> None:
        """Go on with it, whoever waits or does not."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def carried(self, request: bytes, seconds: float = 0.0) -> bytes:
        """Carry a request to the gateway, so many seconds later; its answer, or nothing where none came whole."""
        await asyncio.sleep(seconds)
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
            async with asyncio.timeout(LONGEST):
                reader, writer = await asyncio.open_connection(self.host, self.target)
                try:
                    writer.write(request)
                    return await framed(reader)
                finally:
                    writer.transport.abort()
        return b""

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while True:
                name, seconds, request = told(await framed(reader))
                if not await FAULTS[name](self, request, seconds, writer):
                    break
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self._writers.discard(writer)
            writer.transport.abort()


async def framed(reader: asyncio.StreamReader) -> bytes:
    """The next message, as long as it says it is.  Raises what reading raises."""
    head = await reader.readuntil(END)
    length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
    return head + await reader.readexactly(int(length or b"0"))


def told(request: bytes) -> tuple[str, float, bytes]:
    """The fault that a request names, its seconds, and the request without it."""
    before, mark, after = request.partition(MARK)
    if not mark:
        return "none", 0.0, request
    words, _, rest = after.partition(b"\r\n")
    name, _, seconds = words.decode().rpartition(" ")
    return name, float(seconds), before + rest


# Each says whether the connection may go on.


async def none(line: Line, request: bytes, seconds: float, writer: asyncio.StreamWriter) -> bool:
    """Carried, and the answer carried back, `seconds` later."""
    await asyncio.sleep(seconds)
    answer = await line.carried(request)
    if answer and not writer.is_closing():  # the studio may have given up meanwhile
        writer.write(answer)
    return bool(answer)


async def dropped(_line: Line, _request: bytes, seconds: float, _writer: asyncio.StreamWriter) -> bool:
    """Lost; nobody is told."""
    await asyncio.sleep(seconds)
    return False


async def reset(_line: Line, _request: bytes, _seconds: float, _writer: asyncio.StreamWriter) -> bool:
    """The connection breaks before anything was carried."""
    return False


async def torn(line: Line, request: bytes, _seconds: float, _writer: asyncio.StreamWriter) -> bool:
    """The connection breaks in the middle of the request."""
    with contextlib.suppress(OSError):
        _, gateway = await asyncio.open_connection(line.host, line.target)
        gateway.write(request[:-1] if len(request) % 2 else request[: len(request) // 2])
        await gateway.drain()
        gateway.close()
    return False


async def answer_lost(line: Line, request: bytes, _seconds: float, _writer: asyncio.StreamWriter) -> bool:
    """Carried, and the connection breaks instead of the answer."""
    await line.carried(request)
    return False


async def half_open(line: Line, request: bytes, seconds: float, _writer: asyncio.StreamWriter) -> bool:
    """Carried, and the studio hears neither an answer nor an end."""
    await line.carried(request)
    await asyncio.sleep(seconds)
    return False


async def truncated(line: Line, request: bytes, _seconds: float, writer: asyncio.StreamWriter) -> bool:
    """Carried, and the connection ends in the middle of the answer."""
    answer = await line.carried(request)
    if not writer.is_closing():
        writer.write(answer[: len(answer) * 2 // 3])
        await writer.drain()
    return False


async def twice(line: Line, request: bytes, _seconds: float, writer: asyncio.StreamWriter) -> bool:
    """Carried twice at the same time; one answer is carried back."""
    line.begin(line.carried(request))
    return await none(line, request, 0.0, writer)


async def late(line: Line, request: bytes, seconds: float, _writer: asyncio.StreamWriter) -> bool:
    """The connection breaks, and `seconds` later the request arrives all the same."""
    line.begin(line.carried(request, seconds))
    return False


async def kept(line: Line, request: bytes, _seconds: float, _writer: asyncio.StreamWriter) -> bool:
    """The connection breaks, and the request arrives all the same, when everything else is over."""
    line.keep(request)
    return False


FAULTS: dict[str, Fault] = {
    "none": none,
    "delayed": none,
    "dropped": dropped,
    "reset": reset,
    "torn": torn,
    "answer lost": answer_lost,
    "half open": half_open,
    "truncated": truncated,
    "twice": twice,
    "late": late,
    "kept": kept,
}
"""What a request may meet on its way, by the name in its header."""
