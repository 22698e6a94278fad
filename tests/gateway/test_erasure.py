"""A person is erased and their money's history stands: it verifies, it is listed, and nothing tells whose it was."""

import asyncio
import hashlib
import hmac
import json
import secrets
from typing import Any

import asyncpg
import pytest

from gateway.api import launches
from gateway.exchanges import PERSONAL
from providers.outbound import Launch
from tests.gateway.door import Door, name_of, one_loop
from tests.servers import Database
from wallet.verify import verify

pytestmark = one_loop

PERSON = {
    "country": "MT",
    "birth_date": "1971-03-29",
    "language": "tlh-Latn",
    "affiliate": "erased-affiliate",
    "labels": ["erased-label"],
    "personal_data": {"name": "Erased Camilleri", "email": "erased@mail.example", "sex": "female"},
}
TELLING = ("1971-03-29", "tlh-Latn", "erased-", "Camilleri", "erased@")


async def where(owner: asyncpg.Connection, text: str) -> list[str]:
    """Every table of the catalogue that holds a text somewhere."""
    tables = await owner.fetch(
        "select relname from pg_class where relnamespace = 'wallet'::regnamespace and relkind in ('r', 'p')"
    )
    return [
        row[0]
        for row in tables
        if await owner.fetchval(
            f"select exists (select from wallet.{row[0]} t where t::text like $1)", f"%{text}%"
        )
    ]


async def played(door: Door) -> str:
    """A player with a name, a session at a studio, and money that came, was played and is on its way out."""
    player = secrets.token_hex(8)
    await door.post("/players", {**PERSON, "id": player})
    await door.post(f"/players/{player}/wallets", {"currency": "EUR"})
    body = {"player": player, "currency": "EUR"}
    await door.post("/deposits", {**body, "amount": "50"})
    slug = f"studio-{secrets.token_hex(4)}"
    await door.post("/provider-accounts", {"slug": slug, "protocol": "bogus", "environment": "test"})
    await door.post("/sessions", {**body, "provider_account": slug})
    ops: list[dict[str, Any]] = [
        {"kind": kind, "key": secrets.token_hex(8), "amount": "5", "round": "r1"} for kind in ("bet", "win")
    ]
    await door.post("/postings", {"calls": [{**body, "provider_account": slug, "ops": ops}]}, 200)
    await door.post("/withdrawals", {**body, "amount": "20"})
    return player


async def test_an_erased_player_s_money_still_verifies(door: Door, database: Database):
    """After the erasure no table holds anything personal, every proof holds, and the transactions are listed as before."""
    player = await played(door)
    before = await door.get("/transactions", player=player)
    assert len(before["items"]) == 4
    assert all([await where(door.owner, text) for text in TELLING])
    for _ in range(2):
        erased = await door.http.delete(f"/v1/players/{player}/personal-data")
        assert erased.status_code == 204, erased.text
    assert [place for text in TELLING for place in await where(door.owner, text)] == []
    assert await door.get("/transactions", player=player) == before
    report = await verify(database.service_url)
    assert report.holds, "\n".join(report.lines())
    left = await door.get(f"/players/{player}")
    told = {name: left[name] for name in ("birth_date", "language", "affiliate", "labels", "country")}
    assert told == {"birth_date": None, "language": None, "affiliate": None, "labels": [], "country": "MT"}


@pytest.mark.parametrize("ask", ["identity", "balance", "exchange"])
async def test_no_exchange_tells_who_a_player_was(door: Door, ask: str):
    """What a studio was told of a person is not kept; that it was asked is, and of who was erased the answer too."""
    player = await played(door)
    slug = f"studio-{secrets.token_hex(4)}"
    account = {"slug": slug, "protocol": "bogus", "environment": "test"}
    secret = (await door.post("/provider-accounts", account))["secret"]
    session = {"player": player, "currency": "EUR", "provider_account": slug}
    launched = await door.post("/sessions", session)
    who = {"token": launched["token"]} if ask == "exchange" else {"player": launched["external_id"]}
    body = json.dumps({"ask": ask, **who}).encode()
    signature = hmac.digest(secret.encode(), body, hashlib.sha256).hex()
    path, headers = f"/callbacks/{slug}/query", {"x-bogus-signature": signature}
    assert "1971-03-29" in (await door.http.post(path, content=body, headers=headers)).text
    await door.http.delete(f"/v1/players/{player}/personal-data")
    assert "1971-03-29" not in (await door.http.post(path, content=body, headers=headers)).text
    kept = await exchanges_of(door, player, 2)
    assert {(one["outcome"], one["verb"]) for one in kept} == {("found", "query")}
    assert kept[-1]["answer"] == PERSONAL.decode()
    assert '"country":"MT"' in kept[0]["answer"]
    telling = {place for text in TELLING for place in await where(door.owner, text)}
    assert not any(place.startswith("exchange") for place in telling)


async def exchanges_of(door: Door, player: str, number: int) -> list[Any]:
    """The player's exchanges, once there are so many, the newest first."""
    async with asyncio.timeout(20):
        while True:
            kept = (await door.get("/exchanges", player=player))["items"]
            if len(kept) >= number:
                return kept
            await asyncio.sleep(0.02)


async def test_money_goes_on_after_an_erasure(door: Door):
    """What is erased is the person: the withdrawal under way ends, and what is left can be paid out."""
    player = await played(door)
    assert (await door.http.delete(f"/v1/players/{player}/personal-data")).status_code == 204
    assert await door.cash(player) == "30.00"
    held = (await door.get("/transactions", player=player, kind="withdrawal_hold"))["items"][0]
    await door.post(f"/withdrawals/{held['id']}/confirm")
    await door.post("/withdrawals", {"player": player, "currency": "EUR", "amount": "30"})
    assert await door.cash(player) == "0.00"


@pytest.mark.parametrize("born", ["2015-01-01", "1971-03-29"])
async def test_who_was_erased_is_let_into_no_new_game(door: Door, born: str):
    """An erasure forgets a birth date, and makes nobody old enough: no session, no lobby and no demo begins after it."""
    player = secrets.token_hex(8)
    await door.post("/players", {**PERSON, "id": player, "birth_date": born})
    await door.post(f"/players/{player}/wallets", {"currency": "EUR"})
    slug = f"studio-{secrets.token_hex(4)}"
    await door.post("/provider-accounts", {"slug": slug, "protocol": "bogus", "environment": "test"})
    await door.post("/games", {"provider_account": slug, "code": "dice", "name": "Dice"})
    assert (await door.get(f"/players/{player}"))["erased_at"] is None
    erasures = []
    for _ in range(2):
        await door.http.delete(f"/v1/players/{player}/personal-data")
        erasures.append((await door.get(f"/players/{player}"))["erased_at"])
    assert erasures[0] is not None
    assert erasures[1] == erasures[0]
    launch = {"player": player, "currency": "EUR", "provider_account": slug}
    for body in (launch, {**launch, "game": "dice"}, {**launch, "game": "dice", "mode": "demo"}):
        assert name_of(await door.post("/sessions", body, 409)) == "player_erased"
    assert (await door.get("/sessions", player=player))["items"] == []


@pytest.mark.parametrize("after", [False, True], ids=["before the session", "after it"])
async def test_of_an_erasure_in_the_moment_of_a_launch_nothing_is_told(
    door: Door, monkeypatch: pytest.MonkeyPatch, *, after: bool
):
    """Erased since the launch looked, a player is let into no game; erased since the session began, told of no more."""
    body = {"player": await played(door), "currency": "EUR", "game": "dice"}
    body["provider_account"] = slug = f"studio-{secrets.token_hex(4)}"
    await door.post("/provider-accounts", {"slug": slug, "protocol": "bogus", "environment": "test"})
    await door.post("/games", {"provider_account": slug, "code": "dice", "name": "Dice"})
    sessions, told = door.gateway.desk.sessions, []
    begin = sessions.launch

    async def meanwhile(*arguments: Any, **named: Any) -> Any:
        session = await begin(*arguments, **named) if after else None
        await door.http.delete(f"/v1/players/{body['player']}/personal-data")
        return session or await begin(*arguments, **named)

    async def address(_caller: object, _account: object, launch: Launch) -> None:
        told.append(repr(launch))

    monkeypatch.setattr(sessions, "launch", meanwhile)
    monkeypatch.setattr(launches, "_address", address)
    launched = await door.post("/sessions", body, 201 if after else 409)
    assert len(told) == after
    assert not any(text in launch for launch in told for text in TELLING)
    assert after or name_of(launched) == "player_erased"


async def test_nobody_is_erased_by_mistake(door: Door):
    """An unknown player is none, and an erased one is not registered again as somebody else by the same request."""
    nobody = await door.http.delete("/v1/players/nobody-here/personal-data")
    assert (nobody.status_code, name_of(nobody.json())) == (404, "player_not_found")
    player = await played(door)
    await door.http.delete(f"/v1/players/{player}/personal-data")
    assert name_of(await door.post("/players", {**PERSON, "id": player}, 409)) == "player_differs"
