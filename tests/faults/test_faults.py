"""A few seconds of `make faults` on the run's servers: only what leaves other tests alone is broken."""

import asyncio
import io
from collections.abc import Awaitable
from pathlib import Path

import pytest
from rich.console import Console

from bench.faults.run import Found, played
from bench.faults.schedule import GATEWAY, KINDS, POSTGRES, STRANGERS, VALKEY, Breakage
from bench.faults.stage import Crew
from bench.studios import MEASURED
from gateway.sealing import new_master_key
from gateway.settings import Settings
from tests.servers import Database

SEEDS = (1, 2, 3)
SECONDS, APART = 7.0, 0.9
FIRST = {POSTGRES: 0.4, VALKEY: 3.0, GATEWAY: 6.2}
LONGEST = {GATEWAY: 1.0, POSTGRES: 1.0, VALKEY: 3.0}
CREW = Crew(MEASURED, seats=4, players=5, processes=(1, 1), haste=8)
HUNG_SECONDS = 240.0
"""Many times what a run takes, so that only one in which something hangs is given up; its workers are killed then."""

LINES = 20
"""Of what the gateways said last."""


def briefly(seed: int) -> list[Breakage]:
    """What a seed breaks: its share of all kinds, none for long; the seeds together break each of them."""
    ours = sorted(STRANGERS)[SEEDS.index(seed) :: len(SEEDS)]
    targets = [KINDS[kind].target for kind in ours]
    return [
        Breakage(
            FIRST[target] + APART * targets[:place].count(target),
            kind,
            min(KINDS[kind].longest, LONGEST[target]),
            seed,
        )
        for place, (kind, target) in enumerate(zip(ours, targets, strict=True))
    ]


async def ended(run: Awaitable[Found], folder: Path, seconds: float = HUNG_SECONDS) -> Found:
    """What a run came to; one that does not end is given up, with what its gateways said last."""
    try:
        async with asyncio.timeout(seconds) as limit:
            return await run
    except TimeoutError:
        if not limit.expired():
            raise
        log = folder / "gateway.log"
        said = log.read_text(encoding="utf-8", errors="replace").splitlines()[-LINES:] if log.exists() else []
        pytest.fail(
            "\n".join([f"the run did not end in {seconds:g} seconds; its gateways said last:", *said])
        )


@pytest.mark.parametrize("seed", SEEDS)
async def test_nothing_is_lost_doubled_or_contradicted(
    seed: int, fresh_database: Database, redis_url: str, tmp_path: Path
) -> None:
    """Whatever breaks, what was acknowledged is in the journal once, what was refused is not, and the gateway recovers."""
    settings = Settings(
        owner_url=fresh_database.owner_url,
        database_url=fresh_database.service_url,
        redis_url=redis_url,
        master_keys=(new_master_key(),),
    )
    planned = briefly(seed)
    run = played(settings, CREW, planned, seed, SECONDS, tmp_path, Console(file=io.StringIO()))
    found = await ended(run, tmp_path)
    assert found.holds, (found.wrong(), found.line(), found.complaints, found.in_the_way)
    assert sum(found.times.values()) == len(planned)
    assert found.line()["acknowledged"] > 50


def test_the_seeds_break_everything_that_leaves_others_alone() -> None:
    """Each kind is broken by one of the seeds, and of each target something by each."""
    planned = [briefly(seed) for seed in SEEDS]
    assert sorted(breakage.kind for one in planned for breakage in one) == sorted(STRANGERS)
    assert all({KINDS[breakage.kind].target for breakage in one} == set(LONGEST) for one in planned)


async def test_a_run_that_hangs_is_given_up(tmp_path: Path) -> None:
    """It ends in time and takes down what it stands on, with what its gateways said last; an error of its own goes through."""
    (tmp_path / "gateway.log").write_text("".join(f"line {number}\n" for number in range(2 * LINES)))
    taken_down = []

    async def hung() -> Found:
        try:
            await asyncio.Event().wait()
        finally:
            taken_down.append("the stage")
        raise AssertionError

    async def broken() -> Found:
        raise TimeoutError("a server did not come back")

    with pytest.raises(pytest.fail.Exception, match=r"did not end in 0\.1 seconds") as given_up:
        await ended(hung(), tmp_path, 0.1)
    assert str(given_up.value).splitlines()[1:] == [f"line {number}" for number in range(LINES, 2 * LINES)]
    assert taken_down == ["the stage"]
    with pytest.raises(TimeoutError, match="did not come back"):
        await ended(broken(), tmp_path)
