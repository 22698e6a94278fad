"""A few seconds of `make faults` on the run's servers: only what leaves other tests alone is broken."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from bench.faults.run import played
from bench.faults.schedule import STRANGERS, schedule
from bench.faults.stage import Crew
from bench.studios import MEASURED
from gateway.sealing import new_master_key
from gateway.settings import Settings
from tests.servers import Database

SECONDS = 4.0
CREW = Crew(MEASURED, seats=4, players=5, processes=(1, 1), haste=8)


@pytest.mark.parametrize("seed", [1, 2, 3])
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
    planned = schedule(seed, SECONDS / 60, STRANGERS)
    found = await played(settings, CREW, planned, seed, SECONDS, tmp_path, Console(file=io.StringIO()))
    assert found.holds, (found.wrong(), found.line(), found.complaints, found.in_the_way)
    assert sum(found.times.values()) == len(planned)
    assert found.line()["acknowledged"] > 50
