"""Which servers a command uses where another one of ours runs its own in the same directory."""

import asyncio
import fcntl
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from gateway import servers
from gateway.sealing import new_master_key
from gateway.servers import ADDRESSES, MASTER_KEY, kept_master_key, served
from gateway.settings import Settings, SettingsError
from wallet.processes import TakenError


@pytest.fixture
def taken(tmp_path: Path) -> Iterator[Path]:
    """A directory that another command holds."""
    with (tmp_path / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield tmp_path


def addresses(port: int) -> str:
    """What a command that stays writes beside its data."""
    return json.dumps(
        {"database_url": f"postgresql://service:x@127.0.0.1:{port}/b", "owner_url": "o", "redis_url": "r"}
    )


def test_a_command_waits_until_anothers_servers_answer(taken: Path) -> None:
    """One that was started beside `bankroll up` uses its servers as soon as there are any."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        told = addresses(listener.getsockname()[1])
        threading.Timer(0.3, (taken / ADDRESSES).write_text, (told,)).start()
        with served(Settings(directory=str(taken))) as settings:
            assert settings.database_url == json.loads(told)["database_url"]
    assert (taken / ADDRESSES).exists()


def test_addresses_where_nobody_answers_are_not_believed(
    taken: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a killed command left behind leads nowhere: the directory stays taken."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        (taken / ADDRESSES).write_text(addresses(listener.getsockname()[1]))
    monkeypatch.setattr(servers, "WAIT_SECONDS", 0.3)
    with pytest.raises(TakenError), served(Settings(directory=str(taken))):
        pass


@pytest.mark.parametrize(
    ("named", "needs", "missing"),
    [
        ("owner_url", ("database_url",), "BANKROLL_DATABASE_URL"),
        ("database_url", ("owner_url",), "BANKROLL_OWNER_URL"),
        ("database_url", ("database_url", "redis_url"), "BANKROLL_REDIS_URL"),
        ("redis_url", ("database_url", "redis_url"), "BANKROLL_DATABASE_URL"),
        ("owner_url", ("database_url", "redis_url"), "BANKROLL_DATABASE_URL and BANKROLL_REDIS_URL"),
    ],
)
def test_where_one_server_is_named_no_other_is_made_up(
    tmp_path: Path, named: str, needs: tuple[str, ...], missing: str
) -> None:
    """A command that lacks a server says which, and starts none of its own beside those that are named."""
    settings = Settings(directory=str(tmp_path / "none"), **{named: "hush"})
    with (
        pytest.raises(SettingsError, match=f"^{missing} must be set") as refused,
        served(settings, needs=needs),
    ):
        pass
    assert "hush" not in str(refused.value)
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("named", ["database_url", "owner_url", "redis_url"])
def test_a_command_needs_no_server_that_it_does_not_use(tmp_path: Path, named: str) -> None:
    """Whoever verifies a backup has no Redis there, and whoever migrates has the owner's URL alone."""
    settings = Settings(directory=str(tmp_path / "none"), **{named: "given"})
    with served(settings, needs=(named,)) as found:
        assert found == settings
    assert not (tmp_path / "none").exists()


def test_embedded_postgres_has_connections_for_every_process(tmp_path: Path) -> None:
    """With the pools of all processes full there is room for a successor's, and no alert says that connections are short."""
    settings = Settings(directory=str(tmp_path), processes=39, lanes=3)
    with served(settings, report=lambda _line: None) as found:
        assert found.owner_url is not None
        bound = asyncio.run(max_connections(found.owner_url))
    assert bound > 40 * (3 + 10)
    assert 0.8 * bound >= 39 * (3 + 10)


async def max_connections(url: str) -> int:
    """How many connections the server takes."""
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval("show max_connections"))
    finally:
        await connection.close()


def test_of_two_that_make_the_master_key_both_have_the_one_that_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who looked before the other wrote takes the other's: a key that nobody keeps seals secrets that never open again."""
    theirs = new_master_key()

    async def meanwhile(_url: str) -> bool:
        (tmp_path / MASTER_KEY).write_text(theirs)
        return False

    monkeypatch.setattr(servers, "_holds_secrets", meanwhile)
    assert kept_master_key(tmp_path, "postgresql://anywhere") == theirs
    assert (tmp_path / MASTER_KEY).read_text() == theirs
