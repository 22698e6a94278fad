"""The commands for copies, where they refuse: what is wrong is said in one line, and nothing was touched."""

from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result

from gateway import copies
from gateway.command_line import main
from gateway.sealing import new_master_key
from gateway.servers import MASTER_KEY
from gateway.settings import Settings
from tests.servers import Database
from wallet.restoration import LastPosting, Restored
from wallet.vault import Vault
from wallet.verify import Report

NO_SERVERS = {
    f"BANKROLL_{name}": "" for name in ("OWNER_URL", "DATABASE_URL", "REPLICATION_URL", "REDIS_URL")
}


def said(folder: Path, *words: str, **named: str) -> Result:
    environment = {**NO_SERVERS, **named, "BANKROLL_DIRECTORY": str(folder / "bankroll")}
    return CliRunner().invoke(main, words, env=environment)


def in_one_line(result: Result) -> str:
    """What was said, without the frame that it is drawn in."""
    return " ".join(result.output.replace("│", " ").split())


def test_a_role_that_may_not_replicate_is_refused(database: Database, tmp_path: Path) -> None:
    """The service's role may not copy the database; the vault is not even made."""
    vault = tmp_path / "vault"
    result = said(tmp_path, "backup", str(vault), BANKROLL_REPLICATION_URL=database.service_url)
    assert result.exit_code == 1
    assert "replication" in in_one_line(result).lower()
    assert not vault.exists()


@pytest.mark.parametrize(
    ("named", "kept", "keep"),
    [
        (True, True, "BANKROLL_MASTER_KEYS"),
        (True, False, "BANKROLL_MASTER_KEYS"),
        (False, True, MASTER_KEY),
        (False, False, None),  # nothing was ever sealed
    ],
)
def test_a_backup_says_which_master_key_to_keep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: bool, kept: bool, keep: str | None
) -> None:
    """It is what the variable holds wherever that is set, since a file of before a rotation opens nothing; else the file."""
    directory = tmp_path / "bankroll"
    directory.mkdir()
    if kept:
        (directory / MASTER_KEY).write_text(new_master_key())
    made = SimpleNamespace(name="copy", timeline=1, started=0, ended=1)
    monkeypatch.setattr(copies.backups, "take", lambda *_, **__: made)
    monkeypatch.setattr(copies, "served", lambda *_: nullcontext(Settings(owner_url="owner")))
    key = new_master_key() if named else ""
    result = said(tmp_path, "backup", str(tmp_path / "vault"), BANKROLL_MASTER_KEYS=key)
    assert result.exit_code == 0
    where = keep if named or keep is None else directory / keep
    said_so = "" if keep is None else f"The master key is not in it: keep {where} somewhere else.\n"
    assert result.stderr == said_so


@pytest.mark.parametrize("command", ["backup", "archive"])
def test_a_copy_needs_to_know_of_what(command: str, tmp_path: Path) -> None:
    """With servers named, none of which may be copied, the variable that is missing is named."""
    result = said(tmp_path, command, str(tmp_path / "vault"), BANKROLL_DATABASE_URL="postgresql://nowhere/x")
    assert result.exit_code == 1
    assert "BANKROLL_REPLICATION_URL must be set" in in_one_line(result)


def test_a_backup_that_is_left_out_is_told(tmp_path: Path) -> None:
    """A damaged backup is named by the command, which does not end in a trace."""
    Vault(tmp_path).claim("7")
    note = tmp_path / "backups" / "broken" / "backup.json"
    note.parent.mkdir(parents=True)
    note.write_text("garbage")
    result = said(tmp_path, "restore", str(tmp_path))
    assert result.exit_code == 1
    assert "damaged or gone: that backup is left out" in in_one_line(result)


def test_an_empty_vault_restores_nothing(tmp_path: Path) -> None:
    """A folder without a backup is said to be one, and no data are made."""
    result = said(tmp_path, "restore", str(tmp_path))
    assert result.exit_code == 1
    assert "holds no backup" in in_one_line(result)
    assert not (tmp_path / "bankroll").exists()


def test_only_embedded_servers_are_restored(database: Database, tmp_path: Path) -> None:
    """Where servers are named, data would go where nobody reads them: it says what to do instead."""
    result = said(tmp_path, "restore", str(tmp_path), BANKROLL_DATABASE_URL=database.service_url)
    assert result.exit_code == 1
    assert "bankroll restored" in in_one_line(result)


def test_a_redis_that_cannot_forget_is_told(fresh_database: Database, tmp_path: Path) -> None:
    """`restored` ends with 1 and one line, no trace; once Redis is back it is said again."""
    result = said(
        tmp_path,
        "restored",
        BANKROLL_OWNER_URL=fresh_database.owner_url,
        BANKROLL_DATABASE_URL=fresh_database.service_url,
        BANKROLL_REDIS_URL="redis://127.0.0.1:1/0",
    )
    assert (result.exit_code, type(result.exception)) == (1, SystemExit)
    assert "ConnectionError: Error 111 connecting to 127.0.0.1:1" in in_one_line(result)


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ("", None),
        ("# synchronous_standby_names = 'a remark'\nwork_mem = '8MB'\n", None),
        ("synchronous_standby_names = ''\n", None),
        ("work_mem = '8MB'\nsynchronous_standby_names = 'bankroll_archive'\n", "bankroll_archive"),
        (
            "synchronous_standby_names = 'ANY 1 (bankroll_archive, \"other''s\")'\n",
            "ANY 1 (bankroll_archive, \"other''s\")",
        ),
        ("synchronous_standby_names = 'standby'\nsynchronous_standby_names = ''\n", None),  # the last counts
    ],
)
def test_a_restore_says_that_commits_wait_no_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: str, names: str | None
) -> None:
    """Where they waited for a copy on the server that was backed up, it says so, with what sets it again."""
    chosen, now = SimpleNamespace(name="copy"), datetime(2026, 11, 21, 12, tzinfo=UTC)
    base = tmp_path / "backups" / chosen.name / "base"
    base.mkdir(parents=True)
    (base / "postgresql.auto.conf").write_text(settings)
    proven = Restored(2, LastPosting("1-7", now), Report(()))
    made = SimpleNamespace(restored=proven, aside=None, in_place=True)
    monkeypatch.setattr(copies.restoring, "plan", lambda *_, **__: SimpleNamespace(backup=chosen))
    monkeypatch.setattr(copies.restoring, "restore", lambda *_, **__: made)
    result = said(tmp_path, "restore", str(tmp_path), BANKROLL_MASTER_KEYS=new_master_key())
    assert result.exit_code == 0, result.output
    again = f"alter system set synchronous_standby_names = '{names}'; select pg_reload_conf();"
    told = f"Commits wait for {names} no longer. Once the log is streamed there again, say {again}\n"
    assert result.stderr == (told if names else "")


@pytest.mark.parametrize("moment", ["yesterday", "2026-13-01", ""])
def test_a_moment_that_is_none_is_refused(moment: str, tmp_path: Path) -> None:
    """What is no moment is not taken for one."""
    result = said(tmp_path, "restore", str(tmp_path), "--to-time", moment)
    assert result.exit_code == 2
    assert "is no moment such as" in in_one_line(result)


def test_a_gap_is_given_up_only_on_the_way_to_the_end(tmp_path: Path) -> None:
    """A moment is reached or not: what says otherwise is refused, and does not do nothing."""
    result = said(tmp_path, "restore", str(tmp_path), "--to-gap", "--to-time", "2026-11-21T17:30:00Z")
    assert result.exit_code == 2
    assert "leave --to-gap out" in in_one_line(result)
