"""A new release in place of the old one without a failed call: workers are replaced one by one, and connections are let go."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from gateway import metrics
from gateway.processes import Supervisor
from gateway.settings import settings_from
from gateway.worker import server_for
from tests.gateway.road import Road
from tests.gateway.test_processes import get, lives, variables
from tests.gateway.traffic import booked, traffic_at
from tests.servers import Database
from wallet.verify import verify

PATIENCE = 60.0


@contextmanager
def running_command(given: dict[str, str]) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """`bankroll up` in a process of its own, and where it listens."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("BANKROLL_")}
    command = subprocess.Popen(
        [sys.executable, "-m", "gateway.command_line", "up"],
        env=others | given,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert command.stderr is not None
    try:
        yield command, command.stderr.readline().decode().split()[1].removesuffix("/callbacks/{account}/")
    finally:
        command.kill()
        command.stderr.close()
        command.wait()


async def until(what: Callable[[], bool]) -> None:
    """Wait until it is so."""
    async with asyncio.timeout(PATIENCE):
        while not await asyncio.to_thread(what):  # noqa: ASYNC110 - another process decides
            await asyncio.sleep(0.02)


async def test_workers_are_replaced_under_load_and_no_call_fails(
    database: Database, redis_url: str, owner: asyncpg.Connection, road: Road, tmp_path: Path
) -> None:
    """Every call on every connection is answered through a rolling restart, and through the end of the gateway itself.

    Also where a restart is asked for when the end has been announced.
    """
    given = variables(database, redis_url, BANKROLL_PROCESSES="1", BANKROLL_NOTICE_SECONDS="0.5")
    with running_command(given | {"BANKROLL_RUN_DIRECTORY": str(tmp_path)}) as (command, url):
        await until(lambda: bool(present(tmp_path)))
        old = present(tmp_path)
        traffic = await traffic_at(road, int(url.rpartition(":")[2]))
        traffic.start()
        await traffic.until(50)
        command.send_signal(signal.SIGHUP)
        await until(lambda: bool(present(tmp_path)) and not present(tmp_path) & old)
        assert not any(map(lives, old))
        assert traffic.farewells == len(traffic.people)
        await traffic.until(50)

        traffic.leaving = True
        command.send_signal(signal.SIGTERM)
        await until(lambda: get(f"{url}/readyz")[0] == 503)
        command.send_signal(signal.SIGHUP)
        await traffic.until(10)
        await traffic.ended()
        assert await asyncio.to_thread(command.wait, PATIENCE) == 0
    assert not traffic.others
    assert traffic.farewells == 2 * len(traffic.people)
    assert await booked(owner, traffic.acknowledged) == len(traffic.acknowledged)
    report = await verify(database.service_url)
    assert report.holds, report.lines()


async def hello(scope: Any, receive: Any, send: Any) -> None:
    """An application that answers everybody the same."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"hi"})


async def test_a_connection_hears_that_it_ends() -> None:
    """Who is drained answers what comes on a connection, says that it was the last, and accepts nobody new."""
    server = server_for(settings_from({"BANKROLL_PORT": "0"}), hello)
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(PATIENCE):
        while not server.started:  # noqa: ASYNC110 - it says so in no other way
            await asyncio.sleep(0.005)
        port = server.servers[0].sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)

        async def asked() -> bytes:
            writer.write(b"GET / HTTP/1.1\r\nhost: here\r\n\r\n")
            return await reader.readuntil(b"hi")

        assert b"connection: close" not in await asked()
        draining = asyncio.create_task(server.drain(PATIENCE))
        await asyncio.sleep(0)
        assert b"connection: close" in await asked()
        assert await reader.read() == b""
        await draining
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
        writer.close()
        server.should_exit = True
        await serving


def present(directory: Path) -> set[int]:
    """The processes that have left their numbers."""
    return {int(path.stem.removeprefix("process-")) for path in directory.glob("process-*.json")}


def idle(tmp_path: Path) -> Supervisor:
    settings = settings_from(
        {"BANKROLL_PORT": "0", "BANKROLL_PROCESSES": "2", "BANKROLL_RUN_DIRECTORY": str(tmp_path)}
    )
    supervisor = Supervisor(settings, program="tests.gateway.idle_worker")
    supervisor.start()
    deadline = time.monotonic() + PATIENCE
    while len(serving(supervisor)) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return supervisor


def serving(supervisor: Supervisor) -> list[int]:
    """The workers that live and have all they stand on."""
    directory = Path(supervisor.settings.run_directory or "")
    found = [worker.process for worker in supervisor.workers]
    return [one.pid for one in found if one and one.poll() is None and metrics.left_by(directory, one.pid)]


def test_workers_are_replaced_one_by_one(tmp_path: Path) -> None:
    """There are never fewer that serve than before, and never more than one beyond them."""
    supervisor = idle(tmp_path)
    try:
        before, seen, counts = serving(supervisor), set(serving(supervisor)), set()
        supervisor.renew()
        deadline = time.monotonic() + PATIENCE
        while supervisor.renewing:
            assert time.monotonic() < deadline
            supervisor.tend()
            assert len(serving(supervisor)) == 2
            seen |= present(tmp_path)
            counts.add(sum(map(lives, seen)))
        assert counts <= {2, 3}
        assert len(seen) == 4
        assert not set(before) & set(serving(supervisor))
    finally:
        supervisor.stop()


def test_a_release_that_does_not_start_replaces_nobody(tmp_path: Path) -> None:
    """The old workers go on where their successors cannot serve, and the next attempt is free."""
    supervisor = idle(tmp_path)
    try:
        before = serving(supervisor)
        (tmp_path / "broken").touch()
        supervisor.renew()
        deadline = time.monotonic() + PATIENCE
        while supervisor.renewing:
            assert time.monotonic() < deadline
            supervisor.tend()
            time.sleep(0.01)
        assert serving(supervisor) == before
    finally:
        supervisor.stop()


def test_where_no_process_can_be_started_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A restart is given up and a dead worker waits, until there is a Python again: it may be away while it is replaced."""
    supervisor = idle(tmp_path)
    try:
        before = serving(supervisor)
        with monkeypatch.context() as away:
            away.setattr(sys, "executable", str(tmp_path / "nowhere"))
            supervisor.renew()
            supervisor.tend()
            assert not supervisor.renewing
            assert serving(supervisor) == before
            victim = supervisor.workers[0].process
            assert victim is not None
            victim.kill()
            victim.wait()
            supervisor.tend()
            while told_of(caplog, "worker_not_started") < 3:
                time.sleep(0.01)
                supervisor.tend()
        assert told_of(caplog, "restart_given_up") == 1
        deadline = time.monotonic() + PATIENCE
        while len(serving(supervisor)) < 2:
            assert time.monotonic() < deadline
            supervisor.tend()
            time.sleep(0.01)
        assert before[1] in serving(supervisor)
    finally:
        supervisor.stop()


def told_of(caplog: pytest.LogCaptureFixture, event: str) -> int:
    """How often the log says it."""
    return [record.getMessage() for record in caplog.records].count(event)
