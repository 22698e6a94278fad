"""One worker of the gateway: an event loop, an HTTP server on an inherited socket, and the application.

Started by gateway/processes.py with the numbers of its socket and of its leash, a pipe that ends with the parent.
Another program may serve another application by the same `main`.  It stops gracefully, on SIGTERM after it has let go
of its callers' connections, on SIGINT and when the leash ends at once: what is in flight is always finished.
"""

import asyncio
import contextlib
import gc
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AbstractAsyncContextManager

import uvicorn
import uvloop
from litestar.types import ASGIApp

from gateway import logs
from gateway.app import application, running
from gateway.connections import Connection, look_at
from gateway.settings import Settings, settings_from

KEEP_ALIVE_SECONDS = 620
"""Longer than the idle time of studios' pools and of load balancers: who closes first must not be us."""

DRAIN_SECONDS = 10.0
"""For callers to let go of their connections, each of which hears with its next answer that it is the last.

A connection that is merely closed may be cut in the moment in which its caller sends; who hears sends no more.
"""

LOOK_SECONDS = 0.05
"""How often we look whether a connection is left."""

GRACE_SECONDS = 40
"""For the requests in flight after that: longer than any of them may take, so that each is answered."""

LAST_RESORT_SECONDS = 50.0
"""After a parent that is gone: longer than the grace."""

CLOSE = (b"connection", b"close")

COLLECT_AFTER = 10_000
"""Objects more than there were, before the collector looks at the young ones."""

Assembly = Callable[[Settings], AbstractAsyncContextManager[ASGIApp]]
"""Starts what an application needs, gives the application, and closes all of it."""


class Server(uvicorn.Server):
    """An HTTP server that ends what takes too long, and leaves signals to us.

    uvicorn raises them again at its end, before we have tidied up.
    """

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:  # pyrefly: ignore[missing-override-decorator] - of 3.12
        """Capture none."""
        yield

    async def on_tick(self, counter: int) -> bool:  # pyrefly: ignore[missing-override-decorator] - of 3.12
        """Look after the connections, about once a second."""
        if counter % 10 == 0:
            look_at(self.server_state.connections, asyncio.get_running_loop().time())
        return await super().on_tick(counter)

    async def drain(self, seconds: float) -> None:
        """Accept nobody any more, end each connection with its next answer, and wait until none is left, or so long."""
        for server in self.servers:
            server.close()
        self.config.encoded_headers.append(CLOSE)  # of every answer, from the next second on
        self.server_state.default_headers = [*self.server_state.default_headers, CLOSE]
        until = time.monotonic() + seconds
        while self.server_state.connections and time.monotonic() < until:  # noqa: ASYNC110 - a set has no event
            await asyncio.sleep(LOOK_SECONDS)


def server_for(settings: Settings, app: object) -> Server:
    """The server, configured."""
    return Server(
        uvicorn.Config(
            app,  # pyrefly: ignore[bad-argument-type] - an ASGI application by its call
            host=settings.host,
            port=settings.port,
            http=Connection,
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
    )


@contextlib.asynccontextmanager
async def gateway(settings: Settings) -> AsyncGenerator[ASGIApp]:
    """The gateway's application, and all that it stands on."""
    async with running(settings) as held:
        yield application(held)


async def serve(settings: Settings, listener: socket.socket, leash: int, assembly: Assembly) -> None:
    """Serve on the socket until asked to stop."""
    loop = asyncio.get_running_loop()
    leave, stop = asyncio.Event(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, leave.set)
    loop.add_signal_handler(signal.SIGINT, stop.set)
    loop.add_reader(leash, _let_go, loop, leash, stop)
    async with assembly(settings) as app:
        spare_the_collector()
        server = server_for(settings, app)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        stopping = asyncio.create_task(stop.wait())
        leaving = asyncio.create_task(leave.wait())
        await asyncio.wait({serving, stopping, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if server.started and not stop.is_set():
            draining = asyncio.create_task(server.drain(DRAIN_SECONDS))
            await asyncio.wait({serving, stopping, draining}, return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        await serving


def spare_the_collector() -> None:
    """Let the collector of cycles leave alone what lives as long as the process, and look at the rest less often.

    A request makes some hundred objects and hardly a cycle: they go when nobody refers to them any more.  At the
    interpreter's own threshold a quarter of a busy worker's time went into looking for what was not there.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER)


def _let_go(loop: asyncio.AbstractEventLoop, leash: int, stop: asyncio.Event) -> None:
    """The parent is gone: stop, and if that hangs, end."""
    loop.remove_reader(leash)
    stop.set()
    last_resort = threading.Timer(LAST_RESORT_SECONDS, os._exit, (1,))
    last_resort.daemon = True
    last_resort.start()


def main(assembly: Assembly = gateway) -> int:
    """Run one worker: ``python -m gateway.worker SOCKET LEASH``."""
    logs.configure()
    listener, leash = socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2])
    settings = settings_from(os.environ)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(settings, listener, leash, assembly))
    except Exception as error:  # noqa: BLE001 - told as one line; the parent starts another
        logs.event(logging.CRITICAL, "worker_failed", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
