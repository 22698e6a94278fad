"""`bankroll up` as processes: one listening socket, several workers that share it, and the one that tends them.

A worker that dies is started again, later and later while it keeps dying; SIGHUP replaces them one by one, each when its
successor serves; SIGTERM ends all of them gracefully; and none outlives its parent, even one that was killed.  It serves
no request itself and knows no money.
"""

import contextlib
import logging
import math
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from msgspec.structs import replace

from gateway import logs, metrics, run_directories
from gateway.listening import listening
from gateway.run_directories import RunDirectory, sweep
from gateway.settings import Settings

TEND_SECONDS = 0.2
PARENT_SECONDS = 0.5
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 10.0
SETTLED_SECONDS = 30.0  # a worker that lived so long starts with a short pause again
READY_SECONDS = 60.0  # for a successor to serve, before the restart is given up
STOP_SECONDS = 60.0  # longer than a worker gives its connections and its last requests


@dataclass
class Worker:
    """The place of one worker: the process in it, or when the next one is due."""

    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    due: float = 0.0
    pause: float = FIRST_PAUSE


@dataclass
class Change:
    """A process that comes or goes while workers are replaced, and since when."""

    process: subprocess.Popen[bytes]
    since: float

    @property
    def ended(self) -> bool:
        """Whether it has ended."""
        return self.process.poll() is not None


@dataclass
class Supervisor:
    """Starts the workers, tends them, replaces them, stops them.  `output` is where they log; None: where we do.

    `program` is the module that each of them runs, with the numbers of its socket and of its leash.
    """

    settings: Settings
    output: Path | None = None
    program: str = "gateway.worker"
    workers: list[Worker] = field(default_factory=list)
    _outdated: list[Worker] = field(default_factory=list)
    _coming: Change | None = None
    _going: Change | None = None
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
        """Listen, and start every worker.  Raises `PortTaken`, and `SettingsError` where the host is not ours."""
        self._listener = listening(self.settings.host, self.settings.port)
        self._leash = os.pipe()
        if self.settings.run_directory is None:
            sweep()
            self._run_directory = RunDirectory()
            self.settings = replace(self.settings, run_directory=str(self._run_directory.path))
        else:
            metrics.forget(Path(self.settings.run_directory))
            run_directories.take_back_stop(Path(self.settings.run_directory))
        self.workers = [Worker() for _ in range(self.settings.process_count)]
        self.tend()

    def tend(self) -> None:
        """Start again what has ended, and go on replacing; to be called now and then."""
        now = time.monotonic()
        for worker in self.workers:
            if worker.process is not None and worker.process.poll() is not None:
                self._bury(worker, worker.process, now)
            if worker.process is None and now >= worker.due:
                worker.started, worker.process = now, self._launch()
                if worker.process is None:
                    self._put_off(worker, now)
        self._replace(now)

    def renew(self) -> None:
        """Replace every worker, one after the other, while `tend` is called: by the code that is installed now."""
        self._outdated = [*self.workers]

    @property
    def renewing(self) -> bool:
        """Whether workers are being replaced."""
        return bool(self._outdated or self._coming or self._going)

    def announce_stop(self) -> None:
        """Let ``/readyz`` say from now on that this gateway is about to stop, while it goes on serving."""
        if self.settings.run_directory is not None:
            run_directories.announce_stop(Path(self.settings.run_directory))

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End every worker gracefully, and kill what has not ended in time; harmless when called again.

        By SIGTERM they let go of their callers' connections first, by SIGINT they only finish what is in flight.
        """
        if self._listener is not None:
            self._listener.close()  # who comes now is refused at once, and does not wait for nobody
            self._listener = None
        running = [worker.process for worker in self.workers if worker.process is not None]
        running += [change.process for change in (self._coming, self._going) if change is not None]
        self._outdated.clear()
        self._coming = self._going = None
        for process in running:
            if process.poll() is None:
                process.send_signal(number)
        deadline = time.monotonic() + STOP_SECONDS
        for process in running:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.workers.clear()
        self._let_go()

    def _launch(self) -> subprocess.Popen[bytes] | None:
        """A new worker; None where there is no process to be had, or no Python while a release is put in its place."""
        if self._listener is None or self._leash is None:
            raise RuntimeError("start the supervisor first")
        inherited = (self._listener.fileno(), self._leash[0])
        others = {name: value for name, value in os.environ.items() if not name.startswith("BANKROLL_")}
        try:
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
        except OSError as error:
            logs.event(logging.ERROR, "worker_not_started", reason=str(error))
            return None

    def _replace(self, now: float) -> None:
        """One step: at most one process more than there are places, so that Postgres has connections for all of them."""
        if self._going is not None:
            if not self._going.ended:
                if now - self._going.since > STOP_SECONDS:
                    self._going.process.kill()
                return
            self._retire(self._going.process)
            self._going = None
        if self._coming is None:
            if self._outdated:
                successor = self._launch()
                if successor is None:
                    self._outdated.clear()
                    logs.event(logging.ERROR, "restart_given_up")
                else:
                    self._coming = Change(successor, now)
            return
        coming, failed = self._coming.process, self._coming.ended
        if failed or now - self._coming.since > READY_SECONDS:
            coming.kill()
            coming.wait()
            self._retire(coming)
            self._outdated.clear()
            self._coming = None
            logs.event(logging.ERROR, "restart_given_up", worker=coming.pid, code=coming.returncode)
        elif self._serves(coming):
            place, self._coming = self._outdated.pop(0), None
            if place.process is not None:
                place.process.send_signal(signal.SIGTERM)
                self._going = Change(place.process, now)
            place.process, place.started, place.pause = coming, now, FIRST_PAUSE
            logs.event(
                logging.INFO, "worker_replaced", worker=coming.pid, still_to_be_replaced=len(self._outdated)
            )

    def _serves(self, process: subprocess.Popen[bytes]) -> bool:
        """Whether a worker has all that it stands on: then it begins to leave its numbers."""
        directory = self.settings.run_directory
        return directory is not None and metrics.left_by(Path(directory), process.pid)

    def _retire(self, process: subprocess.Popen[bytes]) -> None:
        if self.settings.run_directory is not None:
            metrics.retire(Path(self.settings.run_directory), process.pid)

    def _bury(self, worker: Worker, process: subprocess.Popen[bytes], now: float) -> None:
        self._put_off(worker, now)
        worker.process = None
        logs.event(
            logging.ERROR, "worker_ended", worker=process.pid, code=process.returncode, again_in=worker.pause
        )
        self._retire(process)

    def _put_off(self, worker: Worker, now: float) -> None:
        settled = now - worker.started > SETTLED_SECONDS
        worker.pause = FIRST_PAUSE if settled else min(LONGEST_PAUSE, worker.pause * 2)
        worker.due = now + worker.pause

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
    """Serve until SIGTERM or SIGINT, with new workers from SIGHUP on; `chores` are done in between.

    `started` hears of it once the socket listens.
    """
    asked: deque[signal.Signals] = deque()
    heard = [signal.SIGTERM, signal.SIGINT]
    if not os.isatty(0):  # to a command in a terminal SIGHUP says that the terminal is gone
        heard.append(signal.SIGHUP)
    for number in heard:
        signal.signal(number, lambda received, _frame: asked.append(signal.Signals(received)))
    supervisor, why = Supervisor(settings), signal.SIGINT

    def next_of(until: float = math.inf) -> signal.Signals:
        """Tend until the next signal, or until then: what was asked, or SIGTERM."""
        while time.monotonic() < until:
            if asked:
                return asked.popleft()
            for chore in (supervisor.tend, *chores):
                chore()
            time.sleep(TEND_SECONDS)
        return signal.SIGTERM

    try:
        supervisor.start()
        started(supervisor)
        while (why := next_of()) is signal.SIGHUP:
            supervisor.renew()
        if why is signal.SIGTERM and settings.notice_seconds:
            supervisor.announce_stop()
            until = time.monotonic() + settings.notice_seconds
            while (why := next_of(until)) is signal.SIGHUP:
                pass  # who is about to go is not replaced
    finally:
        supervisor.stop(signal.SIGINT if why is signal.SIGINT else signal.SIGTERM)
