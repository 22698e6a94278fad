"""The gateway's benchmarks run as they are called, on a database of their own, and prove the books at the end."""

from pathlib import Path

import pytest

from tests.benches import bench
from tests.servers import Database, ServersUnderTest


@pytest.mark.parametrize(
    ("part", "names"),
    [("gateway", {"serial", "capacity", "arrival rate"}), ("soak", {"soak"})],
)
def test_the_gateway_is_measured_and_proven(
    part: str,
    names: set[str],
    database: Database,
    servers: ServersUnderTest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each part ends with one JSON line, no drift and no error, and leaves a file and no database."""
    monkeypatch.chdir(tmp_path)
    _, written = bench(part, 0.2, database, servers, tmp_path)
    assert names <= {point["name"] for point in written["points"]}
    assert written["postings"] > 0
