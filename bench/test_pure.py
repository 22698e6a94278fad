"""Times the pure parts, each over and over: `make bench-pure` runs it and compares, no other command does.

pytest-benchmark calls what it times and does not await it: a coroutine function would be timed for making a coroutine
and would never run.  What awaits is therefore driven by an event loop of its own, many pieces at a time.
"""

import asyncio
import hashlib
import hmac
import json
import statistics
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import asyncpg
import msgspec
import pytest

from providers import PROVIDERS
from providers.contract import Account, Exchange, StudioCall
from providers.dialogue import amounts_of, conclude, understand
from providers.provider import Provider
from tests.providers.transcript import FOLDER, MILLISECONDS, Episode, parse
from tests.servers import servers_for_this_run
from tests.sql.test_decide import SOUND
from wallet.coalesce import Coalescer, Pending
from wallet.money import Currency, WireCurrency
from wallet.types import Policy

ROUNDS, WARM = 400, 20
MANY = 1_000
EUR = WireCurrency("EUR", Currency("EUR", 6, 2))
AMOUNTS = ("0.10", "1", "2.50", "1234.56", "99999999.99")

LOOP = """
create function pg_temp.count_to(many integer) returns integer language plpgsql as $$
declare
    sum integer := 0;
begin
    for i in 1 .. many loop
        sum := sum + i % 7;
    end loop;
    return sum;
end $$"""
FACTS = """
create temporary table given as
select array(select jsonb_populate_record(null::wallet.fact, f) from jsonb_array_elements($1::jsonb) f) as facts,
       array[jsonb_populate_record(null::wallet.policy, $2::jsonb)] as policies"""
DECIDE = "select cardinality(wallet.decide(facts, policies, 1::smallint)) from given"


def timed(benchmark: Any, work: Callable[[], Any], yardstick: Callable[[], Any], pieces: int = 1) -> None:
    """Time the work, which does so many pieces, in rounds that each begin with its yardstick."""
    yardsticks: list[float] = []

    def before() -> None:
        began = time.perf_counter()
        yardstick()
        yardsticks.append(time.perf_counter() - began)

    benchmark.pedantic(work, setup=before, rounds=ROUNDS, warmup_rounds=WARM)
    pairs = zip(benchmark.stats.stats.data, yardsticks[-ROUNDS:], strict=True)
    multiple = statistics.median(seconds / beside for seconds, beside in pairs)
    benchmark.extra_info.update(multiple=multiple / pieces, pieces=pieces)


BODY = json.dumps({"key": "k" * 32, "amounts": AMOUNTS, "round": 12345}).encode()
DECODE = msgspec.json.Decoder().decode


def in_python() -> None:
    """The yardstick of what runs in Python: hashing, decoding and counting, as an adapter does."""
    for _ in range(20):
        hmac.digest(b"secret", BODY, hashlib.sha256)
        sum(Decimal(amount) for amount in DECODE(BODY)["amounts"])


# Adapters


@pytest.mark.parametrize("name", sorted(PROVIDERS))
def test_check_read_write(benchmark: Any, name: str) -> None:
    """A recorded bet and its win are checked, read, and answered from what became of them."""
    provider = PROVIDERS[name]
    transcript = parse((FOLDER / name / "bet_and_win.txt").read_text(encoding="utf-8"))
    account = transcript.account.account(provider)
    moved = [episode for episode in transcript.episodes if episode.became.outcome is not None]
    assert moved
    roads = [road(provider, account, episode) for episode in moved]
    for walk, episode in zip(roads, moved, strict=True):
        assert walk() == episode.answer
    timed(benchmark, lambda: [walk() for walk in roads], in_python, len(roads))


def road(provider: Provider, account: Account, episode: Episode) -> Callable[[], Any]:
    """The pure half of an exchange's road, from its request to its answer."""
    became = episode.became
    outcome = became.outcome
    assert outcome is not None
    wire = WireCurrency("", Currency("", became.scale, 2))
    amounts = tuple(amounts_of(op, wire) for op in outcome.ops)

    def walk() -> Any:
        exchange = Exchange(episode.request, account, became.now, milliseconds=MILLISECONDS)
        assert understand(provider, exchange)
        assert isinstance(exchange.asked, StudioCall)
        exchange.outcome, exchange.amounts = outcome, amounts
        exchange.currency, exchange.cash, exchange.bonus = became.currency, became.cash, became.bonus
        exchange.token, exchange.profile, exchange.session = became.token, became.profile, became.session
        return conclude(provider, exchange)

    return walk


# The wallet


def test_coalescer(benchmark: Any) -> None:
    """A thousand calls of as many wallets go through lanes that answer at once."""

    async def lane(batch: list[Pending[int, int]]) -> None:
        for pending in batch:
            pending.answer(pending.item)

    async def submit_all() -> None:
        coalescer: Coalescer[int, int] = Coalescer([lane, lane])
        coalescer.start()
        deadline = time.monotonic() + 60
        await asyncio.gather(
            *(coalescer.submit(one, deadline, key=one, exclusive=((1, str(one)),)) for one in range(MANY))
        )
        await coalescer.close()

    with asyncio.Runner() as runner:
        timed(benchmark, lambda: runner.run(submit_all()), in_python, MANY)


def test_money_from_text(benchmark: Any) -> None:
    """Text becomes ledger units."""
    parse_amount = EUR.currency.parse
    timed(benchmark, lambda: [parse_amount(text) for text in AMOUNTS], in_python, len(AMOUNTS))


def test_money_from_decimals(benchmark: Any) -> None:
    """Decimals become ledger units."""
    amounts = [Decimal(text) for text in AMOUNTS]
    timed(benchmark, lambda: [EUR.units(amount) for amount in amounts], in_python, len(amounts))


def test_money_to_text(benchmark: Any) -> None:
    """Ledger units become text."""
    units = [EUR.units(Decimal(text)) for text in AMOUNTS]
    timed(benchmark, lambda: [EUR.currency.text(one) for one in units], in_python, len(units))


# Postgres


@pytest.fixture(scope="module")
def ask() -> Iterator[Callable[..., Any]]:
    """Runs a statement in a migrated database and waits for its value."""
    with servers_for_this_run() as servers, asyncio.Runner() as runner:
        database = servers.create("pure")
        connection = runner.run(asyncpg.connect(database.owner_url))

        def wait(statement: str, *values: str) -> Any:
            return runner.run(connection.fetchval(statement, *values))

        yield wait
        runner.run(connection.close())


def test_decide(benchmark: Any, ask: Callable[..., Any]) -> None:
    """A thousand bets of as many wallets are decided; the yardstick is a plain loop in the database."""
    facts = [
        {**SOUND, "call_id": number, "new_id": number, "wallet": number, "key": f"k{number}"}
        for number in range(1, MANY + 1)
    ]
    policy = {name: getattr(Policy(), name) for name in Policy.__struct_fields__}
    ask(FACTS, json.dumps(facts), json.dumps(policy))
    assert ask(DECIDE) == MANY
    ask(LOOP)
    timed(benchmark, lambda: ask(DECIDE), lambda: ask("select pg_temp.count_to(20000)"), MANY)
