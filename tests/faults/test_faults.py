"""A few seconds of `make faults` on the run's servers: only what leaves other tests alone is broken."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from bench.faults.run import played
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
    found = await played(settings, CREW, planned, seed, SECONDS, tmp_path, Console(file=io.StringIO()))
    assert found.holds, (found.wrong(), found.line(), found.complaints, found.in_the_way)
    assert sum(found.times.values()) == len(planned)
    assert found.line()["acknowledged"] > 50


def test_the_seeds_break_everything_that_leaves_others_alone() -> None:
    """Each kind is broken by one of the seeds, and of each target something by each."""
    planned = [briefly(seed) for seed in SEEDS]
    assert sorted(breakage.kind for one in planned for breakage in one) == sorted(STRANGERS)
    assert all({KINDS[breakage.kind].target for breakage in one} == set(LONGEST) for one in planned)
