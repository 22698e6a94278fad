"""The ledger's benchmark runs as it is called, on its own database, and proves the books at the end."""

from pathlib import Path

import asyncpg
import pytest
from click.testing import CliRunner

from bench.calls import OPENING, Play, Players
from bench.floor import TABLES, Numbers, floor
from bench.posting import InBulk
from gateway.command_line import main
from tests.benches import bench
from tests.ledger.calls import OpenWallet
from tests.servers import Database, ServersUnderTest
from wallet.ledger import Ledger
from wallet.types import Kind


def test_the_ledger_is_measured_and_proven(
    database: Database, servers: ServersUnderTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`bankroll bench ledger` ends with one JSON line, no drift and no error, and leaves a file and no database."""
    monkeypatch.chdir(tmp_path)
    last, ledger = bench("ledger", 0.02, database, servers, tmp_path)
    assert last["refusals"] == 0
    assert last["ledger"]["bulk_of_floor"] > 0
    assert {point["variant"] for point in ledger["points"]} == {"post", "post_many", "one_by_one", "floor"}
    assert all(point["count"] > 0 for point in ledger["points"])
    assert ledger["server"]["synchronous_commit"] == "on"


def test_journals_of_different_lengths_are_measured_and_proven(
    database: Database, servers: ServersUnderTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`bankroll bench history` compares each journal with the empty one, proves all of them, and leaves none."""
    monkeypatch.chdir(tmp_path)
    last, history = bench("history", 0.1, database, servers, tmp_path)
    assert last["refusals"] == 0
    points = {(one["name"], one["variant"]): one for one in history["points"]}
    assert all(one["count"] > 0 for one in points.values())
    for name in ("post", "post_many"):
        assert points[name, "longer"]["parameters"]["postings before"] > 2_000
        assert set(points[name, "longer"]["ratios"]) == {"empty"}


SHAPE = """
select array(select pg_get_indexdef(i.indexrelid) from pg_index i where i.indrelid = c.oid) as indexes,
    array(select pg_get_constraintdef(one.oid) from pg_constraint one
          where one.conrelid = c.oid and one.contype <> 'f' order by 1) as checks,
    c.reloptions as options
from pg_class c where c.oid = $1::text::regclass"""
ROWS = """
select kind::text, array_agg(distinct name order by name) as columns, max(bytes) as bytes
from (select p.kind, pg_column_size(p) as bytes, jsonb_strip_nulls(to_jsonb(p)) as held from {}.posting p
      where kind in ('bet', 'win')) one, jsonb_object_keys(held) name
group by kind order by kind"""


def named(definition: str) -> str:
    """An index without its own name, which is the table's."""
    return definition.partition(" USING ")[2]


async def test_the_floor_writes_what_the_ledger_writes(
    database: Database, owner: asyncpg.Connection, ledger: Ledger, open_wallet: OpenWallet
) -> None:
    """Same indexes, checks and fillfactor; the same columns filled, and rows as large to a few bytes."""
    await owner.execute(TABLES)
    for table in ("posting", "round"):
        real, plain = [await owner.fetchrow(SHAPE, f"{schema}.{table}") for schema in ("wallet", "floor")]
        assert real["indexes"]
        assert sorted(map(named, real["indexes"])) == sorted(map(named, plain["indexes"]))
        assert (real["checks"], real["options"]) == (plain["checks"], plain["options"])
    wallets = [await open_wallet(OPENING) for _ in range(40)]
    bulk = InBulk(ledger, Play(wallets), 1, 40)
    for _ in range(3):
        assert not (await bulk.turn(0.0)).refusals
    async with floor(database.owner_url, Play(wallets), 1, 40, Numbers()) as plain_insert:
        for _ in range(3):
            await plain_insert.turn(0.0)
    real = await owner.fetch(ROWS.format("wallet"))
    plain = await owner.fetch(ROWS.format("floor"))
    assert [(row["kind"], row["columns"]) for row in plain] == [(row["kind"], row["columns"]) for row in real]
    for ours, theirs in zip(real, plain, strict=True):
        assert abs(ours["bytes"] - theirs["bytes"]) <= 8
    rounds = await owner.fetchval("select count(*) from floor.round")
    assert rounds == await owner.fetchval("select count(*) from floor.posting where kind = 'bet'")


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
