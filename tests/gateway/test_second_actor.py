"""Large adjustments: asked for by one API key, approved by another who sees what they approve, posted once."""

import secrets
from typing import Any

import asyncpg
import httpx
import pytest

from tests.gateway.door import Door, answered, name_of, one_loop

pytestmark = one_loop

LARGE = "50000.00"


async def asked(door: Door, key: str, **more: Any) -> dict[str, Any]:
    """A large adjustment that was refused and waits; what the second actor approves."""
    player = await door.player(EUR="0")
    body = {"player": player, "currency": "EUR", "amount": LARGE, "reason": "a lost chargeback", **more}
    problem = await door.post("/adjustments", body, 403, key=key)
    assert name_of(problem) == "second_actor_required"
    return {**body, "key": f"adjustment:{key}"}


async def approve(door: Door, body: Any, expected: int = 204) -> Any:
    """The answer to a second actor, who has a key of their own."""
    other = {"authorization": f"Bearer {await door.key()}"}
    response: httpx.Response = await door.http.post("/v1/adjustments/approve", json=body, headers=other)
    return answered(response, expected)


async def test_a_second_actor_lets_it_pass_once(door: Door):
    """After the approval the first request is posted, and again it is the same; it leaves the list of what waits."""
    key = secrets.token_hex(8)
    body = await asked(door, key)
    (waits,) = [one for one in (await door.get("/adjustments/large"))["items"] if one["key"] == body["key"]]
    assert (waits["player"], waits["amount"], waits["approved_by"]) == (body["player"], LARGE, None)
    await approve(door, body)
    await approve(door, body)
    assert await door.cash(body["player"]) == "0.00"
    again = without_key(body)
    receipt = await door.post("/adjustments", again, key=key)
    assert await door.post("/adjustments", again, 200, key=key) == receipt
    assert await door.cash(body["player"]) == LARGE
    assert body["key"] not in [one["key"] for one in (await door.get("/adjustments/large"))["items"]]
    (done,) = [
        one
        for one in (await door.get("/adjustments/large", done="true"))["items"]
        if one["key"] == body["key"]
    ]
    assert done["posted"]
    assert done["requested_by"] != done["approved_by"]


async def test_who_asked_cannot_approve(door: Door):
    """The first actor's own yes is refused, and the database would not hold it either."""
    key = secrets.token_hex(8)
    body = await asked(door, key)
    assert name_of(await door.post("/adjustments/approve", body, 403)) == "same_actor"
    assert (
        name_of(await door.post("/adjustments", without_key(body), 403, key=key)) == "second_actor_required"
    )
    with pytest.raises(asyncpg.CheckViolationError, match="two_actors"):
        await door.owner.execute(
            "update wallet.large_adjustment set approved_by = requested_by, approved_at = now() where key = $1",
            body["key"],
        )


@pytest.mark.parametrize(
    "seen",
    [
        {"amount": "50000.01"},
        {"amount": "-50000.00"},
        {"key": "adjustment:another"},
        {"reason": "a lost chargeback."},
    ],
)
async def test_only_what_was_seen_is_approved(door: Door, seen: dict[str, str]):
    """An approval of another amount, reason, player or key is of nothing that waits."""
    key = secrets.token_hex(8)
    body = await asked(door, key)
    assert name_of(await approve(door, {**body, **seen}, 404)) == "adjustment_not_found"
    other = await door.player(EUR="0")
    assert name_of(await approve(door, {**body, "player": other}, 404)) == "adjustment_not_found"
    assert (
        name_of(await door.post("/adjustments", without_key(body), 403, key=key)) == "second_actor_required"
    )


async def test_what_was_changed_after_it_was_seen_is_not_approved(door: Door):
    """A requester who changes the reason after the second actor read it has that actor's yes refused."""
    key = secrets.token_hex(8)
    body = await asked(door, key)
    changed = {**body, "reason": "a gift to a friend"}
    await door.post("/adjustments", without_key(changed), 403, key=key)
    assert name_of(await approve(door, body, 404)) == "adjustment_not_found"
    await door.post("/adjustments", without_key(changed), 403, key=key)
    await approve(door, changed)
    await door.post("/adjustments", without_key(changed), key=key)
    (posted,) = (await door.get("/transactions", player=body["player"]))["items"]
    assert (posted["amount"], posted["reason"]) == (LARGE, "a gift to a friend")


async def test_an_approval_is_for_nothing_else(door: Door):
    """Another amount, reason, player or key under an approval is refused as before."""
    key = secrets.token_hex(8)
    body = await asked(door, key)
    await approve(door, body)
    stranger = await door.player(EUR="0")
    for other in ({"amount": "60000.00"}, {"reason": "a gift to a friend"}, {"player": stranger}):
        refused = await door.post("/adjustments", without_key({**body, **other}), 403, key=key)
        assert name_of(refused) == "second_actor_required"
    refused = await door.post("/adjustments", without_key(body), 403, key=secrets.token_hex(8))
    assert name_of(refused) == "second_actor_required"
    await door.post("/adjustments", without_key(body), key=key)
    assert await door.cash(body["player"]) == LARGE


async def test_a_request_that_nobody_approves_expires(door: Door):
    """After its day it waits no more, for the list and for the second actor; asked for again it waits anew, and it is told."""
    key = secrets.token_hex(8)
    body = await asked(door, key)
    await later(door, body)
    assert body["key"] not in await waiting(door)
    assert body["key"] in await waiting(door, done="true")
    assert name_of(await approve(door, body, 404)) == "adjustment_not_found"
    await door.post("/adjustments", without_key(body), 403, key=key)
    assert body["key"] in await waiting(door)
    await approve(door, body)
    await door.post("/adjustments", without_key(body), key=key)
    assert await door.cash(body["player"]) == LARGE
    named = {"subject": "large_adjustment", "name": body["key"], "operation": "create_adjustment"}
    renewed, first = (await door.get("/audit", **named))["items"]
    assert first["before"] is None
    assert renewed["after"]["expires_at"] > renewed["before"]["expires_at"]


async def test_an_approval_that_nobody_uses_expires(door: Door):
    """A day after the yes the adjustment is refused as before, and wants another yes."""
    key = secrets.token_hex(8)
    body = await asked(door, key)
    await approve(door, body)
    await later(door, body)
    for _ in range(2):
        refused = await door.post("/adjustments", without_key(body), 403, key=key)
        assert name_of(refused) == "second_actor_required"
    assert body["key"] in await waiting(door)
    assert await door.cash(body["player"]) == "0.00"
    await approve(door, body)
    await door.post("/adjustments", without_key(body), key=key)
    assert await door.cash(body["player"]) == LARGE


async def test_an_approval_is_good_for_a_day_of_its_own(door: Door):
    """A yes in the last minute of a request's day is good for a day from then on."""
    body = await asked(door, secrets.token_hex(8))
    await later(door, body, "23 hours 59 minutes")
    await approve(door, body)
    await later(door, body, "2 minutes")
    await door.post("/adjustments", without_key(body), key=body["key"].removeprefix("adjustment:"))
    assert await door.cash(body["player"]) == LARGE


async def later(door: Door, body: dict[str, Any], passed: str = "1 day") -> None:
    """So much time passes for what was asked for."""
    await door.owner.execute(
        "update wallet.large_adjustment set expires_at = expires_at - $2::text::interval where key = $1",
        body["key"],
        passed,
    )


async def waiting(door: Door, **parameters: str) -> list[str]:
    """The keys that are listed."""
    return [one["key"] for one in (await door.get("/adjustments/large", **parameters))["items"]]


def without_key(body: dict[str, str]) -> dict[str, str]:
    """The adjustment itself."""
    return {name: body[name] for name in ("player", "currency", "amount", "reason")}
