"""Every exchange is kept for disputes: scrubbed, findable, bounded, and never at the price of a call."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from gateway import exchanges
from gateway.exchanges import HIDDEN, WITHHELD, Exchanges, Kept
from gateway.metrics import Metrics
from providers.contract import Request
from providers.scrubbing import starred
from tests.gateway.road import bet, road_on
from tests.ledger.calls import until
from tests.servers import Database


def kept(**changes: Any) -> Kept:
    given = {
        "received_at": datetime.now(UTC),
        "provider_account": 1,
        "wallet": 7,
        "http_status": 200,
        "duration_us": 1234,
        "outcome": "created",
        "verb": "bet",
        "request_id": "r-1",
        "key": "bet:1",
        "round": "round-1",
        "request": Request("POST", "/bet", "/callbacks/acme/bet?x=1", b"x=1", {"x-sign": "signature"}, b"{}"),
        "answer": b'{"ok":true}',
        "scrub": lambda text: text,
    }
    return Kept(**given | changes)


@asynccontextmanager
async def keeping(url: str, metrics: Metrics, days: int = 40) -> AsyncIterator[Exchanges]:
    keeper = Exchanges(url, metrics, days=days)
    await keeper.start()
    yield keeper
    await keeper.close()


async def rows(connection: asyncpg.Connection) -> list[Any]:
    return await connection.fetch("select * from wallet.exchange order by request_id")


async def until_kept(connection: asyncpg.Connection, number: int) -> None:
    async with asyncio.timeout(20):
        while len(await rows(connection)) < number:  # noqa: ASYNC110 - only the database can tell
            await asyncio.sleep(0.02)


@pytest.fixture(autouse=True)
async def _clean(owner: asyncpg.Connection) -> None:
    await owner.execute("truncate wallet.exchange")


async def test_an_exchange_is_kept_whole_and_found_by_key_and_round(
    database: Database, owner: asyncpg.Connection
) -> None:
    """What was said on both sides, who and when, how long it took; no header."""
    metrics = Metrics()
    async with keeping(database.service_url, metrics) as keeper:
        keeper.keep(kept())
    [row] = await rows(owner)
    assert (row["key"], row["round"], row["wallet"], row["outcome"]) == ("bet:1", "round-1", 7, "created")
    assert row["request"] == "POST /callbacks/acme/bet?x=1\n\n{}"
    assert row["answer"] == '{"ok":true}'
    assert (row["status"], row["duration_us"], row["request_id"]) == (200, 1234, "r-1")
    assert "signature" not in str(dict(row))
    assert "bankroll_exchanges_kept_total 1" in metrics.text()


async def test_secrets_and_tokens_are_not_kept(database: Database, owner: asyncpg.Connection) -> None:
    """The protocol's scrub goes first, then the session's tokens; an adapter that fails costs the text."""
    request = Request("POST", "/", "/callbacks/acme?authToken=secret", b"", {}, b'{"sid":"token-123456"}')

    def fails(text: str) -> str:
        raise ValueError(text)

    async with keeping(database.service_url, Metrics()) as keeper:
        keeper.keep(
            kept(
                request_id="1",
                request=request,
                answer=b"next token-456789",
                scrub=lambda text: text.replace("secret", "…"),
                tokens=("token-123456", "token-456789"),
            )
        )
        keeper.keep(kept(request_id="2", request=request, scrub=fails))
    first, second = await rows(owner)
    assert first["request"] == f'POST /callbacks/acme?authToken=…\n\n{{"sid":"{HIDDEN}"}}'
    assert first["answer"] == f"next {HIDDEN}"
    assert second["request"] == second["answer"] == WITHHELD


@pytest.mark.parametrize("token", ["1", "s", "elevenchars"])
async def test_a_short_token_does_not_erase_the_evidence(
    database: Database, owner: asyncpg.Connection, token: str
) -> None:
    """It goes from the field that is known to hold it; elsewhere the same text says something else, and stays."""
    scrub = starred("token")
    body = f'{{"token":"{token}","round":"{token}","amount":"1.11"}}'.encode()
    request = Request("POST", "/", "/callbacks/acme/bets", b"", {}, body)
    async with keeping(database.service_url, Metrics()) as keeper:
        keeper.keep(kept(request=request, answer=body, scrub=scrub, tokens=(token,)))
    [row] = await rows(owner)
    scrubbed = f'{{"token":"{HIDDEN}","round":"{token}","amount":"1.11"}}'
    assert (row["request"], row["answer"]) == (f"POST /callbacks/acme/bets\n\n{scrubbed}", scrubbed)


async def test_a_call_of_several_operations_is_found_under_each_of_its_keys(
    database: Database, owner: asyncpg.Connection
) -> None:
    """Its text is kept once; the other keys lead to it."""
    async with keeping(database.service_url, Metrics()) as keeper:
        keeper.keep(kept(further=(("bet:2", "round-1"), ("bet:3", None))))
    found = await rows(owner)
    assert [(row["request_id"], row["key"], row["round"]) for row in found] == [
        ("r-1", "bet:1", "round-1"),
        ("r-1#2", "bet:2", "round-1"),
        ("r-1#3", "bet:3", None),
    ]
    assert [row["answer"] for row in found] == ['{"ok":true}', "", ""]
    assert "r-1" in found[1]["request"]


async def test_bytes_that_are_no_text_are_kept_as_far_as_they_go(
    database: Database, owner: asyncpg.Connection
) -> None:
    """Whatever a stranger sends can be written: NUL, broken UTF-8, half a surrogate, endless keys."""
    request = Request("POST", "/", "/callbacks/acme/\x00", b"", {}, b"\xff\x00\xed\xa0\x80")
    async with keeping(database.service_url, Metrics()) as keeper:
        keeper.keep(
            kept(request_id="1", request=request, key="k\x00" * 500, round="\ud800", duration_us=2**40)
        )
        keeper.keep(kept(request_id="2"))
    assert [row["request_id"] for row in await rows(owner)] == ["1", "2"]


async def test_one_that_the_database_refuses_hurts_no_neighbour(
    database: Database, owner: asyncpg.Connection
) -> None:
    """A batch is halved until the culprit is alone, which is dropped with a count."""
    metrics = Metrics()
    async with keeping(database.service_url, metrics) as keeper:
        for number in range(9):
            keeper.keep(kept(request_id=str(number)))
        keeper.keep(kept(outcome=None, request_id="bad"))
    assert len(await rows(owner)) == 9
    assert 'bankroll_exchanges_dropped_total{reason="refused"} 1' in metrics.text()


async def test_what_does_not_fit_is_dropped_and_counted(
    monkeypatch: pytest.MonkeyPatch, database: Database
) -> None:
    """The queue is bounded in number and in bytes."""
    metrics = Metrics()
    keeper = Exchanges(database.service_url, metrics, days=40)
    monkeypatch.setattr(exchanges, "MAXIMUM_WAITING", 2)
    for _ in range(5):
        keeper.keep(kept())
    monkeypatch.setattr(exchanges, "MAXIMUM_WAITING", 100)
    monkeypatch.setattr(exchanges, "MAXIMUM_WAITING_BYTES", 2000)
    for _ in range(5):
        keeper.keep(kept(answer=b"x" * 100))
    assert 'bankroll_exchanges_dropped_total{reason="full"} 7' in metrics.text()
    await keeper.close()
    assert 'bankroll_exchanges_dropped_total{reason="closing"} 3' in metrics.text()


async def test_a_database_that_went_away_is_waited_for(
    database: Database, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is lost while it fits the queue."""
    monkeypatch.setattr(exchanges, "RETRY_SECONDS", 0.05)
    monkeypatch.setattr(exchanges, "FLUSH_SECONDS", 0.05)
    async with keeping(database.service_url, Metrics()) as keeper:
        keeper.keep(kept(request_id="1"))
        await until_kept(owner, 1)
        await owner.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'bankroll exchanges'"
            " and datname = current_database()"
        )
        keeper.keep(kept(request_id="2"))
        await until_kept(owner, 2)


@pytest.mark.parametrize("error", [asyncpg.InternalClientError, RuntimeError])
async def test_no_error_ends_the_writing(
    error: type[Exception], database: Database, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the driver raises, what waited is written afterwards, and so is what comes next."""
    monkeypatch.setattr(exchanges, "RETRY_SECONDS", 0.05)
    execute, raised = Exchanges._execute, asyncio.Event()

    async def failing_once(keeper: Exchanges, statement: str, *arguments: object) -> None:
        if statement == exchanges.KEEP and not raised.is_set():
            raised.set()
            raise error("unknown protocol state")
        await execute(keeper, statement, *arguments)

    monkeypatch.setattr(Exchanges, "_execute", failing_once)
    async with keeping(database.service_url, Metrics()) as keeper:
        keeper.keep(kept(request_id="1"))
        async with asyncio.timeout(20):
            await raised.wait()
        keeper.keep(kept(request_id="2"))
        await until_kept(owner, 2)


async def test_partitions_are_made_ahead_and_dropped_when_their_time_is_over(
    owner: asyncpg.Connection, service: asyncpg.Connection
) -> None:
    """A day is a partition; the service can neither drop a young one nor touch a row."""

    async def days() -> set[str]:
        found = await owner.fetch(
            "select relname from pg_class join pg_inherits on inhrelid = oid where relname ~ '^exchange_[0-9]+$'"
            " and inhparent = 'wallet.exchange'::regclass"
        )
        return {row[0] for row in found}

    await service.execute("select wallet.prepare_exchanges(8)")
    assert await service.fetchval("select wallet.prepare_exchanges(8)") == 0
    today = datetime.now(UTC).date()
    assert {f"exchange_{today + timedelta(days=ahead):%Y%m%d}" for ahead in range(7)} <= await days()
    old = today - timedelta(days=60)
    await owner.execute(
        f"create table wallet.exchange_{old:%Y%m%d} partition of wallet.exchange"
        f" for values from ('{old} 00:00+00') to ('{old + timedelta(days=1)} 00:00+00')"
    )
    assert await service.fetchval("select wallet.drop_exchanges(61)") == 0
    assert await service.fetchval("select wallet.drop_exchanges(59)") == 1
    assert f"exchange_{old:%Y%m%d}" not in await days()
    with pytest.raises(asyncpg.InvalidParameterValueError):
        await service.execute("select wallet.drop_exchanges(30)")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await service.execute("delete from wallet.exchange")


OLDEST_IS_YOUNG = "select key = 'young' from wallet.exchange order by received_at limit 1"


async def filed(owner: asyncpg.Connection, days: int, key: str, *, partition: bool = True) -> None:
    """Keep an exchange of so many days ago, in a partition of its day or in the default one."""
    moment = datetime.now(UTC) - timedelta(days=days)
    if partition:
        await owner.execute(
            f"create table wallet.exchange_{moment:%Y%m%d} partition of wallet.exchange"
            f" for values from ('{moment:%Y-%m-%d} 00:00+00') to ('{moment + timedelta(days=1):%Y-%m-%d} 00:00+00')"
        )
    await owner.execute(
        "insert into wallet.exchange values ($1, 1, null, 200, 1, 'created', 'bet', $2, $2, null, '', '')",
        moment,
        key,
    )


async def test_a_gateway_drops_old_exchanges_by_itself_and_keeps_their_keys(
    fresh_database: Database,
    redis_url: str,
    redis_prefix: str,
    fresh_owner: asyncpg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Again and again while it serves, those from before BANKROLL_EXCHANGE_DAYS; what they told of stays a duplicate."""
    monkeypatch.setattr(exchanges, "HOUSEKEEPING_SECONDS", 0.05)
    await filed(fresh_owner, 39, "young")
    days = {"BANKROLL_EXCHANGE_DAYS": "40"}
    async with road_on(fresh_database, redis_url, redis_prefix, fresh_owner, **days) as road:
        who = await road.somebody("5.00")
        for old, partition in ((60, True), (61, True), (62, False)):
            staked = bet("1.00", key=f"of {old} days ago")
            assert (await road.call(who, staked))["code"] == "created"
            await filed(fresh_owner, old, staked["key"], partition=partition)
            await until(lambda: fresh_owner.fetchval(OLDEST_IS_YOUNG))
            assert (await road.call(who, staked))["ops"][0]["status"] == "duplicate"


async def test_a_day_nobody_prepared_lands_in_the_default(
    owner: asyncpg.Connection, service: asyncpg.Connection
) -> None:
    """It can still be read, its day is passed over, and it goes when its time is over."""
    later = datetime.now(UTC) + timedelta(days=20)
    for moment in (later, later - timedelta(days=200)):
        await owner.execute(
            "insert into wallet.exchange values ($1, 1, null, 200, 1, 'created', 'bet', 'r', null, null, '', '')",
            moment,
        )
    await service.execute("select wallet.prepare_exchanges(30)")
    assert await owner.fetchval("select count(*) from wallet.exchange_default") == 2
    await service.execute("select wallet.drop_exchanges(40)")
    assert await owner.fetchval("select count(*) from wallet.exchange_default") == 1
