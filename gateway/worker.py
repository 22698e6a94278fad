"""One worker of the gateway: an event loop, an HTTP server on an inherited socket, and the application.

Started by gateway/processes.py with the numbers of its socket and of its leash, a pipe that ends with the parent.
Another program may serve another application by the same `main`.  It stops gracefully on SIGTERM and when the leash
ends: what is in flight is finished, then everything is let go.
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
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AbstractAsyncContextManager

import uvicorn
import uvloop
from litestar.types import ASGIApp

from gateway import logs
from gateway.app import application, running
from gateway.settings import Settings, settings_from

KEEP_ALIVE_SECONDS = 620
"""Longer than the idle time of studios' pools and of load balancers: who closes first must not be us."""

GRACE_SECONDS = 15
"""For the requests in flight when we are asked to stop."""

LAST_RESORT_SECONDS = 25.0

COLLECT_AFTER = 10_000
"""Objects more than there were, before the collector looks at the young ones."""

Assembly = Callable[[Settings], AbstractAsyncContextManager[ASGIApp]]
"""Starts what an application needs, gives the application, and closes all of it."""


class Server(uvicorn.Server):
    """An HTTP server that leaves signals to us: uvicorn raises them again at its end, before we have tidied up."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:  # pyrefly: ignore[missing-override-decorator] - of 3.12
        """Capture none."""
        yield


def server_for(settings: Settings, app: object) -> Server:
    """The server, configured."""
    return Server(
        uvicorn.Config(
            app,  # pyrefly: ignore[bad-argument-type] - an ASGI application by its call
            host=settings.host,
            port=settings.port,
            http="httptools",
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
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_reader(leash, _let_go, loop, leash, stop)
    async with assembly(settings) as app:
        spare_the_collector()
        server = server_for(settings, app)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        await asyncio.wait({serving, asyncio.create_task(stop.wait())}, return_when=asyncio.FIRST_COMPLETED)
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
