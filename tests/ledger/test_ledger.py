"""`Ledger.post`: batches, order, bounds, deadlines, and neighbours that a bad operation does not hurt."""

import asyncio
from itertools import pairwise

import asyncpg
import msgspec
import pytest

from tests.ledger.calls import ACCOUNT, Journal, OpenWallet, bet, call, soon, unique, until
from tests.servers import Database
from wallet import database as statements
from wallet import ledger as ledgers
from wallet.database import UnsafeServer, check_server
from wallet.failures import ACTIONS, CLIENT, SYNC_REPLICATION, Action, action_for
from wallet.ledger import Ledger, Overloaded, PostingHealth, Reason, Unavailable, keys_of
from wallet.types import Call, Kind, Op, OpOutcome, Policy, Scope, Status


def names(struct: type[msgspec.Struct]) -> list[str]:
    return [field.name for field in msgspec.structs.fields(struct)]


async def test_one_shape_from_struct_to_function(owner: asyncpg.Connection) -> None:
    """Call, Op, Policy and OpOutcome have the names and the order of the function's arguments and columns."""
    arguments, modes = await owner.fetchrow(
        "select proargnames, proargmodes::text[] from pg_proc where oid = 'wallet.post'::regproc"
    )
    given = [name for name, mode in zip(arguments, modes, strict=True) if mode == "i"]
    answered = [name for name, mode in zip(arguments, modes, strict=True) if mode == "t"]
    assert given == list(statements.ARGUMENTS)
    assert answered == ["op_position", *statements.RESULTS]
    of_call = [{"id": "call_id"}.get(name, name) for name in names(Call) if name != "ops"]
    assert given == ["bucket", "lane", "epoch", "policies", *of_call, *names(Op)]
    assert answered[1:14] == names(OpOutcome)
    attributes = await owner.fetch(
        "select attname from pg_attribute where attrelid = 'wallet.policy'::regclass and attnum > 0 order by attnum"
    )
    assert [row["attname"] for row in attributes] == names(Policy)


@pytest.mark.parametrize(("enum", "name"), [(Kind, "kind"), (Status, "status"), (Scope, "scope")])
async def test_closed_lists_agree(owner: asyncpg.Connection, enum: type, name: str) -> None:
    """Python and Postgres have the same words in the same order."""
    rows = await owner.fetch(
        "select enumlabel from pg_enum where enumtypid = ('wallet.' || $1)::regtype order by enumsortorder",
        name,
    )
    assert [row["enumlabel"] for row in rows] == [member.value for member in enum]


async def test_a_call_becomes_a_posting(ledger: Ledger, open_wallet: OpenWallet) -> None:
    """An outcome carries the posting, what moved, and the balances."""
    wallet = await open_wallet(100)
    outcome = await ledger.post(
        call(
            wallet,
            Op(Kind.BET, unique("bet"), 30, round="r1", metadata='{"campaign": 7}'),
            Op(Kind.WIN, unique("win"), 50, round="r1", end_round=True),
        ),
        soon(),
    )
    assert outcome.status is Status.CREATED
    assert (outcome.cash, outcome.bonus, outcome.held, outcome.currency) == (120, 0, 0, "EUR")
    staked, won = outcome.ops
    assert (staked.cash, staked.cash_before, staked.cash_after, staked.seq) == (-30, 100, 70, 2)
    assert (won.cash, won.cash_before, won.cash_after, won.seq) == (50, 70, 120, 3)
    assert staked.posting is not None
    assert staked.recorded_at is not None


async def test_an_unknown_wallet_is_a_value(ledger: Ledger, open_wallet: OpenWallet) -> None:
    """wallet_not_found for that call alone, though it shared its batch (case 29)."""
    wallet = await open_wallet(100)
    found, missing = await asyncio.gather(
        ledger.post(bet(wallet, 10), soon()), ledger.post(bet(10**15, 10), soon())
    )
    assert found.status is Status.CREATED
    assert (missing.status, missing.currency, missing.ops[0].posting) == (Status.WALLET_NOT_FOUND, None, None)


async def test_fifty_identical_bets_are_one_debit(
    ledger: Ledger, journal: Journal, open_wallet: OpenWallet
) -> None:
    """Fifty equal answers with one transaction id, one of them the creation (case 1)."""
    wallet = await open_wallet(1000)
    key = unique("bet")
    outcomes = await asyncio.gather(*(ledger.post(bet(wallet, 10, key), soon()) for _ in range(50)))
    assert len({outcome.ops[0].posting for outcome in outcomes}) == 1
    statuses = [outcome.status for outcome in outcomes]
    assert (statuses.count(Status.CREATED), statuses.count(Status.DUPLICATE)) == (1, 49)
    assert {outcome.ops[0].cash_after for outcome in outcomes} == {990}
    assert {outcome.cash for outcome in outcomes} == {990}
    assert journal.failures == []


async def test_two_ledgers_and_fifty_identical_bets(
    ledger: Ledger, database: Database, open_wallet: OpenWallet
) -> None:
    """The same over two processes' worth of lanes: the database, not the queue, keeps it to one debit (case 1)."""
    wallet = await open_wallet(1000)
    peer = Ledger(database.service_url, lanes=2)
    await peer.start()
    key = unique("bet")
    outcomes = await asyncio.gather(
        *(one.post(bet(wallet, 10, key), soon()) for _ in range(25) for one in (ledger, peer))
    )
    assert len({outcome.ops[0].posting for outcome in outcomes}) == 1
    assert [outcome.status for outcome in outcomes].count(Status.CREATED) == 1
    await peer.close()


async def test_batches_form_under_load(ledger: Ledger, journal: Journal, open_wallet: OpenWallet) -> None:
    """Calls that arrive together are posted together, each with its own outcome."""
    wallets = [await open_wallet(1000) for _ in range(40)]
    journal.batches.clear()
    outcomes = await asyncio.gather(
        *(ledger.post(bet(wallet, position + 1), soon()) for position, wallet in enumerate(wallets))
    )
    assert [outcome.cash for outcome in outcomes] == [999 - position for position in range(40)]
    assert sum(journal.batches) == 40
    assert len(journal.batches) <= 4


async def test_calls_of_one_wallet_keep_their_order(
    ledger: Ledger, journal: Journal, open_wallet: OpenWallet
) -> None:
    """The journal holds a wallet's calls as they arrived, whichever lane took them; one is in flight at a time."""
    wallet, others = await open_wallet(1000), [await open_wallet(1000) for _ in range(5)]
    calls = [bet(wallet, 1) if n % 2 else bet(others[n % 5], 1) for n in range(100)]
    outcomes = await asyncio.gather(*(ledger.post(one, soon()) for one in calls))
    order = [outcome.ops[0].seq for outcome, one in zip(outcomes, calls, strict=True) if one.wallet == wallet]
    assert order == list(range(2, 52))
    assert journal.failures == []


async def test_calls_that_share_a_key_go_in_different_batches(
    database: Database, journal: Journal, open_wallet: OpenWallet
) -> None:
    """Two players' bets under one key, or a bet and a rollback that entombs its key: no error on the way (case 2)."""
    alice, bob = await open_wallet(100), await open_wallet(100)
    ledger = Ledger(database.service_url, lanes=1, observer=journal)
    await ledger.start()
    key, other = unique("bet"), unique("bet")
    outcomes = await asyncio.gather(*(ledger.post(bet(wallet, 10, key), soon()) for wallet in (alice, bob)))
    assert [outcome.status for outcome in outcomes] == [Status.CREATED, Status.KEY_REUSED]
    rollback = call(alice, Op(Kind.ROLLBACK, unique("rollback"), reference=other))
    outcomes = await asyncio.gather(ledger.post(rollback, soon()), ledger.post(bet(bob, 1, other), soon()))
    assert [outcome.status for outcome in outcomes] == [Status.TOMBSTONE_CREATED, Status.KEY_REUSED]
    assert journal.failures == []
    await ledger.close()


async def test_a_tombstone_and_a_bet_race_for_a_key(
    ledger: Ledger, database: Database, open_wallet: OpenWallet
) -> None:
    """A rollback that entombs a key while another process bets under it: both are answered, once."""
    alice, bob = await open_wallet(100), await open_wallet(100)
    peer = Ledger(database.service_url, lanes=1)
    await peer.start()
    for _ in range(10):
        key = unique("bet")
        rolled, staked = await asyncio.gather(
            ledger.post(call(alice, Op(Kind.ROLLBACK, unique("rollback"), reference=key)), soon()),
            peer.post(bet(bob, 1, key), soon()),
        )
        assert (rolled.status, staked.status) in {
            (Status.TOMBSTONE_CREATED, Status.KEY_REUSED),
            (Status.REFERENCE_DIFFERS, Status.CREATED),
        }
    await peer.close()


async def test_a_poison_operation_hurts_no_neighbour(
    ledger: Ledger, journal: Journal, open_wallet: OpenWallet
) -> None:
    """An operation that Postgres cannot take fails alone; the batch is taken apart around it."""
    wallets = [await open_wallet(100) for _ in range(20)]
    poison = bet(wallets[7], 10, round="not\x00text")
    journal.batches.clear()
    calls = [bet(wallet, 10) if wallet != wallets[7] else poison for wallet in wallets]
    outcomes = await asyncio.gather(*(ledger.post(one, soon()) for one in calls), return_exceptions=True)
    failed = outcomes.pop(7)
    assert isinstance(failed, Unavailable)
    assert failed.reason is Reason.INTERNAL
    assert all(outcome.status is Status.CREATED and outcome.cash == 90 for outcome in outcomes)
    assert {action for _, action in journal.failures} == {Action.SPLIT}
    # Halves at once, of 20, 10, 5, 3, 2 and 1; and the other halves stay together.
    assert len(journal.failures) <= 6
    assert len(journal.batches) <= 6
    again = await ledger.post(bet(wallets[7], 10), soon())
    assert again.cash == 90


async def test_an_operation_that_the_driver_cannot_encode_fails_alone(
    ledger: Ledger, open_wallet: OpenWallet
) -> None:
    """Beyond 64 bits nothing is sent, and the neighbours are posted."""
    alice, bob = await open_wallet(100), await open_wallet(100)
    poisoned, sound = await asyncio.gather(
        ledger.post(bet(alice, 2**70), soon()), ledger.post(bet(bob, 10), soon()), return_exceptions=True
    )
    assert isinstance(poisoned, Unavailable)
    assert sound.status is Status.CREATED


async def test_a_wallet_locked_by_hand_stalls_nobody_else(
    ledger: Ledger, journal: Journal, owner: asyncpg.Connection, open_wallet: OpenWallet
) -> None:
    """Whoever needs the locked wallet is told it is busy; the rest of the batch is posted one by one."""
    wallets = [await open_wallet(100) for _ in range(10)]
    async with owner.transaction():
        await owner.execute("select from wallet.wallet where id = $1 for update", wallets[3])
        outcomes = await asyncio.gather(
            *(ledger.post(bet(wallet, 10), soon()) for wallet in wallets), return_exceptions=True
        )
    busy = outcomes.pop(3)
    assert isinstance(busy, Unavailable)
    assert busy.reason is Reason.BUSY
    assert all(outcome.status is Status.CREATED for outcome in outcomes)
    # Waited for with its batch, and once more alone.
    assert journal.failures == [("55P03", Action.SINGLE)] * 2
    assert (await ledger.post(bet(wallets[3], 10), soon())).cash == 90


async def test_beyond_the_bound_the_answer_is_overloaded(
    database: Database, owner: asyncpg.Connection
) -> None:
    """A full queue refuses at once, and nothing of it is posted."""
    ledger = Ledger(database.service_url, lanes=1, queue_bound=2)
    await ledger.start()
    async with owner.transaction():
        await owner.execute("lock table wallet.wallet in access exclusive mode")
        running = [asyncio.create_task(ledger.post(bet(10**12 + n, 1), soon())) for n in range(1)]
        await until(lambda: waits_for_a_lock(owner))
        running += [asyncio.create_task(ledger.post(bet(10**13 + n, 1), soon())) for n in range(2)]
        await asyncio.sleep(0)
        assert ledger.depth == 2
        with pytest.raises(Overloaded):
            await ledger.post(bet(10**14, 1), soon())
    await asyncio.gather(*running, return_exceptions=True)
    await ledger.close()


async def waits_for_a_lock(owner: asyncpg.Connection) -> bool:
    return await owner.fetchval(
        "select exists (select from pg_stat_activity where application_name = 'bankroll lane'"
        " and datname = current_database() and wait_event_type = 'Lock')"
    )


async def test_a_deadline_is_kept_and_the_wallet_stays_in_order(
    ledger: Ledger, owner: asyncpg.Connection, open_wallet: OpenWallet
) -> None:
    """A caller hears of the deadline in time; what was under way is not overtaken by the wallet's next call."""
    wallet = await open_wallet(100)
    key = unique("bet")
    async with owner.transaction():
        await owner.execute("select from wallet.wallet where id = $1 for update", wallet)
        with pytest.raises(Unavailable) as late:
            await ledger.post(bet(wallet, 10, key), soon(0.05))
        assert late.value.reason is Reason.DEADLINE
    again = await ledger.post(bet(wallet, 10, key), soon())
    assert again.status in {Status.CREATED, Status.DUPLICATE}
    assert again.cash == 90
    assert await owner.fetchval("select count(*) from wallet.posting where key = $1", key) == 1


async def test_a_deadline_in_the_past_posts_nothing(
    ledger: Ledger, owner: asyncpg.Connection, open_wallet: OpenWallet
) -> None:
    """A call that comes too late is not begun."""
    wallet = await open_wallet(100)
    with pytest.raises(Unavailable):
        await ledger.post(bet(wallet, 10), soon(-1))
    assert await owner.fetchval("select cash from wallet.wallet where id = $1", wallet) == 100


@pytest.mark.parametrize("ops", [(), (Op(Kind.BET, "k", 1),) * 257])
async def test_a_call_has_a_bounded_number_of_operations(ledger: Ledger, ops: tuple[Op, ...]) -> None:
    """No operation, or more than the bound, is a mistake of the caller's."""
    with pytest.raises(ValueError, match="1 to 256"):
        await ledger.post(call(1, *ops), soon())


async def test_two_parallel_bets_cannot_spend_the_same_money(
    ledger: Ledger, database: Database, open_wallet: OpenWallet
) -> None:
    """Two bets of 60 with 100 left, over different ledgers: exactly one is accepted (case 22)."""
    peer = Ledger(database.service_url, lanes=1)
    await peer.start()
    for _ in range(5):
        wallet = await open_wallet(100)
        outcomes = await asyncio.gather(*(one.post(bet(wallet, 60), soon()) for one in (ledger, peer)))
        assert sorted(outcome.status for outcome in outcomes) == [Status.CREATED, Status.INSUFFICIENT_FUNDS]
    await peer.close()


async def test_closing_finishes_what_is_in_flight(
    database: Database, owner: asyncpg.Connection, open_wallet: OpenWallet
) -> None:
    """Every accepted call is answered, newcomers are refused, and the lanes are given back."""
    wallets = [await open_wallet(100) for _ in range(5)]
    ledger = Ledger(database.service_url, lanes=2)
    await ledger.start()
    posts = [asyncio.create_task(ledger.post(bet(wallet, 10), soon())) for wallet in wallets * 4]
    await asyncio.sleep(0)
    closing = asyncio.create_task(ledger.close())
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await ledger.post(bet(wallets[0], 10), soon())
    outcomes = await asyncio.gather(*posts)
    await closing
    assert all(outcome.status is Status.CREATED for outcome in outcomes)
    assert ledger.lanes_up == 0
    spent = "select bool_and(cash = 60) from wallet.wallet where id = any ($1)"
    assert await owner.fetchval(spent, wallets)


async def test_a_replaced_function_is_prepared_again(
    ledger: Ledger, owner: asyncpg.Connection, open_wallet: OpenWallet
) -> None:
    """Functions are replaced under traffic: no caller notices."""
    wallet = await open_wallet(1000)
    source = await owner.fetchval("select pg_get_functiondef('wallet.post'::regproc)")
    for _ in range(3):
        await owner.execute(source)
        outcomes = await asyncio.gather(*(ledger.post(bet(wallet, 1), soon()) for _ in range(5)))
        assert {outcome.status for outcome in outcomes} == {Status.CREATED}


class Settings:
    """A server that answers with given settings."""

    def __init__(self, version: int, off: list[str]) -> None:
        self.version = version
        self.off = off

    async def fetchval(self, query: str) -> int:
        return self.version

    async def fetch(self, query: str) -> list[tuple[str]]:
        return [(name,) for name in self.off]


@pytest.mark.parametrize(
    ("version", "off", "named"),
    [
        (180000, ["fsync"], "fsync"),
        (160004, ["full_page_writes", "fsync"], "fsync, full_page_writes"),
        (140010, [], "15"),
    ],
)
async def test_an_unsafe_server_is_refused_by_name(version: int, off: list[str], named: str) -> None:
    """A server that could lose acknowledged money is named with the setting to change."""
    with pytest.raises(UnsafeServer, match=named):
        await check_server(Settings(version, off))  # type: ignore[arg-type]


async def test_a_session_that_does_not_wait_for_its_commit_is_refused(
    database: Database, owner: asyncpg.Connection
) -> None:
    """synchronous_commit switched off for the database, the role or the connection stops the start."""
    await owner.execute(f"alter database {database.name} set synchronous_commit = off")
    try:
        with pytest.raises(UnsafeServer, match="synchronous_commit"):
            await Ledger(database.service_url, lanes=1).start()
    finally:
        await owner.execute(f"alter database {database.name} reset synchronous_commit")
    connection = await asyncpg.connect(database.service_url, server_settings={"synchronous_commit": "off"})
    with pytest.raises(UnsafeServer, match="synchronous_commit"):
        await check_server(connection)
    await connection.close()


def sqlstates() -> list[str]:
    found = {getattr(value, "sqlstate", None) for value in vars(asyncpg.exceptions).values()}
    return sorted(state for state in found if state)


def test_every_sqlstate_has_an_action() -> None:
    """Every state the driver knows, our own and one that nobody knows have an action; the doubtful ones fence."""
    assert len(sqlstates()) > 200
    for state in sqlstates():
        assert action_for(state) in Action
    doubtful = [
        "08000",
        "08006",
        "57P01",
        "57P02",
        "57P03",
        "57014",
        "40003",
        CLIENT,
        SYNC_REPLICATION,
        "ZZ999",
    ]
    assert {action_for(state) for state in doubtful} == {Action.FENCE}
    assert action_for("BR001") is Action.LEASE
    assert action_for("55P03") is Action.SINGLE
    assert action_for("25006") is Action.RECONNECT
    assert all(len(key) in (0, 2, 5) or key in (CLIENT, SYNC_REPLICATION) for key in ACTIONS)


def test_a_call_names_the_keys_it_may_write() -> None:
    """Its own keys and those that its reversals may entomb; a round's name is no key."""
    one = call(
        1,
        Op(Kind.BET, "a", 1),
        Op(Kind.ROLLBACK, "b", reference="c"),
        Op(Kind.ROLLBACK, "d", reference="r", scope=Scope.ROUND),
        Op(Kind.WIN, "e", 1, reference="w"),
        Op(Kind.REFUND, "f"),
    )
    assert set(keys_of(one)) == {(ACCOUNT, key) for key in "abcdef"}


@pytest.mark.parametrize(
    ("state", "action", "told"),
    [
        ("53100", Action.REPEAT, "53100"),
        ("42501", Action.GIVE_UP, "42501"),
        ("40P01", Action.REPEAT, None),
        ("22003", Action.SPLIT, None),
    ],
)
def test_what_refuses_whatever_is_posted_is_remembered(
    monkeypatch: pytest.MonkeyPatch, journal: Journal, state: str, action: Action, told: str | None
) -> None:
    """A disk without room or a right that lacks, and nothing that one batch met: for a while, or until one is posted."""
    health = PostingHealth(journal)
    assert health.refused is None
    health.failure(state, action)
    assert health.refused == told
    health.batch(1, 1, 0.0)
    assert health.refused is None
    monkeypatch.setattr(ledgers, "REFUSED_SECONDS", -1.0)
    health.failure(state, action)
    assert health.refused is None
    assert journal.failures == [(state, action)] * 2


def test_columns_follow_the_operations() -> None:
    """One array per argument, one element per operation, and equal policies are sent once."""
    calls = [
        call(5, Op(Kind.BET, "a", 1), Op(Kind.WIN, "b", 2, reference="a")),
        call(6, Op(Kind.BET, "c", 3), policy=Policy(win_without_bet=True)),
        call(7, Op(Kind.BET, "d", 4)),
    ]
    policies, columns = statements.columns_of(calls)
    by_name = dict(zip(statements.ARGUMENTS[4:], columns, strict=True))
    assert len(policies) == 2
    assert by_name["policy"] == (1, 1, 2, 1)
    assert by_name["wallet"] == (5, 5, 6, 7)
    assert by_name["key"] == ("a", "b", "c", "d")
    assert by_name["reference"] == (None, "a", None, None)
    assert all(before <= after for before, after in pairwise(by_name["call_id"]))
