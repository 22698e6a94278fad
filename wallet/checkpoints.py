"""What earlier runs of `bankroll verify` proved, kept in a file: per wallet the last proven posting and its balances.

The database cannot hold it: verification writes nothing, and may read a replica.  The file names the database that it
is about and carries a digest of itself; one that is damaged, or is about another database, is refused, never believed.
It is no proof against who can write it: keep it where only the operator can, apart from the database.
It knows nothing of how anything is proven.
"""

import hashlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct, field

FORMAT = "bankroll-checkpoints-1"

HouseAccount = tuple[int, str, int, str]
"""A house account in a currency: bucket, house, provider account, currency."""

State = tuple[int, int, int, int, int]
"""A wallet: sequence number, cash, bonus, held, overdraft, in ledger units."""


class CheckpointsError(Exception):
    """The file cannot be used; the message says why and what to do."""


class Database(Struct, frozen=True):
    """Which database: a physical copy keeps its cluster's and its own number, a dump that is loaded does not."""

    cluster: str
    number: int
    restore_epoch: int


class Checkpoint(Struct, frozen=True, array_like=True):
    """The last proven posting of a wallet, and the balances after it."""

    wallet: int
    seq: int
    posting: int
    cash: int
    bonus: int
    held: int

    @property
    def state(self) -> State:
        """The wallet as it is when nothing was posted since."""
        return self.seq, self.cash, self.bonus, self.held, max(0, -self.cash)


class Checkpoints(Struct):
    """What is proven of one database: the postings up to each checkpoint, and what they moved in the house."""

    database: Database
    wallets: dict[int, Checkpoint] = field(default_factory=dict)
    house: dict[HouseAccount, int] = field(default_factory=dict)
    ids_from: int | None = None
    """The lowest posting id that is not yet proven to be unique; None when all are."""

    def after(self, wallet: int) -> int:
        """The sequence number up to which a wallet is proven."""
        found = self.wallets.get(wallet)
        return 0 if found is None else found.seq


class _Kept(Struct):
    """The body of the file.  Amounts are text: sums of house accounts have no bound."""

    database: Database
    ids_from: int | None
    house: list[tuple[int, str, int, str, str]]
    wallets: list[Checkpoint]


def add(sums: dict[HouseAccount, int], more: Mapping[HouseAccount, int]) -> None:
    """Add sums of house accounts to others."""
    for account, amount in more.items():
        sums[account] = sums.get(account, 0) + amount


def read(path: Path, database: Database) -> Checkpoints:
    """Read what is proven of this database; nothing is where there is no file yet.

    Raises CheckpointsError for a file that is damaged or about another database, OSError for one out of reach.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return Checkpoints(database)
    remedy = "Move it away: the next run then proves everything anew."
    head, _, body = content.partition(b"\n")
    if head.decode(errors="replace") != _head(body):
        raise CheckpointsError(f"{path} is damaged, or is no file of checkpoints. {remedy}")
    try:
        kept = msgspec.json.decode(body, type=_Kept)
        house = {
            (bucket, name, account, code): int(amount) for bucket, name, account, code, amount in kept.house
        }
    except (msgspec.DecodeError, ValueError) as error:
        raise CheckpointsError(f"{path} cannot be read by this release: {error}. {remedy}") from error
    if (kept.database.cluster, kept.database.number) != (database.cluster, database.number):
        raise CheckpointsError(
            f"{path} is about another database. Name the file of this one, or one that does not exist yet."
        )
    if kept.database != database:
        raise CheckpointsError(
            f"{path} is older than a restoration of this database (epoch {kept.database.restore_epoch}, now"
            f" {database.restore_epoch}). {remedy}"
        )
    return Checkpoints(database, {one.wallet: one for one in kept.wallets}, house, kept.ids_from)


def write(path: Path, checkpoints: Checkpoints) -> None:
    """Replace the file, whole or not at all, readable by its owner only.  Raises OSError."""
    body = msgspec.json.encode(
        _Kept(
            checkpoints.database,
            checkpoints.ids_from,
            [(*account, str(amount)) for account, amount in sorted(checkpoints.house.items())],
            list(checkpoints.wallets.values()),
        )
    )
    path = path.resolve()
    number, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # its mode is 0600
    fresh = Path(name)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(f"{_head(body)}\n".encode() + body)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


def _head(body: bytes) -> str:
    return f"{FORMAT} {hashlib.sha256(body).hexdigest()}"
