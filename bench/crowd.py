"""A crowd for a benchmark: many players with one rich wallet each, seated and with an open game at every protocol measured.

Furnished through the gateway's own API and opened by the studios, as `make run` does it with fewer.
"""

from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from bench.client import Client
from bench.load import Load, Seat
from bench.seed import Keys, Operator, SeedError, provider_account, take_seat, together
from bench.signed import Table
from bench.studios import MEASURED

CURRENCY = "EUR"
MONEY = "1000000.00"


async def crowd(client: Client, key: str, count: int, folder: Path) -> list[Table]:
    """So many players at a table of each protocol; the studios' keys are kept in `folder`.  Raises `SeedError`."""
    operator, keys = Operator(client, key), Keys(folder / "studio-keys.json")
    names = [f"crowd-{number:05d}" for number in range(count)]
    with Progress(console=Console(quiet=True)) as progress:
        for protocol in MEASURED:
            await provider_account(operator, keys, protocol)
        await together([join(operator, name) for name in names], progress, "Players")
        taking = [
            take_seat(operator, keys, name, protocol, CURRENCY) for protocol in MEASURED for name in names
        ]
        seats = await together(taking, progress, "Sessions")
    load = Load(client, seats, rate=1.0)
    await load.open()
    if load.tally.errors:
        raise SeedError("; ".join(load.tally.unexpected))
    return [table_of(protocol, keys, seats) for protocol in MEASURED]


async def join(operator: Operator, name: str) -> None:
    """A player with a wallet and more money than a benchmark loses."""
    await operator.ask("POST", "/v1/players", {"id": name, "country": "MT", "language": "en"})
    await operator.ask("POST", f"/v1/players/{name}/wallets", {"currency": CURRENCY})
    deposit = {"player": name, "currency": CURRENCY, "amount": MONEY}
    await operator.ask("POST", "/v1/deposits", deposit, key=f"crowd-{name}")


def table_of(protocol: str, keys: Keys, seats: list[Seat]) -> Table:
    """Everybody who sits at one protocol."""
    here = [seat for seat in seats if seat.studio.name == protocol]
    return Table(protocol, here[0].account, keys.known[protocol], tuple(seat.player for seat in here))
