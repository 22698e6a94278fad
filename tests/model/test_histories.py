"""Random histories: the database answers every call as the oracle predicts, and stores what the oracle stores.

The same examples every time; ``BANKROLL_EXAMPLES=1000`` plays that many new ones instead, and ``BANKROLL_SHRINK=1``
takes the minutes to find the shortest history that fails.
"""

import asyncio
import os
import time
from collections.abc import Iterator
from random import Random

import asyncpg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from msgspec.structs import replace

from tests.ledgers import CURRENCIES, PostgresLedger
from tests.model.histories import (
    ACTS,
    NOBODY,
    OPENINGS,
    WALLETS,
    Draft,
    Memory,
    again,
    ahead,
    draft,
    history,
    opening,
    taken_back,
)
from tests.model.oracle import Oracle
from tests.model.reach import VALUES, Reached, decided_by
from tests.model.worlds import World
from wallet.ledger import Ledger, Unavailable
from wallet.types import Call, Outcome
from wallet.verify import verify

EXPLORING = "BANKROLL_EXAMPLES" in os.environ
SHRINKING = "BANKROLL_SHRINK" in os.environ


def examples(usual: int) -> settings:
    """How many, and whether always the same."""
    return settings(
        max_examples=int(os.environ.get("BANKROLL_EXAMPLES", usual)),
        derandomize=not EXPLORING,
        database=None,
        deadline=None,
        stateful_step_count=40,
        phases=[Phase.generate, Phase.shrink] if SHRINKING else [Phase.generate],
        suppress_health_check=list(HealthCheck),
        print_blob=EXPLORING,
    )


class Desk:
    """An event loop with lanes, for tests that Hypothesis runs many times."""

    def __init__(
        self, runner: asyncio.Runner, ledgers: list[PostgresLedger], processes: list[Ledger]
    ) -> None:
        self.run, self.ledgers, self.processes = runner.run, ledgers, processes

    def world(self, reached: Reached | None = None) -> World:
        """Fresh wallets in both ledgers."""
        world = World(self.ledgers[0], reached)
        self.run(world.open())
        return world


@pytest.fixture(scope="module")
def desk(database) -> Iterator[Desk]:
    """Three lanes and two processes at one database, whose books must verify after all that was played in it."""

    async def connect() -> tuple[list[PostgresLedger], list[Ledger]]:
        lanes = [await PostgresLedger.connect(database.service_url, database.owner_url) for _ in range(3)]
        processes = [Ledger(database.service_url, lanes=2) for _ in range(2)]
        for process in processes:
            await process.start()
        return lanes, processes

    async def disconnect(lanes: list[PostgresLedger], processes: list[Ledger]) -> None:
        for ledger in lanes:
            await ledger.disconnect()
        for process in processes:
            await process.close()

    with asyncio.Runner() as runner:
        everything = runner.run(connect())
        yield Desk(runner, *everything)
        runner.run(disconnect(*everything))
        report = runner.run(verify(database.service_url))
        assert report.holds, "\n".join(report.lines())


RANDOM = st.randoms(use_true_random=True)


class Studio(RuleBasedStateMachine):
    """One call after the other: whatever a studio, a cashier and an operator may think of."""

    desk: Desk

    @initialize(random=RANDOM)
    def open(self, random):
        self.world = self.desk.world()
        self.memory = Memory(random)

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.desk.run(self.world.compare_books())

    def post(self, draft_: Draft) -> None:
        self.desk.run(self.world.post([self.world.call(draft_)]))

    @rule(random=RANDOM)
    def something(self, random):
        """A new call, mostly about what was sent before."""
        self.post(draft(random, self.memory))

    @rule(random=RANDOM)
    def something_else(self, random):
        """The same, so that it comes twice as often as anything else."""
        self.post(draft(random, self.memory))

    @precondition(lambda self: self.memory.sent)
    @rule(random=RANDOM)
    def again(self, random):
        """The same once more, or nearly."""
        self.post(again(random, self.memory))

    @rule(random=RANDOM)
    def ahead(self, random):
        """A call with a tombstone among its operations."""
        self.post(ahead(random, self.memory))

    @rule(random=RANDOM)
    def taken_back(self, random):
        """A call that takes another one back, by whatever belongs to it."""
        self.post(taken_back(random, self.memory))

    @rule(wallet=st.integers(0, NOBODY - 1), act=st.sampled_from((*["active"] * 6, *ACTS)))
    def act(self, wallet, act):
        """A player is blocked, excluded, free again, or a wallet closed."""
        self.desk.run(self.world.act(wallet, act))


def test_one_call_after_the_other(desk):
    """Whatever is asked, one call at a time, is answered and stored as the oracle says."""
    machine = type("StudioAtDesk", (Studio,), {"desk": desk})
    run_state_machine_as_test(machine, settings=examples(100))


def test_many_calls_in_a_batch(desk):
    """Calls in one batch are answered as one after the other, whoever is blocked in between; every status of every kind is met."""
    reached = Reached()

    @examples(100)
    @given(random=RANDOM)
    def play(random):
        world = desk.world(reached)
        batch: list[Draft] = []
        for one in [*history(random, 60), None]:
            stopped = random.randrange(12) == 0
            if batch and (one is None or stopped or any(one.meets(other) for other in batch)):
                desk.run(world.post([world.call(other) for other in batch]))
                batch = []
            if stopped:
                act = random.choice((*["active"] * 4, *ACTS))
                desk.run(world.act(random.randrange(NOBODY), act))
            if one is not None:
                batch.append(one)
        desk.run(world.compare_books())

    play()
    assert EXPLORING or not reached.missing(), "\n".join(reached.missing())


def test_every_value_of_every_policy_decides_something():
    """There is no value of a policy under which random histories go as they would under another."""
    wanted = {(name, value) for name, values in VALUES.items() for value in values}
    for seed in range(150):
        if not wanted:
            break
        oracle, random = Oracle(), Random(seed)
        wallets = range(1, 1 + len(WALLETS))
        for wallet, (player, currency) in zip(wallets, WALLETS, strict=True):
            oracle.open(wallet, player, CURRENCIES[currency])
        for wallet, purse in zip(wallets, OPENINGS, strict=True):
            oracle.post(opening(wallet, purse, ""))
        for one in history(random, 60):
            call = one.call(wallets, {account: account for account in range(3)}, "")
            wanted -= set(decided_by(oracle, call, wanted))
            oracle.post(call)
    assert not wanted


def _batches(calls: list[Draft]) -> Iterator[list[Draft]]:
    """Cut a history where a wallet comes again."""
    batch: list[Draft] = []
    for one in calls:
        if any(one.wallet == other.wallet for other in batch):
            yield batch
            batch = []
        batch.append(one)
    if batch:
        yield batch


@examples(80)
@given(random=RANDOM)
def test_many_lanes_at_once(desk, random):
    """Three lanes over the same wallets and keys: the journal, replayed in its order, is what was answered and stored."""
    world = desk.world()
    batches = [list(_batches(history(random, 30, apart=True))) for _ in desk.ledgers]
    answers = desk.run(_play(desk.ledgers, [[[world.call(d) for d in b] for b in lane] for lane in batches]))
    desk.run(world.replay(answers))
    desk.run(world.compare_books())


async def _play(ledgers, lanes: list[list[list[Call]]]) -> list[tuple[Call, Outcome]]:
    """Each lane posts its batches; all at once."""

    async def one(ledger, batches: list[list[Call]]) -> list[tuple[Call, Outcome]]:
        return [answer for batch in batches for answer in await _insist(ledger, batch)]

    played = await asyncio.gather(*(one(*pair) for pair in zip(ledgers, lanes, strict=True)))
    return [answer for lane in played for answer in lane]


async def _insist(ledger, batch: list[Call]) -> list[tuple[Call, Outcome]]:
    """Post a batch as Ledger does: where a key or a lock was lost to another lane, its halves again.

    A deadlock is no such loss: it fails the test.
    """
    try:
        return list(zip(batch, await ledger.post(batch), strict=True))
    except (asyncpg.UniqueViolationError, asyncpg.LockNotAvailableError):
        middle = len(batch) // 2
        halves = [batch[:middle], batch[middle:]] if middle else [batch]
        return [answer for half in halves for answer in await _insist(ledger, half)]


@examples(15)
@given(random=RANDOM)
def test_several_processes_at_once(desk, random):
    """Two processes get the same players' calls, some of them both: what is answered is what the journal says, once."""
    world = desk.world()
    studios = [
        [(world.call(one), random.randrange(8)) for one in history(random, 25, apart=True)] for _ in range(4)
    ]
    answers = desk.run(_play_on(desk.processes, studios, world, WALLETS[random.randrange(NOBODY)][0]))
    desk.run(world.replay(answers))
    desk.run(world.compare_books())


async def _play_on(processes, studios, world: World, player: str) -> list[tuple[Call, Outcome]]:
    """Each studio asks one after the other, now and then both processes; meanwhile a player is excluded for a moment."""

    async def studio(number: int, calls: list[tuple[Call, int]]) -> list[tuple[Call, Outcome]]:
        answers: list[tuple[Call, Outcome]] = []
        for call, chance in calls:
            asked = processes if chance == 0 else [processes[(number + chance) % 2]]
            twins = [call, replace(call, id=call.id ^ 1)][: len(asked)]
            told = await asyncio.gather(*(_tireless(*pair) for pair in zip(asked, twins, strict=True)))
            answers += zip(twins, told, strict=True)
        return answers

    async def operator() -> None:
        await asyncio.sleep(0.005)
        await world.exclude_for_a_moment(player, processes)

    played = await asyncio.gather(*(studio(*pair) for pair in enumerate(studios)), operator())
    return [answer for answers in played for answer in answers or ()]


async def _tireless(process: Ledger, call: Call) -> Outcome:
    """A call until it is answered: a temporary error is no answer."""
    while True:
        try:
            return await process.post(call, time.monotonic() + 10)
        except Unavailable:
            continue
