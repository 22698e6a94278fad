"""`bankroll backup`, `archive`, `restore` and `restored`: copies of the database, and what is done with them.

Each is a few lines over a part of the wallet.  None removes a copy, and none puts one over data without being told.
"""

import asyncio
import signal
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import rich_click as click

from gateway.servers import ADDRESSES, MASTER_KEY, SERVING, running_at, served
from gateway.settings import Settings, SettingsError, variable
from gateway.surroundings import report, settings_here, telling_progress, told, with_servers
from wallet import backups, restoring
from wallet.archive import SLOT, keep
from wallet.embedded import PASSWORDS
from wallet.migrate import migrate
from wallet.restoration import LAST_EPOCH, Restored, settle
from wallet.vault import CopyError, Vault

VAULT = click.Path(file_okay=False, path_type=Path)


class Moment(click.ParamType[datetime]):
    """A moment as ISO 8601 writes it; in UTC unless it says otherwise."""

    name = "moment"

    def convert(  # pyrefly: ignore[missing-override-decorator] - of 3.12
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """The moment.  Fails with what it should look like."""
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value} is no moment such as 2026-11-21T17:30:00Z", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@click.command()
@click.argument("to", type=VAULT)
def backup(to: Path) -> None:
    """Copy the running database into the vault TO, with the log that makes the copy consistent, and check it."""
    with told(), _copied() as (url, passwords):
        made = backups.take(url, Vault(to), passwords=passwords)
    click.echo(
        f"{made.name} in {to}: timeline {made.timeline}, taken in {made.ended - made.started}, checked"
    )
    if passwords is not None and (key := _master_key(passwords.with_name(MASTER_KEY))):
        report(f"The master key is not in it: keep {key} somewhere else.")


@click.command()
@click.argument("to", type=VAULT)
@click.option("--slot", default=SLOT, show_default=True, help="Whose place in the log the server remembers.")
def archive(to: Path, slot: str) -> None:
    """Keep the log in the vault TO as it is written, until SIGTERM or Ctrl-C: with a backup it leads to any moment."""
    settings, stop = settings_here(), threading.Event()
    with told():
        named = None if settings.embedded else _replicating(settings)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())

    def find() -> str:
        if named is not None:
            return named
        found = running_at(Path(settings.directory) / ADDRESSES)
        if found is None:
            raise CopyError(f"no server runs in {settings.directory}: start `bankroll up` first")
        return found["owner_url"]

    with told():
        keep(find, Vault(to), stop, report, slot=slot)


@click.command()
@click.argument("source", metavar="FROM", type=VAULT)
@click.option("--to-time", "moment", type=Moment(), help="As it was then; without it, everything there is.")
@click.option("--to-gap", is_flag=True, help="Where a part of the log is lost: up to there.")
@click.option("--timeline", type=click.IntRange(1), help="Along another timeline than the newest.")
@click.option("--replace", is_flag=True, help="Move the data that are there aside.")
def restore(
    source: Path, moment: datetime | None, timeline: int | None, *, to_gap: bool, replace: bool
) -> None:
    """Put a copy from the vault FROM into the embedded servers' directory, proven, under a new restore epoch."""
    if to_gap and moment is not None:
        raise click.UsageError("--to-time ends at that moment or not at all: leave --to-gap out")
    settings = settings_here()
    if not settings.embedded:
        raise click.ClickException(
            "this restores embedded servers; put a copy of a server of your own back by hand (docs/operations.md),"
            " then run `bankroll restored`"
        )
    directory = Path(settings.directory)
    with told():
        vault = Vault(source)
        for path in vault.damaged():
            report(f"{path} is damaged or gone: that backup is left out")
        wanted = restoring.plan(vault, moment, timeline, to_gap=to_gap)
        result = restoring.restore(
            vault, directory, wanted, replace=replace, report=report, progress=telling_progress()
        )
    _tell(result.restored)
    if result.aside is not None:
        click.echo(f"{'before':<12} {result.aside}")
    if not result.in_place:
        raise click.ClickException(f"The books do not hold: nothing was replaced, look at {result.directory}")
    click.echo(f"{'in place':<12} {directory}; take a new backup now")
    if names := restoring.waited_for(vault, wanted.backup):
        report(
            f"Commits wait for {names} no longer. Once the log is streamed there again, say"
            f" alter system set synchronous_standby_names = '{names}'; select pg_reload_conf();"
        )
    if not settings.master_keys and not (directory / MASTER_KEY).exists():
        report(f"Put the master key back: BANKROLL_MASTER_KEYS, or {directory / MASTER_KEY}")


@click.command()
@click.option(
    "--above", default=0, type=click.IntRange(0, LAST_EPOCH - 1), help="The highest restore epoch ever used."
)
def restored(above: int) -> None:
    """Say that the database named was restored to an earlier moment, or that it was a standby: its gateways are stopped.

    Raises the restore epoch, lets Redis forget, and proves the books.
    """
    with with_servers("owner_url", *SERVING) as settings, told():
        owner, database, redis = settings.owner_url, settings.database_url, settings.redis_url
        if owner is None or database is None or redis is None:
            raise SettingsError("name every server")

        async def done() -> Restored:
            await migrate(owner)
            return await settle(owner, database, redis, above=above, progress=telling_progress())

        settled = asyncio.run(done())
    _tell(settled)
    if not settled.report.holds:
        sys.exit(1)


COMMANDS = (backup, archive, restore, restored)


def _tell(settled: Restored) -> None:
    last = settled.last
    reached = "nothing was ever posted" if last is None else f"{last.recorded_at:%Y-%m-%d %H:%M:%S.%f} UTC"
    click.echo("\n".join(settled.report.lines()))
    click.echo(f"{'reached':<12} {reached}" + (f", posting {last.public_id}" if last else ""))
    click.echo(f"{'lost':<12} whatever was posted after that")
    click.echo(
        f"{'undone':<12} what the API changed after that: block, revoke, rotate and erase again (docs/operations.md)"
    )
    click.echo(f"{'epoch':<12} {settled.restore_epoch}")


@contextmanager
def _copied() -> Generator[tuple[str, Path | None], None, None]:
    """Where the server to be copied is, and of an embedded one its passwords."""
    settings = settings_here()
    if not settings.embedded:
        yield _replicating(settings), None
        return
    with served(settings, report) as found:
        yield found.owner_url or "", Path(settings.directory) / PASSWORDS


def _master_key(file: Path) -> str | None:
    """Where the master key in use stands; the file of one that was replaced is nobody's while the variable is set."""
    if settings_here().master_keys:
        return variable("master_keys")
    return str(file) if file.exists() else None


def _replicating(settings: Settings) -> str:
    url = settings.replication_url or settings.owner_url
    if url is None:
        raise SettingsError("BANKROLL_REPLICATION_URL must be set: a role that may replicate")
    return url
