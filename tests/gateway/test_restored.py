"""After a restore from a backup: what was posted before it is told by the ids it was given then."""

import logging

import asyncpg
import pytest

from tests.gateway.door import answered, door_to
from tests.gateway.road import bet, road_on, rollback
from tests.servers import Database

RAISE = "select wallet.raise_restore_epoch(null)"


async def test_a_studio_is_told_the_id_that_the_original_was_given(
    database: Database, redis_url: str, redis_prefix: str, owner: asyncpg.Connection
) -> None:
    """A rollback of a bet of before the restore names the bet as it was answered, also when it is repeated."""
    async with road_on(database, redis_url, redis_prefix, owner) as road:
        slug, account = road.slug, road.account_id
        who = await road.somebody("100.00")
        staked = (await road.call(who, bet("10.00", key="b1")))["ops"][0]["posting"]
    raised = await owner.fetchval(RAISE)
    async with road_on(database, redis_url, redis_prefix, owner) as road:
        road.slug, road.account_id = slug, account
        back = rollback("b1", key="r1")
        told = [(await road.call(who, back))["ops"][0] for _ in range(2)]
        assert [one["status"] for one in told] == ["created", "duplicate"]
        assert [one["original"] for one in told] == [staked, staked]
        assert told[0]["posting"] == told[1]["posting"]
        assert told[0]["posting"].startswith(f"{raised}-")


async def test_the_operator_is_told_the_id_that_the_original_was_given(
    database: Database,
    redis_url: str,
    redis_prefix: str,
    owner: asyncpg.Connection,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A hold of before the restore is named as it was answered: by its ends, by its debt, and when it is read."""
    async with door_to(database, redis_url, redis_prefix) as door:
        player = await door.player(EUR="100")
        hold = await door.post(
            "/withdrawals", {"player": player, "currency": "EUR", "amount": "60"}, key="h1"
        )
        release = await door.post(f"/withdrawals/{hold['id']}/release")
    await owner.execute(RAISE)
    caplog.set_level(logging.ERROR, logger="bankroll")
    async with door_to(database, redis_url, redis_prefix) as door:
        end = {"kind": "withdrawal", "key": "late", "amount": "60", "reference": "h1"}
        body = {"calls": [{"player": player, "currency": "EUR", "ops": [end]}]}
        [posted] = answered(await door.http.post("/v1/postings", json=body), 200)["results"]
        [late] = posted["ops"]
        found = await door.get(f"/withdrawals/{hold['id']}")
        assert (found["ended_by"], found["confirmed_by"]) == (release["id"], late["id"])
        read = [await door.get(f"/transactions/{one}") for one in (hold["id"], release["id"], late["id"])]
    assert [one["original"] for one in read] == [None, hold["id"], hold["id"]]
    assert read[0]["reversed_by"] == release["id"]
    [debt] = [
        one.fields for one in caplog.records if one.getMessage() == "withdrawal_confirmed_after_release"
    ]
    assert (debt["withdrawal"], debt["transaction"]) == (hold["id"], late["id"])
