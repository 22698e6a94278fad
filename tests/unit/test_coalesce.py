"""Batches form by themselves, are bounded, keep order per key, and end cleanly."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from wallet.coalesce import BEHIND_BOUND, Coalescer, DeadlinePassed, Overloaded, Pending


@pytest.fixture(autouse=True)
async def _an_end() -> AsyncIterator[None]:
    """A test that waits for what never comes fails, after twice the longest wait that any of them allows."""
    loop = asyncio.get_running_loop()
    timer = loop.call_later(10.0, lambda: [task.cancel() for task in asyncio.all_tasks(loop)])
    yield
    timer.cancel()


class Recorder:
    """A lane that answers each item with itself, doubled, once the gate is open."""

    def __init__(self, *, shut: bool = False) -> None:
        self.batches: list[list[int]] = []
        self.gate = asyncio.Event()
        if not shut:
            self.gate.set()

    async def __call__(self, batch: list[Pending[int, int]]) -> None:
        self.batches.append([pending.item for pending in batch])
        await self.gate.wait()
        for pending in batch:
            pending.answer(pending.item * 2)


def let_go(lanes: list[Recorder]) -> None:
    """Open every gate."""
    for lane in lanes:
        lane.gate.set()


def soon(seconds: float = 5.0) -> float:
    return time.monotonic() + seconds


async def settle() -> None:
    """Let everything that can run, run."""
    for _ in range(10):
        await asyncio.sleep(0)


async def occupied(coalescer: Coalescer[int, int], lane: Recorder) -> asyncio.Task[int]:
    """Make the lane busy with item 0 until its gate opens."""
    lane.gate.clear()
    first = asyncio.create_task(coalescer.submit(0, soon()))
    await settle()
    return first


async def test_a_single_item_does_not_wait_for_company() -> None:
    """At low load a batch is one item."""
    lane = Recorder()
    coalescer = Coalescer([lane])
    coalescer.start()
    assert await coalescer.submit(21, soon()) == 42
    assert lane.batches == [[21]]
    await coalescer.close()


async def test_what_arrives_while_a_lane_is_busy_becomes_its_next_batch() -> None:
    """Under load a batch grows while the previous one is in flight, and each await gets its own result."""
    lane = Recorder()
    coalescer = Coalescer([lane])
    coalescer.start()
    first = await occupied(coalescer, lane)
    rest = [asyncio.create_task(coalescer.submit(number, soon())) for number in range(1, 50)]
    await settle()
    assert coalescer.depth == 49
    lane.gate.set()
    assert await asyncio.gather(first, *rest) == [number * 2 for number in range(50)]
    assert [len(batch) for batch in lane.batches] == [1, 49]
    assert coalescer.depth == 0
    await coalescer.close()


async def test_what_arrives_beside_a_quick_lane_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another lane does not begin beside one that may end at once: that one takes all that came meanwhile."""
    monkeypatch.setattr("wallet.coalesce.BESIDE_SECONDS", 3600.0)
    lanes = [Recorder(shut=True) for _ in range(2)]
    coalescer = Coalescer(lanes)
    coalescer.start()
    tasks = [asyncio.create_task(coalescer.submit(0, soon()))]
    await settle()
    for number in (1, 2):
        tasks.append(asyncio.create_task(coalescer.submit(number, soon())))
        await settle()
    assert [lane.batches for lane in lanes if lane.batches] == [[[0]]]
    let_go(lanes)
    assert await asyncio.gather(*tasks) == [0, 2, 4]
    assert [lane.batches for lane in lanes if lane.batches] == [[[0], [1, 2]]]
    assert await coalescer.submit(3, soon()) == 6  # nobody is at work any more, and nobody waits
    await coalescer.close()


async def test_another_lane_begins_beside_one_that_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever holds a lane up, what came after its batch is held up for a moment only, and what comes later not at all."""
    monkeypatch.setattr("wallet.coalesce.BESIDE_SECONDS", 0.01)
    lanes = [Recorder(shut=True) for _ in range(2)]
    coalescer = Coalescer(lanes)
    coalescer.start()
    stuck = asyncio.create_task(coalescer.submit(0, soon()))
    await settle()
    held_up = next(lane for lane in lanes if lane.batches)
    lanes.remove(held_up)
    lanes[0].gate.set()
    assert await asyncio.gather(coalescer.submit(1, soon()), coalescer.submit(2, soon())) == [2, 4]
    monkeypatch.setattr("wallet.coalesce.BESIDE_SECONDS", 3600.0)
    assert [await coalescer.submit(number, soon()) for number in (3, 4)] == [6, 8]
    assert (held_up.batches, lanes[0].batches) == ([[0]], [[1, 2], [3], [4]])
    held_up.gate.set()
    await stuck
    await coalescer.close()


@pytest.mark.parametrize(("bound", "exclusive"), [(1, ()), (10, ("round",))], ids=["full", "apart"])
async def test_who_cannot_join_a_batch_does_not_wait_for_it(
    bound: int, exclusive: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside a full batch, and beside one that may not hold what waits, another lane begins at once."""
    monkeypatch.setattr("wallet.coalesce.BESIDE_SECONDS", 3600.0)
    lanes = [Recorder(shut=True) for _ in range(2)]
    coalescer = Coalescer(lanes, batch_bound=bound)
    coalescer.start()
    tasks = [asyncio.create_task(coalescer.submit(n, soon(), exclusive=exclusive)) for n in (0, 1)]
    await settle()
    assert sorted(lane.batches for lane in lanes) == [[[0]], [[1]]]
    let_go(lanes)
    await asyncio.gather(*tasks)
    await coalescer.close()


async def test_what_came_in_bulk_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A single item begins beside a batch of the bulk at once, and the bulk beside another of its own."""
    monkeypatch.setattr("wallet.coalesce.BESIDE_SECONDS", 3600.0)
    lanes = [Recorder(shut=True) for _ in range(3)]
    coalescer = Coalescer(lanes)
    coalescer.start()
    bulks = [[Pending[int, int](number, None, (), 1)] for number in (0, 1)]
    tasks = []
    for bulk in bulks:
        tasks.append(asyncio.create_task(coalescer.submit_many(bulk, soon())))
        await settle()
    single = asyncio.create_task(coalescer.submit(2, soon()))
    await settle()
    assert sorted(lane.batches for lane in lanes) == [[[0]], [[1]], [[2]]]
    let_go(lanes)
    await asyncio.gather(*tasks, single)
    await coalescer.close()


async def test_what_came_in_bulk_is_not_held_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lane that takes what came singly sends another for the bulk, and so does the moment in which one is late."""
    monkeypatch.setattr("wallet.coalesce.BESIDE_SECONDS", 0.01)
    lanes = [Recorder(shut=True) for _ in range(3)]
    coalescer = Coalescer(lanes)
    coalescer.start()
    bulks = [[Pending[int, int](number, None, (), 1)] for number in (1, 3)]
    together = [
        asyncio.create_task(coalescer.submit(0, soon())),
        asyncio.create_task(coalescer.submit_many(bulks[0], soon())),
    ]
    await settle()
    assert sorted(lane.batches for lane in lanes) == [[], [[0]], [[1]]]
    gone = asyncio.create_task(coalescer.submit(2, soon()))
    await settle()
    late = asyncio.create_task(coalescer.submit_many(bulks[1], soon()))
    await settle()
    gone.cancel()
    await settle()
    assert [] in [lane.batches for lane in lanes]
    await asyncio.sleep(0.05)
    assert sorted(lane.batches for lane in lanes) == [[[0]], [[1]], [[3]]]
    let_go(lanes)
    await asyncio.gather(*together, late)
    await coalescer.close()


async def test_what_came_in_bulk_waits_for_its_key() -> None:
    """An item of the bulk whose key is in flight is passed over until it is not, and another lane does not take it."""
    lanes = [Recorder(shut=True) for _ in range(2)]
    coalescer = Coalescer(lanes)
    coalescer.start()
    single = asyncio.create_task(coalescer.submit(0, soon(), key="alice"))
    await settle()
    bulk = asyncio.create_task(coalescer.submit_many([Pending(1, "alice", (), 1)], soon()))
    await settle()
    assert sorted(lane.batches for lane in lanes) == [[], [[0]]]
    let_go(lanes)
    await asyncio.gather(single, bulk)
    assert sorted(batch for lane in lanes for batch in lane.batches) == [[0], [1]]
    await coalescer.close()


async def test_a_batch_is_bounded_by_weight_and_a_heavy_item_goes_alone() -> None:
    """No batch outweighs the bound but a single item that outweighs it by itself."""
    lane = Recorder()
    coalescer = Coalescer([lane], batch_bound=10)
    coalescer.start()
    first = await occupied(coalescer, lane)
    weights = {1: 4, 2: 6, 3: 25, 4: 4, 5: 7}
    rest = [asyncio.create_task(coalescer.submit(n, soon(), weight=weight)) for n, weight in weights.items()]
    await settle()
    lane.gate.set()
    await asyncio.gather(first, *rest)
    assert lane.batches == [[0], [1, 2], [3], [4], [5]]
    await coalescer.close()


async def test_one_key_is_in_flight_once_and_keeps_its_order() -> None:
    """Items of one key never share a batch or run at the same time, and leave in the order they came."""
    lanes = [Recorder(shut=True) for _ in range(2)]
    coalescer = Coalescer(lanes)
    coalescer.start()
    tasks = [asyncio.create_task(coalescer.submit(n, soon(), key="alice")) for n in range(3)]
    other = asyncio.create_task(coalescer.submit(9, soon(), key="bob"))
    await settle()
    taken = [batch for lane in lanes for batch in lane.batches]
    assert sorted(number for batch in taken for number in batch) == [0, 9]
    let_go(lanes)
    await asyncio.gather(*tasks, other)
    order = [n for lane in lanes for batch in lane.batches for n in batch]
    assert sorted(order) == [0, 1, 2, 9]
    assert all(len({n for n in batch if n != 9}) <= 1 for lane in lanes for batch in lane.batches)
    await coalescer.close()


async def test_arrival_order_of_a_key_survives_many_lanes() -> None:
    """A hundred items of a key over three lanes come out as they went in."""
    seen: list[int] = []

    async def lane(batch: list[Pending[int, int]]) -> None:
        seen.extend(pending.item for pending in batch)
        await asyncio.sleep(0)
        for pending in batch:
            pending.answer(0)

    coalescer = Coalescer([lane] * 3)
    coalescer.start()
    await asyncio.gather(*(coalescer.submit(n, soon(), key="alice") for n in range(100)))
    assert seen == list(range(100))
    await coalescer.close()


async def test_items_that_share_an_exclusive_key_go_in_different_batches() -> None:
    """Of two items with a common exclusive key the later one is passed over, not those behind it."""
    lane = Recorder()
    coalescer = Coalescer([lane])
    coalescer.start()
    first = await occupied(coalescer, lane)
    exclusive = {1: {"a"}, 2: {"a", "b"}, 3: {"b"}, 4: set(), 5: {"a"}}
    rest = [asyncio.create_task(coalescer.submit(n, soon(), exclusive=keys)) for n, keys in exclusive.items()]
    await settle()
    lane.gate.set()
    await asyncio.gather(first, *rest)
    assert lane.batches == [[0], [1, 3, 4], [2], [5]]
    await coalescer.close()


async def test_a_full_queue_refuses_at_once() -> None:
    """Beyond the bound the answer is immediate, and room comes back when the queue moves."""
    lane = Recorder()
    coalescer = Coalescer([lane], queue_bound=2)
    coalescer.start()
    first = await occupied(coalescer, lane)
    rest = [asyncio.create_task(coalescer.submit(n, soon())) for n in (1, 2)]
    await settle()
    with pytest.raises(Overloaded):
        await coalescer.submit(3, soon())
    lane.gate.set()
    await asyncio.gather(first, *rest)
    assert await coalescer.submit(4, soon()) == 8
    await coalescer.close()


async def test_too_many_of_a_key_are_refused_at_once() -> None:
    """Others still come in, and the key's own room comes back when its queue moves."""
    lane = Recorder()
    coalescer = Coalescer([lane])
    coalescer.start()
    first = await occupied(coalescer, lane)
    rest = [asyncio.create_task(coalescer.submit(n, soon(), key="a")) for n in range(BEHIND_BOUND + 1)]
    await settle()
    with pytest.raises(Overloaded):
        await coalescer.submit(1, soon(), key="a")
    rest.append(asyncio.create_task(coalescer.submit(2, soon(), key="b")))
    lane.gate.set()
    await asyncio.gather(first, *rest)
    assert await coalescer.submit(4, soon(), key="a") == 8
    await coalescer.close()


async def test_a_deadline_in_the_queue_means_that_nothing_was_started() -> None:
    """An item that no lane took in time leaves the queue and frees its place and its key."""
    lane = Recorder()
    coalescer = Coalescer([lane], queue_bound=2)
    coalescer.start()
    first = await occupied(coalescer, lane)
    with pytest.raises(DeadlinePassed) as passed:
        await asyncio.gather(
            coalescer.submit(1, soon(0.01), key="alice"), coalescer.submit(2, soon(0.01), key="alice")
        )
    assert not passed.value.started
    await asyncio.sleep(0.02)
    assert coalescer.depth == 0
    lane.gate.set()
    await first
    assert await coalescer.submit(3, soon(), key="alice") == 6
    assert lane.batches == [[0], [3]]
    await coalescer.close()


async def test_a_deadline_in_flight_says_so_and_keeps_the_key_busy() -> None:
    """An item whose lane is still at work may take effect, so the next of its key waits for the lane."""
    lane = Recorder()
    coalescer = Coalescer([lane, lane])
    coalescer.start()
    lane.gate.clear()
    with pytest.raises(DeadlinePassed) as passed:
        await coalescer.submit(1, soon(0.01), key="alice")
    assert passed.value.started
    following = asyncio.create_task(coalescer.submit(2, soon(), key="alice"))
    await settle()
    assert lane.batches == [[1]]
    lane.gate.set()
    assert await following == 4
    await coalescer.close()


async def test_a_deadline_already_passed_is_never_queued() -> None:
    """Nothing is started for a caller who is too late."""
    lane = Recorder()
    coalescer = Coalescer([lane])
    coalescer.start()
    await settle()
    with pytest.raises(DeadlinePassed) as passed:
        await coalescer.submit(1, time.monotonic())
    assert not passed.value.started
    await settle()
    assert (lane.batches, coalescer.depth) == ([], 0)
    await coalescer.close()


async def test_a_cancelled_caller_leaves_no_trace() -> None:
    """A caller that goes away frees its place and the next of its key comes forward."""
    lane = Recorder()
    coalescer = Coalescer([lane])
    coalescer.start()
    first = await occupied(coalescer, lane)
    gone = asyncio.create_task(coalescer.submit(1, soon(), key="alice"))
    stays = asyncio.create_task(coalescer.submit(2, soon(), key="alice"))
    await settle()
    gone.cancel()
    await settle()
    lane.gate.set()
    assert await stays == 4
    await first
    assert lane.batches == [[0], [2]]
    await coalescer.close()


async def test_who_goes_away_as_a_lane_comes_free_is_not_taken() -> None:
    """The lane passes over whoever left a moment ago, takes the next of its key, and counts who still waits."""
    lane = Recorder()
    coalescer = Coalescer([lane])
    coalescer.start()
    first = await occupied(coalescer, lane)
    gone, taken, stays = (
        asyncio.create_task(coalescer.submit(number, soon(), key="alice")) for number in (1, 2, 3)
    )
    await settle()
    lane.gate.set()
    lane.gate.clear()  # for the next batch
    gone.cancel()  # the lane comes before the caller, who has not withdrawn yet
    await settle()
    assert gone.cancelled()
    assert lane.batches == [[0], [2]]
    assert coalescer.depth == 1
    lane.gate.set()
    assert await asyncio.gather(first, taken, stays) == [0, 4, 6]
    await coalescer.close()


async def test_who_waits_behind_another_of_a_key_may_go_away() -> None:
    """Whoever gives up takes the own item along, and no other: not from behind, and not from a lane that has it."""
    lane = Recorder()
    coalescer = Coalescer([lane])
    coalescer.start()
    lane.gate.clear()
    taken, gone, stays = (
        asyncio.create_task(coalescer.submit(number, soon(), key="alice")) for number in range(3)
    )
    await settle()
    assert coalescer.depth == 2
    gone.cancel()
    await settle()
    assert coalescer.depth == 1
    taken.cancel()
    await settle()
    assert taken.cancelled()
    assert coalescer.depth == 1
    lane.gate.set()
    assert await stays == 4
    assert lane.batches == [[0], [2]]
    await coalescer.close()


async def test_a_lane_that_breaks_tells_its_batch_and_goes_on() -> None:
    """An error of the lane reaches those who waited in that batch, and the next batch runs."""
    calls = 0

    async def lane(batch: list[Pending[int, int]]) -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise ValueError("broken")
        if calls == 2:
            return
        batch[0].answer(1)

    coalescer = Coalescer([lane])
    coalescer.start()
    with pytest.raises(ValueError, match="broken"):
        await coalescer.submit(1, soon(), key="alice")
    with pytest.raises(RuntimeError, match="without an answer"):
        await coalescer.submit(1, soon(), key="alice")
    assert await coalescer.submit(1, soon(), key="alice") == 1
    await coalescer.close()


async def test_closing_finishes_what_was_accepted_and_takes_no_more() -> None:
    """Shutdown answers everything that was accepted, also what still waited, and refuses newcomers."""
    lane = Recorder()
    coalescer = Coalescer([lane, lane])
    coalescer.start()
    lane.gate.clear()
    tasks = [asyncio.create_task(coalescer.submit(n, soon(), key="alice")) for n in range(5)]
    await settle()
    closing = asyncio.create_task(coalescer.close())
    await settle()
    with pytest.raises(Overloaded):
        await coalescer.submit(9, soon())
    assert not closing.done()
    lane.gate.set()
    await closing
    assert [task.result() for task in tasks] == [0, 2, 4, 6, 8]


async def test_closing_does_not_wait_for_ever_for_a_lane() -> None:
    """A lane that never ends is cancelled once nobody waits for it and its grace is over."""

    async def lane(batch: list[Pending[int, int]]) -> None:
        await asyncio.Event().wait()

    coalescer = Coalescer([lane])
    coalescer.start()
    with pytest.raises(DeadlinePassed):
        await coalescer.submit(1, soon(0.01))
    await asyncio.wait_for(coalescer.close(grace=0.01), 5)
    assert all(worker.cancelled() for worker in coalescer._workers)


async def test_closing_waits_for_the_last_caller() -> None:
    """The grace is for lanes that nobody waits for: while one caller has no answer, no lane is cancelled."""
    gates = {number: asyncio.Event() for number in range(3)}

    async def lane(batch: list[Pending[int, int]]) -> None:
        for pending in batch:
            await gates[pending.item].wait()
            pending.answer(pending.item)

    coalescer = Coalescer([lane, lane])
    coalescer.start()
    gates[0].set()
    assert await coalescer.submit(0, soon()) == 0
    first, second = (asyncio.create_task(coalescer.submit(n, soon())) for n in (1, 2))
    await settle()
    closing = asyncio.create_task(coalescer.close(grace=0.0))
    gates[1].set()
    assert await first == 1
    await settle()
    assert not closing.done()
    gates[2].set()
    await closing
    assert second.result() == 2


async def test_closing_what_was_never_started() -> None:
    """There is nothing to wait for where no lane was put to work."""
    await asyncio.wait_for(Coalescer([Recorder()]).close(), 5)
