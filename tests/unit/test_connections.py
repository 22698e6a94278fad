"""Answers as they leave, each in one piece, whatever comes with it; and who is told that a request came too slowly."""

import asyncio
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from gateway.connections import CALLBACK_SECONDS, HEAD_SECONDS, Connection

WHOLE, PIECES, SLOW, CALL = b"/whole", b"/pieces", b"/slow", b"/callbacks/acorn/call"


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Answer with one body, or with one in pieces, or when it is released."""
    bodies = [b"one", b"two"] if scope["raw_path"] == PIECES else [b"one"]
    if scope["raw_path"] == SLOW:
        await scope["state"]["released"].wait()
    while (await receive())["more_body"]:
        pass
    length = (b"content-length", str(len(b"".join(bodies))).encode())
    await send({"type": "http.response.start", "status": 200, "headers": [length]})
    for number, body in enumerate(bodies, start=1):
        await send({"type": "http.response.body", "body": body, "more_body": number < len(bodies)})


class Recorded(asyncio.Transport):
    """A transport that remembers what was written at once."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []
        self.closed = False

    def write(self, data: Any) -> None:
        """Remember a piece."""
        self.sent.append(bytes(data))

    def writelines(self, list_of_data: Any) -> None:
        """Remember what goes together as one piece."""
        self.sent.append(b"".join(list_of_data))

    def is_closing(self) -> bool:
        """Whether it was closed."""
        return self.closed

    def close(self) -> None:
        """Close it."""
        self.closed = True

    def pause_reading(self) -> None:
        """Nothing is read here."""

    def resume_reading(self) -> None:
        """Nothing is read here."""


def connected(released: asyncio.Event) -> tuple[Connection, Recorded]:
    """A connection and what it is made on."""
    config = uvicorn.Config(application, http=Connection, lifespan="off", log_config=None)
    config.load()
    connection = Connection(config=config, server_state=ServerState(), app_state={"released": released})
    transport = Recorded()
    connection.connection_made(transport)
    return connection, transport


async def answers(*requests: bytes) -> Recorded:
    """What a connection sends for these, come together."""
    connection, transport = connected(asyncio.Event())
    connection.data_received(b"".join(requests))
    while connection.tasks:
        await asyncio.wait(connection.tasks)
    return transport


def request(method: bytes, path: bytes, *headers: bytes) -> bytes:
    """A request without a body."""
    return b"\r\n".join((b"%s %s HTTP/1.1" % (method, path), b"host: here", *headers, b"", b""))


@pytest.mark.parametrize(
    ("method", "path", "headers", "bodies"),
    [
        (b"GET", WHOLE, (), [b"one"]),
        (b"HEAD", WHOLE, (), [b""]),
        (b"GET", PIECES, (), [b"one", b"two"]),
        (b"GET", WHOLE, (b"connection: close",), [b"one"]),
        (b"HEAD", WHOLE, (b"connection: close",), [b""]),
    ],
)
async def test_an_answer_leaves_with_its_head(
    method: bytes, path: bytes, headers: tuple[bytes, ...], bodies: list[bytes]
):
    """A head is sent with the body behind it, at once where there is none, and what follows as it comes."""
    transport = await answers(request(method, path, *headers))
    first, *rest = transport.sent
    head, end, body = first.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert end
    assert [body, *rest] == bodies
    assert transport.closed is bool(headers)


async def test_answers_to_what_was_sent_ahead_leave_in_order():
    """Each in one piece of its own."""
    transport = await answers(request(b"GET", WHOLE), request(b"HEAD", WHOLE), request(b"GET", WHOLE))
    assert [piece.rpartition(b"\r\n\r\n")[2] for piece in transport.sent] == [b"one", b"", b"one"]


async def test_leave_to_go_on_is_given_at_once():
    """What the caller waits for before it sends its body waits for nothing itself."""
    asked = request(b"POST", WHOLE, b"content-length: 2", b"expect: 100-continue")
    transport = await answers(asked, b"{}")
    assert transport.sent[0] == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert [piece.rpartition(b"\r\n\r\n")[2] for piece in transport.sent[1:]] == [b"one"]


@pytest.mark.parametrize(
    ("ahead", "seconds"),
    [
        (request(b"POST", CALL, b"content-length: 2", b"expect: 100-continue"), CALLBACK_SECONDS),
        (request(b"GET", WHOLE) + b"POST /callbacks/acorn", HEAD_SECONDS),
    ],
    ids=["a body", "a head"],
)
async def test_what_is_sent_ahead_is_not_late_while_it_is_not_read(ahead: bytes, seconds: float):
    """Its time begins when the answer before it is made, however long that took, and is no longer than any other's."""
    released = asyncio.Event()
    connection, transport = connected(released)
    connection.data_received(request(b"GET", SLOW) + ahead)
    answered = connection.loop.time() + 10 * seconds
    connection.look(answered)
    released.set()
    while len(transport.sent) < 2:  # noqa: ASYNC110 - a transport has no event
        await asyncio.sleep(0)
    for later, late in ((seconds - 1, False), (seconds + 1, True)):
        connection.look(answered + later)
        assert any(piece.startswith(b"HTTP/1.1 408 ") for piece in transport.sent) is late
