"""`bankroll up` as processes: one listening socket, several workers that share it, and the one that tends them.

A worker that dies is started again, later and later while it keeps dying; SIGTERM ends all of them gracefully; and
none outlives its parent, even one that was killed.  It serves no request itself and knows no money.
"""

import contextlib
import errno
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from msgspec.structs import replace

from gateway import logs, metrics
from gateway.run_directories import RunDirectory, sweep
from gateway.settings import Settings

BACKLOG = 2048
TEND_SECONDS = 0.2
PARENT_SECONDS = 0.5
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 10.0
SETTLED_SECONDS = 30.0  # a worker that lived so long starts with a short pause again
STOP_SECONDS = 30.0  # longer than a worker gives its last requests


class PortTaken(Exception):  # noqa: N818 - what is the case, in the operator's words
    """Somebody else listens where we should; the message says what to do."""


@dataclass
class Worker:
    """The place of one worker: the process in it, or when the next one is due."""

    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    due: float = 0.0
    pause: float = FIRST_PAUSE


@dataclass
class Supervisor:
    """Starts the workers, tends them, stops them.  `output` is where they log; None: where we do.

    `program` is the module that each of them runs, with the numbers of its socket and of its leash.
    """

    settings: Settings
    output: Path | None = None
    program: str = "gateway.worker"
    workers: list[Worker] = field(default_factory=list)
    _listener: socket.socket | None = None
    _leash: tuple[int, int] | None = None
    _run_directory: RunDirectory | None = None

    @property
    def port(self) -> int:
        """The port that is listened on."""
        if self._listener is None:
            return self.settings.port
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        """Where the gateway is found from this machine."""
        return f"http://{self.settings.host}:{self.port}"

    def start(self) -> None:
        """Listen, and start every worker.  Raises `PortTaken`, and OSError where the host is not ours."""
        self._listener = _listening(self.settings.host, self.settings.port)
        self._leash = os.pipe()
        if self.settings.run_directory is None:
            sweep()
            self._run_directory = RunDirectory()
            self.settings = replace(self.settings, run_directory=str(self._run_directory.path))
        else:
            metrics.forget(Path(self.settings.run_directory))
        self.workers = [Worker() for _ in range(self.settings.process_count)]
        self.tend()

    def tend(self) -> None:
        """Start again what has ended; to be called now and then."""
        now = time.monotonic()
        for worker in self.workers:
            if worker.process is not None and worker.process.poll() is not None:
                self._bury(worker, worker.process, now)
            if worker.process is None and now >= worker.due:
                worker.process = self._launch()
                worker.started = now

    def stop(self) -> None:
        """End every worker gracefully, and kill what has not ended in time; harmless when called again."""
        running = [worker.process for worker in self.workers if worker.process is not None]
        for process in running:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for process in running:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.workers.clear()
        self._let_go()

    def _launch(self) -> subprocess.Popen[bytes]:
        if self._listener is None or self._leash is None:
            raise RuntimeError("start the supervisor first")
        inherited = (self._listener.fileno(), self._leash[0])
        others = {name: value for name, value in os.environ.items() if not name.startswith("BANKROLL_")}
        with contextlib.ExitStack() as files:
            output = None if self.output is None else files.enter_context(self.output.open("ab"))
            return subprocess.Popen(
                [sys.executable, "-m", self.program, *map(str, inherited)],
                env=others | self.settings.environment(),
                pass_fds=inherited,
                stdin=subprocess.DEVNULL,
                stderr=output,
                start_new_session=True,  # Ctrl-C is ours: the workers end when we say so
            )

    def _bury(self, worker: Worker, process: subprocess.Popen[bytes], now: float) -> None:
        settled = now - worker.started > SETTLED_SECONDS
        worker.pause = FIRST_PAUSE if settled else min(LONGEST_PAUSE, worker.pause * 2)
        worker.due = now + worker.pause
        worker.process = None
        logs.event(
            logging.ERROR, "worker_ended", worker=process.pid, code=process.returncode, again_in=worker.pause
        )
        if self.settings.run_directory is not None:
            metrics.retire(Path(self.settings.run_directory), process.pid)

    def _let_go(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        if self._leash is not None:
            for end in self._leash:
                os.close(end)
            self._leash = None
        if self._run_directory is not None:
            self._run_directory.remove()
            self._run_directory = None


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise PortTaken(f"Port {port} of {host} is taken: BANKROLL_PORT chooses another") from error


def end_with_parent() -> None:
    """From now on, take the end of the process that started us for a SIGTERM."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(PARENT_SECONDS)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent", daemon=True).start()


def run(
    settings: Settings, started: Callable[[Supervisor], None], chores: Sequence[Callable[[], None]] = ()
) -> None:
    """Serve until SIGTERM or SIGINT; `started` hears of it once the socket listens, `chores` are done in between."""
    asked_to_stop: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _frame: asked_to_stop.append(received))
    supervisor = Supervisor(settings)
    try:
        supervisor.start()
        started(supervisor)
        while not asked_to_stop:
            supervisor.tend()
            for chore in chores:
                chore()
            time.sleep(TEND_SECONDS)
    finally:
        supervisor.stop()
