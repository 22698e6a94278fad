"""What is not the primary: a hot standby that streams from it, a base backup, and a copy restored from a vault.

A Postgres of this module's own is copied as an operator would, by pg_basebackup.
"""

import asyncio
import hashlib
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

import asyncpg
import pytest
from click.testing import CliRunner, Result
from redis import Redis

from gateway.command_line import main
from tests.ledger.calls import Journal, call, make_wallet, soon, unique, until
from tests.ledger.copies import CONNECTIONS, Standby, copy, log_kept
from tests.ledger.test_verify import broken, story
from wallet import backups, embedded, restoring
from wallet.audit import AuditFilters, list_entries
from wallet.database import open_pool
from wallet.embedded import PASSWORDS
from wallet.fetching import AT_FORK
from wallet.history import History, TransactionFilters
from wallet.ledger import Ledger
from wallet.migrate import migrate
from wallet.processes import EmbeddedError, account, postgres_program
from wallet.proofs import CHECKPOINTS
from wallet.segments import SEGMENT
from wallet.types import Kind, Op, Status
from wallet.vault import NOTE, CopyError, Vault
from wallet.verify import verify


@dataclass
class Primary:
    """A server with two wallets that have a story behind them."""

    directory: Path
    servers: embedded.Servers
    wallets: list[int]

    @property
    def passwords(self) -> Path:
        return self.directory / "passwords.json"


@pytest.fixture(scope="module")
def primary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Primary]:
    """A migrated server, with a sound journal."""
    directory = tmp_path_factory.mktemp("primary")
    with embedded.start(directory, report=lambda line: None, connections=CONNECTIONS) as servers:
        asyncio.run(migrate(servers.owner_url))
        yield Primary(directory, servers, asyncio.run(told(servers)))


async def told(servers: embedded.Servers) -> list[int]:
    owner = await asyncpg.connect(servers.owner_url)
    wallets = [await make_wallet(owner) for _ in range(2)]
    await owner.close()
    for wallet in wallets:
        await play(servers, wallet, 1000)
    ledger = Ledger(servers.database_url, lanes=2, observer=Journal())
    await ledger.start()
    for one in [one for wallet in wallets for one in story(wallet)]:
        await ledger.post(one, soon())
    await ledger.close()
    return wallets


async def play(servers: embedded.Servers, wallet: int, *amounts: int) -> None:
    """Post deposits on the primary."""
    ledger = Ledger(servers.database_url, lanes=1, observer=Journal())
    await ledger.start()
    for amount in amounts:
        deposit = call(wallet, Op(Kind.DEPOSIT, unique("deposit"), amount), account=0)
        assert (await ledger.post(deposit, soon())).status is Status.CREATED
    await ledger.close()


def checked(report, name: str) -> int | None:
    return next(proof.checked for proof in report.proofs if proof.name == name)


@pytest.fixture
async def standby(primary: Primary, tmp_path: Path) -> AsyncIterator[str]:
    """The service's URL of a hot standby that streams from the primary."""
    running = Standby(primary.servers.owner_url, primary.passwords, tmp_path / "standby")
    try:
        await running.ready(primary.servers.database_url)
        yield running.at(primary.servers.database_url)
    finally:
        running.stop()


async def caught_up(primary: Primary, standby: str) -> None:
    """Wait until the standby has replayed what is committed on the primary."""
    owner, copy = await asyncpg.connect(primary.servers.owner_url), await asyncpg.connect(standby)
    assert await copy.fetchval("select pg_is_in_recovery()")
    committed = await owner.fetchval("select pg_current_wal_flush_lsn()::text")
    reached = "select pg_last_wal_replay_lsn() >= $1::text::pg_lsn"
    await until(lambda: copy.fetchval(reached, committed))
    await owner.close()
    await copy.close()


async def test_a_standby_is_proven(primary: Primary, standby: str, tmp_path: Path) -> None:
    """On a hot standby everything is proven, also from checkpoints of the primary, and what came by streaming."""
    path = tmp_path / "checkpoints"
    whole = await verify(primary.servers.database_url, path=path)
    assert whole.holds, whole.lines()
    await caught_up(primary, standby)
    report = await verify(standby)
    assert report.holds, report.lines()
    assert checked(report, "chains") == checked(whole, "chains")

    await play(primary.servers, primary.wallets[0], 5, 6, 7)
    await caught_up(primary, standby)
    report = await verify(standby, path=path)
    assert report.holds, report.lines()
    assert (checked(report, "chains"), checked(report, CHECKPOINTS)) == (3, 2)


async def test_a_standby_is_proven_while_it_replays(primary: Primary, standby: str) -> None:
    """One snapshot on the standby: what streams in meanwhile disturbs nothing."""
    await caught_up(primary, standby)
    played = asyncio.create_task(play(primary.servers, primary.wallets[0], *range(1, 200)))
    reports = []
    while not played.done():
        reports.append(await verify(standby))
    await played
    assert all(report.holds for report in reports)
    assert len({checked(report, "chains") for report in reports}) > 1


def test_a_restored_backup_is_proven(primary: Primary, tmp_path: Path) -> None:
    """A backup that was restored holds; checkpoints from after it show what it lacks; planted drift is found."""
    path = tmp_path / "checkpoints"
    restored = tmp_path / "restored"
    copy(primary.servers.owner_url, primary.passwords, restored)
    asyncio.run(play(primary.servers, primary.wallets[0], 5, 6, 7))
    later = asyncio.run(verify(primary.servers.database_url, path=path))
    assert later.holds, later.lines()

    with embedded.start(restored, report=lambda line: None) as servers:
        report = asyncio.run(verify(servers.database_url))
        assert report.holds, report.lines()
        assert checked(report, "chains") == (checked(later, "chains") or 0) - 3

        report = asyncio.run(verify(servers.database_url, path=path))
        assert CHECKPOINTS in broken(report)
        [offence] = report.proofs[0].examples
        assert offence.subject.startswith(f"checkpoint of wallet {primary.wallets[0]}, ")
        assert offence.found == "none: restored to an earlier point, or a replica that lags"

        asyncio.run(plant(servers, primary.wallets[1]))
        report = asyncio.run(verify(servers.database_url))
        assert broken(report) == {"chains", "wallets", "books"}, report.lines()
    untouched = asyncio.run(verify(primary.servers.database_url))
    assert untouched.holds, untouched.lines()


async def plant(servers: embedded.Servers, wallet: int) -> None:
    """Money from nowhere, by a superuser who switched the guards off."""
    owner = await asyncpg.connect(servers.owner_url)
    await owner.execute("alter table wallet.posting disable trigger all")
    for statement in (
        "update wallet.wallet set cash = cash + 1 where id = $1",
        "update wallet.posting p set cash_after = cash_after + 1 where wallet = $1 and seq = 5",
    ):
        assert await owner.execute(statement, wallet) == "UPDATE 1"
    await owner.close()


LOG_KEPT = """
select exists (select from pg_stat_replication
    where application_name = 'bankroll_archive' and flush_lsn >= pg_current_wal_flush_lsn())
"""


async def kept(primary: Primary) -> None:
    """Wait until the vault has all of the log."""
    owner = await asyncpg.connect(primary.servers.owner_url)
    await until(lambda: owner.fetchval(LOG_KEPT))
    await owner.close()


async def newest(primary: Primary) -> tuple[int, datetime]:
    """The newest posting, and a moment when it was."""
    owner = await asyncpg.connect(primary.servers.owner_url)
    found = await owner.fetchrow(
        "select id, clock_timestamp() from wallet.posting order by recorded_at desc limit 1"
    )
    await owner.close()
    return found[0], found[1]


def test_a_vault_leads_to_any_moment(primary: Primary, tmp_path: Path) -> None:
    """A backup and the kept log lead to the moment asked for and no further; never over data unasked."""
    vault, directory = Vault(tmp_path / "vault"), tmp_path / "restored"
    wallet, quiet = primary.wallets[0], lambda line: None
    asyncio.run(play(primary.servers, wallet, 21))
    with log_kept(primary.servers.owner_url, vault):
        made = backups.take(primary.servers.owner_url, vault, passwords=primary.passwords)
        asyncio.run(play(primary.servers, wallet, 22, 23))
        reached, moment = asyncio.run(newest(primary))
        asyncio.run(play(primary.servers, wallet, 24))
        asyncio.run(kept(primary))

    with pytest.raises(CopyError, match=r"no backup in .* leads to"):
        restoring.plan(vault, made.started, None)
    wanted = restoring.plan(vault, moment, None)
    result = restoring.restore(vault, directory, wanted, report=quiet)
    assert (result.in_place, result.restored.restore_epoch, result.aside) == (True, 2, None)
    assert result.restored.last.public_id == f"1-{reached}"
    with pytest.raises(CopyError, match="holds data"):
        restoring.restore(vault, directory, wanted, report=quiet)

    assert (directory / "postgres" / "PG_VERSION").exists()
    assert not (directory / restoring.STAGE).exists()


SWITCH = "select pg_switch_wal()"


def kept_in_segments(primary: Primary, vault: Vault) -> tuple[list[Path], int]:
    """A backup, a whole segment with two postings, and a part of the next with another; the last before the segment."""
    with log_kept(primary.servers.owner_url, vault):
        before, _ = asyncio.run(newest(primary))
        made = backups.take(primary.servers.owner_url, vault, passwords=primary.passwords)
        asyncio.run(play(primary.servers, primary.wallets[0], 22, 23))
        asyncio.run(changed(primary.servers.owner_url, SWITCH))
        asyncio.run(play(primary.servers, primary.wallets[0], 24))
        asyncio.run(kept(primary))
    behind = [
        path for folder in vault.streamed() for path in sorted(folder.iterdir()) if first_of(path) >= made.end
    ]
    assert [path.suffix for path in behind] == ["", ".partial"]
    return behind, before


def first_of(path: Path) -> int:
    """Where in the log a segment begins."""
    return (int(path.name[8:16], 16) << 32) + int(path.name[16:24], 16) * SEGMENT


@pytest.mark.parametrize("part", ["whole", "partial"])
def test_log_that_cannot_be_read_is_not_the_end_of_the_log(
    primary: Primary, tmp_path: Path, part: str
) -> None:
    """What the vault has and does not give, to the account that Postgres runs as or when it is copied, is told; nothing is in place."""
    vault, directory = Vault(tmp_path / "vault"), tmp_path / "restored"
    (whole, partial), _ = kept_in_segments(primary, vault)
    path = whole if part == "whole" else partial
    path.chmod(0)
    wanted = restoring.plan(vault, None, None)
    with pytest.raises(CopyError, match=r"cannot read all the log in .*vault: let it \(chmod -R\)"):
        restoring.restore(vault, directory, wanted, report=lambda line: None)
    path.chmod(0o600)

    def lost(line: str) -> None:
        if line.startswith("Following"):
            path.chmod(0)

    with pytest.raises(EmbeddedError, match=rf"{path.name}.*: Permission denied"):
        restoring.restore(vault, directory, wanted, report=lost)
    assert not (directory / "postgres").exists()


@pytest.mark.parametrize("how", ["damaged", "missing"])
def test_a_gap_in_the_log_is_not_its_end(primary: Primary, tmp_path: Path, how: str) -> None:
    """Where the vault goes on behind the place that was reached, the segment is told and nothing is in place, unless it was wanted."""
    vault, directory, said = Vault(tmp_path / "vault"), tmp_path / "restored", []
    (whole, partial), before = kept_in_segments(primary, vault)
    if how == "missing":
        whole.unlink()
    else:
        with whole.open("r+b") as file:
            file.seek(2048)
            file.write(b"\xff" * 8192)
    told = f"of the log {whole.name} is {how}, and {vault.path} goes on to {partial.name}"
    with pytest.raises(CopyError, match=f"^{told}: put it back"):
        restoring.restore(vault, directory, restoring.plan(vault, None, None), report=said.append)
    assert not (directory / "postgres").exists()
    assert not (directory / restoring.STAGE).exists()

    wanted = restoring.plan(vault, None, None, to_gap=True)
    result = restoring.restore(vault, directory, wanted, report=said.append)
    assert result.in_place
    assert f"What comes after is given up: {told}" in said
    assert result.restored.last is not None
    assert result.restored.last.public_id == f"1-{before}"


def test_a_copy_that_was_damaged_on_its_way_is_no_backup(
    primary: Primary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is not as the server sent it, though it can be read, is named; the vault holds no backup then."""
    vault, take_copy = Vault(tmp_path / "vault"), backups._copy

    def damaged(url: str, base: Path, label: str) -> None:
        take_copy(url, base, label)
        turn_over_a_bit(base)

    monkeypatch.setattr(backups, "_copy", damaged)
    with pytest.raises(CopyError, match="checksum mismatch"):
        backups.take(primary.servers.owner_url, vault, passwords=primary.passwords)
    assert vault.backups() == []


def turn_over_a_bit(base: Path) -> None:
    """What a disk or a line may do to a copy: it can be read as before."""
    largest = max((base / "base").rglob("*"), key=lambda path: path.stat().st_size)
    with largest.open("r+b") as file:
        file.seek(-1, 2)
        last = file.read()
        file.seek(-1, 2)
        file.write(bytes([last[0] ^ 1]))


def test_a_copy_that_was_damaged_in_the_vault_is_not_restored(primary: Primary, tmp_path: Path) -> None:
    """A file that is not as it was backed up is named before the log is followed; nothing is in place."""
    vault, directory, said = Vault(tmp_path / "vault"), tmp_path / "restored", []
    made = backups.take(primary.servers.owner_url, vault, passwords=primary.passwords)
    turn_over_a_bit(vault.base(made))
    wanted = restoring.plan(vault, None, None)
    told = rf"^{vault.base(made)} is not as it was backed up .*checksum mismatch.*: put it back"
    with pytest.raises(CopyError, match=told):
        restoring.restore(vault, directory, wanted, report=said.append)
    assert said == [f"Copying {made.name} …"]
    assert not (directory / "postgres").exists()
    assert not (directory / restoring.STAGE).exists()


def test_a_backup_that_counts_outlives_a_power_cut(
    primary: Primary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its note is on the disk when it is said to be made, and before it the passwords and its folder."""
    vault, flush, flushed = Vault(tmp_path / "vault"), os.fsync, []

    def fsync(number: int) -> None:
        flush(number)
        flushed.append(os.fstat(number).st_ino)

    monkeypatch.setattr(os, "fsync", fsync)
    made = backups.take(primary.servers.owner_url, vault, passwords=primary.passwords)
    place = vault.base(made).parent
    wanted = [place / PASSWORDS, place.parent, place / NOTE, place]
    numbers = [path.stat().st_ino for path in wanted]
    assert [number for number in flushed if number in numbers] == [numbers[0], numbers[3], *numbers[1:]]
    assert (place / PASSWORDS).stat().st_mode & 0o777 == 0o600


def test_what_only_the_old_data_hold_is_restored_too(tmp_path: Path) -> None:
    """Without an archive the end of the log that lies there is followed too, however damaged the rest; above every epoch of this vault."""
    vault, directory, quiet = Vault(tmp_path / "vault"), tmp_path / "own", lambda line: None
    with embedded.start(directory, report=quiet) as servers:
        asyncio.run(migrate(servers.owner_url))
        own = Primary(directory, servers, asyncio.run(told(servers)))
        backups.take(servers.owner_url, vault, passwords=own.passwords)
        asyncio.run(play(servers, own.wallets[0], 25))
        reached, _ = asyncio.run(newest(own))
    (account(directory).home / restoring.DATA / "global" / "pg_control").unlink()
    vault.remember(6)
    result = restoring.restore(
        vault, directory, restoring.plan(vault, None, None), replace=True, report=quiet
    )
    assert result.restored.restore_epoch == 7
    assert vault.holdings is not None
    assert vault.holdings.restore_epoch == 7
    assert result.restored.last is not None
    assert result.restored.last.public_id == f"1-{reached}"
    assert result.aside is not None
    assert (result.aside / "PG_VERSION").exists()


EPOCH = "select restore_epoch from wallet.installation"
VIEW = "select to_regclass('wallet.table_vitals')::text"


def said(*words: str, **named: str) -> Result:
    """What a command answers, with none of the servers named but these."""
    servers = {f"BANKROLL_{name}": "" for name in ("OWNER_URL", "DATABASE_URL", "REDIS_URL")}
    return CliRunner().invoke(main, words, env={**servers, **named})


async def changed(url: str, *statements: str) -> None:
    """Let a superuser say this."""
    owner = await asyncpg.connect(url)
    for statement in statements:
        await owner.execute(statement)
    await owner.close()


async def value(url: str, question: str) -> object:
    """What a superuser is told."""
    owner = await asyncpg.connect(url)
    found = await owner.fetchval(question)
    await owner.close()
    return found


def shown_broken(result: Result) -> set[str]:
    """The proofs that do not hold, as a command shows them."""
    return {line.split()[0] for line in result.stdout.splitlines() if " BROKEN " in line}


def digests(folder: Path) -> dict[str, str]:
    """What every file below a folder holds."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_backup_whose_books_do_not_hold_replaces_nothing(primary: Primary, tmp_path: Path) -> None:
    """With a wrong row in the vault the restore ends with 1 and says which proof failed; the old data stay as they were."""
    vault, directory = Vault(tmp_path / "vault"), tmp_path / "restored"
    data = copy(primary.servers.owner_url, primary.passwords, directory)
    plant, take_back = (
        f"update wallet.wallet set cash = cash {sign} 1 where id = {primary.wallets[0]}" for sign in "+-"
    )
    asyncio.run(changed(primary.servers.owner_url, plant))
    try:
        backups.take(primary.servers.owner_url, vault, passwords=primary.passwords)
    finally:
        asyncio.run(changed(primary.servers.owner_url, take_back))
    before, passwords = digests(data), (directory / "passwords.json").read_bytes()

    result = said("restore", str(vault.path), "--replace", BANKROLL_DIRECTORY=str(directory))
    assert result.exit_code == 1
    assert "The books do not hold: nothing was replaced" in " ".join(result.output.replace("│", " ").split())
    assert shown_broken(result) == {"books", "wallets"}
    assert digests(data) == before
    assert (directory / "passwords.json").read_bytes() == passwords
    assert not list(data.parent.glob("postgres.before*"))
    staged = account(directory / restoring.STAGE).home / restoring.DATA
    assert (staged / "PG_VERSION").exists()


def test_a_database_that_was_restored_by_hand_is_settled(primary: Primary, tmp_path: Path) -> None:
    """`bankroll restored` brings the schema here, raises the epoch, lets Redis forget and tells what else is undone; 1 on drift."""
    directory = tmp_path / "restored"
    copy(primary.servers.owner_url, primary.passwords, directory)
    with embedded.start(directory, report=lambda line: None) as servers:
        owner_url, redis = servers.owner_url, Redis.from_url(servers.redis_url, decode_responses=True)
        named = {
            "BANKROLL_OWNER_URL": owner_url,
            "BANKROLL_DATABASE_URL": servers.database_url,
            "BANKROLL_REDIS_URL": servers.redis_url,
        }
        asyncio.run(changed(owner_url, "drop view wallet.table_vitals"))
        for above, epoch, drift in ((6, 7, set()), (0, 8, {"books", "wallets", "chains"})):
            redis.mset({"bankroll:session:of the lost future": "1", "other": "1"})
            result = said("restored", "--above", str(above), **named)
            assert shown_broken(result) == drift, result.output
            assert result.exit_code == int(bool(drift))
            assert "undone       what the API changed after that: " in result.stdout
            assert f"epoch        {epoch}\n" in result.stdout
            assert asyncio.run(value(owner_url, EPOCH)) == epoch
            assert redis.keys() == ["other"]
            assert asyncio.run(value(owner_url, VIEW)) == "wallet.table_vitals"
            asyncio.run(plant(servers, primary.wallets[0]))
        redis.close()


async def listed(url: str, limit: int) -> tuple[list[int], list[int]]:
    """The ids of all transactions and of all audit entries, as the lists across players tell them page by page."""
    ids: tuple[list[int], list[int]] = ([], [])
    async with await open_pool(url, purpose="test") as pool:
        history = History(pool)
        lists = (
            partial(history.transactions, TransactionFilters()),
            partial(list_entries, history, AuditFilters()),
        )
        for read, found in zip(lists, ids, strict=True):
            cursor = None
            while cursor is not None or not found:
                page = await read(cursor, limit)
                found += [item.id for item in page.items]
                cursor = page.next_cursor
    return ids


def test_a_dump_that_was_loaded_elsewhere_hides_nothing(primary: Primary, tmp_path: Path) -> None:
    """Where transactions are counted anew, lists across players and the audit log tell all of before, and what comes then."""
    owner_url, wallet = primary.servers.owner_url, primary.wallets[0]
    count_on = "do $$ begin for i in 1..20000 loop perform pg_current_xact_id(); commit; end loop; end $$"
    block, unblock = (
        f"update wallet.player set status = '{status}' where external_id = (select max(external_id) from wallet.player)"
        for status in ("blocked", "active")
    )
    asyncio.run(changed(owner_url, count_on, block, unblock))
    asyncio.run(play(primary.servers, wallet, *range(1, 8)))
    before = asyncio.run(listed(primary.servers.database_url, 500))
    dump = run_program(owner_url, "pg_dump", "--restrict-key=none")

    with embedded.start(tmp_path / "other", report=lambda line: None) as other:
        asyncio.run(changed(other.owner_url, "create role bankroll_owner nologin"))
        run_program(other.owner_url, "psql", "-Xq", "--set=ON_ERROR_STOP=1", text=dump)
        named = {
            "BANKROLL_OWNER_URL": other.owner_url,
            "BANKROLL_DATABASE_URL": other.database_url,
            "BANKROLL_REDIS_URL": other.redis_url,
        }
        result = said("restored", **named)
        assert result.exit_code == 0, result.output
        ids = "select max(writer) > pg_current_xact_id() from wallet."
        assert [asyncio.run(value(other.owner_url, ids + name)) for name in ("posting", "audit_entry")] == [
            True
        ] * 2
        assert asyncio.run(listed(other.database_url, 3)) == before
        asyncio.run(changed(other.owner_url, block))
        asyncio.run(play(other, wallet, 5))
        after = asyncio.run(listed(other.database_url, 3))
        assert [(len(now), now[1:]) for now in after] == [(len(was) + 1, was) for was in before]


def run_program(url: str, name: str, *options: str, text: bytes = b"") -> bytes:
    """What one of Postgres' programs answers."""
    return subprocess.run(
        [postgres_program(name), "--dbname", url, *options], input=text, capture_output=True, check=True
    ).stdout


def restored_and_lost(primary: Primary, folder: Path, lost: str) -> tuple[Vault, int, datetime, str]:
    """A vault from which a moment was restored and played on, and of which a part of the new timeline is lost.

    The last posting that both futures have, a moment in the one that was given up, and the segment to be named.
    """
    vault, directory, wallet = Vault(folder / "vault"), folder / "first", primary.wallets[0]
    with log_kept(primary.servers.owner_url, vault):
        backups.take(primary.servers.owner_url, vault, passwords=primary.passwords)
        asyncio.run(play(primary.servers, wallet, 22, 23))
        reached, moment = asyncio.run(newest(primary))
        asyncio.run(play(primary.servers, wallet, 24))
        asyncio.run(changed(primary.servers.owner_url, SWITCH))
        asyncio.run(play(primary.servers, wallet, 25))
        _, given_up = asyncio.run(newest(primary))
        asyncio.run(play(primary.servers, wallet, 26))
        asyncio.run(kept(primary))
    restoring.restore(vault, directory, restoring.plan(vault, moment, None), report=lambda line: None)
    with embedded.start(directory, report=lambda line: None) as servers, log_kept(servers.owner_url, vault):
        asyncio.run(play(servers, wallet, 27))
        asyncio.run(changed(servers.owner_url, SWITCH))
        asyncio.run(play(servers, wallet, 28))
        asyncio.run(kept(Primary(directory, servers, primary.wallets)))
    begun = sorted((vault.path / "wal" / "00000002").glob("?" * 24 + "*"))
    assert len(begun) == 2
    for path in begun[:1] if lost == "the first segment" else begun:
        path.unlink()
    return vault, reached, given_up, begun[0].name


@pytest.mark.parametrize("lost", ["the first segment", "every segment"])
def test_a_future_that_was_given_up_is_not_restored_for_want_of_another(
    primary: Primary, tmp_path: Path, lost: str
) -> None:
    """Where the log behind a fork is missing, that is told by its name, also to a moment; with `to_gap` the fork is the end."""
    vault, reached, given_up, missing = restored_and_lost(primary, tmp_path, lost)
    directory, said = tmp_path / "second", []
    told = f"of the log {missing} is missing, and {vault.path} goes on to 00000002"
    for moment in (None, given_up):
        with pytest.raises(CopyError, match=f"{told}.*: put it back from another copy"):
            restoring.restore(vault, directory, restoring.plan(vault, moment, None), report=said.append)
        assert not (directory / "postgres").exists()

    wanted = restoring.plan(vault, None, None, to_gap=True)
    result = restoring.restore(vault, directory, wanted, report=said.append)
    assert [line for line in said if line.startswith(f"What comes after is given up: {told}")]
    assert result.restored.last is not None
    assert result.restored.last.public_id == f"1-{reached}"
    assert not (directory / "postgres" / AT_FORK).exists()
