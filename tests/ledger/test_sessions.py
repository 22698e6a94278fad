"""Sessions: what a token may do, for how long, and that a dead one stays dead whatever happens to Redis."""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest
from redis import Redis

from tests.edge import TOKEN_KEY, Edge, MortalValkey, edge, mortal_valkey
from tests.ledger.calls import until_waiting
from wallet import session_lookups
from wallet.coalesce import DeadlinePassed
from wallet.hot_copies import Copy
from wallet.players import PlayerStatus
from wallet.sessions import Sessions, digest_of, successor_of
from wallet.types import Session, Status


@pytest.fixture
async def here(database, redis_url, redis_prefix) -> AsyncIterator[Edge]:
    async with edge(database.service_url, redis_url, redis_prefix) as made:
        yield made


@pytest.fixture
async def there(database, redis_url, redis_prefix) -> AsyncIterator[Edge]:
    """Another process of the same installation."""
    async with edge(database.service_url, redis_url, redis_prefix) as made:
        yield made


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[MortalValkey]:
    with mortal_valkey(tmp_path) as started:
        yield started


@pytest.fixture
async def account(owner: asyncpg.Connection) -> int:
    account = await owner.fetchval(
        "insert into wallet.provider_account (slug, protocol) values ('a-' || gen_random_uuid(), 'bogus') returning id"
    )
    await owner.execute(
        "insert into wallet.game (provider_account, code, name, enabled) values ($1, 'on', 'On', true), ($1, 'off', 'Off', false)",
        account,
    )
    return account


async def launched(process: Edge, account: int, **more: object) -> Session:
    wallet = await process.wallet()
    session = await process.sessions.launch(wallet.id, account, **more)
    assert isinstance(session, Session)
    return session


async def played(process: Edge, account: int, **more: object) -> Session:
    """A session under its play token, known to Redis."""
    launch = await launched(process, account, **more)
    session = await process.sessions.exchange(account, launch.token)
    assert session is not None
    assert await process.sessions.find(account, session.token) == session
    async with asyncio.timeout(5):
        while not await copies_of(process, session):  # noqa: ASYNC110 - it is filled after the answer
            await asyncio.sleep(0.01)
    return session


async def defect(process: Edge, session: Session) -> Status | None:
    found = await process.sessions.find(session.provider_account, session.token)
    assert found is not None
    assert found.id == session.id
    return found.defect


async def copies_of(process: Edge, session: Session) -> list[Copy]:
    """What Redis holds under the session's token."""
    found = await process.copies.read([digest_of(session.provider_account, session.token)])
    return [copy for copy in found if copy is not None]


# Launch and exchange


async def test_launch_token_becomes_play_token(here: Edge, account: int) -> None:
    """A launch token alone gives no right to play; exchanged, its play token does, and it is superseded."""
    launch = await launched(here, account, game="on", channel="mobile", country="MT")
    assert await defect(here, launch) is Status.SESSION_UNKNOWN
    session = await here.sessions.exchange(account, launch.token)
    assert session is not None
    assert session.token != launch.token
    assert (session.id, session.wallet, session.player) == (launch.id, launch.wallet, launch.player)
    assert (session.game, session.channel, session.currency, session.defect) == ("on", "mobile", "EUR", None)
    assert await here.sessions.find(account, session.token) == session
    assert await defect(here, launch) is Status.SESSION_SUPERSEDED


async def test_tokens_are_long_short_and_url_safe(here: Edge, account: int) -> None:
    """256 bits in 43 characters that no protocol refuses (the strictest limit is 50)."""
    session = await played(here, account)
    for token in (session.token, (await launched(here, account)).token):
        assert len(token) == 43
        assert token.replace("-", "").replace("_", "").isalnum()


async def test_exchange_repeated_is_the_same(here: Edge, there: Edge, account: int) -> None:
    """Fifty exchanges at once, in two processes, answer one session under one play token."""
    launch = await launched(here, account)
    answers = await asyncio.gather(
        *((here, there)[turn % 2].sessions.exchange(account, launch.token) for turn in range(50))
    )
    assert {(answer.id, answer.token, answer.defect) for answer in answers if answer} == {
        (launch.id, answers[0].token, None)
    }


async def test_exchange_is_repeated_while_a_key_is_replaced(
    database, redis_url, redis_prefix, account: int
) -> None:
    """A new token key before the old one changes no play token that was handed out."""
    async with edge(database.service_url, redis_url, redis_prefix) as old:
        launch = await launched(old, account)
        first = await old.sessions.exchange(account, launch.token)
    async with edge(database.service_url, redis_url, redis_prefix, keys=(b"n" * 32, TOKEN_KEY)) as new:
        assert await new.sessions.exchange(account, launch.token) == first


async def test_exchange_much_later_is_superseded(here: Edge, account: int, owner: asyncpg.Connection) -> None:
    """After a minute the launch token is spent: its answer is superseded, and the play token stays."""
    launch = await launched(here, account)
    session = await here.sessions.exchange(account, launch.token)
    assert session is not None
    await owner.execute(
        "update wallet.session_token set superseded_at = superseded_at - interval '61 seconds' where digest = $1",
        digest_of(account, launch.token),
    )
    late = await here.sessions.exchange(account, launch.token)
    assert late is not None
    assert (late.defect, late.token) == (Status.SESSION_SUPERSEDED, launch.token)
    assert await defect(here, session) is None


async def test_launch_token_waits_a_quarter_of_an_hour(
    here: Edge, account: int, owner: asyncpg.Connection
) -> None:
    """A launch token that nobody exchanged in time is expired, and never becomes a play token."""
    launch = await launched(here, account)
    left = await owner.fetchval("select expires_at - now() from wallet.session where id = $1", launch.id)
    assert timedelta(minutes=14) < left <= timedelta(minutes=15)
    await owner.execute("update wallet.session set expires_at = now() where id = $1", launch.id)
    late = await here.sessions.exchange(account, launch.token)
    assert late is not None
    assert (late.defect, late.token) == (Status.SESSION_EXPIRED, launch.token)
    assert (
        await owner.fetchval("select count(*) from wallet.session_token where session = $1", launch.id) == 1
    )


async def test_nothing_takes_the_place_of_a_revoked_token(here: Edge, account: int) -> None:
    """Of a revoked session neither the launch token is exchanged nor the play token rotated: it says why it is dead."""
    launch, session = await launched(here, account), await played(here, account)
    for revoked, succeed in ((launch, here.sessions.exchange), (session, here.sessions.rotate)):
        assert await here.sessions.revoke(revoked.id)
        dead = await succeed(account, revoked.token)
        assert dead is not None
        assert (dead.defect, dead.token) == (Status.SESSION_REVOKED, revoked.token)


async def test_an_exchange_gives_its_session_an_hour(
    here: Edge, account: int, owner: asyncpg.Connection
) -> None:
    """From its exchange on a session lives as long as one in use, and no other session does."""
    waiting, exchanged = [await launched(here, account) for _ in range(2)]
    await here.sessions.exchange(account, exchanged.token)
    left = "select expires_at - now() from wallet.session where id = $1"
    assert timedelta(minutes=59) < await owner.fetchval(left, exchanged.id) <= timedelta(hours=1)
    assert await owner.fetchval(left, waiting.id) <= timedelta(minutes=15)


async def test_direct_launch_needs_no_exchange(here: Edge, account: int) -> None:
    """Where the protocol plays with the launch token, it is the play token, and an exchange answers it as it is."""
    session = await launched(here, account, direct=True)
    assert await defect(here, session) is None
    assert await here.sessions.exchange(account, session.token) == session
    assert await defect(here, session) is None


def test_play_token_cannot_be_computed_from_the_launch_token() -> None:
    """Who sees the launch token in the URL needs the key too; another key or account makes another token."""
    token = successor_of(TOKEN_KEY, 1, "seen")
    assert token != successor_of(b"x" * 32, 1, "seen")
    assert token != successor_of(TOKEN_KEY, 2, "seen")
    assert token not in {
        hashlib.sha256(text).hexdigest() for text in (b"seen", b"1:seen", b"successor:1:seen")
    }


async def test_no_token_is_kept_anywhere(
    here: Edge, account: int, owner: asyncpg.Connection, redis_url: str, redis_prefix: str
) -> None:
    """Neither Postgres nor Redis holds a token in any column, key or value."""
    session = await played(here, account)
    rows = await owner.fetch(
        "select s::text, k::text from wallet.session s join wallet.session_token k on k.session = s.id"
    )
    assert session.token not in repr(rows)
    with Redis.from_url(redis_url) as redis:
        keys = list(redis.scan_iter(f"{redis_prefix}*"))
        assert keys
        assert session.token.encode() not in b"".join(keys) + b"".join(redis.mget(keys))


# Who gets no session


async def test_launch_is_refused_by_name(here: Edge, account: int, owner: asyncpg.Connection) -> None:
    """Each reason against a launch has its status, and leaves neither session nor external id."""
    wallet = await here.wallet()

    async def launch(**more: object) -> object:
        return await here.sessions.launch(more.pop("wallet", wallet.id), account, **more)

    assert await launch(wallet=10**12) is Status.WALLET_NOT_FOUND
    assert await launch(game="off") is Status.GAME_DISABLED
    assert await launch(game="nowhere") is Status.GAME_DISABLED
    await owner.execute(
        "insert into wallet.game (provider_account, code, name, enabled) values (0, 'elsewhere', 'Elsewhere', true)"
    )
    assert await launch(game="elsewhere") is Status.GAME_DISABLED
    assert await launch(currency="USD") is Status.CURRENCY_DIFFERS
    assert await here.sessions.launch(wallet.id, 0) is Status.ACCOUNT_DISABLED
    assert await here.sessions.launch(wallet.id, 10**6) is Status.ACCOUNT_DISABLED
    for state in ("no_new_bets", "revoked"):
        await owner.execute("update wallet.provider_account set state = $2 where id = $1", account, state)
        assert await launch() is Status.ACCOUNT_DISABLED
        # The game comes first, as in the ladder.
        assert await launch(game="off") is Status.GAME_DISABLED
    await here.players.exclude(wallet.player)
    assert await launch(game="off") is Status.PLAYER_EXCLUDED
    await here.players.close_wallet(wallet.id)
    assert await launch() is Status.WALLET_CLOSED
    assert await owner.fetchval("select count(*) from wallet.session where wallet = $1", wallet.id) == 0
    assert await owner.fetchval("select count(*) from wallet.external_id where wallet = $1", wallet.id) == 0


async def test_launch_during_an_exclusion_leaves_no_live_session(here: Edge, account: int) -> None:
    """Launches that race an exclusion are refused, or ended with it."""
    wallet = await here.wallet()
    results = await asyncio.gather(
        *(here.sessions.launch(wallet.id, account, direct=True) for _ in range(10)),
        here.players.exclude(wallet.player),
        *(here.sessions.launch(wallet.id, account, direct=True) for _ in range(10)),
    )
    sessions = [result for result in results if isinstance(result, Session)]
    assert {await defect(here, session) for session in sessions} <= {Status.SESSION_REVOKED}
    assert await here.sessions.list_of(wallet.player) == []


async def test_a_launch_waits_for_an_erasure_and_sees_it(
    here: Edge, account: int, owner: asyncpg.Connection
) -> None:
    """An erasure under way is waited for; after it there is no session and no name at the studio."""
    wallet = await here.wallet()
    async with owner.transaction():
        await owner.execute("select wallet.erase_personal_data(0, $1)", wallet.player)
        launch = asyncio.create_task(here.sessions.launch(wallet.id, account))
        await until_waiting(owner, 1)
    assert await launch is None
    assert await here.sessions.list_of(wallet.player) == []
    assert await owner.fetchval("select count(*) from wallet.external_id where wallet = $1", wallet.id) == 0


# Finding


async def test_unknown_tokens_are_none(here: Edge, account: int) -> None:
    """A token that was never ours, or is another account's, has no session; hostile text has none either."""
    session = await played(here, account)
    assert await here.sessions.find(account + 1, session.token) is None
    for hostile in ("", "x", "a\x00b", "\ud800", "é" * 300):
        assert await here.sessions.find(account, hostile) is None
        assert await here.sessions.exchange(account, hostile) is None
        assert await here.sessions.rotate(account, hostile) is None


async def test_several_devices_have_several_sessions(here: Edge, account: int) -> None:
    """Case 21: each device plays by its own token, and ending one leaves the other."""
    wallet = await here.wallet()
    phone, desktop = [
        await here.sessions.launch(wallet.id, account, channel=channel, direct=True)
        for channel in ("mobile", "desktop")
    ]
    assert isinstance(phone, Session)
    assert isinstance(desktop, Session)
    assert phone.external_id == desktop.external_id
    listed = await here.sessions.list_of(wallet.player)
    assert [(record.id, record.channel) for record in listed] == [
        (desktop.id, "desktop"),
        (phone.id, "mobile"),
    ]
    assert await here.sessions.revoke(phone.id)
    assert (await defect(here, phone), await defect(here, desktop)) == (Status.SESSION_REVOKED, None)
    assert [record.id for record in await here.sessions.list_of(wallet.player)] == [desktop.id]
    everything = await here.sessions.list_of(wallet.player, dead=True)
    assert [record.defect for record in everything] == [None, Status.SESSION_REVOKED]
    assert await here.sessions.list_of(wallet.player, dead=True, before=phone.id) == []


async def test_found_session_costs_postgres_nothing(
    here: Edge, account: int, owner: asyncpg.Connection
) -> None:
    """A session that Redis holds is answered while Postgres would say otherwise: it was not asked.

    Not either where its play token was exchanged once more, which changes nothing.
    """
    session = await played(here, account)
    assert await here.sessions.exchange(account, session.token) == session
    await owner.execute("alter table wallet.session_token rename to gone")
    try:
        assert await here.sessions.find(account, session.token) == session
    finally:
        await owner.execute("alter table wallet.gone rename to session_token")


async def test_many_finds_are_one_look_up(here: Edge, account: int) -> None:
    """A hundred finds of many tokens at once are right, each its own."""
    sessions = [await launched(here, account, direct=True) for _ in range(20)]
    found = await asyncio.gather(*(here.sessions.find(account, session.token) for session in sessions * 5))
    assert found == sessions * 5


async def test_flushed_redis_is_filled_again(
    here: Edge, account: int, redis_url: str, redis_prefix: str
) -> None:
    """Redis may be emptied at any time: the next find reads Postgres and fills it."""
    session = await played(here, account)
    with Redis.from_url(redis_url) as redis:
        for key in redis.scan_iter(f"{redis_prefix}*"):
            redis.delete(key)
        assert await here.sessions.find(account, session.token) == session
        await asyncio.sleep(0.1)
        assert redis.exists(f"{redis_prefix}session:{digest_of(account, session.token).hex()}")
    assert here.sessions.fallbacks == 0


async def test_copies_live_a_minute_and_no_longer_than_the_session(
    here: Edge, account: int, owner: asyncpg.Connection, redis_url: str, redis_prefix: str
) -> None:
    """No copy outlives its session, and none lives longer than a minute."""
    session = await played(here, account)
    key = f"{redis_prefix}session:{digest_of(account, session.token).hex()}"
    with Redis.from_url(redis_url) as redis:
        assert 50_000 < redis.pttl(key) <= 60_000
        redis.delete(key)
        await owner.execute(
            "update wallet.session set expires_at = now() + interval '2 seconds' where id = $1", session.id
        )
        assert await defect(here, session) is None
        await asyncio.sleep(0.1)
        assert redis.pttl(key) <= 2_000


async def test_session_in_use_slides_once_a_minute(
    here: Edge, account: int, owner: asyncpg.Connection, redis_url: str, redis_prefix: str
) -> None:
    """A find extends a session that is more than a minute into its hour; one that is not costs no write.

    A token that gives no right to play extends nothing.
    """
    session, launch = await played(here, account), await launched(here, account)
    assert await defect(here, launch) is Status.SESSION_UNKNOWN
    key = f"{redis_prefix}session:{digest_of(account, session.token).hex()}"

    async def find_with_left(minutes: float) -> timedelta:
        with Redis.from_url(redis_url) as redis:
            redis.delete(key)
        await owner.execute(
            "update wallet.session set expires_at = now() + $2 where id = $1",
            session.id,
            timedelta(minutes=minutes),
        )
        await here.sessions.find(account, session.token)
        await asyncio.sleep(0.2)
        return await owner.fetchval("select expires_at - now() from wallet.session where id = $1", session.id)

    assert await find_with_left(30) > timedelta(minutes=59)
    assert timedelta(minutes=59) < await find_with_left(59.5) < timedelta(minutes=59.5)
    left = "select expires_at - now() from wallet.session where id = $1"
    assert await owner.fetchval(left, launch.id) <= timedelta(minutes=15)
    assert await find_with_left(-1) < timedelta(0)
    assert await defect(here, session) is Status.SESSION_EXPIRED


# Dying


async def test_rotation_supersedes_and_can_be_repeated(here: Edge, there: Edge, account: int) -> None:
    """The new token plays, the old one is superseded at once everywhere, and the same rotation again is the same."""
    old = await played(here, account)
    assert await defect(there, old) is None
    new = await here.sessions.rotate(account, old.token)
    assert new is not None
    assert (new.id, new.defect) == (old.id, None)
    assert new.token != old.token
    assert await defect(there, old) is Status.SESSION_SUPERSEDED
    assert await defect(there, new) is None
    assert await there.sessions.rotate(account, old.token) == new
    third = await there.sessions.rotate(account, new.token)
    assert third is not None
    assert await defect(here, new) is Status.SESSION_SUPERSEDED
    # What took the first token's place is gone too: nothing hands it out again.
    late = await here.sessions.rotate(account, old.token)
    assert late is not None
    assert late.defect is Status.SESSION_SUPERSEDED


async def test_revocation_is_seen_everywhere_at_once(here: Edge, there: Edge, account: int) -> None:
    """When a revocation is answered, no process finds the session alive."""
    session = await played(here, account)
    assert await defect(there, session) is None
    assert await here.sessions.revoke(session.id)
    assert await defect(there, session) is Status.SESSION_REVOKED
    assert await defect(here, session) is Status.SESSION_REVOKED
    assert not await here.sessions.revoke(session.id)
    again = await here.sessions.exchange(account, session.token)
    assert again is not None
    assert again.defect is Status.SESSION_REVOKED


async def test_a_session_of_a_test_account_expires_on_demand(
    here: Edge, there: Edge, account: int, owner: asyncpg.Connection
) -> None:
    """Its copy says so at once; at a live account nothing expires, and what is dead already does not again."""
    session = await played(here, account)
    assert await here.sessions.expire(session.id)
    assert [copy.session.defect for copy in await copies_of(here, session)] == [Status.SESSION_EXPIRED]
    assert await defect(there, session) is Status.SESSION_EXPIRED
    assert await here.sessions.expire(session.id) is None
    session, revoked = await played(here, account), await played(here, account)
    assert await here.sessions.revoke(revoked.id)
    assert await here.sessions.expire(revoked.id) is None
    await owner.execute("update wallet.provider_account set environment = 'live' where id = $1", account)
    assert await here.sessions.expire(session.id) is False
    assert await defect(there, session) is None


async def test_exclusion_ends_all_sessions(here: Edge, there: Edge, account: int) -> None:
    """Excluding ends every session of the player, and nobody else's; reinstating revives none."""
    wallet = await here.wallet()
    sessions = [await here.sessions.launch(wallet.id, account, direct=True) for _ in range(3)]
    other = await played(here, account)
    assert await there.sessions.find(account, sessions[0].token) == sessions[0]
    await here.players.exclude(wallet.player)
    for session in sessions:
        assert await defect(there, session) is Status.SESSION_REVOKED
    assert await defect(there, other) is None
    await here.players.reinstate(wallet.player)
    assert await defect(there, sessions[0]) is Status.SESSION_REVOKED


async def test_block_leaves_sessions(here: Edge, there: Edge, account: int) -> None:
    """Blocking ends no session: a studio is told of the block, not that its token is dead."""
    wallet = await here.wallet()
    session = await here.sessions.launch(wallet.id, account, direct=True)
    await here.players.block(wallet.player)
    assert await defect(there, session) is None


async def test_all_of_a_player_are_revoked(here: Edge, there: Edge, account: int) -> None:
    """The number of ended sessions is answered, and a second time there is none."""
    wallet = await here.wallet()
    sessions = [await here.sessions.launch(wallet.id, account, direct=True) for _ in range(3)]
    assert await here.sessions.revoke_player(wallet.player) == 3
    assert await here.sessions.revoke_player(wallet.player) == 0
    assert [await defect(there, session) for session in sessions] == [Status.SESSION_REVOKED] * 3


async def test_studios_own_token_stands_for_the_session(here: Edge, there: Edge, account: int) -> None:
    """An attached token finds the session and dies with it; it is never taken from another session."""
    session, other = await played(here, account), await played(here, account)
    assert await here.sessions.attach(session.id, account, "s-1")
    assert await here.sessions.attach(session.id, account, "s-1")
    assert not await here.sessions.attach(other.id, account, "s-1")
    found = await there.sessions.find(account, "s-1")
    assert found is not None
    assert (found.id, found.token, found.defect) == (session.id, "s-1", None)
    assert await defect(there, session) is None
    await here.sessions.revoke(session.id)
    dead = await there.sessions.find(account, "s-1")
    assert dead is not None
    assert dead.defect is Status.SESSION_REVOKED
    assert not await here.sessions.attach(session.id, account, "s-2")


async def test_no_token_is_attached_to_what_is_over(
    here: Edge, account: int, owner: asyncpg.Connection
) -> None:
    """Neither a new one to a session that expired, nor one again that has a successor."""
    session, expired = await played(here, account), await played(here, account)
    await owner.execute("update wallet.session set expires_at = now() where id = $1", expired.id)
    assert not await here.sessions.attach(expired.id, account, "late")
    assert await here.sessions.attach(session.id, account, "rotated")
    assert await here.sessions.rotate(account, "rotated") is not None
    assert not await here.sessions.attach(session.id, account, "rotated")


async def test_precedence_of_defects(here: Edge, account: int, owner: asyncpg.Connection) -> None:
    """Of several defects the earlier one of the ladder is told: superseded, expired, revoked."""
    session = await played(here, account)
    await here.sessions.revoke(session.id)
    assert await defect(here, session) is Status.SESSION_REVOKED
    await owner.execute("update wallet.session set expires_at = now() where id = $1", session.id)
    row = "select defect from wallet.session_tokens where digest = $1"
    assert await owner.fetchval(row, digest_of(account, session.token)) == "session_expired"
    await owner.execute(
        "update wallet.session_token set superseded_at = now() where session = $1", session.id
    )
    assert await owner.fetchval(row, digest_of(account, session.token)) == "session_superseded"


# Redis dies


async def test_dead_redis_stops_nothing(database, account: int, valkey: MortalValkey) -> None:
    """Valkey killed in the middle: every kind of look-up and change goes on, and is counted."""
    async with edge(database.service_url, valkey.url, "dead:") as here:
        session = await played(here, account)
        valkey.kill()
        assert await here.sessions.find(account, session.token) == session
        launch = await launched(here, account)
        assert await here.sessions.exchange(account, launch.token) == await here.sessions.exchange(
            account, launch.token
        )
        rotated = await here.sessions.rotate(account, session.token)
        assert rotated is not None
        assert await defect(here, session) is Status.SESSION_SUPERSEDED
        assert await here.players.exclude(session.player) is PlayerStatus.EXCLUDED
        assert await defect(here, rotated) is Status.SESSION_REVOKED
        assert here.sessions.fallbacks >= 3
        valkey.start()
        await asyncio.sleep(1.1)
        before = here.sessions.fallbacks
        assert await defect(here, rotated) is Status.SESSION_REVOKED
        assert here.sessions.fallbacks == before


async def test_revocation_holds_when_redis_returns_with_what_it_knew(
    database, account: int, owner: asyncpg.Connection, valkey: MortalValkey
) -> None:
    """Copies that Valkey saved before it was killed come back with it, and nobody believes them."""
    await owner.execute("update wallet.provider_account set environment = 'test' where id = $1", account)
    async with (
        edge(database.service_url, valkey.url, "stale:") as here,
        edge(database.service_url, valkey.url, "stale:") as there,
    ):
        revoked, rotated, excluded, expired = [await played(here, account) for _ in range(4)]
        for session in (revoked, rotated, excluded, expired):
            assert await defect(there, session) is None
        valkey.save()
        valkey.kill()
        await here.sessions.revoke(revoked.id)
        await here.sessions.rotate(account, rotated.token)
        await here.players.exclude(excluded.player)
        assert await here.sessions.expire(expired.id)
        assert here.sessions.lookups.unburied == 4
        valkey.start()
        with Redis.from_url(valkey.url) as redis:
            assert redis.dbsize() == 4  # the stale copies are back
        await asyncio.sleep(1.1)
        for process in (here, there):
            assert await defect(process, revoked) is Status.SESSION_REVOKED
            assert await defect(process, rotated) is Status.SESSION_SUPERSEDED
            assert await defect(process, excluded) is Status.SESSION_REVOKED
            assert await defect(process, expired) is Status.SESSION_EXPIRED


async def test_an_expiry_is_announced_for_the_token_that_plays(
    here: Edge, account: int, owner: asyncpg.Connection
) -> None:
    """Every process hears which token an expiry on demand ends, once, and of no other token."""
    await owner.execute("update wallet.provider_account set environment = 'test' where id = $1", account)
    rotated, _ = [await played(here, account) for _ in range(2)]
    session = await here.sessions.rotate(account, rotated.token)
    assert session is not None
    heard: list[object] = []
    await owner.add_listener(session_lookups.CHANNEL, lambda *told: heard.append(told[-1]))
    waiting = await launched(here, account)  # no process has a copy of a launch token
    assert await here.sessions.expire(session.id)
    assert await here.sessions.expire(waiting.id)
    await owner.execute(f"notify {session_lookups.CHANNEL}, 'the end'")
    assert heard == [digest_of(account, session.token).hex(), "the end"]


async def test_process_born_later_believes_no_older_copy(
    database, account: int, valkey: MortalValkey
) -> None:
    """A process that was not there to hear of a death trusts no copy from before its time, and repairs it."""
    async with edge(database.service_url, valkey.url, "born:") as here:
        session = await played(here, account)
        valkey.save()
        valkey.kill()
        await here.sessions.revoke(session.id)
    valkey.start()
    async with edge(database.service_url, valkey.url, "born:") as later:
        assert await defect(later, session) is Status.SESSION_REVOKED
        async with asyncio.timeout(5):
            while (await copies_of(later, session))[0].session.defect is None:  # noqa: ASYNC110 - after the answer
                await asyncio.sleep(0.01)


async def test_process_that_lost_its_line_believes_no_copy(
    database, account: int, owner: asyncpg.Connection, valkey: MortalValkey
) -> None:
    """While a process cannot hear it asks Postgres; what died meanwhile is dead also when it hears again."""
    async with (
        edge(database.service_url, valkey.url, "line:") as here,
        edge(database.service_url, valkey.url, "line:") as there,
    ):
        session = await played(here, account)
        assert await defect(there, session) is None
        since = there.announcements.since
        assert since is not None
        valkey.save()
        await owner.execute(
            """
            select pg_terminate_backend(pid) from pg_stat_activity
            where application_name = 'bankroll announcements' and datname = current_database()
            """
        )
        valkey.kill()
        await here.sessions.revoke(session.id)
        valkey.start()
        deadline = time.monotonic() + 10
        while (there.announcements.since or since) <= since:
            assert time.monotonic() < deadline
            assert await defect(there, session) is Status.SESSION_REVOKED
            await asyncio.sleep(0.05)
        assert await defect(there, session) is Status.SESSION_REVOKED


async def test_reader_from_before_cannot_put_a_dead_token_back(here: Edge, there: Edge, account: int) -> None:
    """A copy read before a revocation and written after it does not replace the defect."""
    session = await played(here, account)
    digest = digest_of(account, session.token)
    living = await there.sessions.lookups.read([digest])
    await here.sessions.revoke(session.id)
    await there.copies.fill(living)
    [copy] = await there.copies.read([digest])
    assert copy is not None
    assert copy.session.defect is Status.SESSION_REVOKED


async def test_memory_of_dead_tokens_is_bounded(
    here: Edge, account: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When more tokens die than can be remembered, no copy is trusted for a while: nothing dead is forgotten."""
    monkeypatch.setattr(session_lookups, "MAXIMUM_REMEMBERED", 2)
    for number in range(5):
        here.sessions.lookups._hear(digest_of(account, str(number)).hex())
        assert len(here.sessions.lookups._died) <= 2
    session = await played(here, account)
    living = await here.sessions.lookups.read([digest_of(account, session.token)])
    for _ in range(3):
        await here.sessions.revoke((await played(here, account)).id)
    await here.sessions.revoke(session.id)
    for _ in range(5):
        await here.sessions.revoke((await played(here, account)).id)
        assert len(here.sessions.lookups._died) <= 2
    await here.copies.overwrite(living)
    assert await defect(here, session) is Status.SESSION_REVOKED


async def test_no_doubt_falls_on_a_token_that_lives(
    here: Edge, account: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A token that another died beside, or that was exchanged for itself, is found without asking Postgres again."""

    async def never(_digests: Sequence[bytes]) -> None:
        raise AssertionError("Postgres was asked")

    session = await played(here, account)
    await here.sessions.revoke((await played(here, account)).id)
    assert await here.sessions.exchange(account, session.token) == session
    monkeypatch.setattr(here.sessions.lookups, "read", never)
    assert await here.sessions.find(account, session.token) == session


async def test_frozen_redis_is_left_alone(
    database, account: int, valkey: MortalValkey, caplog: pytest.LogCaptureFixture
) -> None:
    """A Valkey that accepts and does not answer is left alone after the first time-out."""
    async with edge(database.service_url, valkey.url, "frozen:") as here:
        session = await played(here, account)
        assert valkey.process is not None
        valkey.process.send_signal(19)  # SIGSTOP
        try:
            for _ in range(20):
                assert await here.sessions.find(account, session.token) == session
            assert here.sessions.fallbacks == 20
            assert len([record for record in caplog.records if record.name == "wallet.hot_copies"]) < 5
        finally:
            valkey.process.send_signal(18)  # SIGCONT


async def test_both_stores_gone_is_an_outage_not_an_answer(
    database, account: int, valkey: MortalValkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where neither store answers, a find raises: it never says unknown of a session that it could not look up."""
    async with edge(database.service_url, valkey.url, "both:") as here:
        session = await played(here, account)
        valkey.kill()
        await here.pool.close()
        monkeypatch.setattr(here.sessions.lookups, "_find_seconds", 0.3)
        with pytest.raises(DeadlinePassed):
            await here.sessions.find(account, session.token)


async def test_restart_of_postgres_is_a_pause(
    here: Edge, account: int, owner: asyncpg.Connection, servers
) -> None:
    """A find that meets a Postgres that lets nobody in is answered when it does again."""
    session = await played(here, account)
    launch = await launched(here, account, direct=True)
    name = await owner.fetchval("select current_database()")
    await owner.close()
    servers.execute(f"alter database {name} connection limit 0")
    try:
        servers.execute(f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'")
        finding = asyncio.gather(
            here.sessions.find(account, session.token),
            here.sessions.find(account, launch.token),
            here.external_ids.find_wallet(account, launch.external_id),
        )
        await asyncio.sleep(0.5)
        assert not finding.done()
    finally:
        servers.execute(f"alter database {name} connection limit -1")
    found, found_launch, named = await finding
    assert (found, found_launch) == (session, launch)
    assert named is not None
    assert named.wallet == launch.wallet


def test_weak_keys_are_refused() -> None:
    """A key shorter than 32 bytes, or none at all, is refused at once."""
    for keys in ((), (b"short",), (b"x" * 32, b"y" * 31)):
        with pytest.raises(ValueError, match="32 bytes"):
            Sessions(None, None, None, keys)  # type: ignore[arg-type]


@pytest.mark.parametrize("seconds", [60, 120])
def test_a_session_outlives_its_copies(seconds: int) -> None:
    """A copy that could live as long as its session until that is extended would let it die while it is played."""
    with pytest.raises(ValueError, match="outlive its copies"):
        Sessions(None, None, None, (TOKEN_KEY,), lifetime=timedelta(seconds=seconds))  # type: ignore[arg-type]
