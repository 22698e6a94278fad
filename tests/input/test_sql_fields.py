"""SQL in every text that the internal API's own description names: bodies, paths, queries and headers."""

import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.gateway.door import Door, one_loop
from tests.gateway.fake_studio import FakeStudio, fake_studio
from tests.input.fields import Operation, Text, operations_of
from tests.input.mutations import SQL
from tests.input.test_openapi import known

pytestmark = one_loop

KINDS = (SQL[0:3], (SQL[3], *SQL[7:10]), SQL[4:7], SQL[10:12])
"""What ends a text and goes on, what goes on without or escapes, a place for a value, and what is filled in."""

ADDRESSES = {"lobby_url", "deposit_url", "base_url"}
ONCE = ("/rotate-secret", "/confirm", "/release", "/revoke")
"""What is done once to what there is."""

FEWEST = 215
"""Texts of all operations; there are some more."""

NOT_DONE = {
    "POST /v1/adjustments/approve": 404,  # it takes a second key
    "POST /v1/free-rounds/{slug}/{issue}/cancel": 404,
    "POST /v1/provider-accounts/{slug}/failed-transactions/settle": 409,  # this protocol has none
    "POST /v1/provider-accounts/{slug}/games/import": 409,
    "POST /v1/provider-accounts/{slug}/retire-secret": 400,
    "GET /v1/rounds/{round_id}": 404,
}
"""Operations whose request without any SQL is refused too, and how."""

FORMED = {
    *("cursor", "currency", "amount", "nominal", "bet_value", "rtp", "language", "country", "ip", "protocol"),
    *("allowed_countries", "refused_countries", "allowed_currencies", "refused_currencies"),
    *("allowed_networks", "policy", "manners", "currencies", "verb", "status"),
}
"""Texts that take some forms or some words only, which the document tells of in words alone."""

NAMED = {
    "POST /v1/free-rounds body.games.[]",
    "POST /v1/postings body.calls.[].provider_account",
    "POST /v1/provider-accounts body.settings.~",
    "PATCH /v1/provider-accounts/{slug} body.settings.~",
    "POST /v1/sessions body.game",
}
"""Texts that must name what there is, and are refused otherwise."""


async def there_is(door: Door, studio: FakeStudio) -> dict[str, Any]:
    """Names of what there is, and values that are right."""
    names = await known(door)
    await door.patch(f"/provider-accounts/{names['slug']}", {"settings": {"api_url": studio.url}})
    (game,) = (await door.get("/games", provider_account=names["slug"]))["items"]
    later = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    key = await door.post("/api-keys", {"name": "n", "scopes": ["players:read"], "expires_at": later})
    told = {"amount": "1.00", "country": "MT", "protocol": "bogus", "games": "oak"}
    numbers = {"quantity": 5, "milliseconds": 1, "game_id": game["id"], "key_id": key["id"]}
    return {**names, **told, **numbers, "expires_at": later, "until": later}


def said_in(text: Text) -> Iterator[str]:
    """One text of each kind, another in another place, as an address where only one is taken; one of all for a form."""
    for kind in (SQL,) if text.shaped else KINDS:
        words = kind[zlib.crc32(str(text).encode()) % len(kind)]
        yield f"https://a.example/{words.replace(' ', '/**/')}" if text.steps[-1] in ADDRESSES else words


def texts_of(value: Any) -> Iterator[str]:
    """Every text in an answer."""
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from texts_of(inner)


async def say(door: Door, operation: Operation, there: dict[str, Any], text: Text) -> bool:
    """Say each kind of SQL in one place; whether it was taken, or looked for and not found, at least once."""
    taken = False
    for said in said_in(text):
        answer = await door.http.send(operation.request(door.http, there, text, said))
        assert answer.status_code < 500, (operation.name, str(text), said, answer.text)
        taken |= answer.is_success or answer.status_code == 404
        if text.place == "query" and answer.is_success:
            found = answer.json()["items"]
            assert all(said in texts_of(item) for item in found), (operation.name, str(text), said)
    return taken


async def test_every_text_of_every_operation_is_text(door: Door) -> None:
    """SQL in any text is kept, not found or refused by its form: nothing fails, and no filter finds more by it."""
    not_done, never, texts = {}, {}, 0
    async with fake_studio() as studio:
        there = await there_is(door, studio)
        for operation in operations_of((await door.http.get("/schema/openapi.json")).json()):
            if operation.path.endswith(ONCE):
                there = await there_is(door, studio)
            answer = await door.http.send(operation.request(door.http, there))
            if not answer.is_success:
                not_done[operation.name] = answer.status_code
            for text in operation.texts():
                texts += 1
                if operation.path.endswith(ONCE):
                    there = await there_is(door, studio)
                if not await say(door, operation, there, text) and not text.shaped:
                    never[f"{operation.name} {text}"] = text
    assert not_done == NOT_DONE
    unsaid = {name for name, text in never.items() if not FORMED & set(text.steps)}
    assert {name for name in unsaid if name.partition(" header.")[0] not in NOT_DONE} == NAMED
    assert texts >= FEWEST
