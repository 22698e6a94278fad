"""Answers as they leave, each in one piece and in order; and what ends a connection: what is slow, wrong, or nothing."""

import asyncio
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from gateway.connections import CALLBACK_SECONDS, HEAD_SECONDS, MAXIMUM_WAITING, Connection

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


GOOD = request(b"GET", WHOLE)
TWO_LENGTHS = request(b"POST", WHOLE, b"content-length: 2", b"content-length: 2")


@pytest.mark.parametrize(
    ("sent", "statuses"),
    [
        ([GOOD] * (MAXIMUM_WAITING + 1), [200] * (MAXIMUM_WAITING + 1)),
        ([GOOD] * (MAXIMUM_WAITING + 2), [200] * (MAXIMUM_WAITING + 1) + [429]),
        ([GOOD] * 1000, [200] * (MAXIMUM_WAITING + 1) + [429]),
        ([b"garbage\r\n\r\n"], [400]),
        ([GOOD, b"garbage\r\n\r\n"], [200, 400]),
        ([*[GOOD] * 5, b"garbage\r\n\r\n"], [200] * 5 + [400]),
        ([*[GOOD] * 5, TWO_LENGTHS, GOOD], [200] * 5 + [400]),
        ([*[GOOD] * 5, request(b"CONNECT", b"here:80")], [200] * 5 + [405]),
    ],
    ids=["within the bound", "one more", "a thousand", "garbage", "one", "five", "two lengths", "a tunnel"],
)
async def test_what_was_sent_before_a_refusal_is_answered_before_it(sent: list[bytes], statuses: list[int]):
    """Each request that was understood, in order and as far as may be sent ahead; then the refusal, then the end."""
    transport = await answers(*sent)
    assert [int(piece.split(b" ")[1]) for piece in transport.sent] == statuses
    assert transport.closed is (statuses[-1] != 200)


async def test_half_a_request_that_waits_is_refused_in_its_turn():
    """A body of no form behind two requests ends the connection when both are answered, and is not handed over."""
    chunks = request(b"POST", WHOLE, b"transfer-encoding: chunked")
    transport = await answers(GOOD, GOOD, chunks, b"2\r\n{}\r\nno length\r\n")
    assert [int(piece.split(b" ")[1]) for piece in transport.sent] == [200, 200, 400]
    assert transport.closed


@pytest.mark.parametrize(
    "pieces",
    [(), (b"\r\n",), (GOOD,), (GOOD, b"\r\n"), (GOOD + b"\r\n",), (GOOD, GOOD, b"\r\n", b"\n")],
    ids=["silence", "an empty line", "a request", "and an empty line", "with it", "and two"],
)
async def test_a_connection_on_which_nothing_is_asked_is_closed(pieces: tuple[bytes, ...]):
    """Whatever was asked before, and whatever empty lines came since: when the time is over, and not before."""
    connection, transport = connected(asyncio.Event())
    for piece in pieces:
        connection.data_received(piece)
        while connection.tasks:
            await asyncio.wait(connection.tasks)
    now = connection.loop.time()
    for later, over in ((-1, False), (1, True)):
        connection.look(now + connection.timeout_keep_alive + later)
        assert transport.closed is over


async def test_a_connection_on_which_an_answer_is_awaited_is_not_closed():
    """However long the answer takes."""
    released = asyncio.Event()
    connection, transport = connected(released)
    connection.data_received(request(b"GET", SLOW) + b"\r\n")
    connection.look(connection.loop.time() + 10 * connection.timeout_keep_alive)
    released.set()
    await asyncio.wait(connection.tasks)
    assert transport.sent
    assert not transport.closed


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
