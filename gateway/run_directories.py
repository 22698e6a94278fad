"""Where the processes of one gateway leave their metrics and find who does what: a temporary folder, held by a lock.

The kernel lets go of the lock with the process, however that ends; so the next gateway knows which folders a killed one
left behind.  It removes no folder that it did not make, and none that a process holds.
"""

import contextlib
import fcntl
import shutil
import tempfile
from pathlib import Path
from typing import IO

PREFIX = "bankroll-run-"
LOCK = "lock"
STOPPING = "stopping"


class RunDirectory:
    """A new folder of this process's own."""

    def __init__(self) -> None:
        self._lock: IO[str] | None = None
        while self._lock is None:
            self.path = Path(tempfile.mkdtemp(prefix=PREFIX))
            self._lock = self._held()

    def remove(self) -> None:
        """Remove it with what is in it; harmless when called again."""
        shutil.rmtree(self.path, ignore_errors=True)
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _held(self) -> IO[str] | None:
        """The lock; None where another process took the folder for an abandoned one before it was locked."""
        lock = (self.path / LOCK).open("w")
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (self.path / LOCK).exists():
            return lock
        lock.close()
        return None


def claimed(directory: Path, what: str) -> IO[str] | None:
    """The claim to be the one process of the gateway that does something; None where another has it.

    It is let go with the process, however that ends.
    """
    claim = (directory / f"{what}.lock").open("w")
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        claim.close()
        return None
    return claim


def sweep() -> None:
    """Remove the folders whose process was killed; one without a lock is not known to be ours."""
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/{LOCK}"):
        with contextlib.suppress(OSError), path.open("r+") as lock:  # held, another user's, or gone meanwhile
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
            shutil.rmtree(path.parent, ignore_errors=True)


def announce_stop(directory: Path) -> None:
    """Let every process of the gateway know that it is about to stop."""
    (directory / STOPPING).touch()


def is_stopping(directory: Path) -> bool:
    """Whether that was announced."""
    return (directory / STOPPING).exists()


def take_back_stop(directory: Path) -> None:
    """Forget what an earlier run announced."""
    (directory / STOPPING).unlink(missing_ok=True)
