"""API keys: seen once, found by digest, dead when revoked or at their end."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from wallet.api_keys import ApiKeys, ApiScope
from wallet.database import open_pool

LATER = datetime.now(UTC) + timedelta(days=30)


@pytest.fixture
async def api_keys(database) -> AsyncIterator[ApiKeys]:
    pool = await open_pool(database.service_url, purpose="test")
    keys = ApiKeys(pool)
    yield keys
    await keys.close()
    await pool.close()


async def test_key_is_found_with_its_scopes(api_keys: ApiKeys) -> None:
    """The whole key finds its id, name, scopes and end; no other key of the same id does."""
    key = await api_keys.create("cashier", [ApiScope.MONEY_WRITE, ApiScope.MONEY_READ], LATER)
    found = await api_keys.find(key)
    assert found is not None
    assert key.startswith(f"bk_{found.id}_")
    assert (found.name, found.scopes, found.expires_at) == (
        "cashier",
        {ApiScope.MONEY_WRITE, ApiScope.MONEY_READ},
        LATER,
    )
    assert await api_keys.find(key[:-1] + ("A" if key[-1] != "A" else "B")) is None
    assert await api_keys.find(key.replace(f"bk_{found.id}_", f"bk_{found.id + 1}_")) is None


@pytest.mark.parametrize(
    "hostile", ["", "bk_1_", "bk_1_" + "x" * 43 + "\n", "bk__" + "x" * 43, "é" * 50, "\x00", "\ud800"]
)
async def test_what_is_no_key_is_nobody(api_keys: ApiKeys, hostile: str) -> None:
    """Text of another form finds nothing and asks nothing."""
    assert await api_keys.find(hostile) is None


async def test_revoked_and_expired_keys_are_dead_at_once(
    api_keys: ApiKeys, owner: asyncpg.Connection
) -> None:
    """A key is dead with its revocation and with its end, and stays in the list."""
    revoked, expired = [await api_keys.create(name, [ApiScope.KEYS_WRITE], LATER) for name in ("one", "two")]
    known = await api_keys.find(revoked)
    assert known is not None
    assert await api_keys.revoke(known.id)
    assert not await api_keys.revoke(known.id)
    assert await api_keys.find(revoked) is None
    await owner.execute("update wallet.api_key set expires_at = now() where name = 'two'")
    assert await api_keys.find(expired) is None
    assert {key.name for key in await api_keys.list()} >= {"one", "two"}
    assert not await api_keys.revoke(10**9)


async def test_no_key_is_kept(api_keys: ApiKeys, owner: asyncpg.Connection) -> None:
    """The database holds a digest only."""
    key = await api_keys.create("kept", [ApiScope.KEYS_WRITE], LATER)
    _, _, secret = key.split("_", 2)
    assert secret not in repr(await owner.fetch("select k::text from wallet.api_key k"))


async def test_key_without_scope_name_or_zone_is_none(api_keys: ApiKeys) -> None:
    """What could not be used, named or ended is not made; an unknown scope is refused."""
    for arguments in (("n", [], LATER), ("", [ApiScope.KEYS_WRITE], LATER), ("n", ["all"], LATER)):
        with pytest.raises(ValueError, match=r"scope|name|ApiScope"):
            await api_keys.create(*arguments)
    with pytest.raises(ValueError, match="time zone"):
        await api_keys.create("n", [ApiScope.KEYS_WRITE], LATER.replace(tzinfo=None))


async def test_scope_of_another_release_grants_nothing(api_keys: ApiKeys, owner: asyncpg.Connection) -> None:
    """A scope that this release does not know is left out, and the others stand."""
    key = await api_keys.create("later", [ApiScope.KEYS_WRITE], LATER)
    await owner.execute("update wallet.api_key set scopes = scopes || '{moon:write}' where name = 'later'")
    found = await api_keys.find(key)
    assert found is not None
    assert found.scopes == {ApiScope.KEYS_WRITE}


async def test_revocation_is_seen_by_every_process_at_once(database, api_keys: ApiKeys) -> None:
    """A key that one process used a moment ago is dead to it with the revocation by another."""
    pool = await open_pool(database.service_url, purpose="another process")
    there = ApiKeys(pool)
    key = await api_keys.create("everywhere", [ApiScope.KEYS_WRITE], LATER)
    for each in (api_keys, there):
        found = await each.find(key)
        assert found is not None
    assert await there.revoke(found.id)
    assert await api_keys.find(key) is None
    assert await there.find(key) is None
    await there.close()
    await pool.close()


async def test_last_use_is_known_to_a_minute(api_keys: ApiKeys, owner: asyncpg.Connection) -> None:
    """The first use is written down, the next of the same minute is not, and a use is no change for the audit log."""
    key = await api_keys.create("used", [ApiScope.KEYS_WRITE], LATER)
    (known,) = [each for each in await api_keys.list() if each.name == "used"]
    assert known.used_at is None

    async def used() -> datetime | None:
        assert await api_keys.find(key) is not None
        await api_keys.close()
        return await owner.fetchval("select used_at from wallet.api_key where id = $1", known.id)

    first = await used()
    assert first is not None
    assert await used() == first
    api_keys._used.clear()  # as another process would
    assert await used() == first
    await owner.execute("update wallet.api_key set used_at = used_at - interval '61 seconds'")
    api_keys._used.clear()
    assert await used() >= first
    entries = "select count(*) from wallet.audit_entry where subject = 'api_key' and name = $1 and changed is not null"
    assert await owner.fetchval(entries, str(known.id)) == 0
