"""SQL in every text of the internal API: kept as text and answered as it came, or refused by its shape."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from gateway.api import OPERATIONS
from gateway.api.shapes import query_parameters
from tests.gateway.door import Door, one_loop
from tests.input.mutations import SQL

pytestmark = one_loop

WORDS = [text for text in SQL if "/" not in text and "\\" not in text]
"""Those that may stand in a path too."""


async def kept(
    door: Door, path: str, body: dict[str, Any], *, key: str | None = None, again: str = ""
) -> Any:
    """What a POST kept, as it is answered where it can be read."""
    made = await door.post(path, body, key=key)
    return await door.get(again.format(**{name: quote(str(one), safe="") for name, one in made.items()}))


def tomorrow() -> str:
    """A moment that a key may live to."""
    return (datetime.now(UTC) + timedelta(days=1)).isoformat()


@pytest.mark.parametrize("text", SQL)
async def test_a_player_is_what_was_said(door: Door, text: str) -> None:
    """Every word about a player comes back; what is kept apart is there to the letter."""
    words = {"jurisdiction": text, "brand": text, "affiliate": text, "labels": [text]}
    player = {"id": secrets.token_hex(8), "country": "MT", **words, "personal_data": {text: text}}
    answer = await kept(door, "/players", player, again="/players/{id}")
    assert {name: answer[name] for name in words} == words
    apart = "select data ->> $2 from wallet.personal_data join wallet.player on id = player where external_id = $1"
    assert await door.owner.fetchval(apart, player["id"], text) == text


@pytest.mark.parametrize("text", WORDS)
async def test_an_id_in_a_path_is_text(door: Door, text: str) -> None:
    """A player may be called so, be found so, have a wallet and money."""
    player = f"{text}{secrets.token_hex(4)}"
    await door.post("/players", {"id": player, "country": "MT"})
    await door.post(f"/players/{quote(player, safe='')}/wallets", {"currency": "EUR"})
    await door.post("/deposits", {"player": player, "currency": "EUR", "amount": "1.00"})
    assert await door.cash(quote(player, safe="")) == "1.00"
    assert [one["player"] for one in (await door.get("/transactions", player=player))["items"]] == [player]


@pytest.mark.parametrize("text", SQL)
async def test_money_is_found_by_what_was_said(door: Door, text: str) -> None:
    """Keys, payments, reasons and metadata come back, and are found again."""
    player, key = await door.player(EUR="10.00"), f"{text}{secrets.token_hex(4)}"
    about = {
        "player": player,
        "currency": "EUR",
        "amount": "1.00",
        "metadata": {"note": text, text[:60]: "x"},
    }
    for path, more, told in (
        ("/deposits", {"payment": text}, "reference"),
        ("/withdrawals", {"payment": text}, "reference"),
        ("/adjustments", {"reason": text}, "reason"),
    ):
        answer = await kept(door, path, about | more, key=key, again="/transactions/{id}")
        assert (answer[told], answer["metadata"]) == (text, about["metadata"]), path
        assert answer["key"].endswith(key)
        found = await door.get("/transactions", player=player, key=answer["key"])
        assert [one["id"] for one in found["items"]] == [answer["id"]]


@pytest.mark.parametrize("text", SQL)
async def test_games_keys_and_bulk_postings_hold_what_was_said(door: Door, text: str) -> None:
    """Codes, names, rounds and references come back."""
    slug, player = f"sql-{secrets.token_hex(4)}", await door.player(EUR="10.00")
    await door.post("/provider-accounts", {"slug": slug, "protocol": "bogus", "environment": "test"})
    await door.post("/games", {"provider_account": slug, "code": text, "name": text})
    (game,) = (await door.get("/games", provider_account=slug))["items"]
    assert (game["code"], game["name"]) == (text, text)
    await door.gateway.callbacks.registry.refresh()
    op = {"kind": "bet", "key": text, "amount": "1.00", "round": text, "metadata": {"note": text}}
    call = {
        "player": player,
        "currency": "EUR",
        "provider_account": slug,
        "game": text,
        "channel": text,
        "ops": [op],
    }
    done = await door.post("/postings", {"calls": [call]}, 200)
    posted = await door.get(f"/transactions/{done['results'][0]['ops'][0]['id']}")
    assert [posted[name] for name in ("key", "round", "game", "channel")] == [text] * 4
    assert [one["round"] for one in (await door.get("/rounds", player=player))["items"]] == [text]
    named = f"{text}{secrets.token_hex(4)}"
    await door.post("/api-keys", {"name": named, "scopes": ["players:read"], "expires_at": tomorrow()})
    assert named in [one["name"] for one in (await door.get("/api-keys"))["items"]]


@pytest.mark.parametrize("text", SQL[1:2])
async def test_every_filter_takes_text_for_text(door: Door, text: str) -> None:
    """Whatever is looked for by SQL is refused by its shape or not found; nothing fails."""
    before = await door.postings()
    for operation in OPERATIONS:
        if "GET" not in {str(method) for method in operation.http_methods}:
            continue
        (path,) = operation.paths
        place = "/".join(quote(text, safe="") if step.startswith("{") else step for step in path.split("/"))
        for name in (*query_parameters(operation), "page"):
            answer = await door.http.get(f"/v1{place}", params={name: text})
            assert answer.status_code in (200, 400, 404), (path, name, answer.text)
    assert await door.postings() == before
