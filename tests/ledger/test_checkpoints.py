"""`bankroll verify` with a file of checkpoints: goes on where it ended, proves what came after, believes no other file."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from tests.ledger.calls import Journal, call, make_wallet, soon, unique
from tests.ledger.test_verify import broken, story
from tests.servers import Database
from wallet import checkpoints
from wallet.checkpoints import Checkpoint, Checkpoints, CheckpointsError
from wallet.ledger import Ledger
from wallet.proofs import CHECKPOINTS, Proof, Report
from wallet.ranges import FIRST_ID, LAST_ID, Found, cut, rests, spans
from wallet.types import Kind, Op, Status
from wallet.verify import verify

OURS = checkpoints.Database("7", 1, 1)


class Books:
    """A database with three wallets that have a story behind them, and the file of its checkpoints."""

    def __init__(self, database: Database, owner: asyncpg.Connection, ledger: Ledger, path: Path) -> None:
        self.database, self.owner, self.ledger, self.path = database, owner, ledger, path
        self.wallets: list[int] = []

    async def play(self, wallet: int, *amounts: int) -> None:
        """Post deposits."""
        for amount in amounts:
            deposit = call(wallet, Op(Kind.DEPOSIT, unique("deposit"), amount), account=0)
            assert (await self.ledger.post(deposit, soon())).status is Status.CREATED

    async def verify(self, **more: object) -> Report:
        """A run with the file."""
        return await verify(self.database.service_url, path=self.path, **more)

    async def verify_all(self) -> Report:
        """A run without it."""
        return await verify(self.database.service_url)

    async def postings(self, *wallets: int) -> int:
        """How many there are."""
        return await self.owner.fetchval(
            "select count(*) from wallet.posting where wallet = any ($1)", list(wallets)
        )

    async def tamper(self, statement: str, *arguments: object) -> None:
        """What a superuser can do."""
        async with self.owner.transaction():
            await self.owner.execute("alter table wallet.posting disable trigger all")
            done = await self.owner.execute(statement, *arguments)
            await self.owner.execute("alter table wallet.posting enable always trigger journal_append_only")
            await self.owner.execute(
                "alter table wallet.posting enable always trigger journal_never_truncated"
            )
        assert int(done.split()[-1]) > 0, "the statement planted nothing"


@pytest.fixture
async def books(fresh_database: Database, tmp_path: Path) -> AsyncIterator[Books]:
    """A sound database of its own for every test, without a file yet."""
    owner = await asyncpg.connect(fresh_database.owner_url)
    ledger = Ledger(fresh_database.service_url, lanes=2, observer=Journal())
    await ledger.start()
    made = Books(fresh_database, owner, ledger, tmp_path / "checkpoints")
    made.wallets = [await make_wallet(owner, currency=currency) for currency in ("EUR", "EUR", "BTC")]

    async def tell(wallet: int) -> None:
        await made.play(wallet, 1000)
        for one in story(wallet):
            await ledger.post(one, soon())

    await asyncio.gather(*map(tell, made.wallets))
    yield made
    await ledger.close()
    await owner.close()


def checked(report: Report) -> dict[str, int | None]:
    return {proof.name: proof.checked for proof in report.proofs}


async def test_a_later_run_proves_what_came_after(books: Books) -> None:
    """The first run proves everything; the next nothing but checkpoints; one after a posting that posting."""
    first = await books.verify()
    assert first.holds, first.lines()
    assert checked(first) == checked(await books.verify_all())
    assert checked(first)["chains"] == await books.postings(*books.wallets)

    idle = await books.verify()
    assert idle.holds, idle.lines()
    numbers = checked(idle)
    assert (numbers[CHECKPOINTS], numbers["chains"], numbers["keys"], numbers["wallets"]) == (3, 0, 0, 0)
    assert (numbers["ids"], numbers["rounds"], numbers["players"]) == (0, 0, 3)
    assert (numbers["books"], numbers["house_balances"]) == (2, checked(first)["house_balances"])

    await books.play(books.wallets[1], 5, 7)
    later = await books.verify()
    assert later.holds, later.lines()
    numbers = checked(later)
    assert (numbers[CHECKPOINTS], numbers["chains"], numbers["keys"], numbers["wallets"]) == (3, 2, 2, 1)
    assert checked(await books.verify())["chains"] == 0


async def test_a_run_out_of_time_goes_on_where_it_ended(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is proven before the time is over is not proven again, and what is posted meanwhile is."""
    monkeypatch.setattr("wallet.verify.WALLETS_AT_ONCE", 1)
    first, *others = books.wallets
    stopped = await books.verify(timeout_seconds=2.0, progress=lambda wallets, of: time.sleep(2.0))
    assert (stopped.complete, stopped.holds, stopped.drift) == (False, False, 0)
    assert (stopped.wallets, stopped.of) == (1, 3)
    assert stopped.lines()[-1] == "The time was over after 1 of 3 wallets."

    await books.play(first, 5)
    resumed = await books.verify()
    assert resumed.holds, resumed.lines()
    assert checked(resumed)[CHECKPOINTS] == 1
    assert checked(resumed)["chains"] == await books.postings(*others) + 1
    assert checked(resumed)["ids"] == await books.postings(*books.wallets)
    assert checked(await books.verify())["chains"] == 0


async def test_what_ends_a_run_loses_no_range(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception saves what is proven; and it is saved now and then, for a process that is killed."""
    monkeypatch.setattr("wallet.verify.WALLETS_AT_ONCE", 1)

    def interrupt(wallets: int, of: int) -> None:
        if wallets == 2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        await books.verify(progress=interrupt)
    assert await wallets_in(books) == books.wallets[:2]

    monkeypatch.setattr("wallet.verify.SAVE_SECONDS", -1.0)
    books.path.unlink()
    seen: list[bytes] = []
    await books.verify(progress=lambda wallets, of: seen.append(books.path.read_bytes()))
    assert len(seen) == len(set(seen)) == 4


async def test_what_was_changed_before_a_checkpoint_is_found_without_the_file(books: Books) -> None:
    """A posting changed by hand after it was proven: a run with the file passes it by, one without finds it."""
    await books.verify()
    await books.tamper("update wallet.posting set amount = amount + 1 where seq = 2")
    assert (await books.verify()).holds
    assert broken(await books.verify_all()) == {"amounts"}


@pytest.mark.parametrize(
    ("column", "value", "named"),
    [
        ("cash_after", "cash_after + 1", "chains"),
        ("amount", "amount + 1", "amounts"),
        ("recorded_at", "recorded_at - interval '1 day'", "sequences"),
        ("currency", "'USD'", "owners"),
        ("id", "(select min(id) from wallet.posting)", "ids"),
    ],
)
async def test_what_was_changed_after_a_checkpoint_is_found(
    books: Books, column: str, value: str, named: str
) -> None:
    """A posting changed by hand before it was proven is found with the file, in every run."""
    await books.verify()
    wallet = books.wallets[0]
    proven = await books.owner.fetchval("select seq from wallet.wallet where id = $1", wallet)
    await books.play(wallet, 1, 2, 3)
    await books.tamper(
        f"update wallet.posting set {column} = {value} where wallet = $1 and seq = $2 + 2", wallet, proven
    )
    for _ in range(2):
        report = await books.verify()
        assert named in broken(report), report.lines()
        assert CHECKPOINTS not in broken(report)


async def test_a_changed_checkpoint_is_found(books: Books) -> None:
    """The posting at a checkpoint must be there as it was; drift stays drift."""
    await books.verify()
    [wallet, *_] = books.wallets
    await books.tamper(
        "update wallet.posting p set cash_after = cash_after + 1 from wallet.wallet w"
        " where w.id = $1 and p.wallet = w.id and p.seq = w.seq",
        wallet,
    )
    for _ in range(2):
        report = await books.verify()
        assert broken(report) == {CHECKPOINTS}, report.lines()
        [offence] = report.proofs[0].examples
        assert offence.subject.startswith(f"checkpoint of wallet {wallet}, seq ")
        assert offence.found != offence.expected


AT_REST = {
    "a wallet": ("update wallet.wallet set cash = cash + 1 where id = $1", {"wallets", "books"}),
    "an overdraft": ("update wallet.wallet set overdraft = overdraft + 1 where id = $1", {"wallets"}),
    "a player gone": (
        "delete from wallet.player p using wallet.wallet w where p.id = w.player and w.id = $1",
        {"players"},
    ),
    "a player excluded, the wallet not": (
        (
            "update wallet.player p set status = 'excluded' from wallet.wallet w"
            " where p.id = w.player and w.id = $1"
        ),
        {"players"},
    ),
    "an earlier point": (
        (
            "with gone as (delete from wallet.posting p using wallet.wallet w where w.id = $1"
            " and p.wallet = w.id and p.seq = w.seq) update wallet.wallet set seq = seq - 1 where id = $1"
        ),
        {CHECKPOINTS, "wallets"},
    ),
    "a wallet gone with all it had": (
        "with gone as (delete from wallet.wallet where id = $1) delete from wallet.posting where wallet = $1",
        {CHECKPOINTS, "books", "owners"},
    ),
    "a posting that its wallet knows nothing of": (
        (
            "insert into wallet.posting select (p).* from (select jsonb_populate_record(p, jsonb_build_object("
            "'seq', p.seq + 1, 'id', p.id + 1000000, 'key', 'planted')) as p"
            " from wallet.posting p join wallet.wallet w on w.id = p.wallet and w.seq = p.seq where w.id = $1) p"
        ),
        {"chains", "wallets"},
    ),
    "a wallet gone from its postings": ("delete from wallet.wallet where id = $1", {"owners", "books"}),
}


@pytest.mark.parametrize("name", AT_REST)
async def test_a_wallet_at_rest_is_what_its_checkpoint_says(books: Books, name: str) -> None:
    """A wallet without a new posting that is not as it was is found with the file."""
    statement, named = AT_REST[name]
    await books.verify()
    await books.tamper(statement, books.wallets[0])
    report = await books.verify()
    assert named <= broken(report), report.lines()


async def test_house_balances_are_always_whole(books: Books) -> None:
    """The sums that the file carries are held against all that the house has."""
    await books.verify()
    await books.play(books.wallets[0], 5)
    await books.owner.execute(
        "update wallet.house_balance set balance = balance + case house when 'game_revenue' then 1 else -1 end"
        " where currency = 'BTC' and house in ('game_revenue', 'jackpot_pool')"
    )
    assert broken(await books.verify()) == {"house_balances"}
    await books.owner.execute(
        "update wallet.house_balance set balance = balance + 0.5 where currency = 'EUR'"
    )
    assert broken(await books.verify()) == {"house_balances", "books"}


async def test_nothing_of_a_range_with_drift_is_remembered(books: Books) -> None:
    """What does not hold is read again, and passes only when it was put right; then all of it is remembered."""
    await books.tamper("update wallet.posting set amount = amount + 1 where seq = 2")
    assert broken(await books.verify()) == {"amounts"}
    assert await wallets_in(books) == []
    await books.tamper("update wallet.posting set amount = amount - 1 where seq = 2")
    report = await books.verify()
    assert report.holds, report.lines()
    assert await wallets_in(books) == books.wallets


async def test_the_file_of_another_database_is_refused(books: Books, database: Database) -> None:
    """A file says which database it is about, and is believed of no other, nor of one restored since."""
    await books.verify()
    with pytest.raises(CheckpointsError, match="is about another database"):
        await verify(database.service_url, path=books.path)
    await books.owner.execute("update wallet.installation set restore_epoch = restore_epoch + 1")
    with pytest.raises(CheckpointsError, match=r"older than a restoration .* Move it away"):
        await books.verify()


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[:-1],
        lambda content: content.replace(b"100", b"101", 1),
        lambda content: b"\xff" + content,
        lambda content: b"{}",
    ],
)
def test_a_damaged_file_is_refused(tmp_path: Path, damage) -> None:
    """Any change of the file is noticed, and the message says what to do."""
    path = tmp_path / "checkpoints"
    checkpoints.write(path, Checkpoints(OURS, {5: Checkpoint(5, 2, 9, 100, 0, 0)}))
    content = path.read_bytes()
    path.write_bytes(damage(content))
    assert path.read_bytes() != content
    with pytest.raises(
        CheckpointsError, match=r"is damaged.* Move it away: the next run then proves everything"
    ):
        checkpoints.read(path, OURS)


def test_a_file_reads_as_it_was_written(tmp_path: Path) -> None:
    """What is written is read again, sums beyond 64 bits too; nothing is where there is no file."""
    path = tmp_path / "checkpoints"
    assert checkpoints.read(path, OURS) == Checkpoints(OURS)
    kept = Checkpoints(
        OURS, {5: Checkpoint(5, 2, 9, -100, 0, 7)}, {(0, "game_revenue", 1, "EUR"): -(10**25)}, 9
    )
    checkpoints.write(path, kept)
    assert checkpoints.read(path, OURS) == kept


def test_the_file_is_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is readable by its owner only; a write that fails leaves the old one, and nothing beside it."""
    path = tmp_path / "checkpoints"
    checkpoints.write(path, Checkpoints(OURS))
    assert path.stat().st_mode & 0o777 == 0o600
    before = path.read_bytes()

    def full(number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        checkpoints.write(path, Checkpoints(OURS, {5: Checkpoint(5, 2, 9, 100, 0, 0)}))
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_ranges_leave_out_nothing_but_wallets_at_rest() -> None:
    """Every id lies in one span, proven from its checkpoint on; those at rest lie in none."""
    proven = Checkpoints(OURS, {wallet: Checkpoint(wallet, 2, 9, 100, 0, 0) for wallet in (3, 4, 8)})
    found = [Found(wallet, (seq, 100, 0, 0, 0), 9) for wallet, seq in ((3, 2), (4, 5), (6, 1), (8, 2))]
    assert [one.wallet for one in found if rests(one, proven)] == [3, 8]
    assert not rests(Found(3, (2, 100, 0, 0, 0), 9, more=True), proven)
    assert not rests(Found(3, (2, 100, 0, 0, 1), 9), proven)
    assert spans(found, FIRST_ID, LAST_ID, proven) == [
        (FIRST_ID, 2, 0),
        (4, 4, 2),
        (5, 7, 0),
        (9, LAST_ID, 0),
    ]


def test_a_range_ends_with_the_wallet_that_fills_it() -> None:
    """A wallet with a long history ends its range; those at rest cost nothing."""
    proven = Checkpoints(OURS, {1: Checkpoint(1, 90_000, 9, 0, 0, 0)})
    found = [
        Found(wallet, (seq, 0, 0, 0, 0), 9) for wallet, seq in ((1, 90_000), (2, 49_999), (3, 1), (4, 1))
    ]
    assert [one.wallet for one in cut(found, proven)] == [1, 2, 3]
    assert cut([], proven) == []


def test_an_unfinished_proof_shows_what_it_found() -> None:
    """Drift that was found before the time was over is told."""
    assert "3 BROKEN" in Report((Proof("keys", "keys are unique", None, 3),), 1, 2).lines()[0]


async def wallets_in(books: Books) -> list[int]:
    row = await books.owner.fetchrow(
        "select system_identifier::text, (select oid::bigint from pg_database where datname = current_database())"
        " from pg_control_system()"
    )
    return sorted(checkpoints.read(books.path, checkpoints.Database(*row, 1)).wallets)
