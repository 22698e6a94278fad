"""A vault: the folder that keeps base backups of one Postgres and the log it wrote since.

``backups/NAME/base`` is a copy of the data and ``backups/NAME/backup.json`` says of what; ``wal/TIMELINE/`` holds
segments of the log; ``vault.json`` says whose they are, and which restore epochs were given out.  It reads and
chooses; it copies nothing, and never removes a backup.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from wallet import durable

BACKUPS = "backups"
BASE = "base"
LOG = "wal"
NOTE = "backup.json"
MANIFEST = "backup_manifest"
DAMAGE = (msgspec.MsgspecError, UnicodeDecodeError)
HISTORY = re.compile(r"([0-9A-F]{8})\.history")


class CopyError(RuntimeError):
    """A copy cannot be made or used; the message says why and what to do."""


class Backup(Struct, frozen=True):
    """A base backup that is whole.  Places in the log are in bytes."""

    name: str
    system: str  # what Postgres calls the database server for all its life
    timeline: int
    version: int  # of Postgres, the major one
    started: datetime
    ended: datetime
    end: int  # where in the log the copy is consistent
    embedded: bool  # of a server of our own


class Holdings(Struct, frozen=True):
    """Whose vault this is."""

    system: str
    restore_epoch: int = 1  # the highest that a restore from here was given


class Fork(Struct, frozen=True):
    """A timeline that another one left, and where."""

    timeline: int
    end: int


class Vault:
    """The vault at a path, which need not exist yet."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self._note = self.path / "vault.json"

    @property
    def holdings(self) -> Holdings | None:
        """Whose it is; None for one that is still empty.  Raises `CopyError` where copies are kept and it is not said whose."""
        begun = any((self.path / folder).exists() for folder in (BACKUPS, LOG))  # after the note is written
        if not begun and not self._note.exists():
            return None
        try:
            return msgspec.json.decode(self._note.read_bytes(), type=Holdings)
        except (FileNotFoundError, *DAMAGE) as error:
            raise CopyError(
                f"{self._note} is damaged or gone ({error}): put it back from a copy of the vault, or write it anew"
                " as docs/operations.md says"
            ) from error

    def claim(self, system: str) -> None:
        """Keep copies of this server here from now on.  Raises `CopyError` where another one's are kept."""
        if self.holdings is None:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            durable.write_first(self._note, _text(Holdings(system)))
        held = self.holdings  # perhaps another's, who began in the same moment
        if held is None or held.system != system:
            raise CopyError(
                f"{self.path} keeps copies of another database server: give each a vault of its own"
            )

    def remember(self, restore_epoch: int) -> None:
        """No later restore from here may be given an epoch as low as this."""
        held = self.holdings
        if held is not None:
            highest = max(restore_epoch, held.restore_epoch)
            durable.write(self._note, _text(replace(held, restore_epoch=highest)))

    def try_to_remember(self) -> None:
        """Raises `CopyError` where `remember` could not write: a restore ends with it, and may take hours."""
        if self.holdings is None:
            return
        try:
            with durable.written(self._note):
                pass
        except OSError as error:
            raise CopyError(
                f"the epoch of a restore is kept in {self._note}, beside which nothing can be written ({error}):"
                " docs/operations.md says what to do about a vault that is read-only"
            ) from error

    def backups(self) -> list[Backup]:
        """The backups that are whole, the oldest first."""
        found = (backup for _, backup in self._noted() if backup is not None)
        return sorted(found, key=lambda backup: backup.ended)

    def damaged(self) -> list[Path]:
        """What of a backup is damaged or gone: it is left out, and the others can be used."""
        return sorted(path for path, backup in self._noted() if backup is None)

    def base(self, backup: Backup) -> Path:
        """Where a backup's copy of the data is."""
        return self.path / BACKUPS / backup.name / BASE

    def streamed(self) -> list[Path]:
        """The folders that the log was streamed into."""
        return sorted((self.path / LOG).glob("*/"))

    def copied(self) -> list[Path]:
        """The folders with the little log that belongs to a backup, the newest first."""
        return [self.base(backup) / "pg_wal" for backup in reversed(self.backups())]

    def log_places(self) -> list[Path]:
        """Every folder that may hold segments and histories of the log."""
        return [*self.streamed(), *self.copied()]

    def timelines(self) -> list[int]:
        """The timelines that the vault knows of, in order; a restore or a promotion begins a new one."""
        found = {
            int(path.name[:8], 16)
            for place in self.log_places()
            for path in place.iterdir()
            if re.match(r"[0-9A-F]{24}|[0-9A-F]{8}\.history", path.name)
        }
        return sorted(found | {backup.timeline for backup in self.backups()})

    def forks(self, timeline: int) -> list[Fork]:
        """The timelines that this one comes from.  Raises `CopyError` where that is not known."""
        if timeline == 1:
            return []
        for place in self.log_places():
            path = place / f"{timeline:08X}.history"
            if path.exists():
                try:
                    return forks_of(path.read_text())
                except (ValueError, IndexError) as error:
                    raise CopyError(f"{path} is damaged: put it back from a copy of the vault") from error
        if any(backup.timeline == timeline for backup in self.backups()):
            return []
        raise CopyError(f"{self.path} does not know where timeline {timeline} comes from")

    def _noted(self) -> Iterator[tuple[Path, Backup | None]]:
        for note in (self.path / BACKUPS).glob(f"*/{NOTE}"):
            try:
                backup = msgspec.json.decode(note.read_bytes(), type=Backup)
            except DAMAGE:
                yield note, None
                continue
            base = self.base(backup)
            yield base, backup if (base / "pg_wal").is_dir() else None


def _text(holdings: Holdings) -> bytes:
    return msgspec.json.format(msgspec.json.encode(holdings))


def choose(
    backups: Iterable[Backup], timeline: int, forks: Sequence[Fork], moment: datetime | None
) -> Backup | None:
    """The newest backup from which the timeline can be followed to the moment (None: to its end).

    What was copied on an older timeline counts up to where the newer one left it: what came after is another future.
    """
    left = {fork.timeline: fork.end for fork in forks}
    possible = [
        backup
        for backup in backups
        if (backup.timeline == timeline or backup.end <= left.get(backup.timeline, -1))
        and (moment is None or backup.ended <= moment)
    ]
    return max(possible, key=lambda backup: backup.ended, default=None)


def forks_of(history: str) -> list[Fork]:
    """What a timeline's history file says: which timelines it comes from, and how much of each.

    After a restore to before an older restore's fork it names that fork still; nothing behind the earlier one counts.
    """
    lines = (line.split() for line in history.splitlines() if line.strip() and not line.startswith("#"))
    said = [Fork(int(words[0]), place_of(words[1])) for words in lines]
    return [Fork(fork.timeline, min(later.end for later in said[place:])) for place, fork in enumerate(said)]


def place_of(text: str) -> int:
    """A place in the log, as Postgres writes it: ``1/2A000028``."""
    high, _, low = text.partition("/")
    return (int(high, 16) << 32) + int(low, 16)
