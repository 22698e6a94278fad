"""Runs a benchmark as it is called from a shell, small, on a test's database.  It judges no figure."""

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from gateway.command_line import main
from gateway.sealing import new_master_key
from tests.servers import Database, ServersUnderTest


def bench(
    part: str, seconds: float, database: Database, servers: ServersUnderTest, folder: Path
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Its last line and what it wrote of the part, in `folder`, where the test has gone.

    It ended well: no error, no drift, every proof complete, and none of its databases left.
    """
    environment = {
        "BANKROLL_OWNER_URL": database.owner_url,
        "BANKROLL_DATABASE_URL": database.service_url,
        "BANKROLL_REDIS_URL": servers.redis_url,
        "BANKROLL_MASTER_KEYS": new_master_key(),
        "BANKROLL_DIRECTORY": str(folder / "state"),
    }
    result = CliRunner().invoke(main, ["bench", part, "--small", "--seconds", str(seconds)], env=environment)
    assert result.exit_code == 0, result.output
    last = json.loads(result.stdout.splitlines()[-1])
    assert (last["errors"], last["drift"], last["complete"]) == (0, 0, True)
    left = servers.execute(f"select count(*) from pg_database where datname like '{database.name}\\_bench%'")
    assert left == "0"
    return last, json.loads((folder / last["file"]).read_text())["sections"][part]
