"""`bankroll up`: workers on one socket, started again when they die, gone when asked, and gone with their parent."""

import json
import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from gateway.processes import Supervisor
from gateway.settings import settings_from
from tests.gateway.road import MASTER_KEY
from tests.servers import Database

PATIENCE = 60.0


def variables(database: Database, redis_url: str, **more: str) -> dict[str, str]:
    return {
        "BANKROLL_DATABASE_URL": database.service_url,
        "BANKROLL_REDIS_URL": redis_url,
        "BANKROLL_MASTER_KEYS": MASTER_KEY,
        "BANKROLL_PORT": "0",
        "BANKROLL_PROCESSES": "2",
        "BANKROLL_LANES": "1",
        **more,
    }


def get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""


def until(what: Any) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def lives(process: int) -> bool:
    """Whether a process runs; one that has ended and that nobody has reaped yet does not."""
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False
    )
    return bool(state.stdout.strip()) and not state.stdout.strip().startswith("Z")


def processes_counted(url: str) -> int:
    _, page = get(f"{url}/metrics")
    found = [line.split()[1] for line in page.splitlines() if line.startswith("bankroll_processes ")]
    return int(found[0]) if found else 0


@contextmanager
def supervising(database: Database, redis_url: str, folder: Path) -> Iterator[Supervisor]:
    supervisor = Supervisor(settings_from(variables(database, redis_url)), output=folder / "gateway.log")
    supervisor.start()
    try:
        until(lambda: processes_counted(supervisor.url) == 2)
        yield supervisor
    finally:
        supervisor.stop()


def test_workers_share_a_socket_and_a_dead_one_is_replaced(
    database: Database, redis_url: str, tmp_path: Path
) -> None:
    """Metrics are summed over both; a counter stays although its process died."""
    with supervising(database, redis_url, tmp_path) as supervisor:
        for _ in range(8):
            assert get(f"{supervisor.url}/callbacks/nobody")[0] == 404
        counted = "bankroll_unknown_account_total 8"
        until(lambda: counted in get(f"{supervisor.url}/metrics")[1])
        time.sleep(1.2)  # a worker writes its numbers once a second
        victim = supervisor.workers[0].process
        assert victim is not None
        victim.kill()

        def tended() -> bool:
            supervisor.tend()
            found = supervisor.workers[0].process
            return found is not None and found.pid != victim.pid

        until(tended)
        until(lambda: processes_counted(supervisor.url) == 2)
        assert counted in get(f"{supervisor.url}/metrics")[1]
        run_directory = Path(supervisor.settings.run_directory or "")
        assert run_directory.exists()
    assert not run_directory.exists()
    assert not supervisor.workers
    log = (tmp_path / "gateway.log").read_text()
    assert all(json.loads(line) for line in log.splitlines())
    assert MASTER_KEY not in log


def test_workers_stop_when_they_are_asked_to(database: Database, redis_url: str, tmp_path: Path) -> None:
    """SIGTERM is a clean exit, not a death."""
    with supervising(database, redis_url, tmp_path) as supervisor:
        running = [worker.process for worker in supervisor.workers]
        url = supervisor.url
    assert [process.returncode for process in running if process] == [0, 0]
    assert get(url)[0] == 0


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_nothing_outlives_the_command(
    ending: signal.Signals, database: Database, redis_url: str, tmp_path: Path
) -> None:
    """Asked to stop it exits 0; killed, its workers stop by themselves."""
    given = variables(database, redis_url, BANKROLL_RUN_DIRECTORY=str(tmp_path))
    others = {name: value for name, value in os.environ.items() if not name.startswith("BANKROLL_")}
    command = subprocess.Popen(
        [sys.executable, "-m", "gateway.command_line", "up"], env=others | given, stderr=subprocess.PIPE
    )
    assert command.stderr is not None
    try:
        url = command.stderr.readline().decode().split()[1].removesuffix("/callbacks/{account}/")
        until(lambda: processes_counted(url) == 2)
        workers = [int(path.stem.removeprefix("process-")) for path in tmp_path.glob("process-*.json")]
        assert len(workers) == 2
        command.send_signal(ending)
        code = command.wait(PATIENCE)
        until(lambda: not any(map(lives, workers)))
    finally:
        command.kill()
        command.stderr.close()
        command.wait()
    assert code == (-signal.SIGKILL if ending is signal.SIGKILL else 0)
    assert get(url)[0] == 0


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"BANKROLL_MASTER_KEYS": ""}, "BANKROLL_MASTER_KEYS is not set"),
        ({"BANKROLL_MASTER_KEYS": "short"}, "BANKROLL_MASTER_KEYS"),
        ({"BANKROLL_PROT": "1"}, "BANKROLL_PORT"),
        ({"BANKROLL_PORT": "x"}, "BANKROLL_PORT"),
    ],
)
def test_a_start_that_makes_no_sense_is_refused_in_a_sentence(
    change: dict[str, str], told: str, database: Database, redis_url: str
) -> None:
    """No trace, no secret, exit code 1."""
    secret = secrets.token_hex(8)
    others = {name: value for name, value in os.environ.items() if not name.startswith("BANKROLL_")}
    given = (
        variables(database, redis_url) | {"BANKROLL_REDIS_URL": f"redis://:{secret}@127.0.0.1:1/0"} | change
    )
    completed = subprocess.run(
        [sys.executable, "-m", "gateway.command_line", "up"],
        env=others | given,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert completed.returncode == 1
    assert told in " ".join(completed.stderr.split())
    assert "Traceback" not in completed.stderr
    assert secret not in completed.stderr


BOUND = """
import time
from gateway.processes import end_with_parent
end_with_parent()
print("bound", flush=True)
time.sleep(600)
"""

STARTER = f"""
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", {BOUND!r}], stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(600)
"""


def test_who_is_bound_to_its_parent_ends_with_it() -> None:
    """What `make` runs does not live on where make was killed."""
    with subprocess.Popen([sys.executable, "-c", STARTER], stdout=subprocess.PIPE) as starter:
        assert starter.stdout
        child = int(starter.stdout.readline())
        assert lives(child)
        starter.kill()
        until(lambda: not lives(child))
