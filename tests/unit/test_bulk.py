"""What comes in bulk is sorted into waves, and lanes take it when nothing else is ready."""

import asyncio
import gc
from itertools import pairwise

import pytest

from tests.unit.test_coalesce import Recorder, occupied, settle, soon
from wallet.bulk import SLICE, Waves, slices
from wallet.coalesce import Coalescer, DeadlinePassed, Overloaded, Pending


def item(number: int, key: str | None = None, *exclusive: str, weight: int = 1) -> Pending[int, int]:
    return Pending(number, key, exclusive, weight)


def numbers(waves: Waves[int, int]) -> list[list[int]]:
    return [[pending.item for pending in wave] for wave in waves.waves]


async def test_a_key_stands_once_in_a_wave() -> None:
    """Repeats go to later waves in their order, and as many waves are made as the most repeated needs."""
    waves: Waves[int, int] = Waves()
    for number, key in enumerate("abacaab"):
        waves.add(item(number, key))
    assert numbers(waves) == [[0, 1, 3], [2, 6], [4], [5]]


async def test_what_is_exclusive_stands_once_in_a_wave() -> None:
    """Two items that may not share a batch do not share a wave, whichever of their names they share."""
    waves: Waves[int, int] = Waves()
    for pending in (item(0, "a", "x"), item(1, "b", "x", "y"), item(2, "c", "y"), item(3, "b"), item(4, "d")):
        waves.add(pending)
    assert numbers(waves) == [[0, 4], [1], [2, 3]]


async def test_what_is_submitted_singly_goes_first() -> None:
    """A lane takes of the bulk only when nothing else is ready, a batch at a time."""
    lane = Recorder()
    coalescer = Coalescer([lane], bulk_batch_bound=2)
    coalescer.start()
    first = await occupied(coalescer, lane)
    bulk = asyncio.create_task(coalescer.submit_many([item(number) for number in range(10, 15)], soon()))
    await settle()
    singles = [asyncio.create_task(coalescer.submit(number, soon())) for number in (1, 2, 3)]
    await settle()
    assert coalescer.depth == 3
    lane.gate.set()
    await asyncio.gather(first, *singles, bulk)
    assert lane.batches == [[0], [1, 2, 3], [10, 11], [12, 13], [14]]
    assert coalescer.depth == 0
    await coalescer.close()


async def test_a_key_that_only_stands_in_a_bulk_is_free() -> None:
    """A single item goes before one of its key in a bulk that no lane has taken, though it came later."""
    lane = Recorder()
    coalescer = Coalescer([lane])
    coalescer.start()
    first = await occupied(coalescer, lane)
    bulk = asyncio.create_task(coalescer.submit_many([item(10, "alice"), item(11, "bob")], soon()))
    await settle()
    single = asyncio.create_task(coalescer.submit(1, soon(), key="alice"))
    await settle()
    lane.gate.set()
    await asyncio.gather(first, single, bulk)
    assert lane.batches == [[0], [1], [10, 11]]
    await coalescer.close()


async def test_a_key_of_the_bulk_that_is_under_way_is_waited_for() -> None:
    """While a lane has it, neither a single item of its key nor another bulk's runs, and both run after it."""
    lanes = [Recorder(), Recorder()]
    coalescer = Coalescer(lanes)
    coalescer.start()
    for lane in lanes:
        lane.gate.clear()
    bulk = asyncio.create_task(coalescer.submit_many([item(10, "alice")], soon()))
    await settle()
    other = asyncio.create_task(coalescer.submit_many([item(20, "alice"), item(21, "bob")], soon()))
    await settle()
    single = asyncio.create_task(coalescer.submit(1, soon(), key="alice"))
    await settle()
    assert sorted(batch for lane in lanes for batch in lane.batches) == [[10], [21]]
    for lane in lanes:
        lane.gate.set()
    await asyncio.gather(bulk, other, single)
    order = [batch for lane in lanes for batch in lane.batches]
    assert sorted(order) == [[1], [10], [20], [21]]
    await coalescer.close()


async def test_a_bulk_is_answered_in_place() -> None:
    """Each item has its own result or error, whatever becomes of the others."""

    async def lane(batch: list[Pending[int, int]]) -> None:
        for pending in batch:
            if pending.item % 3:
                pending.answer(-pending.item)
            else:
                pending.fail(ValueError(pending.item))

    coalescer = Coalescer([lane], bulk_batch_bound=4)
    coalescer.start()
    bulk = [item(number) for number in range(10)]
    await coalescer.submit_many(bulk, soon())
    for number, pending in enumerate(bulk):
        outcome = pending.outcome()
        assert outcome == -number if number % 3 else isinstance(outcome, ValueError)
    await coalescer.close()


async def test_a_bulk_has_one_deadline() -> None:
    """At the deadline each item says whether a lane has it; what none has leaves the queue and its key."""
    lane = Recorder()
    coalescer = Coalescer([lane], bulk_batch_bound=2)
    coalescer.start()
    lane.gate.clear()
    bulk = [item(number, str(number)) for number in range(5)]
    await coalescer.submit_many(bulk, soon(0.01))
    passed = [pending.outcome() for pending in bulk]
    assert [one.started for one in passed if isinstance(one, DeadlinePassed)] == [True] * 2 + [False] * 3
    following = asyncio.create_task(coalescer.submit(9, soon(), key="0"))
    await settle()
    assert lane.batches == [[0, 1]]
    lane.gate.set()
    assert await following == 18
    assert await coalescer.submit(8, soon(), key="4") == 16
    assert lane.batches == [[0, 1], [9], [8]]
    with pytest.raises(DeadlinePassed):
        await coalescer.submit_many([item(1)], soon(-1))
    await coalescer.close()


async def test_closing_waits_for_a_bulk_and_takes_no_more() -> None:
    """Shutdown answers the bulk that was accepted and refuses the next."""
    lane = Recorder()
    coalescer = Coalescer([lane], bulk_batch_bound=2)
    coalescer.start()
    lane.gate.clear()
    bulk = [item(number) for number in range(5)]
    posting = asyncio.create_task(coalescer.submit_many(bulk, soon()))
    await settle()
    closing = asyncio.create_task(coalescer.close())
    await settle()
    with pytest.raises(Overloaded):
        await coalescer.submit_many([item(9)], soon())
    assert not closing.done()
    lane.gate.set()
    await asyncio.gather(closing, posting)
    assert [pending.outcome() for pending in bulk] == [0, 2, 4, 6, 8]


async def test_the_first_word_about_an_item_counts() -> None:
    """Whatever is said later is of no account: whoever waited has heard, and may have gone."""
    refused, answered, late = (item(number) for number in range(3))
    assert refused.waits
    refused.fail(ValueError("refused"))
    refused.answer(1)
    answered.answer(2)
    answered.expire()
    late.started = True
    late.expire()
    late.answer(3)
    assert isinstance(refused.outcome(), ValueError)
    assert answered.outcome() == 2
    passed = late.outcome()
    assert isinstance(passed, DeadlinePassed)
    assert passed.started
    assert str(passed) == "the deadline passed under way"
    assert not any(pending.waits for pending in (refused, answered, late))


async def test_what_is_abandoned_raises_nothing_any_more(caplog: pytest.LogCaptureFixture) -> None:
    """Whether it waits, was answered, failed, or whoever waited was cancelled; and nobody misses its error."""
    waits, answered, failed, cancelled = pendings = [item(number) for number in range(4)]
    answered.answer(1)
    failed.fail(ValueError("nobody looks"))
    waiting = asyncio.create_task(cancelled.settled())
    await settle()
    waiting.cancel()
    await settle()
    for pending in pendings:
        pending.abandon()
    assert not waits.waits
    del pending, failed, pendings
    gc.collect()
    assert caplog.records == []


async def test_slices_let_others_run() -> None:
    """Between two slices everybody else has a turn, and nothing is left out."""
    turns: list[int] = []

    async def other() -> None:
        while True:
            turns.append(len(turns))
            await asyncio.sleep(0)

    beside = asyncio.create_task(other())
    seen: list[tuple[int, int]] = []
    items: list[int] = []
    async for some in slices(range(3 * SLICE + 1)):
        seen.append((len(some), len(turns)))
        items.extend(some)
    beside.cancel()
    assert [size for size, _ in seen] == [SLICE, SLICE, SLICE, 1]
    assert all(before < after for (_, before), (_, after) in pairwise(seen))
    assert items == list(range(3 * SLICE + 1))
