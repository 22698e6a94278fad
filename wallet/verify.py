"""Proves the books: everything that is kept beside the journal, recomputed from the postings and their legs alone.

One REPEATABLE READ READ ONLY snapshot of a live database, a replica or a restored backup; the service's rights are
enough, because every proof is a view.  It repairs nothing, locks nothing and writes nothing but a file of checkpoints.

Wallets are gone through in ranges of their ids, so that no statement takes long and all that is proven is kept.
Without a file everything is proven.  With one,

* of every wallet the posting at its checkpoint must be there as it was, and its postings are proven from there on;
* a wallet that changed since then has its balances, holds, rounds and reversals proven as a whole, from all its
  postings; one that did not change is not read again;
* every wallet's player is looked at, whether the wallet changed or not;
* house balances are proven as a whole: the sums of the legs up to the checkpoints are in the file;
* wallets and house must add up to zero, and ids and keys of new postings must be unique among all.

So only a run without a file sees a posting before a checkpoint, or a round or reversal of a wallet at rest, that was
changed by hand since it was proven.  A run that ends early resumes where it ended, in a snapshot of its own.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import asyncpg

from wallet import checkpoints as file
from wallet.checkpoints import Checkpoint, Checkpoints, Database, HouseAccount
from wallet.database import connect
from wallet.proofs import (
    CHECKPOINTS,
    EXAMPLES,
    KEPT_PROMISE,
    PROOFS,
    Offence,
    Progress,
    Proof,
    Report,
    Scope,
    Tally,
)
from wallet.ranges import FIRST_ID, LAST_ID, WALLETS_AT_ONCE, Found, columns, cut, differences, rests, spans

__all__ = ["PROOFS", "Offence", "Proof", "Report", "prove_all", "verify"]

TIMEOUT_SECONDS = 3600.0
SAVE_SECONDS = 10.0
"""How much work may be lost when the process is killed."""

SETTINGS = "set local work_mem = '64MB'; set local idle_in_transaction_session_timeout = '5min'"
"""A large file takes a while to write."""

PLANS = {
    # Ranges are probed by key, whatever the statistics say; within a wallet, only single postings are.
    Scope.POSTINGS: ("off", "on"),
    Scope.RANGES: ("off", "on"),
    Scope.SPANS: ("off", "on"),
    Scope.WALLETS: ("off", "off"),
    Scope.WHOLE: ("on", "on"),
}
"""Whether tables may be read whole, and whether rows may be looked up one by one."""

FROM = {
    # The offset is a fence: the condition goes down into the view, wallet by wallet.
    Scope.POSTINGS: (
        "unnest($1::bigint[], $2::bigint[]) as one (wallet, seq) cross join lateral ("
        "select * from wallet.verify_{} v where v.wallet = one.wallet and v.seq > one.seq offset 0) found"
    ),
    Scope.WALLETS: (
        "unnest($1::bigint[]) as one (wallet) cross join lateral ("
        "select * from wallet.verify_{} v where v.wallet = one.wallet offset 0) found"
    ),
    Scope.RANGES: "(select * from wallet.verify_{} v where v.wallet between $1 and $2) found",
    Scope.SPANS: (
        "unnest($1::bigint[], $2::bigint[], $3::bigint[]) as span (first, last, seq) cross join lateral ("
        "select * from wallet.verify_{} v"
        " where v.wallet between span.first and span.last and v.seq > span.seq offset 0) found"
    ),
    Scope.WHOLE: "wallet.verify_{}",
}
IDS = "(select * from wallet.verify_ids v where v.id >= $1) found"
KEPT = """(
    select format('checkpoint of wallet %s, seq %s', one.wallet, one.seq) as subject,
           format('posting %s: %s / %s / %s', one.posting, one.cash, one.bonus, one.held) as expected,
           case when p.posting is null then 'none: restored to an earlier point, or a replica that lags'
               else format('posting %s: %s / %s / %s', p.posting, p.cash, p.bonus, p.held) end as found,
           (p.posting, p.cash, p.bonus, p.held) = (one.posting, one.cash, one.bonus, one.held) as sound
    from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
        as one (wallet, seq, posting, cash, bonus, held)
    left join wallet.checkpoint p on p.wallet = one.wallet and p.seq = one.seq) kept
"""

DATABASE = """
select c.system_identifier::text, d.oid::bigint, r.restore_epoch
from pg_control_system() c, pg_database d, wallet.restoration r where d.datname = current_database()
"""
WALLETS = """
select w.id, w.seq, w.cash, w.bonus, w.held, w.overdraft, p.posting,
       exists (select from wallet.checkpoint more where more.wallet = w.id and more.seq > w.seq)
from wallet.wallets w left join wallet.checkpoint p on p.wallet = w.id and p.seq = w.seq
where w.id >= $1 order by w.id limit $2
"""
LEGS = """
select l.bucket, l.house::text, l.provider_account, l.currency, coalesce(sum(l.amount), 0), min(l.posting)
from unnest($1::bigint[], $2::bigint[]) as one (wallet, seq) cross join lateral (
    select * from wallet.leg l where l.wallet = one.wallet and l.seq > one.seq offset 0) l
where l.house is not null -- the proof of legs names what has none
group by l.bucket, l.house, l.provider_account, l.currency
"""
HOUSE = "select bucket, house::text, provider_account, currency, balance from wallet.house_totals"


async def verify(
    url: str,
    *,
    timeout_seconds: float = TIMEOUT_SECONDS,
    path: Path | None = None,
    progress: Progress | None = None,
) -> Report:
    """Prove everything in one snapshot, within `timeout_seconds`; with the file at `path`, what it does not hold yet.

    Any role that may read the views will do, the service's among them.  Raises what connecting raises,
    CheckpointsError for a file that cannot be used and OSError for one that cannot be written.
    """
    ends = time.monotonic() + timeout_seconds
    connection = await connect(url, purpose="verify")
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            if path is None:
                return await prove_all(connection, ends, progress=progress)
            [row] = await connection.fetch(DATABASE)
            proven = file.read(path, Database(*row))
            file.write(path, proven)  # what cannot be kept is said now, not in an hour
            return await prove_all(connection, ends, proven, lambda: file.write(path, proven), progress)
    finally:
        connection.terminate()


async def prove_all(
    connection: asyncpg.Connection,
    ends: float,
    proven: Checkpoints | None = None,
    save: Callable[[], None] = lambda: None,
    progress: Progress | None = None,
) -> Report:
    """Prove within the connection's transaction what is not `proven`, until the moment `ends` of ``time.monotonic()``.

    `proven` grows with every range that holds, and is saved now and then and at the end, whatever ends it.
    """
    run = _Run(connection, ends, Checkpoints(Database("", 0, 0)) if proven is None else proven)
    kept = bool(run.proven.wallets)
    complete = False
    try:
        await connection.execute(SETTINGS)
        await run.ranges(save, progress)
        await run.whole()
        complete = True
    except (asyncpg.QueryCanceledError, TimeoutError):
        pass
    finally:
        save()
    promises = {CHECKPOINTS: KEPT_PROMISE} if kept else {}
    promises |= {name: promise for name, (_, promise) in PROOFS.items()}
    proofs = tuple(
        run.tallies[name].proof(name, promise, complete=complete) for name, promise in promises.items()
    )
    return Report(proofs, run.come_to, run.of)


class _Run:
    """One snapshot on its way."""

    def __init__(self, connection: asyncpg.Connection, ends: float, proven: Checkpoints) -> None:
        self.connection = connection
        self.ends = ends
        self.proven = proven
        self.tallies = {name: Tally() for name in (CHECKPOINTS, *PROOFS)}
        self.unseen = set(proven.wallets)
        self.unproven: dict[HouseAccount, int] = {}  # legs of ranges that do not hold
        self.come_to = self.of = 0
        self.at = ""

    async def ranges(self, save: Callable[[], None], progress: Progress | None) -> None:
        """Go through the wallets from the lowest id to the highest."""
        [(self.of,)] = await self.fetch(Scope.WHOLE, "select count(*) from wallet.wallets")
        saved, first = time.monotonic(), FIRST_ID
        while first <= LAST_ID:
            rows = await self.fetch(Scope.POSTINGS, WALLETS, first, WALLETS_AT_ONCE)
            found = cut([Found(row[0], tuple(row[1:6]), *row[6:]) for row in rows], self.proven)
            last = LAST_ID if len(found) == len(rows) < WALLETS_AT_ONCE else found[-1].wallet
            await self.range(found, first, last)
            first = last + 1
            self.come_to += len(found)
            if progress is not None:
                progress(self.come_to, self.of)
            if time.monotonic() - saved > SAVE_SECONDS:
                save()
                saved = time.monotonic()

    async def range(self, found: Sequence[Found], first: int, last: int) -> None:
        """Prove the wallets of a range, and remember them if all of it holds."""
        before = sum(tally.broken for tally in self.tallies.values())
        self.at = f"wallets {found[0].wallet} to {found[-1].wallet}" if found else "postings without a wallet"
        await self.keep([one.wallet for one in found])
        changed = [one for one in found if not rests(one, self.proven)]
        ids = [one.wallet for one in changed]
        after = [self.proven.after(wallet) for wallet in ids]
        arguments = {
            Scope.POSTINGS: (ids, after),
            Scope.WALLETS: (ids,),
            Scope.RANGES: (first, last),
            Scope.SPANS: columns(spans(found, first, last, self.proven), 3),
        }
        for name, (scope, _) in PROOFS.items():
            if scope is not Scope.WHOLE:
                await self.check(name, scope, FROM[scope].format(name), *arguments[scope])
        legs = await self.fetch(Scope.POSTINGS, LEGS, ids, after)
        moved: dict[HouseAccount, int] = {tuple(row[:4]): int(row[4]) for row in legs}
        self.proven.ids_from = min(
            (one for one in (self.proven.ids_from, *(row[5] for row in legs)) if one is not None),
            default=None,
        )
        if sum(tally.broken for tally in self.tallies.values()) > before:
            file.add(self.unproven, moved)
            return
        file.add(self.proven.house, moved)
        for one in changed:
            if one.posting is not None:
                seq, cash, bonus, held, _ = one.state
                self.proven.wallets[one.wallet] = Checkpoint(one.wallet, seq, one.posting, cash, bonus, held)

    async def whole(self) -> None:
        """Prove what no range can."""
        self.at = "all"
        await self.keep(sorted(self.unseen))
        await self.check("books", Scope.WHOLE, FROM[Scope.WHOLE].format("books"))
        rows = await self.fetch(Scope.WHOLE, HOUSE)
        summed = dict(self.proven.house)
        file.add(summed, self.unproven)
        accounts, offences = differences(summed, {tuple(row[:4]): row[4] for row in rows})
        self.tallies["house_balances"].add(accounts, len(offences), offences)
        if self.proven.ids_from is not None:
            await self.check("ids", Scope.WHOLE, IDS, self.proven.ids_from)
        if not self.tallies["ids"].broken:
            self.proven.ids_from = None

    async def keep(self, wallets: Sequence[int]) -> None:
        """Prove that the postings at these wallets' checkpoints are what they were."""
        kept = [self.proven.wallets[wallet] for wallet in wallets if wallet in self.unseen]
        self.unseen.difference_update(wallets)
        if kept:
            rows = [(one.wallet, one.seq, one.posting, one.cash, one.bonus, one.held) for one in kept]
            await self.check(CHECKPOINTS, Scope.POSTINGS, KEPT, *columns(rows, 6))

    async def check(self, name: str, scope: Scope, source: str, *arguments: object) -> None:
        """Count what a proof accepts and what not, and fetch some of its offending rows if there are any."""
        tally = self.tallies[name]
        began = time.monotonic()
        counted = f"select count(*), count(*) filter (where sound is not true) from {source}"  # noqa: S608
        offending = f"select subject, expected, found from {source} where sound is not true limit {EXAMPLES}"  # noqa: S608
        try:
            async with self.connection.transaction():  # a savepoint: the other proofs go on
                [(checked, broken)] = await self.fetch(scope, counted, *arguments)
                rows = await self.fetch(scope, offending, *arguments) if broken and tally.room else []
        except asyncpg.DataError as error:
            checked, broken, rows = 0, 1, [(self.at, "numbers that can be added", error)]
        tally.add(checked, broken, rows)
        tally.seconds += time.monotonic() - began

    async def fetch(self, scope: Scope, statement: str, *arguments: object) -> list[asyncpg.Record]:
        """Let a statement take no longer than what is left.  Raises TimeoutError when nothing is."""
        left = round((self.ends - time.monotonic()) * 1000)
        if left <= 0:
            raise TimeoutError
        scans, probes = PLANS[scope]
        await self.connection.execute(
            f"set local statement_timeout = {left}; set local enable_seqscan = {scans};"
            f" set local enable_nestloop = {probes}"
        )
        return await self.connection.fetch(statement, *arguments)
