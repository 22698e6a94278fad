"""Guessing: wrong API keys and signatures are counted by where they come from, and cost nobody else anything."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from gateway.app import REDIS_CONNECTIONS
from gateway.arrival import MAXIMUM_BODY, _address
from gateway.attempts import MOST_FROM_A_PLACE, WINDOW_SECONDS, Attempts, source_of
from gateway.exchanges import UNVERIFIED_TEXT
from gateway.metrics import Metrics
from tests.edge import mortal_valkey
from tests.gateway.door import one_loop
from tests.gateway.road import Road, road_on
from tests.servers import Database, ServersUnderTest


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def guessed(database: Database, servers: ServersUnderTest, worker: str) -> AsyncIterator[Road]:
    """A gateway behind a proxy that is trusted, so that each test calls from a place of its own."""
    prefix = f"{servers.run}_{worker}_attempts:"
    owner = await asyncpg.connect(database.owner_url)
    proxies = {"BANKROLL_TRUSTED_PROXIES": "127.0.0.0/8"}
    async with road_on(database, servers.redis_url, prefix, owner, **proxies) as road:
        yield road
    await owner.close()
    servers.forget_keys(prefix)


def key_of_nobody() -> str:
    return f"bk_1_{secrets.token_urlsafe(32)}"


async def ask(road: Road, key: str, place: str) -> tuple[int, int]:
    """The HTTP status that a key hears from a place, and the seconds that it is told to wait."""
    headers = {"authorization": f"Bearer {key}", "x-forwarded-for": place}
    answer = await road.http.get("/v1/players", headers=headers)
    return answer.status_code, int(answer.headers.get("retry-after", 0))


async def flood(road: Road, number: int, place: str) -> set[int]:
    """What so many wrong keys hear from a place."""
    heard = await asyncio.gather(*(ask(road, key_of_nobody(), place) for _ in range(number)))
    return {status for status, _ in heard}


async def key(road: Road) -> str:
    """A right key."""
    until = datetime.now(UTC) + timedelta(days=1)
    return await road.gateway.desk.api_keys.create("right", ["players:read"], until)


@one_loop
async def test_after_too_many_wrong_keys_no_other_is_looked_up(guessed: Road):
    """Beyond the bound a new key hears when to come again; elsewhere, and for the key that was right before, nothing changed."""
    known, fresh = await key(guessed), await key(guessed)
    assert await ask(guessed, known, "192.0.2.1") == (200, 0)
    assert await flood(guessed, MOST_FROM_A_PLACE, "192.0.2.1") == {401}
    status, seconds = await ask(guessed, key_of_nobody(), "192.0.2.1")
    assert status == 429
    assert 1 <= seconds <= WINDOW_SECONDS
    assert (await ask(guessed, fresh, "192.0.2.1"))[0] == 429
    assert await ask(guessed, known, "192.0.2.1") == (200, 0)
    assert (await ask(guessed, key_of_nobody(), "192.0.2.2"))[0] == 401
    assert await ask(guessed, fresh, "192.0.2.2") == (200, 0)
    assert await ask(guessed, fresh, "192.0.2.1") == (200, 0)


@one_loop
async def test_a_key_that_was_revoked_is_a_wrong_one(guessed: Road):
    """What was right before is dead at once in a flood too, and then waits like any wrong key."""
    known = await key(guessed)
    assert await ask(guessed, known, "192.0.2.11") == (200, 0)
    await flood(guessed, MOST_FROM_A_PLACE, "192.0.2.11")
    assert await guessed.gateway.desk.api_keys.revoke(int(known.split("_")[1]))
    assert (await ask(guessed, known, "192.0.2.11"))[0] == 401
    assert (await ask(guessed, known, "192.0.2.11"))[0] == 429


@one_loop
async def test_so_many_keys_are_known_to_be_right(guessed: Road, monkeypatch: pytest.MonkeyPatch):
    """A process remembers the keys that were right last, and of them as many as it may: none for ever."""
    monkeypatch.setattr("gateway.attempts.MAXIMUM_TRUSTED", 2)
    attempts = Attempts(guessed.gateway.health.redis, Metrics(), (), prefix=f"{guessed.slug}:")
    for number in range(MOST_FROM_A_PLACE):
        await attempts.wrong_key(b"wrong-%d" % number, "192.0.2.15")
    for digest in (b"first", b"second", b"first", b"third"):
        attempts.trust(digest)
    waits = {
        digest: await attempts.wait(digest, "192.0.2.15") > 0 for digest in (b"first", b"second", b"third")
    }
    assert waits == {b"first": False, b"second": True, b"third": False}


@one_loop
async def test_the_count_ends_with_its_window(guessed: Road):
    """The window is fixed: however many come, it ends a minute after the first."""
    await flood(guessed, MOST_FROM_A_PLACE + 5, "192.0.2.21")
    redis = guessed.gateway.health.redis
    name = f"{guessed.gateway.desk.attempts._prefix}key:192.0.2.21"
    assert 0 < await redis.ttl(name) <= WINDOW_SECONDS
    await redis.expire(name, 1)
    await flood(guessed, 1, "192.0.2.21")
    assert await redis.ttl(name) <= 1
    await redis.delete(name)
    assert (await ask(guessed, key_of_nobody(), "192.0.2.21"))[0] == 401


async def test_without_redis_guessing_is_bounded_too(
    database: Database,
    redis_prefix: str,
    owner: asyncpg.Connection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    """Where Redis is gone each process counts for itself: nothing fails, and nobody waits who would not with it."""
    with mortal_valkey(tmp_path) as valkey:
        async with road_on(database, valkey.url, redis_prefix, owner) as road:
            known, fresh = await key(road), await key(road)
            assert await ask(road, known, "127.0.0.1") == (200, 0)
            valkey.kill()
            monkeypatch.setattr("gateway.attempts.monotonic", partial(float, 10 * WINDOW_SECONDS))
            assert await flood(road, MOST_FROM_A_PLACE, "127.0.0.1") == {401}
            assert await ask(road, key_of_nobody(), "127.0.0.1") == (429, WINDOW_SECONDS)
            assert await ask(road, fresh, "127.0.0.1") == (429, WINDOW_SECONDS)
            assert await ask(road, known, "127.0.0.1") == (200, 0)
            assert (await road.send("/query", b"{}", signed=False)).json()["code"] == "bad_signature"
            monkeypatch.setattr("gateway.attempts.monotonic", partial(float, 11 * WINDOW_SECONDS))
            assert (await ask(road, key_of_nobody(), "127.0.0.1"))[0] == 401
            assert await ask(road, fresh, "127.0.0.1") == (200, 0)


@one_loop
async def test_who_guesses_many_at_once_is_counted_for_each(guessed: Road):
    """Many more at once than there are connections to Redis wait for one, and none goes uncounted."""
    attempts = guessed.gateway.desk.attempts
    many = 10 * REDIS_CONNECTIONS
    await asyncio.gather(*(attempts.wrong_key(secrets.token_bytes(32), "192.0.2.51") for _ in range(many)))
    counted = await guessed.gateway.health.redis.get(f"{attempts._prefix}key:192.0.2.51")
    assert int(counted) == many
    assert (await ask(guessed, key_of_nobody(), "192.0.2.51"))[0] == 429


@one_loop
async def test_a_flood_of_wrong_signatures_shuts_nobody_out(guessed: Road):
    """The studio's own calls pass in the middle of it; the stranger hears the same refusal, and is kept no more."""
    who = await guessed.somebody("10.00")
    body = json.dumps({"ask": "balance", "player": who.name, "token": who.token}).encode()
    place = {"x-forwarded-for": "192.0.2.9"}
    for number in range(MOST_FROM_A_PLACE + 10):
        answer = await guessed.send("/query", body, signed=False, headers=place)
        assert answer.json()["code"] == "bad_signature"
        if number % 10 == 0:
            assert (await guessed.send("/query", body, headers=place)).json()["code"] != "bad_signature"
    kept = await kept_of(guessed, "bad_signature")
    assert kept == MOST_FROM_A_PLACE
    counted = f'outcome="bad_signature"}} {MOST_FROM_A_PLACE + 10}'
    assert counted in guessed.gateway.metrics.text()


async def test_a_flood_without_redis_fills_no_disk_either(
    database: Database,
    redis_prefix: str,
    owner: asyncpg.Connection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    """Where Redis is gone a process counts for itself, an account at a time, until the window ends."""
    monkeypatch.setattr("gateway.attempts.MOST_AT_AN_ACCOUNT", 3)
    with mortal_valkey(tmp_path) as valkey:
        async with road_on(database, valkey.url, redis_prefix, owner) as road:
            valkey.kill()
            for moment in (WINDOW_SECONDS, 2.9 * WINDOW_SECONDS):
                monkeypatch.setattr("gateway.attempts.monotonic", partial(float, moment))
                for _ in range(6):
                    answer = await road.send("/query", b"{}", signed=False)
                    assert answer.json()["code"] == "bad_signature"
            assert await kept_of(road, "bad_signature") == 3 + 3
            await road.open_account()
            await road.send("/query", b"{}", signed=False)
            assert await kept_of(road, "bad_signature") == 1


UNVERIFIED: dict[str, tuple[dict[str, Any], bytes, dict[str, str]]] = {
    "bad_signature": ({}, b"{}", {}),
    "foreign_network": ({"allowed_networks": ("10.0.0.0/8",)}, b"{}", {}),
    "account_revoked": ({"state": "revoked"}, b"{}", {}),
    "malformed": ({}, b"{}", {"content-encoding": "br"}),
    "too_large": ({}, b"z" * (MAXIMUM_BODY + 1), {}),
}
"""Outcome of a call that nobody verified -> the account's change, the body and the headers that lead to it."""


@one_loop
@pytest.mark.parametrize("outcome", UNVERIFIED)
async def test_what_anybody_can_send_fills_no_disk(guessed: Road, outcome: str):
    """Whatever is refused before its signature was verified is kept up to the bound of its place, and counted beyond it."""
    changes, body, headers = UNVERIFIED[outcome]
    await guessed.open_account()
    await guessed.change_account(**changes)
    place = {"x-forwarded-for": "192.0.2.41", **headers}
    for _ in range(MOST_FROM_A_PLACE + 5):
        assert (await guessed.send("/query", body, signed=False, headers=place)).json()["code"] == outcome
    assert await kept_of(guessed, outcome) == MOST_FROM_A_PLACE
    counted = [
        line for line in guessed.gateway.metrics.text().splitlines() if f'account="{guessed.slug}"' in line
    ]
    assert any(f'outcome="{outcome}"}} {MOST_FROM_A_PLACE + 5}' in line for line in counted)


@one_loop
async def test_wrong_credentials_are_counted_by_their_door(guessed: Road):
    """A wrong key and a wrong signature each count once at their own door, and no other refusal of a stranger does."""
    before = wrong_at(guessed, "api"), wrong_at(guessed, "callbacks")
    for changes, body, headers in UNVERIFIED.values():
        await guessed.open_account()
        await guessed.change_account(**changes)
        await guessed.send("/query", body, signed=False, headers={"x-forwarded-for": "192.0.2.44", **headers})
    await ask(guessed, key_of_nobody(), "192.0.2.44")
    assert (wrong_at(guessed, "api"), wrong_at(guessed, "callbacks")) == (before[0] + 1, before[1] + 1)


def wrong_at(road: Road, door: str) -> int:
    """How many wrong credentials were counted at a door."""
    name = f'bankroll_wrong_credentials_total{{door="{door}"}} '
    lines = road.gateway.metrics.text().splitlines()
    return sum(int(line.removeprefix(name)) for line in lines if line.startswith(name))


@one_loop
async def test_what_a_studio_signed_is_kept_however_wrong_it_is(guessed: Road):
    """A signed call that cannot be read is evidence: it counts in no bound, and its text is kept whole."""
    await guessed.open_account()
    place = {"x-forwarded-for": "192.0.2.42"}
    body = b"no JSON" + b"." * UNVERIFIED_TEXT
    for _ in range(MOST_FROM_A_PLACE + 5):
        assert (await guessed.send("/query", body, headers=place)).json()["code"] == "malformed"
    assert await kept_of(guessed, "malformed") == MOST_FROM_A_PLACE + 5
    assert await longest_of(guessed) > len(body)


@one_loop
async def test_of_what_nobody_verified_little_is_kept(guessed: Road):
    """A long call with a wrong signature is kept as far as it tells what it was."""
    await guessed.open_account()
    await guessed.send("/query", b"." * MAXIMUM_BODY, signed=False, headers={"x-forwarded-for": "192.0.2.43"})
    assert await kept_of(guessed, "bad_signature") == 1
    assert await longest_of(guessed) == UNVERIFIED_TEXT


async def longest_of(road: Road) -> int:
    """The length of the longest request that was kept of the account."""
    return await road.owner.fetchval(
        "select max(length(request)) from wallet.exchange where provider_account = $1", road.account_id
    )


async def kept_of(road: Road, outcome: str) -> int:
    """How many exchanges of an outcome were kept, once all of them are."""
    await road.exchanges_written()
    return await road.owner.fetchval(
        "select count(*) from wallet.exchange where provider_account = $1 and outcome = $2",
        road.account_id,
        outcome,
    )


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("nowhere", "unknown"),
    ],
)
def test_a_caller_is_counted_by_what_they_cannot_change(address: str, source: str):
    """An address of IPv4 counts alone, of IPv6 with its whole site; what is none is one place."""
    assert source_of(_address(address)) == source
