"""`make faults`: rounds over lines that fail, at a gateway whose parts are killed, and a proof that no money was lost."""

import secrets
import sys

import rich_click as click
from rich.console import Console

from bench.faults.run import run
from bench.faults.schedule import KINDS, schedule
from gateway.surroundings import Between, told

WEEK = 7 * 24 * 60


@click.command()
@click.option("--minutes", default=3.0, show_default=True, type=Between(0.1, WEEK))
@click.option(
    "--seed", type=int, help="The same seed breaks the same things at the same times.  Without it: any."
)
@click.option("--only", multiple=True, type=click.Choice(sorted(KINDS)), help="What breaks; again for more.")
def main(minutes: float, seed: int | None, only: tuple[str, ...]) -> None:
    """Play, break, recover and judge; the exit code is 0 only where everything held."""
    chosen = secrets.randbelow(10**6) if seed is None else seed
    with told():
        sys.exit(run(Console(), chosen, minutes, schedule(chosen, minutes, only or tuple(KINDS))))


if __name__ == "__main__":
    main()
