"""The gateway's benchmarks run as they are called, on a database of their own, and prove the books at the end."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from gateway.command_line import main
from gateway.sealing import new_master_key
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
    environment = {
        "BANKROLL_OWNER_URL": database.owner_url,
        "BANKROLL_DATABASE_URL": database.service_url,
        "BANKROLL_REDIS_URL": servers.redis_url,
        "BANKROLL_MASTER_KEYS": new_master_key(),
        "BANKROLL_DIRECTORY": str(tmp_path / "state"),
    }
    result = CliRunner().invoke(main, ["bench", part, "--small", "--seconds", "0.2"], env=environment)
    assert result.exit_code == 0, result.output
    last: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    assert (last["errors"], last["drift"], last["complete"]) == (0, 0, True)
    written = json.loads((tmp_path / last["file"]).read_text())["sections"][part]
    assert names <= {point["name"] for point in written["points"]}
    assert written["postings"] > 0
    left = servers.execute(f"select count(*) from pg_database where datname like '{database.name}\\_bench%'")
    assert left == "0"
