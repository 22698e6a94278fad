"""The ledger's benchmark runs as it is called, on its own database, and proves the books at the end."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench.calls import Play, Players
from gateway.command_line import main
from gateway.sealing import new_master_key
from tests.servers import Database, ServersUnderTest
from wallet.types import Kind


def test_the_ledger_is_measured_and_proven(
    database: Database, servers: ServersUnderTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`bankroll bench ledger` ends with one JSON line, no drift and no error, and leaves a file and no database."""
    monkeypatch.chdir(tmp_path)
    environment = {
        "BANKROLL_OWNER_URL": database.owner_url,
        "BANKROLL_DATABASE_URL": database.service_url,
        "BANKROLL_REDIS_URL": servers.redis_url,
        "BANKROLL_MASTER_KEYS": new_master_key(),
    }
    result = CliRunner().invoke(main, ["bench", "ledger", "--small", "--seconds", "0.02"], env=environment)
    assert result.exit_code == 0, result.output
    last = json.loads(result.stdout.splitlines()[-1])
    assert (last["errors"], last["refusals"], last["drift"], last["complete"]) == (0, 0, 0, True)
    assert last["ledger"]["bulk_of_floor"] > 0
    written = json.loads((tmp_path / last["file"]).read_text())
    ledger = written["sections"]["ledger"]
    assert {point["variant"] for point in ledger["points"]} == {"post", "post_many", "one_by_one", "floor"}
    assert all(point["count"] > 0 for point in ledger["points"])
    assert ledger["server"]["synchronous_commit"] == "on"
    left = servers.execute(f"select count(*) from pg_database where datname like '{database.name}\\_bench%'")
    assert left == "0"


def test_without_an_owner_nothing_is_made(database: Database, servers: ServersUnderTest) -> None:
    """A real server that names nobody who may make a database is refused in one line."""
    environment = {
        "BANKROLL_OWNER_URL": "",
        "BANKROLL_DATABASE_URL": database.service_url,
        "BANKROLL_REDIS_URL": servers.redis_url,
    }
    result = CliRunner().invoke(main, ["bench", "ledger", "--small"], env=environment)
    assert result.exit_code == 1
    assert "BANKROLL_OWNER_URL is not set" in result.output


def test_a_win_follows_a_bet_that_was_answered() -> None:
    """No call depends on one under way: without answers there are only bets, and each is won once."""
    play = Play([1, 2, 3])
    bets = [play.next() for _ in range(100)]
    assert {call.ops[0].kind for call in bets} == {Kind.BET}
    for call in bets:
        play.answered(call)
    wins = [call for call in (play.next() for _ in range(1000)) if call.ops[0].kind is Kind.WIN]
    rounds = {(call.wallet, call.provider_account, call.ops[0].round) for call in bets}
    assert {(call.wallet, call.provider_account, call.ops[0].round) for call in wins} == rounds
    assert len(wins) == len(bets)


def test_players_are_drawn_as_they_are_called() -> None:
    """Uniform players are alike, the first of Zipf's plays twice as often as the second, and one is one."""
    wallets = list(range(100))

    def drawn(players: Players) -> list[int]:
        play = Play(wallets, players)
        return [play.next().wallet for _ in range(20_000)]

    uniform, zipf = drawn(Players.UNIFORM), drawn(Players.ZIPF)
    assert 120 < uniform.count(0) < 280
    assert 3_500 < zipf.count(0) < 4_200
    assert 1_650 < zipf.count(1) < 2_250
    assert set(drawn(Players.ONE)) == {0}
