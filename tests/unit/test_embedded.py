"""The embedded servers keep their promises: nobody without a password, nothing lost, nothing left behind."""

import asyncio
import contextlib
import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import asyncpg
import pytest
from redis import Redis
from redis.exceptions import AuthenticationError, RedisError

from wallet import embedded, embedded_data, processes, restoring
from wallet.processes import EmbeddedError
from wallet.vault import Backup, Vault

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 30.0
# Starts the servers, says so, and waits to be killed.
VICTIM = """
import pathlib, sys, time
from wallet import embedded
embedded.start(pathlib.Path(sys.argv[1]), durable=False)
print("started", flush=True)
time.sleep(600)
"""


def quiet(line: str) -> None:
    """Take a progress line and keep it."""


def started(directory: Path, *, durable: bool = False) -> embedded.Servers:
    return embedded.start(directory, durable=durable, report=quiet)


def ask(url: str, question: str) -> object:
    """Ask one question over a connection of its own."""

    async def answer() -> object:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(question)
        finally:
            await connection.close()

    return asyncio.run(answer())


def pids(directory: Path) -> list[int]:
    return [int((directory / name).read_text().split()[0]) for name in ("postgres.pid", "valkey.pid")]


def alive(pid: int) -> bool:
    """Tell whether a process runs; one that has ended and waits to be collected does not."""
    listing = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return listing.stdout.strip()[:1] not in {"", "Z"}


def eventually(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)
    return holds()


def kill_a_process_that_started(directory: Path, environment: dict[str, str]) -> list[int]:
    victim = subprocess.Popen(
        [sys.executable, "-c", VICTIM, directory],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=os.environ | environment,
    )
    with victim:
        assert victim.stdout is not None
        assert victim.stdout.readline() == b"started\n"
        found = pids(directory)
        assert all(map(alive, found))
        victim.send_signal(signal.SIGKILL)
    return found


@pytest.fixture
def without_setpriv(tmp_path: Path) -> dict[str, str]:
    """An environment whose PATH has everything the launcher needs but setpriv, as on macOS."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("unshare", "true", "ps"):
        found = shutil.which(name)
        if found is not None:
            (programs / name).symlink_to(found)
    return {"PATH": str(programs)}


@pytest.fixture
def no_user_namespaces(monkeypatch: pytest.MonkeyPatch) -> None:
    """A root that may not make user namespaces, as in most containers."""
    if os.geteuid() != 0:
        pytest.skip("only root has to become somebody else")
    which = shutil.which
    monkeypatch.setattr(processes.shutil, "which", lambda name: None if name == "unshare" else which(name))


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="dying with the parent needs Linux and setpriv")
@pytest.mark.parametrize(
    ("memory", "told"), [(1 << 20, "128MB"), (8 << 30, "1024MB"), (24 << 30, "3072MB"), (1 << 40, "4096MB")]
)
def test_postgres_takes_an_eighth_of_the_memory(memory: int, told: str) -> None:
    """Never so little that a journal crawls, nor so much that the gateway beside it starves."""
    assert embedded.shared_buffers(memory) == told


@pytest.mark.parametrize(
    ("limit", "taken"), [("1000\n", 1000), ("5000\n", 2000), ("max\n", 2000), (None, 2000)]
)
def test_a_container_has_the_memory_that_it_was_given(tmp_path: Path, limit: str | None, taken: int) -> None:
    """What the machine has beyond a container's limit would end the server that used it."""
    path = tmp_path / "memory.max"
    if limit is not None:
        path.write_text(limit)
    assert embedded.memory_of(2000, path) == taken


def test_a_killed_process_leaves_no_server_behind(tmp_path):
    """After SIGKILL, which nothing can handle, both servers are gone without anyone starting again."""
    found = kill_a_process_that_started(tmp_path, {})
    assert eventually(lambda: not any(map(alive, found)))


def test_where_servers_outlive_a_killed_process_the_next_start_sweeps_them_up(tmp_path, without_setpriv):
    """Without a parent-death signal the servers live on; the next start ends them and finds the data whole."""
    found = kill_a_process_that_started(tmp_path, without_setpriv)
    assert all(map(alive, found))
    with started(tmp_path) as servers:
        assert not any(map(alive, found))
        assert ask(servers.database_url, "select 1") == 1


def test_a_sweep_leaves_strangers_alone(tmp_path):
    """Process ids are used again: a file that names somebody else's process ends nobody."""
    with subprocess.Popen(["sleep", "600"]) as stranger:
        (tmp_path / "valkey.pid").write_text(f"{stranger.pid}\n127.0.0.1:1\n")
        processes.sweep(tmp_path / "valkey.pid", signal.SIGTERM)
        assert stranger.poll() is None
        stranger.kill()


def test_data_survive_a_restart_and_settings_are_those_of_earnest(tmp_path):
    """What was committed is there after a stop and a start; a durable server flushes everything it acknowledges."""
    with started(tmp_path, durable=True) as servers:
        ask(servers.owner_url, "create table kept as select 7 as value")
    with started(tmp_path, durable=True) as servers:
        assert ask(servers.owner_url, "select value from kept") == 7
        for name, value in {
            "fsync": "on",
            "full_page_writes": "on",
            "synchronous_commit": "on",
            "jit": "off",
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "server_encoding": "UTF8",
            "password_encryption": "scram-sha-256",
        }.items():
            assert ask(servers.owner_url, f"select current_setting('{name}')") == value
        assert (
            ask(servers.owner_url, "select datcollate from pg_database where datname = current_database()")
            == "C"
        )
        assert ask(servers.owner_url, "select bool_and(auth_method = 'scram-sha-256') from pg_hba_file_rules")


def test_nobody_gets_in_without_a_password(tmp_path):
    """Both servers refuse a stranger, and what holds their passwords is closed to other users."""
    with started(tmp_path) as servers:
        for url in (servers.owner_url, servers.database_url):
            with pytest.raises(asyncpg.InvalidPasswordError):
                ask(url.replace(url.split("@")[0].rpartition(":")[2], "guess"), "select 1")
        assert not ask(servers.database_url, "select rolsuper from pg_roles where rolname = current_user")
        with Redis.from_url(servers.redis_url) as valkey:
            assert valkey.ping()
        address = servers.redis_url.rpartition("@")[2]
        with Redis.from_url(f"redis://{address}") as stranger, pytest.raises(AuthenticationError):
            stranger.ping()
    for name in ("passwords.json", "postgres.log", "valkey.log"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    assert "://" not in repr(servers)


def test_the_service_is_let_into_its_own_database_alone(tmp_path):
    """In another it would have its temporary tables and large objects, and fill the same disk."""
    others = "select array_agg(datname) from pg_database where datallowconn and datname <> current_database()"
    with started(tmp_path) as servers:
        found = ask(servers.database_url, others)
        assert sorted(found) == ["postgres", "template1"]
        for name in found:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                ask(f"{servers.database_url.rpartition('/')[0]}/{name}", "select 1")


def test_a_second_start_in_the_same_directory_is_refused(tmp_path):
    """One directory, one pair of servers: the second is told so at once, and the first goes on."""
    with started(tmp_path) as servers:
        with pytest.raises(embedded.EmbeddedError, match="already run"):
            started(tmp_path)
        assert ask(servers.database_url, "select 1") == 1


def test_data_without_their_passwords_are_refused(tmp_path):
    """A lost password file is an error that says so: new passwords would not open the old data."""
    started(tmp_path).stop()
    (tmp_path / "passwords.json").unlink()
    with pytest.raises(embedded.EmbeddedError, match=r"passwords\.json is gone"):
        started(tmp_path)


NEVER = 9
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize("killed_at", [0, 1, 2, 3, NEVER])
def test_a_restore_that_is_killed_while_it_exchanges_leaves_no_new_database(tmp_path, monkeypatch, killed_at):
    """The old data or the restored ones are in place with their passwords, or the next start says where they lie and what to do."""
    data, stage, replace, rename = tmp_path / "postgres", tmp_path / "restoring", os.replace, os.rename
    for folder, name in ((tmp_path, "old"), (stage, "restored")):
        (folder / "postgres").mkdir(parents=True)
        for file in (folder / "postgres" / "data", folder / "passwords.json"):
            file.write_text(name)
    steps = iter(range(NEVER))

    def stepping(step: Callable[..., None]) -> Callable[..., None]:
        def take(*paths: Path) -> None:
            if next(steps) == killed_at:
                raise KeyboardInterrupt
            step(*paths)

        return take

    monkeypatch.setattr(os, "replace", stepping(replace))
    monkeypatch.setattr(os, "rename", stepping(rename))
    with contextlib.suppress(KeyboardInterrupt):
        restoring._exchange(tmp_path, data, stage, stage / "postgres")
    monkeypatch.undo()
    if data.exists():
        assert (data / "data").read_text() == (tmp_path / "passwords.json").read_text()
        embedded_data.not_aside(data)
    else:
        backup = Backup("copy", "7", 1, 18, NOON, NOON, 0, embedded=True)
        again = partial(
            restoring.restore, Vault(tmp_path), tmp_path, restoring.Plan(backup, 1, None), report=quiet
        )
        for command in (partial(started, tmp_path), again):
            with pytest.raises(
                EmbeddedError, match=r"postgres\.before-.* is, from a restore that was killed"
            ):
                command()
        assert not data.exists()
    aside = list(tmp_path.glob("postgres.before-*Z"))
    for old in aside:
        assert (old / "data").read_text() == "old"
        assert (tmp_path / f"{old.name}.passwords.json").read_text() == "old"
    assert (next(steps, NEVER), bool(aside)) == (
        (4, True) if killed_at >= 4 else (killed_at + 1, killed_at > 1)
    )


def test_data_whose_passwords_are_lost_can_be_replaced(tmp_path):
    """The start says to restore them: what is put in place brings its own, and the data go aside without."""
    data, stage = tmp_path / "postgres", tmp_path / "restoring"
    for folder in (data, stage / "postgres"):
        folder.mkdir(parents=True)
    (stage / "passwords.json").write_text("restored")
    aside = restoring._exchange(tmp_path, data, stage, stage / "postgres")
    assert aside is not None
    assert aside.is_dir()
    assert data.is_dir()
    assert (tmp_path / "passwords.json").read_text() == "restored"
    assert not (tmp_path / f"{aside.name}.passwords.json").exists()


def test_a_server_that_cannot_start_shows_its_own_words(tmp_path):
    """The error ends with the server's log, so that nobody has to look for it."""
    started(tmp_path).stop()
    (tmp_path / "postgres" / "PG_VERSION").write_text("9\n")
    with pytest.raises(embedded.EmbeddedError, match=r"PG_VERSION|initialized by PostgreSQL"):
        started(tmp_path)


def test_another_thread_may_not_start_servers(tmp_path):
    """Linux would end them with that thread, in the middle of somebody's work."""
    errors: list[BaseException] = []

    def attempt() -> None:
        try:
            started(tmp_path)
        except embedded.EmbeddedError as error:
            errors.append(error)

    thread = threading.Thread(target=attempt)
    thread.start()
    thread.join()
    assert "main thread" in str(errors[0])


@pytest.mark.usefixtures("no_user_namespaces")
def test_root_without_user_namespaces_becomes_nobody(tmp_path):
    """The servers run as the user nobody, wherever the data and the programs have to lie for that."""
    home = processes.account(tmp_path.resolve()).home
    try:
        with started(tmp_path) as servers:
            assert ask(servers.database_url, "select 1") == 1
            owners = {Path(f"/proc/{pid}").stat().st_uid for pid in pids(tmp_path)}
            assert owners == {processes.account(tmp_path.resolve()).user}
        with started(tmp_path) as servers:
            assert ask(servers.database_url, "select 1") == 1
    finally:
        if home != tmp_path.resolve():
            shutil.rmtree(home)


def test_a_server_that_ended_is_started_again(tmp_path):
    """Whoever tends the servers gets one that was killed back, at its address and with its data."""
    with started(tmp_path, durable=True) as servers:
        ask(servers.owner_url, "create table kept as select 1 as one")
        for pid in pids(tmp_path):
            os.kill(pid, signal.SIGKILL)
        assert eventually(lambda: not any(map(alive, pids(tmp_path))))
        servers.tend()

        def answers() -> bool:
            try:
                return (
                    ask(servers.owner_url, "select one from kept") == 1
                    and Redis.from_url(servers.redis_url).ping()
                )
            except (OSError, asyncpg.PostgresError, RedisError):
                return False

        assert eventually(answers)
        assert (tmp_path / "postgres.log.before").exists()


@pytest.mark.skipif(not processes.SEGMENTS.exists(), reason="what a server holds is read as Linux tells it")
def test_a_killed_server_leaves_nothing_behind_but_its_folder(tmp_path):
    """Memory that Postgres shares lies in its folder or goes when the servers are stopped, though it was killed."""
    with started(tmp_path) as servers:
        assert ask(servers.owner_url, "select 1") == 1
        postgres, _ = pids(tmp_path)
        shared = {line.split()[-1] for line in Path(f"/proc/{postgres}/maps").read_text().splitlines()}
        assert not [name for name in shared if name.startswith("/dev/shm/")]
        assert segments_of(postgres)
        os.kill(postgres, signal.SIGKILL)
    assert not segments_of(postgres)


def segments_of(pid: int) -> list[str]:
    """The segments of shared memory that a process made and that are there."""
    rows = [line.split() for line in processes.SEGMENTS.read_text().splitlines()[1:]]
    return [row[1] for row in rows if row[4] == str(pid)]
