"""Lanes: nothing is posted twice and nothing is lost when a connection, a lease or the server goes away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

import asyncpg
import pytest

from bench.faults.proxy import Connection, Proxy
from tests.ledger.calls import Journal, OpenWallet, bet, call, soon, unique, until
from tests.servers import Database, ServersUnderTest
from wallet import embedded
from wallet import lane as lanes
from wallet.failures import Action
from wallet.ledger import Ledger, Reason, Unavailable
from wallet.migrate import migrate
from wallet.types import Kind, Op, Outcome, Status

LANE_WAITS = """
select exists (select from pg_stat_activity where application_name = 'bankroll lane'
    and datname = current_database() and wait_event_type = 'Lock')
"""
OF_LANES = """
select pid from pg_stat_activity where application_name = 'bankroll lane' and datname = current_database()
"""
END_LANES = f"select count(pg_terminate_backend(pid)) from ({OF_LANES}) lane"


@pytest.fixture
async def proxy(database: Database) -> AsyncIterator[Proxy]:
    """A wire to the module's database."""
    wire = Proxy(database.service_url)
    yield wire
    await wire.close()


@pytest.fixture
async def remote(proxy: Proxy, journal: Journal) -> AsyncIterator[Ledger]:
    """A ledger of one lane behind the wire."""
    ledger = Ledger(await proxy.start(), lanes=1, observer=journal)
    await ledger.start()
    yield ledger
    proxy.hold = proxy.swallow = False
    await ledger.close()


async def postings(owner: asyncpg.Connection, key: str) -> int:
    return await owner.fetchval("select count(*) from wallet.posting where key = $1", key)


async def holds(connection: Connection) -> bool:
    return bool(connection.held)


async def answered(connection: Connection, word: bytes) -> bool:
    return word in b"".join(connection.answered)


@asynccontextmanager
async def hanging_up(owner: asyncpg.Connection, key: str) -> AsyncIterator[None]:
    """Whoever posts under the key loses the connection."""
    await owner.execute(
        "create function wallet.hang_up() returns trigger language plpgsql security definer as $$ begin"
        " perform pg_terminate_backend(pg_backend_pid()); return new; end $$"
    )
    await owner.execute(
        "create trigger hang_up before insert on wallet.posting for each row"
        f" when (new.key = '{key}') execute function wallet.hang_up()"
    )
    try:
        yield
    finally:
        await owner.execute("drop function wallet.hang_up() cascade")


async def test_a_terminated_backend_is_a_pause(
    ledger: Ledger, journal: Journal, owner: asyncpg.Connection, open_wallet: OpenWallet
) -> None:
    """A connection that dies in mid-batch is made anew and fenced; every call is answered created, once."""
    wallets = [await open_wallet(100) for _ in range(5)]
    keys = [unique("bet") for _ in wallets]
    async with owner.transaction():
        await owner.execute("select from wallet.wallet where id = $1 for update", wallets[-1])
        posts = [
            asyncio.create_task(ledger.post(bet(wallet, 10, key), soon()))
            for wallet, key in zip(wallets, keys, strict=True)
        ]
        await until(lambda: owner.fetchval(LANE_WAITS))
        assert await owner.fetchval(END_LANES) == 2
    outcomes = await asyncio.gather(*posts)
    assert {outcome.status for outcome in outcomes} == {Status.CREATED}
    assert [await postings(owner, key) for key in keys] == [1] * 5
    assert journal.fences >= 1


async def test_a_committed_posting_whose_answer_was_lost_is_created(
    remote: Ledger, proxy: Proxy, journal: Journal, owner: asyncpg.Connection, open_wallet: OpenWallet
) -> None:
    """The second attempt finds the posting under its own call id: created, not duplicate, and one debit."""
    wallet, key = await open_wallet(100), unique("bet")
    await remote.post(bet(wallet, 1), soon())
    proxy.swallow = True
    outcome = await remote.post(bet(wallet, 10, key), soon())
    assert outcome.status is Status.CREATED
    assert (outcome.cash, outcome.ops[0].cash_after, outcome.ops[0].seq) == (89, 89, 3)
    assert await postings(owner, key) == 1
    assert [action for _, action in journal.failures] == [Action.FENCE]
    assert (await remote.post(bet(wallet, 10, key), soon())).status is Status.DUPLICATE


async def test_a_mixed_batch_whose_answer_was_lost_is_answered_as_it_was(
    remote: Ledger, proxy: Proxy, open_wallet: OpenWallet
) -> None:
    """Created, duplicate, refused and entombed are told as they were decided, after the fence too."""
    wallets = [await open_wallet(100) for _ in range(4)]
    known = bet(wallets[1], 5)
    await remote.post(known, soon())
    again = call(wallets[1], *known.ops)
    calls = [
        bet(wallets[0], 10),
        again,
        bet(wallets[2], 101),
        call(wallets[3], Op(Kind.ROLLBACK, unique("rollback"), reference=unique("never"))),
    ]
    proxy.swallow = True
    outcomes = await asyncio.gather(*(remote.post(one, soon()) for one in calls))
    assert [outcome.status for outcome in outcomes] == [
        Status.CREATED,
        Status.DUPLICATE,
        Status.INSUFFICIENT_FUNDS,
        Status.TOMBSTONE_CREATED,
    ]
    assert [outcome.cash for outcome in outcomes] == [90, 95, 100, 100]


@pytest.mark.parametrize("spare", [1, 7, -40, -1])
async def test_a_committed_posting_whose_answer_was_torn_is_created(
    spare: int,
    remote: Ledger,
    proxy: Proxy,
    journal: Journal,
    owner: asyncpg.Connection,
    open_wallet: OpenWallet,
) -> None:
    """However much of a message arrived, half an answer is none: it is asked for behind the fence, and there is one debit."""
    wallet, key = await open_wallet(100), unique("bet")
    await remote.post(bet(wallet, 1), soon())
    line = proxy.connections[-1]
    proxy.swallow, proxy.spare = True, spare
    outcome = await remote.post(bet(wallet, 10, key), soon())
    assert line.gone
    assert (outcome.status, outcome.cash) == (Status.CREATED, 89)
    assert await postings(owner, key) == 1
    assert [action for _, action in journal.failures] == [Action.FENCE]
    assert (await remote.post(bet(wallet, 10, key), soon())).status is Status.DUPLICATE


async def test_a_postgres_that_lets_nobody_in_is_told_and_loses_nothing(
    ledger: Ledger, owner: asyncpg.Connection, open_wallet: OpenWallet, servers: ServersUnderTest
) -> None:
    """Lanes lose their connections in mid-batch and get no new ones: unavailable at the deadline, posted once afterwards."""
    wallet, keys = await open_wallet(100), [unique("bet") for _ in range(3)]
    name = await owner.fetchval("select current_database()")
    try:
        async with owner.transaction():
            await owner.execute("select from wallet.wallet where id = $1 for update", wallet)
            under_way = asyncio.create_task(ledger.post(bet(wallet, 10, keys[0]), soon(1.0)))
            await until(lambda: owner.fetchval(LANE_WAITS))
            servers.execute(f"alter database {name} connection limit 0")
            assert await owner.fetchval(END_LANES) == 2
        for post in (under_way, ledger.post(bet(wallet, 10, keys[1]), soon(0.3))):
            with pytest.raises(Unavailable) as refused:
                await post
            assert refused.value.reason is Reason.DEADLINE
        assert ledger.lanes_up == 0
        waiting = asyncio.create_task(ledger.post(bet(wallet, 10, keys[2]), soon()))
        assert [await postings(owner, key) for key in keys] == [0, 0, 0]
    finally:
        servers.execute(f"alter database {name} connection limit -1")
    assert (await waiting).status is Status.CREATED
    retries = [await ledger.post(bet(wallet, 10, key), soon()) for key in keys]
    assert [retry.status for retry in retries] == [Status.CREATED, Status.CREATED, Status.DUPLICATE]
    assert [await postings(owner, key) for key in keys] == [1, 1, 1]
    assert retries[1].cash == 70
    await until(lambda: all_up(ledger))


async def test_a_delayed_first_attempt_raises_and_moves_nothing(
    remote: Ledger,
    proxy: Proxy,
    journal: Journal,
    owner: asyncpg.Connection,
    open_wallet: OpenWallet,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The network holds the first attempt back; the lane fences and posts again; the late one raises (case 27)."""
    wallet, key = await open_wallet(100), unique("bet")
    await remote.post(bet(wallet, 1), soon())
    monkeypatch.setattr(lanes, "CLIENT_SECONDS", 0.2)
    first = proxy.connections[-1]
    proxy.hold = True
    post = asyncio.create_task(remote.post(bet(wallet, 10, key), soon()))
    await until(lambda: holds(first))
    proxy.hold = False
    outcome = await post
    assert outcome.status is Status.CREATED
    assert journal.fences == 1
    await proxy.deliver(first)
    await until(lambda: answered(first, b"BR001"))
    assert await postings(owner, key) == 1
    assert await owner.fetchval("select cash from wallet.wallet where id = $1", wallet) == 89


async def test_after_the_deadline_an_unknown_outcome_is_temporary_and_its_retry_is_consistent(
    remote: Ledger, proxy: Proxy, owner: asyncpg.Connection, open_wallet: OpenWallet
) -> None:
    """Never a refusal: the caller is told in time, and the same key later answers what there is (case 25)."""
    wallet, key = await open_wallet(100), unique("bet")
    await remote.post(bet(wallet, 1), soon())
    proxy.hold = True
    with pytest.raises(Unavailable) as late:
        await remote.post(bet(wallet, 10, key), soon(0.1))
    assert late.value.reason is Reason.DEADLINE
    proxy.hold = False
    await proxy.deliver(proxy.connections[-1])
    outcome = await remote.post(bet(wallet, 10, key), soon())
    assert outcome.status is Status.DUPLICATE
    assert await postings(owner, key) == 1


async def test_the_next_call_of_a_wallet_waits_for_the_fence(
    proxy: Proxy,
    journal: Journal,
    owner: asyncpg.Connection,
    open_wallet: OpenWallet,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No refusal overtakes an attempt of unknown outcome, though another lane is free and its caller is long gone."""
    wallet, key = await open_wallet(100), unique("bet")
    ledger = Ledger(await proxy.start(), lanes=2, observer=journal)
    await ledger.start()
    other = await open_wallet(100)
    for _ in range(3):
        await asyncio.gather(ledger.post(bet(wallet, 1), soon()), ledger.post(bet(other, 1), soon()))
    monkeypatch.setattr(lanes, "CLIENT_SECONDS", 0.3)
    proxy.hold = True
    with pytest.raises(Unavailable):
        await ledger.post(bet(wallet, 10, key), soon(0.05))
    [first] = [connection for connection in proxy.connections if connection.held]
    proxy.hold = False
    assert (await ledger.post(bet(other, 1), soon())).status is Status.CREATED
    assert journal.fences == 0
    refused = await ledger.post(bet(wallet, 1000), soon())
    assert refused.status is Status.INSUFFICIENT_FUNDS
    assert journal.fences == 1
    await proxy.deliver(first)
    await until(lambda: answered(first, b"BR001"))
    assert await postings(owner, key) == 0
    await ledger.close()


async def test_a_cancelled_statement_is_unknown(
    ledger: Ledger, journal: Journal, owner: asyncpg.Connection, open_wallet: OpenWallet
) -> None:
    """A statement that was cancelled costs the lane its connection, and the batch is posted again behind the fence."""
    wallet = await open_wallet(100)
    cancel = (
        "select count(pg_cancel_backend(pid)) from pg_stat_activity where application_name = 'bankroll lane'"
        " and datname = current_database() and wait_event_type = 'Lock'"
    )
    async with owner.transaction():
        await owner.execute("select from wallet.wallet where id = $1 for update", wallet)
        post = asyncio.create_task(ledger.post(bet(wallet, 10), soon()))
        await until(lambda: owner.fetchval(cancel))
    assert (await post).cash == 90
    assert journal.failures == [("57014", Action.FENCE)]
    assert journal.fences == 1


async def test_a_connection_lost_again_and_again_is_given_up_behind_the_fence(
    database: Database, journal: Journal, open_wallet: OpenWallet, owner: asyncpg.Connection
) -> None:
    """A call whose every attempt ends the connection is unavailable, and its wallet's next call waits for the fence."""
    wallet, other, key = await open_wallet(100), await open_wallet(100), unique("bet")
    ledger = Ledger(database.service_url, lanes=2, batch_bound=1, observer=journal)
    await ledger.start()
    for _ in range(3):  # both lanes have posted before, so that neither has anything left to prepare
        await asyncio.gather(ledger.post(bet(wallet, 1), soon()), ledger.post(bet(other, 1), soon()))
    async with hanging_up(owner, key):
        with pytest.raises(Unavailable) as given_up:
            await ledger.post(bet(wallet, 10, key), soon())
        assert given_up.value.reason is Reason.UNKNOWN
        assert [action for _, action in journal.failures] == [Action.FENCE] * lanes.MOST_ATTEMPTS
        elsewhere = asyncio.create_task(ledger.post(bet(other, 1), soon()))
        await asyncio.sleep(0)
        assert (await ledger.post(bet(wallet, 10), soon())).cash == 87
        assert journal.fences == lanes.MOST_ATTEMPTS
        await elsewhere
        await ledger.close()


@asynccontextmanager
async def answer_lost(proxy: Proxy) -> AsyncIterator[None]:
    """The answer to what is posted meanwhile is lost, and there is no second attempt before the end."""
    proxy.swallow = proxy.refuse = True
    yield
    proxy.refuse = False


async def test_a_wallet_held_after_a_lost_answer_leaves_the_call_unknown(
    remote: Ledger, proxy: Proxy, owner: asyncpg.Connection, open_wallet: OpenWallet
) -> None:
    """Nobody is told that a call was not posted after an attempt that may have been; its neighbour has its answer."""
    held, free, key = await open_wallet(100), await open_wallet(100), unique("bet")
    await remote.post(bet(held, 1), soon())
    async with owner.transaction():
        async with answer_lost(proxy):
            post = asyncio.create_task(remote.post_many([bet(free, 10), bet(held, 10, key)], soon()))
            await until(lambda: postings(owner, key))
            await owner.execute("select from wallet.wallet where id = $1 for update", held)
        neighbour, unknown = await post
    assert isinstance(neighbour, Outcome)
    assert neighbour.status is Status.CREATED
    assert isinstance(unknown, Unavailable)
    assert unknown.reason is Reason.UNKNOWN
    assert await postings(owner, key) == 1


async def test_what_is_given_up_after_a_lost_answer_is_unknown(
    remote: Ledger, proxy: Proxy, journal: Journal, owner: asyncpg.Connection, open_wallet: OpenWallet
) -> None:
    """An attempt that fails for good says nothing about the one before it, which may have been committed."""
    wallet, key = await open_wallet(100), unique("bet")
    await remote.post(bet(wallet, 1), soon())
    try:
        async with answer_lost(proxy):
            post = asyncio.create_task(remote.post(bet(wallet, 10, key), soon()))
            await until(lambda: postings(owner, key))
            await owner.execute("revoke execute on function wallet.post from bankroll_service")
        with pytest.raises(Unavailable) as given_up:
            await post
    finally:
        await owner.execute("grant execute on function wallet.post to bankroll_service")
    assert given_up.value.reason is Reason.UNKNOWN
    assert [action for _, action in journal.failures] == [Action.FENCE, Action.GIVE_UP]
    assert (await remote.post(bet(wallet, 10, key), soon())).status is Status.DUPLICATE


async def test_a_call_that_ends_every_connection_hurts_no_neighbour(
    remote: Ledger, owner: asyncpg.Connection, open_wallet: OpenWallet
) -> None:
    """After a few attempts its batch is taken apart around it, and the others are posted."""
    wallets, key = [await open_wallet(100) for _ in range(3)], unique("bet")
    calls = [bet(wallets[0], 10), bet(wallets[1], 10, key), bet(wallets[2], 10)]
    async with hanging_up(owner, key):
        first, given_up, last = await asyncio.gather(
            *(remote.post(one, soon(5)) for one in calls), return_exceptions=True
        )
    assert isinstance(given_up, Unavailable)
    assert given_up.reason is Reason.UNKNOWN
    assert isinstance(first, Outcome)
    assert isinstance(last, Outcome)
    assert (first.cash, last.cash) == (90, 90)


async def test_what_would_fail_again_is_given_up_at_once(
    ledger: Ledger, journal: Journal, owner: asyncpg.Connection, open_wallet: OpenWallet
) -> None:
    """A right that is missing is missing for every call: each is told, and none is tried again."""
    wallets = [await open_wallet(100) for _ in range(2)]
    await owner.execute("revoke execute on function wallet.post from bankroll_service")
    try:
        told = await asyncio.gather(
            *(ledger.post(bet(wallet, 10), soon()) for wallet in wallets), return_exceptions=True
        )
    finally:
        await owner.execute("grant execute on function wallet.post to bankroll_service")
    assert [one.reason for one in told if isinstance(one, Unavailable)] == [Reason.INTERNAL] * 2
    assert journal.failures == [("42501", Action.GIVE_UP)]


async def test_a_lane_that_cannot_be_fenced_posts_nothing(
    remote: Ledger, journal: Journal, owner: asyncpg.Connection, open_wallet: OpenWallet
) -> None:
    """A new connection is not enough: until the fence stands, an attempt from before could still arrive."""
    wallet, key = await open_wallet(100), unique("bet")
    await owner.execute("revoke execute on function wallet.fence_lane from bankroll_service")
    try:
        await owner.fetchval(END_LANES)
        with pytest.raises(Unavailable) as late:
            await remote.post(bet(wallet, 10, key), soon(0.3))
        assert late.value.reason is Reason.DEADLINE
        assert (journal.fences, await postings(owner, key)) == (0, 0)
    finally:
        await owner.execute("grant execute on function wallet.fence_lane to bankroll_service")
    assert (await remote.post(bet(wallet, 10), soon())).status is Status.CREATED


async def test_a_lost_lease_is_recovered(
    ledger: Ledger, journal: Journal, owner: asyncpg.Connection, open_wallet: OpenWallet
) -> None:
    """A lane that somebody else took leases another one and posts again."""
    wallet = await open_wallet(100)
    await owner.execute("update wallet.lane set epoch = epoch + 1")
    outcome = await ledger.post(bet(wallet, 10), soon())
    assert (outcome.status, outcome.cash) == (Status.CREATED, 90)
    assert journal.failures == [("BR001", Action.LEASE)]


async def test_a_lane_that_cannot_be_leased_comes_back_and_leaves_no_connection_behind(
    ledger: Ledger, owner: asyncpg.Connection, open_wallet: OpenWallet
) -> None:
    """However often it connects meanwhile: a lane has one connection."""
    wallet = await open_wallet(100)
    await owner.execute("revoke execute on function wallet.lease_lane from bankroll_service")
    try:
        await owner.execute("update wallet.lane set epoch = epoch + 1")
        with pytest.raises(Unavailable) as late:
            await ledger.post(bet(wallet, 10), soon(0.2))
        assert late.value.reason is Reason.DEADLINE
    finally:
        await owner.execute("grant execute on function wallet.lease_lane to bankroll_service")
    assert (await ledger.post(bet(wallet, 10), soon())).cash == 90
    await until(lambda: owner.fetchval(f"select count(*) = 2 from ({OF_LANES}) lane"))


async def test_a_lane_lost_while_its_connection_was_down_is_leased_anew(
    ledger: Ledger, owner: asyncpg.Connection, open_wallet: OpenWallet
) -> None:
    """The fence says that the lane is somebody else's, who fenced us by taking it."""
    wallet = await open_wallet(100)
    await owner.execute("update wallet.lane set epoch = epoch + 5")
    await owner.fetchval(END_LANES)
    assert (await ledger.post(bet(wallet, 10), soon())).status is Status.CREATED
    await until(lambda: all_up(ledger))


async def test_a_process_that_outlives_a_restore_posts_nothing(
    ledger: Ledger, owner: asyncpg.Connection, open_wallet: OpenWallet
) -> None:
    """What it remembers may be of a future that was lost: it says so, answers temporary errors, and a new one posts."""
    wallet = await open_wallet(100)
    await owner.fetchval("select wallet.raise_restore_epoch(null)")
    key = unique("bet")
    with pytest.raises(Unavailable) as raised:
        await ledger.post(bet(wallet, 10, key), soon(0.5))
    assert raised.value.reason is Reason.DEADLINE
    assert ledger.restored.is_set()
    assert ledger.lanes_up == 0  # the lane beside it too, which has not met it
    assert await postings(owner, key) == 0


async def all_up(ledger: Ledger) -> bool:
    return ledger.lanes_up == 2


async def has_left(ledger: Ledger, lane: int) -> bool:
    return ledger._lanes[0]._lane != lane


async def fenced(journal: Journal, times: int) -> bool:
    return journal.fences == times


async def test_an_idle_lane_comes_back_by_itself(
    ledger: Ledger, journal: Journal, owner: asyncpg.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    """A lane whose connection was lost while there was nothing to post does not wait for a call, nor makes a fuss."""
    assert ledger.lanes_up == 2
    await owner.fetchval(END_LANES)
    await until(lambda: fenced(journal, 2))
    await until(lambda: all_up(ledger))
    assert [record.message for record in caplog.records if record.name == lanes.__name__] == []


async def test_a_line_that_went_silent_is_made_anew_by_the_renewal(
    proxy: Proxy, journal: Journal, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is posted and nobody hangs up: the lane notices all the same, and leaves that connection at once."""
    monkeypatch.setattr(lanes, "RENEW_SECONDS", 0.02)
    ledger = Ledger(await proxy.start(), lanes=1, observer=journal)
    await ledger.start()
    monkeypatch.setattr(lanes, "CLIENT_SECONDS", 1.0)
    [first] = proxy.connections
    proxy.hold = True
    await until(lambda: holds(first))
    proxy.hold = False
    await until(lambda: fenced(journal, 1))
    assert ledger.lanes_up == 1
    assert len(caplog.records) == 1
    await ledger.close()


async def test_a_lease_is_renewed_and_given_back(
    database: Database, journal: Journal, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A living ledger keeps its lanes, leases anew what it finds lost, and closed leaves them to the next."""
    monkeypatch.setattr(lanes, "RENEW_SECONDS", 0.02)
    await owner.execute("update wallet.lane set leased_until = '-infinity'")
    ledger = Ledger(database.service_url, lanes=1, observer=journal)
    await ledger.start()
    leased = "select id from wallet.lane where leased_until > clock_timestamp() + interval '30 seconds'"
    [lane] = [row["id"] for row in await owner.fetch(leased)]
    await owner.execute("update wallet.lane set leased_until = clock_timestamp() where id = $1", lane)
    await until(lambda: owner.fetchval(leased))
    assert journal.fences == 0
    await owner.execute("update wallet.lane set epoch = epoch + 1")
    await until(lambda: has_left(ledger, lane))
    assert journal.fences == 1
    await ledger.close()
    await owner.execute("update wallet.lane set leased_until = '-infinity' where id = $1", lane)
    assert await owner.fetchval(leased) is None


async def test_a_lane_waits_for_its_commits_whatever_the_server_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Switched off for the whole server it stays on for money; what is chosen for standbys is followed."""
    monkeypatch.setattr(lanes, "RENEW_SECONDS", 0.02)
    with embedded.start(tmp_path, report=lambda line: None) as servers:
        await migrate(servers.owner_url, unquote(urlsplit(servers.database_url).password or ""))
        owner = await asyncpg.connect(servers.owner_url)
        ledger = Ledger(servers.database_url, lanes=1)
        await ledger.start()
        try:
            for told, held in (("off", "on"), ("remote_apply", "remote_apply"), ("off", "remote_apply")):
                await owner.execute(f"alter system set synchronous_commit = {told}")
                await owner.execute("select pg_reload_conf()")
                await until(lambda told=told, held=held: commits(ledger, told, held))
        finally:
            await ledger.close()
            await owner.close()


async def commits(ledger: Ledger, told: str, held: str) -> bool:
    """Whether the lane has heard what the server is told, and does what it should."""
    lane = ledger._lanes[0]
    async with lane._busy:
        assert lane._connection is not None
        row = await lane._connection.fetchrow(
            "select reset_val, setting from pg_settings where name = 'synchronous_commit'"
        )
    return tuple(row) == (told, held)


async def test_two_ledgers_never_share_a_lane(
    ledger: Ledger, database: Database, owner: asyncpg.Connection
) -> None:
    """Every lane is leased by one connection."""
    peer = Ledger(database.service_url, lanes=2)
    await peer.start()
    held = [lane._lane for one in (ledger, peer) for lane in one._lanes]
    assert len(set(held)) == 4
    await peer.close()


async def test_a_server_that_is_away_at_the_start_is_an_error() -> None:
    """A ledger does not pretend to have started."""
    ledger = Ledger("postgresql://nobody@127.0.0.1:1/nothing")
    with pytest.raises(OSError, match="Connect"):
        await ledger.start()


async def test_closing_while_the_server_is_away_ends(
    proxy: Proxy, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Callers are told by their deadlines, and the shutdown does not wait for the server for ever."""
    monkeypatch.setattr("wallet.ledger.CLOSE_SECONDS", 0.2)
    ledger = Ledger(await proxy.start(), lanes=1)
    await ledger.start()
    await proxy.close()
    post = asyncio.create_task(ledger.post(bet(10**12, 1), soon(0.2)))
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await ledger.close()
    with pytest.raises(Unavailable):
        await post
