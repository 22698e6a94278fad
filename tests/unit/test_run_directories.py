"""The folders that gateways leave their metrics in: held while their process lives, removed by the next one after."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO

import pytest

from gateway import run_directories
from gateway.run_directories import PREFIX, RunDirectory, sweep

HOLD = (
    "from gateway.run_directories import RunDirectory as R; held = R(); print(held.path, flush=True); input()"
)


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary files of this test's own, for its child processes too."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_the_folder_of_a_killed_process_is_removed_and_no_other(temporary: Path) -> None:
    """A sweep leaves what a process holds and what it does not know, until a kill -9 lets go."""
    stranger = temporary / f"{PREFIX}of-somebody"
    stranger.mkdir()
    mine = RunDirectory()
    with subprocess.Popen(
        [sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        theirs = Path(other.stdout.readline().strip())
        (theirs / "process-1.json").write_text("{}")
        sweep()
        assert theirs.exists()
        other.kill()
    sweep()
    assert set(temporary.iterdir()) == {stranger, mine.path}
    for _ in range(2):
        mine.remove()
    assert set(temporary.iterdir()) == {stranger}


def test_a_folder_that_was_swept_before_it_was_locked_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who loses that race holds another folder."""
    locks: list[IO[str]] = []

    def flock(lock: IO[str], _operation: int) -> None:
        if not locks:
            shutil.rmtree(Path(lock.name).parent)
        locks.append(lock)

    monkeypatch.setattr(run_directories.fcntl, "flock", flock)
    directory = RunDirectory()
    assert len(locks) == 2
    assert directory.path.exists()
    assert directory.path == Path(locks[1].name).parent
    directory.remove()
