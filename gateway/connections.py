"""A connection of the gateway's HTTP server: what may arrive on it, how long that may take, and how it is ended.

The server beneath reads a head however long it is, waits for it for ever, and takes what stands behind a body for
headers.  Here each of these has a bound.  It knows no protocol of a studio and no money.
"""

import logging
from asyncio import Transport
from collections import deque
from collections.abc import Iterable
from typing import Any

import httptools
from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from gateway import logs
from gateway.arrival import PREFIX

HEAD_SECONDS = 10.0
"""For a request's line and headers, from its first byte on."""

REQUEST_SECONDS = 60.0
"""For the whole of it."""

CALLBACK_SECONDS = 10.0
"""The same for a studio's call, which is small and will be sent again."""

STALLED_SECONDS = 60.0
"""For a caller that does not take its answer."""

MAXIMUM_HEAD = 32 * 1024
MAXIMUM_HEADERS = 100

MAXIMUM_REQUEST = 16 * 1024 * 1024
"""Bytes of one request as it travels: twice the largest body that anybody takes."""

MAXIMUM_WAITING = 16
"""Requests that may be sent ahead while one is answered."""

CALLBACKS = PREFIX.encode()
THROTTLE = logs.Throttle()


class TooMuch(Exception):  # noqa: N818 - an answer to the caller, not a fault of ours
    """The head is beyond its bounds, or too much was sent ahead; with the HTTP status that says so."""


class WholeAnswers:
    """A transport as answers see it: a head waits for what follows, so that both are one system call and one packet."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._cycle: RequestResponseCycle | None = None  # whose head was not written yet
        self._head = b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def begin(self, cycle: RequestResponseCycle) -> None:
        """Send the answer of this one."""
        self._cycle = cycle
        cycle.transport = self  # pyrefly: ignore[bad-assignment] - it is one in all that a cycle asks of it

    def write(self, data: bytes) -> None:
        """Send data, the head of the answer with the data after it."""
        if self._head:
            self._transport.writelines((self._head, data))
            self._head = b""
        elif self._cycle is not None and self._cycle.response_started:
            self._cycle = None
            self._head = data
        else:
            self._transport.write(data)

    def flush(self) -> None:
        """Send a head that nothing follows."""
        if self._head:
            self.write(b"")

    def close(self) -> None:
        """Close the connection when all is sent."""
        self.flush()
        self._transport.close()


class Connection(HttpToolsProtocol):
    """One connection: uvicorn's, with bounds."""

    def __init__(self, *settings: Any, **more: Any) -> None:
        super().__init__(*settings, **more)
        self.running: RequestResponseCycle | None = None  # what is answered now, or was answered last
        self.rests = self.loop.time()  # since when nothing of it is asked, if that is so now
        self.began: float | None = None  # when the request that is arriving began to
        self.stalled: float | None = None  # since when its answers are not taken
        self._head_complete = False
        self._piece = 0  # bytes that came together
        self._arrived = 0  # bytes of the request that is arriving, those of its first piece not counted
        self._ended = False
        self._refusal: int | None = None  # what is said when all before it is answered

    @override
    def connection_made(self, transport: Transport) -> None:
        """Begin."""
        super().connection_made(transport)
        self.answers = WholeAnswers(transport)

    # What arrives

    @override
    def data_received(self, data: bytes) -> None:
        """Read on; nothing any more behind what could not be read."""
        if self._ended:
            return
        self._unset_keepalive_if_required()
        self._piece = len(data)
        self._arrived += self._piece
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._read_again(data[upgrade.args[0] :])
        except httptools.HttpParserError as error:
            why = error.__context__
            self.refuse(why.args[0] if isinstance(why, TooMuch) else 400)
        else:
            most = MAXIMUM_REQUEST if self._head_complete else MAXIMUM_HEAD
            if self.began is not None and self._arrived > most:
                self.refuse(413 if self._head_complete else 431)

    @override
    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self.began = self.loop.time()
        self._head_complete = False
        self._arrived = 0

    @override
    def on_headers_complete(self) -> None:
        """Hand the request over.  What stands behind its body is no header of it, whoever wrote it there."""
        if len(self.pipeline) >= MAXIMUM_WAITING:
            raise TooMuch(429)
        if len(self.headers) > MAXIMUM_HEADERS:
            raise TooMuch(431)
        if self._piece + self._arrived > MAXIMUM_HEAD and self._head_bytes() > MAXIMUM_HEAD:
            raise TooMuch(431)
        if self.parser.should_upgrade():
            return  # not yet: see `_read_again`
        super().on_headers_complete()
        self.headers = deque(maxlen=0)  # pyrefly: ignore[bad-assignment] - it is only appended to
        self._head_complete = True

    @override
    def on_message_complete(self) -> None:
        """The request is here."""
        if not self.parser.should_upgrade():
            super().on_message_complete()
            self.began = None

    def _read_again(self, rest: bytes) -> None:
        """Read a request that wishes for another protocol as one that does not, because we speak no other.

        The parser takes such a request for one without a body, and its body for whatever it looks like.
        """
        method = self.parser.get_method()
        if method == b"CONNECT":
            self.refuse(405)
            return
        lines = [b"%s %s HTTP/%s" % (method, self.url, self.parser.get_http_version().encode())]
        lines += [b"%s: %s" % header for header in self.headers if header[0] != b"upgrade"]
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self.data_received(b"\r\n".join((*lines, b"", rest)))

    def _head_bytes(self) -> int:
        return len(self.url) + sum(len(name) + len(value) for name, value in self.headers)

    @override
    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self.running = cycle
        self.answers.begin(cycle)
        super()._start_asgi_task(cycle, app)

    # What is not taken

    @override
    def pause_writing(self) -> None:
        """The caller takes its answers slowly."""
        super().pause_writing()
        self.stalled = self.loop.time()

    @override
    def on_response_complete(self) -> None:
        """The answer is written, one without a body too; the next of those that wait is begun."""
        self.answers.flush()
        self.rests = self.loop.time()
        super().on_response_complete()
        self._refuse_in_turn()

    @override
    def resume_writing(self) -> None:
        """The caller has taken them."""
        super().resume_writing()
        self.stalled = None

    # The end

    def look(self, now: float) -> None:
        """End what takes too long, at a moment of the loop's clock."""
        if self.stalled is not None and now - self.stalled > STALLED_SECONDS:
            self.transport.abort()
        elif self.began is None:
            if self._all_answered() and now - self.rests > self.timeout_keep_alive:
                self.transport.close()  # uvicorn's own clock stops at any byte, an empty line too
        elif self.flow.read_paused:
            self.began = now  # what we do not read, as while an earlier answer is made, is not late
        elif not self._ended and now - self.began > self._patience():
            self.refuse(408)

    def _patience(self) -> float:
        """For how many seconds a request may be on its way."""
        if not self._head_complete:
            return HEAD_SECONDS
        return CALLBACK_SECONDS if self.scope["raw_path"].startswith(CALLBACKS) else REQUEST_SECONDS

    def refuse(self, http_status: int) -> None:
        """Read no more.  What was understood before is still answered, and before this refusal."""
        self._ended = True
        THROTTLE.event(logging.WARNING, "request_refused", status=http_status)
        if self.began is None or not self._head_complete:
            self._refusal = http_status
        elif self.running is not self.cycle:
            self.pipeline.popleft()  # half a request, the last of those that wait: it is what is refused
            self._refusal = http_status
        elif self.running.response_started:
            self.transport.close()
        else:
            self._answer(http_status)
        self._refuse_in_turn()

    def _refuse_in_turn(self) -> None:
        """Send the refusal that waits until all before it is answered, if that is so."""
        if self._refusal is not None and self._all_answered():
            self._answer(self._refusal)

    def _all_answered(self) -> bool:
        """Whether nothing that was understood waits for its answer."""
        return self.running is None or self.running.response_complete

    def _answer(self, http_status: int) -> None:
        if not self.transport.is_closing():
            self.transport.write(STATUS_LINE[http_status] + b"content-length: 0\r\nconnection: close\r\n\r\n")
            self.transport.close()


def look_at(connections: Iterable[object], now: float) -> None:
    """End what takes too long on any of these, at a moment of the loop's clock."""
    for connection in tuple(connections):
        if isinstance(connection, Connection):
            connection.look(now)
