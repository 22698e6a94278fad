"""A disk that is really full: the journal on a filesystem of a few megabytes, filled to the last byte in mid-traffic.

`make drill` does it with the whole server, its log, and a gateway in front.  Here the journal alone lies there.
"""

import asyncio
import os
import shlex
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from tests.drills.disk_full import Filler
from tests.drills.traffic import begun, journal
from tests.ledger.calls import until
from tests.servers import VARIABLES, Database
from wallet.processes import account
from wallet.verify import verify

WALLETS = 5
SPACE = "bankroll_test_small"
SMALL = "size=4m,mode=711"


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A small filesystem; only where the system lets us mount one, as it lets root of a machine or of a container of CI."""
    if os.environ.get(VARIABLES[0]):
        pytest.skip("NO DISK WAS FILLED: the servers are not of this machine; try `make drill`")
    folder = tmp_path / "small"
    folder.mkdir()
    command = f"mount -t tmpfs -o {SMALL} tmpfs {shlex.quote(str(folder))}"
    mounted = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    if mounted.returncode != 0:
        pytest.skip(
            f"NO DISK WAS FILLED: none may be mounted here ({mounted.stderr.strip()}); try `make drill`"
        )
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture
async def owner_on_it(small: Path, fresh_database: Database) -> AsyncIterator[asyncpg.Connection]:
    """The owner of a database whose journal lies on the small filesystem."""
    place = small / "data"
    place.mkdir(mode=0o700)
    account(small).own(place)
    owner = await asyncpg.connect(fresh_database.owner_url)
    await owner.execute(f"create tablespace {SPACE} location '{place}'")
    await owner.execute(f"alter table wallet.posting set tablespace {SPACE}")
    yield owner
    await owner.execute("alter table wallet.posting set tablespace pg_default")
    await owner.execute(f"drop tablespace {SPACE}")
    await owner.close()


async def test_a_full_disk_refuses_recovers_and_loses_nothing(
    small: Path, fresh_database: Database, owner_on_it: asyncpg.Connection
) -> None:
    """While it is full there are temporary errors alone; with room again everything lands, once, as it was answered."""
    traffic = await begun(fresh_database.owner_url, fresh_database.service_url, WALLETS)
    filler, playing = Filler(small), asyncio.create_task(traffic.play())

    async def refused() -> bool:
        assert not playing.done() or playing.result()
        return traffic.in_a_row >= 3 * WALLETS

    async def lands() -> bool:
        return len(traffic.answered) > before + WALLETS

    before = 0
    await until(lands)
    filler.fill()
    await until(refused)
    with pytest.raises(asyncpg.DiskFullError):
        await owner_on_it.execute(f"create table wallet.more tablespace {SPACE} as select 1")
    before = len(traffic.answered)
    filler.remove()
    await until(lands)
    traffic.stopping = True
    await playing
    await traffic.ledger.close()

    found = await journal(fresh_database.owner_url)
    assert {key: posting for key, (posting, _) in found.items()} == {
        key: outcome.posting for key, outcome in traffic.answered.items()
    }
    report = await verify(fresh_database.service_url)
    assert report.holds, report.lines()
