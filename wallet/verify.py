"""Proves the books: everything that is kept beside the journal, recomputed from the postings and their legs alone.

One REPEATABLE READ READ ONLY snapshot of a live database, a replica or a restored backup; the service's rights are
enough, because every proof is a view.  It repairs nothing and locks nothing.  It reads the whole journal each time:
there are no checkpoints to resume from.
"""

import time

import asyncpg
from msgspec import Struct

from wallet.database import connect

TIMEOUT_SECONDS = 3600.0
EXAMPLES = 20
"""Most offending rows kept of one proof."""

WORK_MEMORY = "64MB"

PROOFS = {
    "books": "per currency, wallets and house add up to zero",
    "house_balances": "house balances are the sums of their legs",
    "legs": "the legs of every posting sum to zero",
    "wallets": "wallets are the sums of their postings",
    "owners": "postings belong to a wallet, in its currency",
    "sequences": "sequence numbers have no gap, times never go back",
    "chains": "balances follow one from the other",
    "amounts": "postings moved what their kind and amount say",
    "held": "held money is the sum of open holds",
    "rounds": "rounds are the sums of their postings",
    "reversals": "reversals match wallet, kind and parts",
    "reversing": "what was given back is remembered, and holds end once",
    "given_back": "what was given back is what was moved",
    "tombstones": "nothing live lies under a tombstone",
    "keys": "keys are unique",
    "ids": "posting ids are unique",
}
"""What is proven, by the name of its view ``wallet.verify_…``: subject, expected, found, sound."""


class Offence(Struct, frozen=True):
    """A row that a proof does not accept."""

    subject: str
    expected: str
    found: str


class Proof(Struct, frozen=True):
    """How one proof went.  `checked` is None where its time was over first."""

    name: str
    promise: str
    checked: int | None
    broken: int = 0
    examples: tuple[Offence, ...] = ()
    seconds: float = 0.0

    @property
    def holds(self) -> bool:
        """Whether it was completed and nothing offends it."""
        return self.checked is not None and self.broken == 0


class Report(Struct, frozen=True):
    """All proofs of one snapshot."""

    proofs: tuple[Proof, ...]

    @property
    def drift(self) -> int:
        """Offending rows, over all proofs."""
        return sum(proof.broken for proof in self.proofs)

    @property
    def complete(self) -> bool:
        """Whether every proof came to its end."""
        return all(proof.checked is not None for proof in self.proofs)

    @property
    def holds(self) -> bool:
        """Whether everything is proven: complete, and no drift."""
        return all(proof.holds for proof in self.proofs)

    def lines(self) -> list[str]:
        """The report as text: a line per proof, the offending rows below theirs."""
        lines = []
        for proof in self.proofs:
            verdict = (
                "not finished" if proof.checked is None else "ok" if proof.holds else f"{proof.broken} BROKEN"
            )
            checked = "-" if proof.checked is None else f"{proof.checked:,}"
            lines.append(f"{proof.name:<15} {checked:>14}  {verdict:<12} {proof.promise}")
            lines.extend(
                f"    {one.subject}: expected {one.expected}; found {one.found}" for one in proof.examples
            )
            if proof.broken > len(proof.examples) > 0:
                lines.append(f"    … and {proof.broken - len(proof.examples):,} more")
        return lines


async def verify(url: str, *, timeout_seconds: float = TIMEOUT_SECONDS) -> Report:
    """Prove everything in one snapshot, within `timeout_seconds`.

    Any role that may read the views will do, the service's among them.  Raises what connecting raises.
    """
    connection = await connect(url, purpose="verify")
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            return await prove_all(connection, time.monotonic() + timeout_seconds)
    finally:
        connection.terminate()


async def prove_all(connection: asyncpg.Connection, ends: float) -> Report:
    """Prove everything within the connection's transaction, until the moment `ends` of ``time.monotonic()``."""
    await connection.execute(f"set local work_mem = '{WORK_MEMORY}'")
    proofs: list[Proof] = []
    for name, promise in PROOFS.items():
        if proofs and proofs[-1].checked is None:
            proofs.append(Proof(name, promise, None))
        else:
            proofs.append(await prove(connection, name, promise, ends))
    return Report(tuple(proofs))


async def prove(connection: asyncpg.Connection, name: str, promise: str, ends: float) -> Proof:
    """Check one proof, and fetch some of its offending rows if there are any."""
    began = time.monotonic()
    view = f"wallet.verify_{name}"  # a name of the table above
    counted = f"select count(*), count(*) filter (where sound is not true) from {view}"  # noqa: S608
    offending = f"select subject, expected, found from {view} where sound is not true limit {EXAMPLES}"  # noqa: S608
    try:
        await limit(connection, ends)
        [(checked, broken)] = await connection.fetch(counted)
        examples: list[asyncpg.Record] = []
        if broken:
            await limit(connection, ends)
            examples = await connection.fetch(offending)
    except (asyncpg.QueryCanceledError, TimeoutError):
        return Proof(name, promise, None, seconds=time.monotonic() - began)
    offences = tuple(Offence(*map(str, row)) for row in examples)
    return Proof(name, promise, checked, broken, offences, time.monotonic() - began)


async def limit(connection: asyncpg.Connection, ends: float) -> None:
    """Let the next statement take no longer than what is left.  Raises TimeoutError when nothing is."""
    left = round((ends - time.monotonic()) * 1000)
    if left <= 0:
        raise TimeoutError
    await connection.execute(f"set local statement_timeout = {left}")
