"""Bombs at the socket: what is sent, what is answered, and that the next caller notices nothing."""

import asyncio
import gzip
import socket
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from gateway.arrival import MAXIMUM_BODY
from gateway.connections import (
    CALLBACK_SECONDS,
    HEAD_SECONDS,
    MAXIMUM_HEAD,
    MAXIMUM_HEADERS,
    MAXIMUM_WAITING,
    REQUEST_SECONDS,
    STALLED_SECONDS,
    look_at,
)
from tests.input.wire import Wire, chunk, signature, statuses

pytestmark = pytest.mark.asyncio(loop_scope="module")

BAD, DENIED, NOBODY, NO_METHOD, LATE, LARGE, MANY, LONG_HEAD = 400, 401, 404, 405, 408, 413, 429, 431
SMUGGLED = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"

Bomb = Callable[[Wire], bytes]


def packed(wire: Wire) -> bytes:
    """Ten megabytes that are ten kilobytes."""
    body = gzip.compress(b"0" * 10_000_000)
    return wire.request("/call", body, "Content-Encoding: gzip")


def deep(wire: Wire) -> bytes:
    """A bet with sixty thousand brackets in it."""
    return wire.request("/call", wire.bet(more=',"metadata":' + "[" * 60_000))


def lengths(*lines: str) -> Bomb:
    """A bet with these headers in place of its length."""

    def bomb(wire: Wire) -> bytes:
        body = wire.bet()
        own = [line.format(length=len(body), less=len(body) - 1) for line in lines]
        return wire.head("/call", f"X-Bogus-Signature: {signature(body)}", *own) + body

    return bomb


def in_chunks(*chunks: bytes, last: bytes = b"0\r\n\r\n", lines: Iterable[str] = ()) -> Bomb:
    """The head of a bet in chunks, and these chunks."""
    return lambda wire: wire.chunked("/call", b"".join(chunks), *lines) + b"".join(map(chunk, chunks)) + last


def trailing(wire: Wire) -> bytes:
    """A bet in chunks that is signed behind its end."""
    body = wire.bet()
    head = wire.head("/call", "Transfer-Encoding: chunked", "Connection: close", "Trailer: X-Bogus-Signature")
    return head + chunk(body) + b"0\r\nX-Bogus-Signature: " + signature(body).encode() + b"\r\n\r\n"


def amount(text: str) -> Bomb:
    """A bet of this amount."""
    return lambda wire: wire.request("/call", wire.bet(text))


def line(text: str) -> Bomb:
    """A bet with this request line."""
    return lambda wire: wire.stake(line=text)


def header(*lines: str) -> Bomb:
    """A bet with further headers."""
    return lambda wire: wire.stake(*lines)


REFUSED: dict[str, tuple[Bomb, list[int]]] = {
    # Too much
    "a large body": (lambda wire: wire.request("/call", b" " * (MAXIMUM_BODY + 1)), [LARGE]),
    "a length beyond the bound": (lengths("Content-Length: 999999999"), [LARGE]),
    "a length beyond all numbers": (lengths("Content-Length: 99999999999999999999999"), [BAD]),
    "a body without an end": (in_chunks(*(b"x" * 8192,) * 9, last=b""), [LARGE]),
    "a bomb in gzip": (packed, [LARGE]),
    "a coding that nobody knows": (header("Content-Encoding: br"), [BAD]),
    "a coding twice": (header("Content-Encoding: gzip, gzip"), [BAD]),
    "a long header": (header("X-Long: " + "x" * MAXIMUM_HEAD), [LONG_HEAD]),
    "many headers": (header(*(f"X-{n}: 1" for n in range(MAXIMUM_HEADERS))), [LONG_HEAD]),
    "a long path": (line("POST {}" + "x" * MAXIMUM_HEAD + " HTTP/1.1"), [LONG_HEAD]),
    "a long query": (line("POST {}?" + "x" * MAXIMUM_HEAD + " HTTP/1.1"), [LONG_HEAD]),
    "a header without an end": (
        lambda wire: wire.head("/call")[:-2] + b"X-Endless: " + b"x" * 400_000,
        [LONG_HEAD],
    ),
    "headers without an end": (
        lambda wire: wire.head("/call")[:-2] + b"X-Endless: 1\r\n" * 40_000,
        [LONG_HEAD],
    ),
    "a path without an end": (lambda wire: b"GET /" + b"x" * 400_000, [LONG_HEAD]),
    # Deep and large within
    "deep brackets": (deep, [BAD]),
    "deep objects": (lambda wire: wire.request("/call", b'{"a":' * 10_000), [BAD]),
    "an exponent": (amount("1e999999999"), [BAD]),
    "an exponent in text": (amount('"1e999999999"'), [BAD]),
    "a negative exponent": (amount("1e-999999999"), [BAD]),
    "fifty thousand digits": (amount("9" * 50_000), [BAD]),
    "fifty thousand digits in text": (amount('"' + "9" * 50_000 + '"'), [BAD]),
    "fifty thousand decimals": (amount('"1.' + "0" * 50_000 + '1"'), [BAD]),
    "not a number": (amount("NaN"), [BAD]),
    "bad UTF-8": (
        lambda wire: wire.request("/call", wire.bet('"1\xff"').replace(b"\xc3\xbf", b"\xff")),
        [BAD],
    ),
    "UTF-16": (lambda wire: wire.request("/call", wire.bet().decode().encode("utf-16")), [BAD]),
    "a byte order mark": (lambda wire: wire.request("/call", b"\xef\xbb\xbf" + wire.bet()), [BAD]),
    # Where one request ends and the next begins
    "two lengths": (lengths("Content-Length: {length}", "Content-Length: {less}"), [BAD]),
    "the same length twice": (lengths("Content-Length: {length}", "Content-Length: {length}"), [BAD]),
    "a list of lengths": (lengths("Content-Length: {length}, {length}"), [BAD]),
    "a signed length": (lengths("Content-Length: +{length}"), [BAD]),
    "a negative length": (lengths("Content-Length: -1"), [BAD]),
    "a length in hexadecimal": (lengths("Content-Length: 0x10"), [BAD]),
    "a length and chunks": (lengths("Content-Length: {length}", "Transfer-Encoding: chunked"), [BAD]),
    "chunks and a length": (lengths("Transfer-Encoding: chunked", "Content-Length: {length}"), [BAD]),
    "an unknown coding": (lengths("Transfer-Encoding: xchunked"), [BAD]),
    "chunks not last": (lengths("Transfer-Encoding: chunked, identity"), [BAD]),
    "a space before the colon": (lengths("Transfer-Encoding : chunked"), [BAD]),
    "a folded header": (lengths("Transfer-Encoding:\r\n chunked", "Content-Length: {length}"), [BAD]),
    "a line that ends early": (lengths("Content-Length: {length}\nTransfer-Encoding: chunked"), [BAD]),
    "a chunk of no size": (in_chunks(last=b"\r\n\r\n"), [BAD]),
    "a chunk of a negative size": (in_chunks(last=b"-1\r\nx\r\n0\r\n\r\n"), [BAD]),
    "a chunk of every size": (in_chunks(last=b"fffffffffffffffff\r\nx"), [BAD]),
    "a chunk that is longer": (in_chunks(last=b"1\r\nxyz\r\n0\r\n\r\n"), [BAD]),
    "a signature behind the body": (trailing, [DENIED]),
    # What is no request
    "HTTP/0.9": (lambda wire: b"GET /callbacks\r\n\r\n", [NOBODY]),
    "HTTP/2": (lambda wire: b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [BAD]),
    "HTTP/9.9": (line("POST {} HTTP/9.9"), [BAD]),
    "TLS": (lambda wire: b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", [BAD]),
    "a tunnel": (lambda wire: b"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n", [NO_METHOD]),
    "an unknown method": (line("BET {} HTTP/1.1"), [BAD]),
    "a method in small letters": (line("post {} HTTP/1.1"), [BAD]),
    "a path of bytes": (line("POST {}\xff HTTP/1.1"), [BAD]),
    "a target without a path": (line("POST http://localhost HTTP/1.1"), [BAD]),
    "an asterisk": (line("OPTIONS * HTTP/1.1"), [NOBODY]),
    "a NUL in a header": (header("X-Nul: a\0b"), [BAD]),
    "a header without a name": (header(": x"), [BAD]),
    "a header without a colon": (header("nonsense"), [BAD]),
}
"""Name → the bytes, and the HTTP statuses until the connection is closed.  None of these bets is taken."""


@pytest.mark.parametrize("name", REFUSED)
async def test_a_bomb_is_refused(wire: Wire, name: str) -> None:
    """It is refused, nothing moves, the connection ends, and the next caller is answered."""
    bomb, expected = REFUSED[name]
    before = await wire.postings()
    heard = await wire.say(bomb(wire))
    assert statuses(heard) == expected, heard[:500]
    assert b"Traceback" not in heard
    assert await wire.postings() == before
    assert statuses(await wire.say(wire.ask())) == [200]


def pipelined(wire: Wire) -> bytes:
    return wire.ask(close=False) + wire.ask(close=False) + wire.ask()


def wishing(wire: Wire) -> bytes:
    """A question that wishes for another protocol."""
    return wire.ask(
        "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk", close=False
    )


def in_a_chunk(extension: bytes) -> Bomb:
    """A question in one chunk that says more of itself."""
    return lambda wire: wire.chunked("/query", wire.question) + chunk(wire.question, extension) + b"0\r\n\r\n"


TAKEN: dict[str, tuple[Bomb, list[int]]] = {
    "a question": (lambda wire: wire.ask(), [200]),
    "HTTP/1.0": (lambda wire: wire.ask(line="POST {} HTTP/1.0", close=False), [200]),
    "no host": (lambda wire: wire.ask(host=""), [200]),
    "two hosts": (lambda wire: wire.ask("Host: elsewhere"), [200]),
    "a whole address": (lambda wire: wire.ask(line="POST http://elsewhere{} HTTP/1.1"), [200]),
    "a wish to be told to go on": (lambda wire: wire.ask("Expect: 100-continue"), [100, 200]),
    "an unknown wish": (lambda wire: wire.ask("Expect: the-impossible"), [200]),
    "no type": (lambda wire: wire.ask(), [200]),
    "a wrong type": (lambda wire: wire.ask("Content-Type: image/png"), [200]),
    "a type of no sense": (lambda wire: wire.ask("Content-Type: \xff;;;="), [200]),
    "a chunk": (in_a_chunk(b""), [200]),
    "a chunk with an extension": (in_a_chunk(b";x=" + b"y" * 1000), [200]),
    "empty lines before it": (lambda wire: b"\r\n\r\n" + wire.ask(), [200]),
    "three at once": (pipelined, [200, 200, 200]),
    "something behind the last": (lambda wire: wire.ask() + SMUGGLED, [200]),
    "garbage behind the last": (lambda wire: wire.ask() + b"\0garbage", [200]),
    "garbage behind one": (lambda wire: wire.ask(close=False) + b"\0garbage", [200, BAD]),
    "a wish for another protocol": (lambda wire: wishing(wire) + wire.ask(), [200, 200]),
    "headers as many as may be": (
        lambda wire: wire.ask(*(f"X-{n}: 1" for n in range(MAXIMUM_HEADERS - 4))),
        [200],
    ),
    "a long header that may be": (lambda wire: wire.ask("X-Long: " + "x" * (MAXIMUM_HEAD - 500)), [200]),
}
"""Name → the bytes, and the HTTP statuses until the connection is closed.  All of these are only odd."""


@pytest.mark.parametrize("name", TAKEN)
async def test_what_is_only_odd_is_answered(wire: Wire, name: str) -> None:
    """It is answered as often as it was asked."""
    question, expected = TAKEN[name]
    before = await wire.postings()
    heard = await wire.say(question(wire))
    assert statuses(heard) == expected, heard[:500]
    assert await wire.postings() == before


@pytest.mark.parametrize("cut", [0, 1, 60, -1])
async def test_a_body_is_never_read_as_a_request(wire: Wire, cut: int) -> None:
    """Neither is that of a request which wishes for another protocol, wherever a network cuts it."""
    wish = wire.head(
        "/query", "Connection: Upgrade", "Upgrade: websocket", f"Content-Length: {len(SMUGGLED)}"
    )
    whole = wish + SMUGGLED + wire.ask()
    place = len(wish) + cut
    async with wire.connection() as (reader, writer):
        writer.write(whole[:place])
        await asyncio.sleep(0.02)  # or the two would arrive as one
        writer.write(whole[place:])
        heard = await wire.heard(reader)
    assert statuses(heard) == [DENIED, 200], heard


async def test_what_was_understood_is_answered_before_what_was_not(wire: Wire) -> None:
    """A bet that arrived whole is told what became of it, whatever follows it."""
    before = await wire.postings()
    bet = wire.request("/call", wire.bet(), close=False)
    long = wire.head("/call")[:-2] + b"X: " + b"x" * 400_000
    for rubbish, refusal in ((b"\0", BAD), (b"GET / HTTP/9.9\r\n\r\n", BAD), (long, LONG_HEAD)):
        heard = await wire.say(bet + rubbish)
        assert statuses(heard) == [200, refusal], heard
        assert b'"code":"created"' in heard or b'"code":"duplicate"' in heard
    assert await wire.postings() == before + 1


async def test_few_may_be_sent_ahead(wire: Wire) -> None:
    """Thousands at once on one connection are not held: as many as may be are answered, then it ends."""
    heard = await wire.say(wire.ask(close=False) * 1000)
    assert statuses(heard) == [200] * (MAXIMUM_WAITING + 1) + [MANY]


# What comes slowly


def later(wire: Wire, seconds: float) -> None:
    """Let so much time pass for every connection."""
    look_at(wire.road.server.server_state.connections, asyncio.get_running_loop().time() + seconds)


async def settled(wire: Wire) -> None:
    """Wait until what was written has arrived: another connection's question is answered after it."""
    for _ in range(3):
        assert statuses(await wire.say(wire.ask())) == [200]


@pytest.mark.parametrize("sent", [b"P", b"POST /callbacks", b"POST / HTTP/1.1\r\nHost: x\r\nX-Slow: a\r\n"])
async def test_a_head_that_does_not_come_is_not_waited_for(wire: Wire, sent: bytes) -> None:
    """However its bytes drip in, the time counts from the first."""
    async with wire.connection() as (reader, writer):
        writer.write(sent)
        await settled(wire)
        later(wire, HEAD_SECONDS - 1)
        writer.write(b"O")
        await settled(wire)
        later(wire, HEAD_SECONDS + 0.1)
        assert statuses(await wire.heard(reader)) == [LATE]


async def test_a_body_that_does_not_come_is_not_waited_for(wire: Wire) -> None:
    """Of the internal API either; half a request has moved nothing."""
    before = await wire.postings()
    bodies = b'{"player":"x"', b"1\r\n{\r\n"
    framing = "Content-Length: 100", "Transfer-Encoding: chunked"
    for body, framed in zip(bodies, framing, strict=True):
        async with wire.connection() as (reader, writer):
            writer.write(wire.head("", framed, line="POST /v1/deposits HTTP/1.1") + body)
            await settled(wire)
            later(wire, REQUEST_SECONDS + 1)
            assert (await wire.heard(reader)).count(b"HTTP/1.1") <= 1
    assert await wire.postings() == before


async def test_half_a_bet_is_given_up(wire: Wire) -> None:
    """A callback's body has seconds to arrive; what became of half of it is: nothing."""
    before = await wire.postings()
    async with wire.connection() as (reader, writer):
        writer.write(wire.stake()[:-5])
        await settled(wire)
        later(wire, CALLBACK_SECONDS - 1)
        await settled(wire)
        assert not reader.at_eof()
        later(wire, CALLBACK_SECONDS + 0.1)
        assert statuses(await wire.heard(reader)) == [LATE]
    assert await wire.postings() == before


async def test_a_body_without_an_end_ends(wire: Wire) -> None:
    """Even where nobody reads it: at an account that there is not."""
    async with wire.connection() as (reader, writer):
        writer.write(wire.head("", "Content-Length: 99999999", line="POST /callbacks/nobody/ HTTP/1.1"))
        await settled(wire)
        later(wire, REQUEST_SECONDS + 1)
        assert statuses(await wire.heard(reader)) == [404]


async def test_a_connection_that_says_nothing_is_closed_in_the_end(wire: Wire) -> None:
    """After as long as one that has said something, because pools open connections ahead."""
    async with wire.connection() as (reader, _writer):
        await settled(wire)
        later(wire, 60)
        await settled(wire)
        assert not reader.at_eof()
        later(wire, 700)
        assert await wire.heard(reader) == b""


async def test_who_does_not_take_the_answers_is_cut_off(wire: Wire) -> None:
    """Answers that nobody reads are not kept for ever."""
    connections = wire.road.server.server_state.connections
    known = set(connections)
    asked = b"GET /schema/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.setblocking(False)
    loop = asyncio.get_running_loop()
    with deaf:
        await loop.sock_connect(deaf, ("127.0.0.1", wire.port))
        for _ in range(200):
            await loop.sock_sendall(deaf, asked)
            await settled(wire)
            (one,) = set(connections) - known
            if one.stalled is not None:
                break
        assert one.stalled is not None
        later(wire, STALLED_SECONDS + 1)
        await settled(wire)
        assert one not in connections


async def test_a_flood_of_half_requests_hurts_nobody(wire: Wire) -> None:
    """Hundreds of connections that say half of something: honest callers are answered meanwhile, and they end."""
    halves: list[Any] = [await asyncio.open_connection("127.0.0.1", wire.port) for _ in range(200)]
    for _, writer in halves:
        writer.write(b"POST /callbacks/")
    await settled(wire)
    later(wire, HEAD_SECONDS + 1)
    for reader, writer in halves:
        assert statuses(await wire.heard(reader)) == [LATE]
        writer.close()
    await settled(wire)
