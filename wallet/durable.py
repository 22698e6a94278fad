"""Files that a power cut leaves whole or not there: their bytes are on the disk before their name is, and then the name.

What stands in them is their writers' matter.
"""

import errno
import os
import secrets
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

SECRET = 0o600
ANYBODYS = 0o666  # less the umask
WITHOUT_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS})  # as some network drives are
WITHOUT_FOLDERS = frozenset({errno.EINVAL, errno.EBADF})  # that can be flushed; Postgres goes on there too


def write(path: Path, content: bytes, *, mode: int = ANYBODYS) -> None:
    """Put a file in its place, over the one that is there."""
    with written(path, content, mode=mode) as fresh:
        fresh.replace(path)
    settle(path.parent)


def write_first(path: Path, content: bytes, *, mode: int = ANYBODYS) -> None:
    """Put a file in its place unless there is one: of all who do so at once one is heard, and who it was can be read."""
    with written(path, content, mode=mode) as fresh, suppress(FileExistsError):
        try:
            os.link(fresh, path)
        except OSError as error:
            if error.errno not in WITHOUT_LINKS:
                raise
            fresh.rename(path)
    settle(path.parent)


@contextmanager
def written(path: Path, content: bytes = b"", *, mode: int = ANYBODYS) -> Generator[Path, None, None]:
    """A file of nobody else's beside the path, on the disk already; it goes unless it is given a name."""
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield fresh
    finally:
        fresh.unlink(missing_ok=True)


def settle(folder: Path) -> None:
    """Flush a folder: what was made, renamed and removed in it stays so."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    except OSError as error:
        if error.errno not in WITHOUT_FOLDERS:
            raise
    finally:
        os.close(number)
