"""Many calls at once: each has its own outcome in the order of the request, and nobody else waits for them."""

import asyncio
import time
from collections.abc import AsyncIterator

import asyncpg
import pytest

from bench.faults.proxy import Proxy
from tests.ledger.calls import Journal, OpenWallet, bet, call, soon, unique, until
from tests.servers import Database
from wallet import lane as lanes
from wallet import ledger as ledgers
from wallet.bulk import MAXIMUM_CALLS, MAXIMUM_OPERATIONS
from wallet.failures import Action
from wallet.ledger import Ledger, Overloaded, Reason, Told, Unavailable
from wallet.types import Call, Kind, Op, Outcome, Status
from wallet.verify import verify

MAKE_PLAYERS = """
insert into wallet.player (bucket, external_id, country)
select 0, $1 || '-' || number, 'MT' from generate_series(1, $2::integer) number returning id
"""
MAKE_WALLETS = """
insert into wallet.wallet (bucket, player, currency)
select 0, player, 'EUR' from unnest($1::bigint[]) player returning id
"""


async def make_wallets(owner: asyncpg.Connection, count: int) -> list[int]:
    """Empty wallets of new players."""
    players = [row[0] for row in await owner.fetch(MAKE_PLAYERS, unique(f"many-{time.time_ns()}"), count)]
    return [row[0] for row in await owner.fetch(MAKE_WALLETS, players)]


def deposit(wallet: int, amount: int, key: str | None = None, reference: str | None = None) -> Call:
    return call(wallet, Op(Kind.DEPOSIT, key or unique("deposit"), amount, reference=reference), account=0)


def known(told: list[Told]) -> list[Outcome]:
    """The outcomes, where there is nothing else."""
    assert [one for one in told if not isinstance(one, Outcome)] == []
    return [one for one in told if isinstance(one, Outcome)]


async def cash(owner: asyncpg.Connection, wallets: list[int]) -> list[int]:
    return await owner.fetchval(
        "select array_agg(w.cash order by one.position) from unnest($1::bigint[]) with ordinality one (id, position)"
        " join wallet.wallet w on w.bucket = 0 and w.id = one.id",
        wallets,
    )


async def prove(database: Database) -> None:
    """The books are sound."""
    report = await verify(database.service_url)
    assert report.holds, report.lines()


async def test_each_call_has_its_own_outcome_in_the_order_of_the_request(
    ledger: Ledger, journal: Journal, database: Database, open_wallet: OpenWallet
) -> None:
    """Created, duplicate, refused and unknown stand side by side, in a single batch, and none changes another."""
    wallets = [await open_wallet(100) for _ in range(4)]
    first = bet(wallets[1], 5)
    await ledger.post(first, soon())
    journal.batches.clear()
    told = await ledger.post_many(
        [
            bet(wallets[0], 10),
            call(wallets[1], *first.ops),
            bet(wallets[2], 101),
            bet(10**15, 1),
            call(wallets[3], Op(Kind.ROLLBACK, unique("rollback"), reference=unique("never"))),
        ],
        soon(),
    )
    assert [(one.status, one.cash) for one in known(told)] == [
        (Status.CREATED, 90),
        (Status.DUPLICATE, 95),
        (Status.INSUFFICIENT_FUNDS, 100),
        (Status.WALLET_NOT_FOUND, 0),
        (Status.TOMBSTONE_CREATED, 100),
    ]
    assert journal.batches == [5]
    await prove(database)


async def test_eight_thousand_calls_are_posted_and_the_books_are_sound(
    ledger: Ledger, journal: Journal, database: Database, owner: asyncpg.Connection
) -> None:
    """The largest request is posted in bounded batches, though all of its payments have one reference."""
    wallets = await make_wallets(owner, 2000)
    calls = [deposit(wallet, 1 + n, reference="migration") for n in range(4) for wallet in wallets]
    assert len(calls) == MAXIMUM_CALLS
    outcomes = known(await ledger.post_many(calls, soon(60)))
    assert {one.status for one in outcomes} == {Status.CREATED}
    assert [one.ops[0].cash_after for one in outcomes] == [total for total in (1, 3, 6, 10) for _ in wallets]
    assert set(await cash(owner, wallets)) == {10}
    assert journal.batches == [500] * 16
    assert ledger.bulk_depth == 0
    await prove(database)


async def test_calls_of_one_wallet_keep_their_order_in_waves(
    ledger: Ledger, journal: Journal, open_wallet: OpenWallet
) -> None:
    """A wallet's calls are posted one after the other as they stand, together with those of other wallets."""
    hot, *others = [await open_wallet(100) for _ in range(20)]
    calls = [one for other in others for one in (bet(hot, 1), bet(other, 1), deposit(hot, 3), bet(hot, 2))]
    journal.batches.clear()
    outcomes = known(await ledger.post_many(calls, soon()))
    assert {one.status for one in outcomes} == {Status.CREATED}
    seqs = [one.ops[0].seq for one, asked in zip(outcomes, calls, strict=True) if asked.wallet == hot]
    assert seqs == list(range(2, 2 + 3 * len(others)))
    assert journal.batches == [20] + [1] * (3 * len(others) - 1)
    assert journal.failures == []


async def test_what_stands_twice_in_a_request_is_a_duplicate(
    ledger: Ledger, journal: Journal, owner: asyncpg.Connection, open_wallet: OpenWallet
) -> None:
    """The second of two equal calls answers the first's posting; under another player's key no money moves."""
    alice, bob = await open_wallet(100), await open_wallet(100)
    key = unique("bet")
    told = known(
        await ledger.post_many(
            [bet(alice, 10, key), bet(alice, 10, key), bet(bob, 10, key), bet(alice, 11, key)], soon()
        )
    )
    assert [one.status for one in told] == [
        Status.CREATED,
        Status.DUPLICATE,
        Status.KEY_REUSED,
        Status.KEY_REUSED,
    ]
    assert told[0].ops[0].posting == told[1].ops[0].posting
    assert await cash(owner, [alice, bob]) == [90, 100]
    assert journal.failures == []


@pytest.mark.parametrize(
    ("calls", "message"),
    [
        ([], "1 to 8000"),
        ([bet(1, 1)] * (MAXIMUM_CALLS + 1), "1 to 8000"),
        ([call(1)], "1 to 256"),
        ([bet(1, 1), call(1, *(Op(Kind.BET, "k", 1),) * 257)], "1 to 256"),
        ([call(1, *(Op(Kind.BET, "k", 1),) * 256)] * 63, "16000 operations"),
    ],
)
async def test_a_request_has_a_bounded_number_of_calls_and_operations(
    ledger: Ledger, journal: Journal, calls: list[Call], message: str
) -> None:
    """No call, too many, or too large ones are a mistake of the caller's, and nothing of it is posted."""
    with pytest.raises(ValueError, match=message):
        await ledger.post_many(calls, soon())
    assert journal.batches == []


async def test_a_poison_call_among_many_fails_alone(
    ledger: Ledger, journal: Journal, database: Database, owner: asyncpg.Connection
) -> None:
    """A call that no database can take is found by halving; every other one is posted, once."""
    wallets = await make_wallets(owner, 300)
    await ledger.post_many([deposit(wallet, 100) for wallet in wallets], soon())
    calls = [bet(wallet, 10) for wallet in wallets]
    calls[123] = bet(wallets[123], 10, round="not\x00text")
    journal.batches.clear()
    told = await ledger.post_many(calls, soon())
    poisoned = told.pop(123)
    assert isinstance(poisoned, Unavailable)
    assert poisoned.reason is Reason.INTERNAL
    assert {one.status for one in known(told)} == {Status.CREATED}
    assert sum(journal.batches) == 299
    assert {action for _, action in journal.failures} == {Action.SPLIT}
    assert len(journal.failures) <= 10
    await prove(database)


@pytest.fixture
async def proxy(database: Database) -> AsyncIterator[Proxy]:
    """A wire to the module's database."""
    wire = Proxy(database.service_url)
    yield wire
    await wire.close()


@pytest.fixture
async def remote(proxy: Proxy, journal: Journal) -> AsyncIterator[Ledger]:
    """A ledger of one lane behind the wire, with small batches."""
    ledger = Ledger(await proxy.start(), lanes=1, bulk_batch_bound=50, observer=journal)
    await ledger.start()
    yield ledger
    proxy.hold = proxy.swallow = False
    await ledger.close()


async def test_a_connection_that_is_cut_in_the_middle_is_fenced_and_nothing_is_posted_twice(
    remote: Ledger,
    proxy: Proxy,
    journal: Journal,
    database: Database,
    owner: asyncpg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A batch that committed and whose answer was lost is answered created after the fence, the rest goes on."""
    wallets = await make_wallets(owner, 300)
    calls = [deposit(wallet, 7) for wallet in wallets]

    def cut_after_two(posted: int, operations: int, seconds: float) -> None:
        journal.batches.append(posted)
        proxy.swallow = len(journal.batches) == 2

    monkeypatch.setattr(journal, "batch", cut_after_two)
    outcomes = known(await remote.post_many(calls, soon(30)))
    assert journal.batches == [50] * 6
    assert {one.status for one in outcomes} == {Status.CREATED}
    assert {one.ops[0].seq for one in outcomes} == {1}
    assert set(await cash(owner, wallets)) == {7}
    assert [action for _, action in journal.failures] == [Action.FENCE]
    assert journal.fences == 1
    again = known(await remote.post_many([call(one.wallet, *one.ops, account=0) for one in calls], soon(30)))
    assert {one.status for one in again} == {Status.DUPLICATE}
    await prove(database)


async def test_at_the_deadline_each_call_is_told_what_is_known_of_it(
    remote: Ledger,
    proxy: Proxy,
    owner: asyncpg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is under way may have been posted, what no lane took was not; sent again, all of it is there once."""
    wallets = await make_wallets(owner, 120)
    calls = [deposit(wallet, 7) for wallet in (*wallets, *wallets[:1])]
    monkeypatch.setattr(lanes, "CLIENT_SECONDS", 0.5)
    proxy.hold = True
    told = await remote.post_many(calls, soon(0.2))
    assert [type(one) for one in told] == [Unavailable] * 50 + [Overloaded] * 71
    assert {one.reason for one in told if isinstance(one, Unavailable)} == {Reason.DEADLINE}
    assert (remote.bulk_depth, remote.depth) == (0, 0)
    proxy.hold = False
    again = [call(one.wallet, *one.ops, account=0) for one in calls]
    assert {one.status for one in known(await remote.post_many(again, soon()))} <= {
        Status.CREATED,
        Status.DUPLICATE,
    }
    await proxy.deliver(proxy.connections[-2])
    assert await cash(owner, wallets) == [14] + [7] * 119


async def test_a_request_beyond_the_bound_is_refused_before_anything_is_posted(
    ledger: Ledger, journal: Journal, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only so many operations are under way in bulk; what is above comes back at once and whole."""
    monkeypatch.setattr(ledgers, "MAXIMUM_OPERATIONS", 100)
    assert MAXIMUM_OPERATIONS >= MAXIMUM_CALLS
    deposits = [deposit(wallet, 1) for wallet in await make_wallets(owner, 100)]
    under_way = asyncio.create_task(ledger.post_many(deposits[:60], soon()))
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await ledger.post_many([deposit(one.wallet, 1) for one in deposits[59:]], soon())
    known(await ledger.post_many(deposits[60:], soon()))
    known(await under_way)
    assert await cash(owner, [one.wallet for one in deposits]) == [1] * 100
    known(await ledger.post_many(deposits, soon()))


async def test_a_deadline_in_the_past_posts_nothing(
    ledger: Ledger, journal: Journal, open_wallet: OpenWallet
) -> None:
    """A request that comes too late is refused whole."""
    wallet = await open_wallet(100)
    journal.batches.clear()
    with pytest.raises(Overloaded):
        await ledger.post_many([bet(wallet, 1)], soon(-1))
    assert journal.batches == []


async def test_closing_tells_what_was_not_posted(database: Database, owner: asyncpg.Connection) -> None:
    """A ledger that closes finishes the wave under way and leaves the next ones, and says so."""
    wallet = (await make_wallets(owner, 1))[0]
    ledger = Ledger(database.service_url, lanes=1)
    await ledger.start()
    calls = [deposit(wallet, 1) for _ in range(500)]
    posting = asyncio.create_task(ledger.post_many(calls, soon()))

    async def begun() -> bool:
        return bool((await cash(owner, [wallet]))[0])

    await until(begun)
    await ledger.close()
    told = await posting
    posted = (await cash(owner, [wallet]))[0]
    assert 0 < posted < 500
    assert {one.status for one in known(told[:posted])} == {Status.CREATED}
    assert {type(one) for one in told[posted:]} == {Overloaded}


async def test_a_request_that_is_cancelled_posts_no_more(ledger: Ledger, owner: asyncpg.Connection) -> None:
    """Nobody waits any more: what no lane has taken is left, and its room and its wallets are free again."""
    wallet = (await make_wallets(owner, 1))[0]
    calls = [deposit(wallet, 1) for _ in range(500)]
    posting = asyncio.create_task(ledger.post_many(calls, soon()))

    async def begun() -> bool:
        return bool((await cash(owner, [wallet]))[0])

    await until(begun)
    posting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await posting
    assert ledger.bulk_depth == 0
    outcome = await ledger.post(deposit(wallet, 1), soon())
    assert outcome.cash < 500
    assert (await cash(owner, [wallet])) == [outcome.cash]


async def test_single_calls_keep_their_deadline_beside_a_bulk(
    ledger: Ledger, database: Database, owner: asyncpg.Connection
) -> None:
    """While thousands are posted, single calls on the same wallets are answered in time, before the bulk is done."""
    wallets = await make_wallets(owner, 4000)
    calls = [deposit(wallet, 2) for _ in range(2) for wallet in wallets]
    bulk = asyncio.create_task(ledger.post_many(calls, soon(60)))
    await asyncio.sleep(0.05)
    singles = 0
    while not bulk.done():
        outcome = await ledger.post(deposit(wallets[-1 - singles], 1), soon(2))
        assert outcome.status is Status.CREATED
        singles += not bulk.done()
    assert singles >= 3
    assert {one.status for one in known(await bulk)} == {Status.CREATED}
    expected = 4 * len(wallets)
    assert expected + singles <= sum(await cash(owner, wallets)) <= expected + singles + 1
    await prove(database)


async def test_a_single_call_does_not_wait_for_one_that_only_stands_in_a_bulk(
    ledger: Ledger, journal: Journal, open_wallet: OpenWallet
) -> None:
    """A wallet with hundreds of calls to come in a bulk takes a single call in between."""
    wallet = await open_wallet(0)
    calls = [deposit(wallet, 1) for _ in range(300)]
    bulk = asyncio.create_task(ledger.post_many(calls, soon(30)))
    await asyncio.sleep(0.02)
    outcome = await ledger.post(deposit(wallet, 1000), soon(2))
    assert outcome.status is Status.CREATED
    assert outcome.ops[0].seq < 301
    assert known(await bulk)[-1].cash == 1300
    assert journal.failures == []
