"""Changes of the catalogue that meet: each keeps what the other decided, and the log says who decided what."""

import asyncio
import secrets
from typing import Any

import pytest

from tests.gateway.door import Door, name_of, one_loop
from tests.gateway.fake_studio import fake_studio
from tests.ledger.calls import until_waiting

pytestmark = one_loop


async def met(door: Door, lock: str, name: Any, path: str, *bodies: dict[str, Any]) -> None:
    """Changes that have all read before the first of them writes."""
    async with door.owner.transaction():
        await door.owner.execute(lock, name)
        changes = [asyncio.create_task(door.patch(path, body)) for body in bodies]
        await until_waiting(door.owner, len(bodies))
    await asyncio.gather(*changes)


async def account_with_game(door: Door, **settings: str) -> tuple[str, dict[str, Any]]:
    slug = f"met-{secrets.token_hex(4)}"
    account = {"slug": slug, "protocol": "bogus", "environment": "test", "settings": settings}
    await door.post("/provider-accounts", account)
    return slug, await door.post("/games", {"provider_account": slug, "code": "g", "name": "G"})


async def changed(door: Door, operation: str, name: Any) -> list[set[str]]:
    """Which columns each entry of the audit log tells of."""
    page = await door.get("/audit", operation=operation, name=name)
    return [set(entry["changed"]) - {"changed_at"} for entry in page["items"]]


@pytest.mark.parametrize("order", [1, -1])
async def test_two_changes_of_an_account_both_stand(door: Door, order: int):
    """A revocation and a new deadline that were acknowledged are both stored, and each entry tells of its own."""
    slug, _ = await account_with_game(door)
    bodies = [{"state": "revoked"}, {"deadline_ms": 1500}][::order]
    lock = "select from wallet.provider_account where slug = $1 for update"
    await met(door, lock, slug, f"/provider-accounts/{slug}", *bodies)
    now = await door.get(f"/provider-accounts/{slug}")
    assert (now["state"], now["deadline_ms"]) == ("revoked", 1500)
    told = await changed(door, "change_provider_account", slug)
    assert sorted(told, key=sorted) == [{"deadline_ms"}, {"state"}]


@pytest.mark.parametrize("order", [1, -1])
async def test_two_changes_of_a_game_both_stand(door: Door, order: int):
    """A game that was disabled stays so when it is renamed at the same time, and each entry tells of its own."""
    slug, game = await account_with_game(door)
    bodies = [{"enabled": False}, {"name": "New", "rtp": "96.5"}][::order]
    lock = "select from wallet.game where id = $1 for update"
    await met(door, lock, game["id"], f"/games/{game['id']}", *bodies)
    (now,) = (await door.get("/games", provider_account=slug))["items"]
    assert now == {**game, "enabled": False, "name": "New", "rtp": "96.5"}
    page = await door.get("/audit", operation="change_game", limit=2)
    told = [set(entry["changed"]) - {"changed_at"} for entry in page["items"]]
    assert sorted(told, key=sorted) == [{"enabled"}, {"name", "rtp"}]


@pytest.mark.parametrize(
    ("other", "status"), [({"name": "Other"}, 409), ({"enabled": False}, 409), ({}, 200)]
)
async def test_of_two_games_of_one_code_one_is_made(door: Door, other: dict[str, Any], status: int):
    """Asked for at once, the first is made and stays as it was answered; the second is refused, or was the same."""
    slug, _ = await account_with_game(door)
    wanted = {"provider_account": slug, "code": "twin", "name": "One"}
    async with door.owner.transaction():
        await door.owner.execute("lock table wallet.game in share mode")
        posts = [
            asyncio.create_task(door.http.post("/v1/games", json=body)) for body in (wanted, wanted | other)
        ]
        await until_waiting(door.owner, 2)
    answers = {answer.status_code: answer.json() for answer in await asyncio.gather(*posts)}
    assert set(answers) == {201, status}
    assert (await door.get("/games", provider_account=slug))["items"][-1] == answers[201]
    assert status == 200 or name_of(answers[409]) == "game_exists"


async def test_an_import_undoes_nothing_that_was_decided_meanwhile(door: Door):
    """A game that is disabled, limited and given a type while the studio's list is taken over stays so; its name follows."""
    async with fake_studio() as studio:
        slug, game = await account_with_game(door, api_url=studio.url)
        studio.says({"games": [{"code": "g", "name": "As the studio says"}]})
        async with door.owner.transaction():
            await door.owner.execute(
                "update wallet.game set enabled = false, refused_countries = '{FR}', type = 'slot', rtp = 96.5 where id = $1",
                game["id"],
            )
            path = f"/provider-accounts/{slug}/games/import"
            taken = asyncio.create_task(door.post(path, {"enabled": True}, 200))
            await until_waiting(door.owner, 1)
        assert (await taken)["changed"] == 1
    (now,) = (await door.get("/games", provider_account=slug))["items"]
    decided = {"enabled": False, "refused_countries": ["FR"], "type": "slot", "rtp": "96.5"}
    assert now == {**game, "name": "As the studio says", **decided}
