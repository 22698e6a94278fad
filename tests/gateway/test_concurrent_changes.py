"""Changes of the catalogue that meet: each keeps what the other decided, and the log says who decided what."""

import asyncio
import secrets
from typing import Any

import pytest

from tests.gateway.door import Door, one_loop
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
