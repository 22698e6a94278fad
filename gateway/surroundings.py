"""What a command stands on: the settings of the environment, the servers that it needs, and what can be wrong outside.

A trace is for bugs: everything that an operator can mend is told in one line.  It does nothing of a command's own.
"""

import os
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager
from time import monotonic
from typing import Any

import asyncpg
import redis.exceptions
import rich_click as click

from gateway.listening import PortTaken
from gateway.sealing import SealingError
from gateway.servers import DATABASE, served
from gateway.settings import Settings, SettingsError, settings_from
from wallet.checkpoints import CheckpointsError
from wallet.database import UnsafeServer
from wallet.migrate import MigrationError
from wallet.processes import EmbeddedError
from wallet.proofs import Progress
from wallet.vault import CopyError

OUTAGES = (
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    redis.exceptions.RedisError,
)
TOLD = (
    *(CheckpointsError, CopyError, EmbeddedError, MigrationError, PortTaken),
    *(SealingError, SettingsError, UnsafeServer),
)
"""What explains itself."""

SILENCE = (ConnectionError, TimeoutError, socket.gaierror, redis.exceptions.ConnectionError)
UNREACHED = (
    "\nDo the servers run that BANKROLL_DATABASE_URL, BANKROLL_OWNER_URL and BANKROLL_REDIS_URL name,"
    " and are they reached from here?"
)

PROGRESS_SECONDS = 2.0


class Between(click.FloatRange):
    """A number within bounds, both of them possible.  Click's own also takes what is no number (``nan``)."""

    def __init__(self, least: float, most: float) -> None:
        super().__init__(least, most)

    def convert(  # pyrefly: ignore[missing-override-decorator] - of 3.12
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """The number.  Fails with the bounds."""
        number = super().convert(value, param, ctx)
        if number != number:  # noqa: PLR0124 - only what is no number differs from itself
            self.fail(f"{value} is not in the range {self.min:g}<=x<={self.max:g}.", param, ctx)
        return number


@contextmanager
def told() -> Generator[None, None, None]:
    """Tell what can be wrong outside in one line."""
    try:
        yield
    except TOLD as error:
        raise click.ClickException(str(error)) from error
    except OUTAGES as error:
        advice = UNREACHED if isinstance(error, SILENCE) else ""
        raise click.ClickException(f"{type(error).__name__}: {error}{advice}") from error


def settings_here() -> Settings:
    """The settings of the environment."""
    with told():
        return settings_from(os.environ)


@contextmanager
def with_servers(
    *needs: str,
    staying: bool = False,
    sealing: bool = False,
    chores: list[Callable[[], None]] | None = None,
) -> Generator[Settings, None, None]:
    """The settings with the servers whose URLs a command needs: the database's, unless told otherwise."""
    settings = settings_here()
    needed = needs or (DATABASE,)
    with (
        told(),
        served(settings, report, staying=staying, needs=needed, sealing=sealing, chores=chores) as found,
    ):
        yield found


def report(line: str) -> None:
    """Say it on standard error: standard output is for answers."""
    click.echo(line, err=True)


def telling_progress() -> Progress:
    """Say every two seconds how far verification is."""
    began = said = monotonic()

    def tell(wallets: int, of: int) -> None:
        nonlocal said
        now = monotonic()
        if now - said >= PROGRESS_SECONDS:
            said = now
            report(f"{wallets:,} of {of:,} wallets ({now - began:.0f} s) …")

    return tell
