"""The commands that are more than a name for something else: run as an operator runs them."""

import asyncio
import fcntl
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import click
import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from bench.demo import told as exit_code
from bench.swarm import main as swarm
from gateway.accounts import Accounts, NewAccount
from gateway.api.api_keys import LONGEST
from gateway.command_line import main
from gateway.sealing import Sealing, new_master_key
from gateway.servers import ADDRESSES, MASTER_KEY, kept_master_key
from gateway.surroundings import telling_progress
from providers import PROVIDERS
from tests.servers import Database
from wallet.catalogue import Catalogue
from wallet.proofs import PROOFS


def said(database: Database, redis_url: str, master_keys: str, *words: str) -> Result:
    return CliRunner().invoke(
        main,
        words,
        env={
            "BANKROLL_OWNER_URL": "",
            "BANKROLL_DATABASE_URL": database.service_url,
            "BANKROLL_REDIS_URL": redis_url,
            "BANKROLL_MASTER_KEYS": master_keys,
        },
    )


def test_a_key_is_made_and_printed_alone(database: Database, redis_url: str) -> None:
    """`keys create` prints the key and nothing else, so that a shell can take it."""
    result = said(database, redis_url, new_master_key(), "keys", "create", "first")
    assert result.exit_code == 0
    assert result.stdout.startswith("bk_")
    assert len(result.stdout.split()) == 1


def test_secrets_are_sealed_anew(database: Database, redis_url: str) -> None:
    """`keys reseal` says how many accounts it sealed with the newest key."""
    result = said(database, redis_url, f"{new_master_key()},{new_master_key()}", "keys", "reseal")
    assert (result.exit_code, result.stdout) == (0, "0 provider accounts sealed anew\n")


def test_verification_is_resumed_from_a_file(database: Database, redis_url: str, tmp_path: Path) -> None:
    """`verify --checkpoints` ends with 1 when the time was over and says how to go on; then with 0."""
    path = str(tmp_path / "checkpoints")
    result = said(database, redis_url, new_master_key(), "verify", "--checkpoints", path, "--minutes", "0")
    assert result.exit_code == 1
    assert f"What is proven is kept in {path}: run it again to go on." in result.stdout
    result = said(database, redis_url, new_master_key(), "verify", "--checkpoints", path)
    assert (result.exit_code, result.stdout.count(" ok ")) == (0, len(PROOFS))


def test_a_file_of_checkpoints_that_is_none_is_refused(
    database: Database, redis_url: str, tmp_path: Path
) -> None:
    """A damaged file is named, with what to do about it, and nothing is proven."""
    path = tmp_path / "checkpoints"
    path.write_text("nothing of ours")
    result = said(database, redis_url, new_master_key(), "verify", "--checkpoints", str(path))
    assert result.exit_code == 1
    told = " ".join(result.output.replace("│", " ").split())  # its lines break where the path lets them
    assert "is damaged" in told
    assert "Move it away" in told
    assert path.read_text() == "nothing of ours"


def test_progress_is_told_after_two_seconds(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A verification that takes long says how far it is, on standard error, and not for every range."""
    moments = iter([100.0, 101.9, 102.0, 103.9, 104.1])
    monkeypatch.setattr("gateway.surroundings.monotonic", lambda: next(moments))
    tell = telling_progress()
    for wallets in (1000, 2000, 3000, 4000):
        tell(wallets, 5000)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == ["2,000 of 5,000 wallets (2 s) …", "4,000 of 5,000 wallets (4 s) …"]


@pytest.mark.parametrize(
    "words", [("verify",), ("keys", "create", "x"), ("keys", "master"), ("migrate",), ("providers", "list")]
)
def test_a_misspelt_setting_is_refused(words: tuple[str, ...]) -> None:
    """A setting that is none is named, and nothing is done."""
    result = CliRunner().invoke(main, words, env={"BANKROLL_PROT": "1"})
    assert result.exit_code == 1
    assert "BANKROLL_PROT is no setting" in result.output


NO_SERVERS = {"BANKROLL_OWNER_URL": "", "BANKROLL_DATABASE_URL": "", "BANKROLL_REDIS_URL": ""}


def test_the_named_database_is_migrated(
    empty_database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`migrate` with the owner's URL alone migrates that database, and makes none of its own."""
    monkeypatch.chdir(tmp_path)
    named = {**NO_SERVERS, "BANKROLL_OWNER_URL": empty_database.owner_url}
    result = CliRunner().invoke(main, ["migrate"], env=named)
    assert (result.exit_code, result.stdout.split()[0]) == (0, "0001_ledger.sql")
    assert asyncio.run(_value(empty_database.owner_url, "select count(*) from wallet.journal")) == 0
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "said"), [(("verify",), "posting ids are unique"), (("keys", "create", "x"), "bk_")]
)
def test_what_needs_no_redis_is_done_without(database: Database, words: tuple[str, ...], said: str) -> None:
    """The database's URL is enough for a proof and for a key."""
    named = {**NO_SERVERS, "BANKROLL_DATABASE_URL": database.service_url}
    result = CliRunner().invoke(main, words, env=named)
    assert result.exit_code == 0, result.output
    assert said in result.stdout


@pytest.mark.parametrize(
    ("command", "words", "possible"),
    [
        *((main, ("demo", "--rate", rate), "0.1<=x<=10000") for rate in ("-5", "0", "nan", "inf", "1e9")),
        *((main, ("demo", "--for", seconds), "1<=x<=604800") for seconds in ("0", "-1", "nan", "inf")),
        *((main, ("bench", "--seconds", seconds), "0.01<=x<=3600") for seconds in ("0", "-1", "nan")),
        *((main, ("verify", "--minutes", minutes), "0<=x<=10080") for minutes in ("-1", "nan", "inf", "1e9")),
        *((swarm, ("--users", users), "1<=x<=10000") for users in ("0", "-1")),
        *((swarm, ("--for", seconds), "1<=x<=604800") for seconds in ("0", "-1")),
        (swarm, ("--web", "0"), "1<=x<=65535"),
    ],
)
def test_a_number_that_makes_no_sense_is_refused(
    command: click.Command, words: tuple[str, ...], possible: str
) -> None:
    """Before anything is started it is said which numbers are possible, and the exit code is 2."""
    result = CliRunner().invoke(command, words, env={"COLUMNS": "200", **NO_SERVERS})
    assert result.exit_code == 2
    assert possible in result.output


@pytest.mark.parametrize(("calls", "expected"), [(0, 1), (1, 0)])
def test_a_demonstration_in_which_nothing_was_played_fails(calls: int, expected: int) -> None:
    """No error among no calls shows nothing."""
    summary = {"calls": calls, "errors": 0, "p95_ms": 0.0, "drift": 0}
    assert exit_code(summary, Console(quiet=True)) == expected


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({}, ""),
        ({"p95_ms": 151.5}, "Did not hold: p95 was 151.5 ms and may be 150 ms"),
        ({"errors": 2}, "Did not hold: 2 errors"),
        ({"drift": None}, "Did not hold: the books are not proven"),
    ],
)
def test_a_demonstration_says_what_did_not_hold(bad: dict[str, float | None], words: str) -> None:
    """Who reads an exit code of 1 is told why, before the summary."""
    console = Console(record=True, quiet=False, width=200)
    summary = {"calls": 1, "errors": 0, "p95_ms": 0.0, "drift": 0, **bad}
    assert exit_code(summary, console) == (1 if bad else 0)
    before, _, _ = console.export_text().partition("{")
    assert before.startswith(words)
    assert bool(before) == bool(bad)


def test_a_key_lives_no_longer_by_hand_than_by_the_api() -> None:
    """The bound of `--days` is the API's, and the first that is too many is refused with it."""
    result = CliRunner().invoke(
        main, ["keys", "create", "long", "--days", str(LONGEST.days + 1)], env=NO_SERVERS
    )
    assert result.exit_code == 2
    assert f"1<=x<={LONGEST.days}" in result.output


def up(database: Database, redis_url: str, **named: str) -> Result:
    """`bankroll up`, which is refused."""
    servers = {"BANKROLL_DATABASE_URL": database.service_url, "BANKROLL_REDIS_URL": redis_url}
    given = {**NO_SERVERS, **servers, "BANKROLL_MASTER_KEYS": new_master_key(), "COLUMNS": "500", **named}
    result = CliRunner().invoke(main, ["up"], env=given)
    assert result.exit_code == 1
    return result


def test_a_taken_port_is_told(database: Database, redis_url: str) -> None:
    """Where somebody else listens, the port is named and the setting that chooses another."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        result = up(database, redis_url, BANKROLL_PORT=str(port))
    assert f"Port {port} of 127.0.0.1 is taken: BANKROLL_PORT chooses another" in result.output


@pytest.mark.parametrize("host", ["no-such-host.invalid", "203.0.113.7", "2001:db8::7", "a..b"])
def test_a_host_that_is_not_ours_is_told_by_its_setting(
    database: Database, redis_url: str, host: str
) -> None:
    """A name that nobody knows and another machine's address are the setting's fault, and not the servers', which answer."""
    result = up(database, redis_url, BANKROLL_HOST=host, BANKROLL_PORT="0")
    assert f"BANKROLL_HOST, BANKROLL_PORT: {host}:0 cannot be listened on: " in result.output
    assert "Do the servers run" not in result.output


@pytest.mark.parametrize("words", [("verify",), ("keys", "create", "x"), ("migrate",)])
def test_a_server_that_is_not_there_is_told(words: tuple[str, ...]) -> None:
    """Where nobody listens, the settings that name the servers are told, not the refused connection alone."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        nowhere = f"postgresql://somebody@127.0.0.1:{listener.getsockname()[1]}/bankroll"
    named = {**NO_SERVERS, "BANKROLL_DATABASE_URL": nowhere, "BANKROLL_OWNER_URL": nowhere}
    result = CliRunner().invoke(main, words, env=named)
    assert result.exit_code == 1
    assert "ConnectionRefusedError" in result.output
    assert "BANKROLL_DATABASE_URL" in result.output


@pytest.fixture
def embedded(tmp_path: Path, fresh_database: Database, redis_url: str) -> Iterator[Path]:
    """A directory whose servers another command has started."""
    found = {"database_url": fresh_database.service_url, "owner_url": fresh_database.owner_url}
    (tmp_path / ADDRESSES).write_text(json.dumps({**found, "redis_url": redis_url}))
    with (tmp_path / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield tmp_path


def said_in(directory: Path, *words: str, master_keys: str = "") -> Result:
    named = {"BANKROLL_DIRECTORY": str(directory), "BANKROLL_MASTER_KEYS": master_keys, "COLUMNS": "500"}
    return CliRunner().invoke(main, words, env={**NO_SERVERS, **named})


async def _seal(url: str, master_key: str) -> None:
    async with asyncpg.create_pool(url, min_size=1, max_size=1) as pool:
        await Accounts(Catalogue(pool), Sealing([master_key]), PROVIDERS).create(
            NewAccount(slug="sealed", protocol="bogus")
        )


@pytest.mark.parametrize("words", [("up",), ("keys", "reseal"), ("demo", "--for", "1")])
def test_a_lost_master_key_is_never_replaced(
    embedded: Path, fresh_database: Database, words: tuple[str, ...]
) -> None:
    """Where something is sealed no other key is made: the file is named, and what puts it back, and then it is served."""
    key = new_master_key()
    asyncio.run(_seal(fresh_database.service_url, key))
    result = said_in(embedded, *words)
    told = " ".join(result.output.replace("│", " ").split())
    assert result.exit_code == 1
    assert f"{embedded / MASTER_KEY} is lost" in told
    assert "put the master key back, as BANKROLL_MASTER_KEYS or in that file" in told
    assert not (embedded / MASTER_KEY).exists()
    assert said_in(embedded, "keys", "reseal", master_keys=key).exit_code == 0
    (embedded / MASTER_KEY).write_text(key)
    assert said_in(embedded, "keys", "reseal").stdout == "0 provider accounts sealed anew\n"


@pytest.mark.parametrize("words", [("verify",), ("migrate",), ("keys", "create", "x")])
def test_what_seals_nothing_makes_no_master_key(
    embedded: Path, fresh_database: Database, words: tuple[str, ...]
) -> None:
    """A proof, a migration and an API key need none: they are done without it, and leave none behind."""
    asyncio.run(_seal(fresh_database.service_url, new_master_key()))
    result = said_in(embedded, *words)
    assert result.exit_code == 0, result.output
    assert not (embedded / MASTER_KEY).exists()


def test_a_master_key_is_made_where_nothing_is_sealed(embedded: Path, empty_database: Database) -> None:
    """In data that were just made, migrated or not, the first command that seals makes the key, for its user alone, whatever a killed one left."""
    (embedded / f"{MASTER_KEY}.new").touch(mode=0o644)
    assert said_in(embedded, "keys", "reseal").exit_code == 0
    assert (embedded / MASTER_KEY).stat().st_mode & 0o777 == 0o600
    made = (embedded / MASTER_KEY).read_text()
    assert said_in(embedded, "keys", "reseal").exit_code == 0
    assert (embedded / MASTER_KEY).read_text() == made
    (embedded / MASTER_KEY).unlink()
    assert len(Sealing([kept_master_key(embedded, empty_database.owner_url)]).derived_keys("x")) == 1


async def _value(url: str, question: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()
