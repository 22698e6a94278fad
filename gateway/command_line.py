"""The command line: `bankroll up`, `migrate`, `verify`, `backup`, `restore`, `keys`, `demo` and others.  Each is a few lines over a part.

Answers go to standard output, everything else to standard error.  It prints no secret but the one that was asked for.
"""

import asyncio
import getpass
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

import rich_click as click
from rich.console import Console
from rich.table import Table

from gateway import copies, logs
from gateway.processes import Supervisor, end_with_parent, run
from gateway.resealing import Resealed, seal_anew
from gateway.sealing import Sealing, new_master_key
from gateway.servers import SERVING
from gateway.settings import Settings
from gateway.surroundings import (
    OUTAGES,
    Between,
    settings_here,
    telling_progress,
    told,
    with_servers,
)
from providers import PROVIDERS
from wallet.api_keys import LONGEST_DAYS, ApiKeys, ApiScope
from wallet.audit import Author
from wallet.catalogue import Catalogue
from wallet.database import check_server, connect, open_pool
from wallet.migrate import migrate
from wallet.verify import Report, verify
from wallet.vitals import clock_skew, told_apart

SERVICE = "bankroll_service"
A_WEEK = 7 * 24 * 60 * 60


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Bankroll: the wallet, the ledger and the game gateway of an iGaming operator.

    Settings come from the environment: BANKROLL_PORT, BANKROLL_DATABASE_URL, BANKROLL_OWNER_URL, BANKROLL_REDIS_URL,
    BANKROLL_MASTER_KEYS and others.  Without URLs, Postgres and Valkey of our own run under .bankroll/.
    """
    settings_here()  # refuses a misspelt one whatever the command


@main.command()
def up() -> None:
    """Serve studios and the internal API until SIGTERM or Ctrl-C."""
    logs.configure()
    chores: list[Callable[[], None]] = []
    with with_servers(*SERVING, staying=True, sealing=True, chores=chores) as settings:
        if settings.owner_url is not None:
            _migrate(settings)
        with told():
            Sealing(settings.master_keys)
            asyncio.run(_check(settings))
            run(settings, _say_where, chores)


@main.command(name="migrate")
def migrate_command() -> None:
    """Bring the database of BANKROLL_OWNER_URL to this release's schema."""
    with with_servers("owner_url") as settings:
        applied = _migrate(settings)
    click.echo(
        "\n".join(applied) if applied else "nothing to apply; functions, views and rights were renewed"
    )


@main.command(name="verify")
@click.option(
    "--minutes", default=60.0, show_default=True, type=Between(0, A_WEEK // 60), help="How long it may take."
)
@click.option(
    "--checkpoints",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file that remembers what is proven: it goes on from there. Without one it proves everything.",
)
def verify_command(minutes: float, checkpoints: Path | None) -> None:
    """Prove the books from the journal alone; exit code 1 on any drift, or when the time was over."""
    with with_servers() as settings, told():
        if settings.database_url is None:
            raise click.ClickException("BANKROLL_DATABASE_URL is not set")
        proving = verify(
            settings.database_url, timeout_seconds=minutes * 60, path=checkpoints, progress=telling_progress()
        )
        report: Report = asyncio.run(proving)
    click.echo("\n".join(report.lines()))
    if not report.complete and checkpoints is not None:
        click.echo(f"What is proven is kept in {checkpoints}: run it again to go on.")
    if not report.holds:
        sys.exit(1)


for copying in copies.COMMANDS:
    main.add_command(copying)


@main.group()
def keys() -> None:
    """API keys of the internal API, and master keys."""


@keys.command(name="create")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([scope.value for scope in ApiScope]),
    help="What it may do; again for more. Without any: everything.",
)
@click.option(
    "--days", default=90, show_default=True, type=click.IntRange(1, LONGEST_DAYS), help="How long it lives."
)
def create_key(name: str, scopes: tuple[str, ...], days: int) -> None:
    """Make an API key and print it, this once."""
    granted = tuple(ApiScope(scope) for scope in scopes) or tuple(ApiScope)
    embedded = settings_here().embedded
    with with_servers() as settings:
        if embedded:
            _migrate(settings)
        with told():
            click.echo(asyncio.run(_create_key(settings, name, granted, days)))


@keys.command(name="master")
def create_master_key() -> None:
    """Print a new master key for BANKROLL_MASTER_KEYS; it seals the secrets of provider accounts."""
    click.echo(new_master_key())


@keys.command(name="reseal")
def reseal() -> None:
    """Seal with the newest master key what an older one sealed; then the older may go.  Exit code 1 where a secret does not open."""
    with with_servers(sealing=True) as settings, told():
        resealed = asyncio.run(_reseal(settings))
    click.echo(f"{resealed.accounts} provider accounts sealed anew")
    for reason in resealed.unopened:
        click.echo(f"Not sealed anew: {reason}", err=True)
    if resealed.unopened:
        sys.exit(1)


@main.group()
def providers() -> None:
    """The studios' protocols."""


@providers.command(name="list")
def list_providers() -> None:
    """Every protocol, its verbs, and what its secret is."""
    table = Table("protocol", "title", "secret", "verbs")
    for provider in PROVIDERS.values():
        table.add_row(provider.name, provider.title, provider.secret_form, ", ".join(sorted(provider.verbs)))
    Console().print(table)


@providers.command(name="new")
@click.argument("name")
def new_provider(name: str) -> None:
    """Stamp the files of a new protocol into this checkout; they pass the conformance suite as they are."""
    from gateway.new_provider import CannotStamp, finish, stamp

    try:
        written = stamp(name, Path.cwd())
        finish(name, Path.cwd(), written)
    except CannotStamp as error:
        raise click.ClickException(str(error)) from error
    click.echo("\n".join(str(path) for path in (*written, f"tests/providers/transcripts/{name}/")))
    click.echo(f"See it pass: make test ONLY='tests/providers -k {name}'. Then: docs/adding-a-provider.md")


@main.command()
@click.option("--rate", default=200.0, show_default=True, type=Between(0.1, 10_000), help="Bets a second.")
@click.option("--for", "seconds", type=Between(1, A_WEEK), help="Seconds to play; without it until Ctrl-C.")
@click.option("--with-parent", is_flag=True, help="End when the process that started it has ended.")
def demo(rate: float, seconds: float | None, with_parent: bool) -> None:  # noqa: FBT001 - a flag of the command
    """A gateway with players and simulated studios, and a view of them."""
    from bench import demo as bench_demo

    if with_parent:
        end_with_parent()
    with told():
        sys.exit(bench_demo.run(settings_here(), seconds, rate))


@main.command()
@click.argument("parts", nargs=-1, type=click.Choice(("ledger", "gateway", "history", "soak")))
@click.option(
    "--seconds",
    default=5.0,
    show_default=True,
    type=Between(0.01, 3600),
    help="For one point, in all its turns.",
)
@click.option("--small", is_flag=True, help="Only show that everything runs.")
def bench(parts: tuple[str, ...], seconds: float, small: bool) -> None:  # noqa: FBT001 - a flag of the command
    """Measure the PARTS named, or `ledger` and `gateway`, beside their baselines; write bench/results/."""
    from bench import points, runs

    with told():
        effort = points.Effort(seconds=seconds, turns=1 if small else 3, small=small)
        sys.exit(runs.run(settings_here(), parts, effort))


def _migrate(settings: Settings) -> list[str]:
    """Migrate; the service's password becomes the one it is known by in BANKROLL_DATABASE_URL."""
    if settings.owner_url is None:
        return []
    service = urlsplit(settings.database_url or "")
    password = unquote(service.password) if service.username == SERVICE and service.password else None
    with told():
        return asyncio.run(migrate(settings.owner_url, password))


async def _check(settings: Settings) -> None:
    """Refuse a server that could lose money before anything is started; one that is away is waited for."""
    if settings.database_url is None:
        return
    try:
        connection = await connect(settings.database_url, purpose="check")
    except OUTAGES as error:
        click.echo(f"Postgres does not answer yet ({type(error).__name__}); starting all the same", err=True)
        return
    try:
        await check_server(connection)
        if apart := told_apart(await clock_skew(connection)):
            click.echo(f"{apart}: see to the clocks; starting all the same", err=True)
    finally:
        connection.terminate()


async def _create_key(settings: Settings, name: str, scopes: tuple[ApiScope, ...], days: int) -> str:
    if settings.database_url is None:
        raise click.ClickException("BANKROLL_DATABASE_URL is not set")
    pool = await open_pool(settings.database_url, purpose="keys", size=1)
    try:
        return await ApiKeys(pool).create(
            name, scopes, datetime.now(UTC) + timedelta(days=days), _author("keys_create")
        )
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    finally:
        await pool.close()


async def _reseal(settings: Settings) -> Resealed:
    if settings.database_url is None:
        raise click.ClickException("BANKROLL_DATABASE_URL is not set")
    pool = await open_pool(settings.database_url, purpose="keys", size=1)
    try:
        return await seal_anew(Catalogue(pool), Sealing(settings.master_keys), _author("keys_reseal"))
    finally:
        await pool.close()


def _author(operation: str) -> Author:
    """Who runs the command, as the operating system knows them."""
    try:
        who = getpass.getuser()
    except (KeyError, OSError):  # a container's nameless user
        who = f"uid-{os.getuid()}"
    return Author(f"command_line:{who}", operation)


def _say_where(supervisor: Supervisor) -> None:
    for what, path in (
        ("callbacks", "/callbacks/{account}/"),
        ("API", "/v1"),
        ("its description", "/schema"),
    ):
        click.echo(f"{what:<16} {supervisor.url}{path}", err=True)


if __name__ == "__main__":
    main()
