"""The plans inside wallet.post: a chain of index probes, whether the journal is empty, small or large.

A planner that has just seen an empty table hashes or scans it, and goes on doing so when it is no longer empty: so
plans are taken in sessions that met the journal empty and stayed, and in sessions that met it as it is.  Figures
are not compared: what counts is that nothing which grows is read otherwise than by a key.
"""

import itertools
import json
import re
import secrets
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest

from tests.ledgers import PostgresLedger
from wallet.types import OPERATOR, Call, Kind, Op, Policy, Scope

GROWS = frozenset({"posting", "round", "reversal", "wallet", "player"})
KEYED = re.compile(r"\b(id|wallet|key|posting|player) = ")
"""An index condition worth its name: the bucket alone is the whole table."""

SETTINGS = """
load 'auto_explain';
set auto_explain.log_min_duration = 0;
set auto_explain.log_nested_statements = on;
set auto_explain.log_format = json;
set auto_explain.log_level = notice;
"""


async def watched(database) -> tuple[PostgresLedger, list[str]]:
    """Connect a lane that tells its plans."""
    ledger = await PostgresLedger.connect(database.owner_url, database.owner_url)
    plans: list[str] = []
    try:
        await ledger.service.execute(SETTINGS)
    except asyncpg.PostgresError as error:
        await ledger.disconnect()
        pytest.skip(f"this server shows no plans: {error}")
    ledger.service.add_log_listener(lambda _, message: plans.append(message.message))
    return ledger, plans


async def everything(ledger: PostgresLedger) -> list[Call]:
    """Post a batch of what has to be looked up, in all ways of looking up, and return it."""
    wallets = [await ledger.open(secrets.token_hex(6), "EUR") for _ in range(8)]
    account = 2_000_000_000 + secrets.randbelow(100_000_000)
    policy = Policy(win_without_bet=True, one_win_per_bet=True, rollback_with_wins=True)
    names = (secrets.token_hex(6) for _ in itertools.count())

    def call(wallet: int, *ops: Op, operator: bool = False) -> Call:
        return Call(
            id=secrets.randbits(62),
            provider_account=OPERATOR if operator else account,
            wallet=wallet,
            ops=ops,
            policy=policy,
        )

    def op(kind: Kind, amount: int = 0, **rest: Any) -> Op:
        return Op(kind=kind, key=next(names), amount=amount, **rest)

    holds = [op(Kind.WITHDRAWAL_HOLD, 5) for _ in wallets]
    bets = [op(Kind.BET, 20, round="r1") for _ in wallets]
    first = [
        call(wallet, op(Kind.DEPOSIT, 100), op(Kind.BONUS_GRANT, 100), holds[place], operator=True)
        for place, wallet in enumerate(wallets)
    ]
    second = [call(wallet, bets[place], op(Kind.BET, 90)) for place, wallet in enumerate(wallets)]
    third = [
        call(wallets[0], op(Kind.WIN, 30, reference=bets[0].key)),
        call(wallets[1], op(Kind.WIN, 30, round="r1"), op(Kind.ROUND_CLOSE, round="r1", end_round=True)),
        call(wallets[2], op(Kind.ROLLBACK, reference=bets[2].key)),
        call(wallets[3], op(Kind.ROLLBACK, reference=bets[3].key, scope=Scope.CALL)),
        call(wallets[4], op(Kind.ROLLBACK, reference="r1", scope=Scope.ROUND, round="r1")),
        call(wallets[5], op(Kind.REFUND, reference=next(names)), op(Kind.ADJUSTMENT)),
        call(wallets[6], op(Kind.WITHDRAWAL, 5, reference=holds[6].key), operator=True),
        call(wallets[7], op(Kind.WITHDRAWAL_RELEASE, 5, reference=holds[7].key), operator=True),
    ]
    for calls in third:
        calls.actor, calls.reason = "support", "a test"
    for batch in (first, second, third, third):
        await ledger.post(batch)
    return third


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give a plan's nodes."""
    yield plan
    for part in plan.get("Plans", []):
        yield from nodes(part)


def faults(messages: list[str]) -> set[str]:
    """Return what reads something that grows otherwise than by a key, and the statement it is in."""
    found = set()
    for message in messages:
        explained = json.loads(message[message.index("{") :])
        for node in nodes(explained["Plan"]):
            reads = node.get("Relation Name") in GROWS and "Scan" in node["Node Type"]
            if reads and "TID Cond" not in node and not KEYED.search(node.get("Index Cond", "")):
                condition = node.get("Index Cond", "no condition")
                found.add(
                    f"{node['Node Type']} of {node['Relation Name']} by {condition}: {explained['Query Text'][:200]}"
                )
            if node["Node Type"] == "Merge Join" or (node.get("Hash Cond") and _hashes_what_grows(node)):
                found.add(f"{node['Node Type']}: {explained['Query Text'][:200]}")
    return found


def _hashes_what_grows(join: dict[str, Any]) -> bool:
    return any(node.get("Relation Name") in GROWS and "Index Cond" not in node for node in nodes(join))


async def test_plans_probe_indexes_at_every_size(fresh_database):
    """Nothing that grows is scanned: at an empty, vacuumed and analysed journal, at a small one, at a large one."""
    steady, told_to_steady = await watched(fresh_database)
    try:
        for size in (0, 1_000, 100_000):
            await grow(steady.owner, size)
            fresh, told_to_fresh = await watched(fresh_database)
            try:
                told_to_steady.clear()
                await everything(steady)
                await everything(fresh)
            finally:
                await fresh.disconnect()
            probed = sum('"Relation Name": "posting"' in message for message in told_to_fresh)
            assert probed > 10, "the plans inside were not told"
            assert faults(told_to_fresh) == set(), f"a new session, {size} postings"
            assert faults(told_to_steady) == set(), f"a session that met the journal empty, {size} postings"
    finally:
        await steady.disconnect()


async def test_the_watcher_sees_a_scan(fresh_database):
    """A statement that scans the journal is told as a fault: the check above can fail."""
    ledger, told = await watched(fresh_database)
    await ledger.service.fetch("select sum(cash) from wallet.posting")
    await ledger.disconnect()
    assert len(faults(told)) == 1


async def grow(owner: asyncpg.Connection, size: int) -> None:
    """Add postings and rounds of one old wallet each, then let the planner see them."""
    if size:
        await owner.execute(GROW, size)
    for table in sorted(GROWS):
        await owner.execute(f"vacuum (analyze) wallet.{table}")


GROW = """
with player as (
    insert into wallet.player (bucket, external_id, country)
    select 0, 'old-' || $1 || '-' || n, 'MT' from generate_series(1, $1::integer / 10) n returning id),
wallets as (
    insert into wallet.wallet (bucket, player, currency) select 0, id, 'EUR' from player returning id),
postings as (
    insert into wallet.posting (
        bucket, id, wallet, seq, call_id, op_index, restore_epoch, kind, provider_account, amount, cash, bonus, held,
        cash_after, bonus_after, held_after, house_amount, house, recorded_at, writer, end_round, late, currency, key,
        round)
    select 0, nextval('wallet.posting_id'), w.id, 100 + n, w.id * 100 + n, 0, 1, 'bet', 77, 0, 0, 0, 0, 0, 0, 0, 0,
        'game_revenue', clock_timestamp(), pg_current_xact_id(), false, false, 'EUR',
        'old-' || $1 || '-' || w.id || '-' || n, 'r' || n
    from wallets w, generate_series(1, 10) n returning id, wallet),
reversals as (
    insert into wallet.reversal (bucket, posting, wallet, reversal, kind, amount, cash, bonus, whole)
    select 0, id, wallet, id, 'rollback', 0, 0, 0, true from postings where id % 20 = 0)
insert into wallet.round (
    bucket, provider_account, wallet, first_seq, last_seq, stake_cash, stake_bonus, win_cash, win_bonus, bets, live_bets,
    wins, closed, opened_at, changed_at, round)
select 0, 77, w.id, 100 + n, 100 + n, 0, 0, 0, 0, 1, 1, 0, false, now(), now(), 'r' || n
from wallets w, generate_series(1, 10) n
"""
