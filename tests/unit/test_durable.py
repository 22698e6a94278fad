"""What is written to last is on the disk before it has its name, and nothing else is left beside it."""

import errno
import os
from pathlib import Path

import pytest

from gateway import servers
from gateway.servers import MASTER_KEY, kept_master_key
from wallet import durable, embedded_data
from wallet.embedded import PASSWORDS
from wallet.vault import Vault

UNNAMED = "a file without its name"


@pytest.fixture
def flushed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was flushed in the folder of the test, in order, by the names that it had."""
    told, flush = [], os.fsync

    def fsync(number: int) -> None:
        flush(number)
        entry = os.fstat(number).st_ino
        names = {path.stat().st_ino: path.name for path in (tmp_path, *tmp_path.iterdir())}
        told.append(UNNAMED if names[entry].endswith(".new") else names[entry])

    monkeypatch.setattr(os, "fsync", fsync)
    return told


@pytest.mark.parametrize("writer", [durable.write, durable.write_first])
def test_bytes_are_flushed_before_the_name_and_then_the_name(
    tmp_path: Path, flushed: list[str], writer
) -> None:
    """A power cut leaves the file whole or not there; what a killed writer left is in nobody's way."""
    (tmp_path / "note.new").write_text("half")
    writer(tmp_path / "note", b"whole", mode=0o600)
    assert flushed == [UNNAMED, tmp_path.name]
    assert (tmp_path / "note").read_bytes() == b"whole"
    assert (tmp_path / "note").stat().st_mode & 0o777 == 0o600
    assert {path.name for path in tmp_path.iterdir()} == {"note", "note.new"}


@pytest.mark.parametrize("linking", [None, errno.EPERM, errno.EOPNOTSUPP, errno.EROFS])
def test_the_first_file_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, linking: int | None) -> None:
    """A second one of the name changes nothing; without links a name is given all the same, and any failure is told."""

    def refused(*_: object) -> None:
        raise OSError(linking, "no")

    if linking is not None:
        monkeypatch.setattr(os, "link", refused)
    if linking == errno.EROFS:
        with pytest.raises(OSError, match="no"):
            durable.write_first(tmp_path / "note", b"first")
        assert list(tmp_path.iterdir()) == []
        return
    durable.write_first(tmp_path / "note", b"first")
    if linking is None:
        durable.write_first(tmp_path / "note", b"second")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"first"]


@pytest.mark.parametrize("number", [errno.EINVAL, errno.EIO])
def test_a_folder_that_knows_no_flush_is_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """A file system that does not flush folders is lived with, as Postgres does; a disk that fails is told."""

    def refused(_: int) -> None:
        raise OSError(number, "no")

    monkeypatch.setattr(os, "fsync", refused)
    if number == errno.EINVAL:
        durable.settle(tmp_path)
    else:
        with pytest.raises(OSError, match="no"):
            durable.settle(tmp_path)


async def nothing_sealed(_url: str) -> bool:
    return False


@pytest.mark.parametrize("what", ["vault.json", "vault.json again", PASSWORDS, MASTER_KEY])
def test_what_data_cannot_be_used_without_outlives_a_power_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flushed: list[str], what: str
) -> None:
    """Whose vault it is and its epochs, the passwords and the master key are flushed before anything goes on."""
    monkeypatch.setattr(servers, "_holds_secrets", nothing_sealed)
    if what == PASSWORDS:
        embedded_data.passwords_of(tmp_path / PASSWORDS, missing_is_fine=True)
    elif what == MASTER_KEY:
        kept_master_key(tmp_path, "postgresql://anywhere")
    else:
        Vault(tmp_path).claim("7")
    if what == "vault.json again":
        flushed.clear()
        Vault(tmp_path).remember(5)
    assert flushed == [UNNAMED, tmp_path.name]
    assert [path.name for path in tmp_path.iterdir()] == [what.removesuffix(" again")]
