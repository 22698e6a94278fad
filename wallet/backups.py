"""Taking a base backup: a copy of a running Postgres with the log that makes it consistent, checked before it counts.

The server goes on meanwhile.  A backup has its name only when it is whole; what was left half made never has a note.
"""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from wallet import durable, replication
from wallet.embedded import PASSWORDS
from wallet.vault import BACKUPS, BASE, MANIFEST, NOTE, Backup, CopyError, Vault, place_of

OURS = 18
"""The version whose log our own programs can read."""


def take(url: str, vault: Vault, *, passwords: Path | None = None) -> Backup:
    """Copy the server at `url`, whose role may replicate, into the vault, and check the copy.

    `passwords` are those of an embedded server, which its data are of no use without.  Raises `CopyError`.
    """
    server = replication.identify(url)
    vault.claim(server.system)
    started = datetime.now(UTC)
    name = started.strftime("%Y%m%dT%H%M%S.%fZ")
    place = vault.path / BACKUPS / name
    base = place / BASE
    place.mkdir(mode=0o700, parents=True)
    try:
        _copy(url, base, name)
        version = int((base / "PG_VERSION").read_text())
        verify_copy(base, read_log=version == OURS)
        timeline, end = consistent_at(json.loads((base / MANIFEST).read_text()))
        if passwords is not None:
            durable.write(place / PASSWORDS, passwords.read_bytes(), mode=durable.SECRET)
        backup = Backup(
            name=name,
            system=server.system,
            timeline=timeline,
            version=version,
            started=started,
            ended=datetime.now(UTC),
            end=end,
            embedded=passwords is not None,
        )
        durable.settle(place.parent)
        durable.write(place / NOTE, msgspec.json.format(msgspec.json.encode(backup)))
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise
    return backup


def verify_copy(base: Path, *, read_log: bool) -> None:
    """Every file against the manifest, and with `read_log` the copy's own log from beginning to end.  Raises `CopyError`."""
    log = () if read_log else ("--no-parse-wal",)
    replication.told("pg_verifybackup", "--quiet", "--exit-on-error", *log, base)


def consistent_at(manifest: dict[str, list[dict[str, str | int]]]) -> tuple[int, int]:
    """The timeline and the place in the log that a copy must be followed to, as its manifest says."""
    needed = manifest.get("WAL-Ranges", [])
    if not needed:
        raise CopyError("the backup's manifest names no log")
    return int(needed[-1]["Timeline"]), place_of(str(needed[-1]["End-LSN"]))


def _copy(url: str, base: Path, label: str) -> None:
    replication.told(
        "pg_basebackup",
        f"--dbname={replication.address(url)}",
        f"--pgdata={base}",
        f"--label=bankroll {label}",
        "--checkpoint=fast",
        "--wal-method=stream",
        "--manifest-checksums=SHA256",
        "--no-password",
        url=url,
    )
