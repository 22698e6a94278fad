"""What a person sees while rounds are played: a table that changes every second, or plain lines without a terminal."""

from decimal import Decimal
from time import perf_counter

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.load import Load
from bench.screen import Screen


class View(Screen):
    """Draws a load once a second.  `sums` are per currency (wallets, house) as the database has them."""

    def __init__(self, console: Console, load: Load, links: list[str]) -> None:
        super().__init__(console)
        self.load = load
        self.links = links
        self.began = self.drawn = perf_counter()
        self.rounds = self.calls = 0

    def draw(self, sums: dict[str, tuple[Decimal, Decimal]]) -> None:
        """Show the last second."""
        now = perf_counter()
        passed = max(now - self.drawn, 1e-6)
        tally = self.load.tally
        rounds, calls = (tally.rounds - self.rounds) / passed, (tally.calls - self.calls) / passed
        p50, p95, p99 = (tally.recent.percentile(share) * 1000 for share in (0.5, 0.95, 0.99))
        head = (
            f"{now - self.began:5.0f} s  {rounds:7.1f} rounds/s  {calls:7.1f} calls/s  "
            f"p50 {p50:.1f}  p95 {p95:.1f}  p99 {p99:.1f} ms  errors {tally.errors}"
        )
        drift = {currency: wallets + house for currency, (wallets, house) in sums.items() if wallets + house}
        refused = sum(tally.refused.values())
        self.show(
            head,
            lambda: (*self._tables(sums), *map(Text, self.links)),
            f"refused {refused}  drift {drift or 0}",
        )
        self.drawn, self.rounds, self.calls = now, tally.rounds, tally.calls
        tally.recent = type(tally.recent)()

    def _tables(self, sums: dict[str, tuple[Decimal, Decimal]]) -> list[Table]:
        tally = self.load.tally
        turnover = Table("provider account", "currency", title="This run, as the studios count it")
        for name in ("stakes", "wins", "GGR"):
            turnover.add_column(name, justify="right")
        for (account, currency), sides in sorted(tally.turnover.items()):
            turnover.add_row(
                account, currency, *(f"{value:,f}" for value in (sides.staked, sides.won, sides.ggr))
            )
        books = Table("currency", title="The books, as the database has them")
        for name in ("Σ wallets", "Σ house", "Σ wallets + Σ house"):
            books.add_column(name, justify="right")
        for currency, (wallets, house) in sorted(sums.items()):
            style = "bold red" if wallets + house else None
            books.add_row(
                currency, f"{wallets:,f}", f"{house:,f}", f"{(wallets + house).normalize():,f}", style=style
            )
        refusals = Table("refusal", title="Refusals")
        refusals.add_column("times", justify="right")
        for reason, times in tally.refused.most_common(8):
            refusals.add_row(reason, str(times))
        return [turnover, books, refusals]
