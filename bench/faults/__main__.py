"""`make faults`: rounds over lines that fail, at a gateway whose parts are killed, and a proof that no money was lost."""

import secrets
import sys

import rich_click as click
from rich.console import Console

from bench.faults.run import run
from gateway.surroundings import Between, told

WEEK = 7 * 24 * 60


@click.command()
@click.option("--minutes", default=3.0, show_default=True, type=Between(0.1, WEEK))
@click.option(
    "--seed", type=int, help="The same seed breaks the same things at the same times.  Without it: any."
)
def main(minutes: float, seed: int | None) -> None:
    """Play, break, recover and judge; the exit code is 0 only where everything held."""
    with told():
        sys.exit(run(Console(), secrets.randbelow(10**6) if seed is None else seed, minutes))


if __name__ == "__main__":
    main()
