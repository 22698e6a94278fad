"""Sessions: a player's right to play one wallet at one provider account, and the tokens that carry it.

Postgres holds the truth, tokens as digests only; session_lookups.py says how they are found again, and why a dead one
stays dead.  A look-up never refuses: it says what is wrong with a session, and the ledger decides what that means.
"""

import base64
import copy
import hashlib
import hmac
import math
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import msgspec
from msgspec import Struct
from msgspec.structs import replace

from wallet.announcements import Announcements
from wallet.audit import Author, signed
from wallet.external_ids import new_external_id
from wallet.hot_copies import HotCopies
from wallet.session_lookups import SessionLookups
from wallet.types import Session, Status

LIFETIME = timedelta(hours=1)
"""How long a session lives after its last use, give or take a minute."""

LAUNCH_LIFETIME = timedelta(minutes=15)
"""How long a launch token waits for its exchange."""

GRACE = timedelta(seconds=60)
"""For so long the same exchange or rotation again answers the same token: the answer may have been lost."""

MINIMUM_KEY_BYTES = 32

MOST_DROPPED = 1_000
"""Sessions that are dropped in one transaction."""

LAUNCH = """
select status, session, player, external_id, code
from wallet.launch_session($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
"""
SUCCEED = "select wallet.succeed_token($1, $2, $3, $4, $5)"
ATTACH = "select wallet.attach_token($1, $2)"
REVOKE = "select wallet.revoke_sessions($1, $2)"
EXPIRE = "select wallet.expire_session($1, $2)"
DROP = "select wallet.drop_sessions($1, $2)"
REVOKE_PLAYER = "select wallet.revoke_player_sessions($1, $2)"
LIST = """
select id, wallet, player, provider_account, external_id, currency_code as currency, game, channel, country, created_at,
       expires_at, revoked_at, defect
from wallet.sessions
where bucket = $1 and player = $2 and ($3 or defect is null) and ($4::bigint is null or id < $4)
order by id desc
limit $5
"""


class SessionRecord(Struct, frozen=True):
    """A session as the operator sees it: no token, and when it began and ends."""

    id: int
    wallet: int
    player: int
    provider_account: int
    external_id: str
    currency: str  # the wire code
    game: str | None
    channel: str | None
    country: str | None
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    defect: Status | None


class Sessions:
    """The sessions of one installation.

    `token_keys` derive play tokens: the newest first, each at least 32 bytes, and known to every process.  A key that
    was replaced stays second for longer than `GRACE`.
    """

    def __init__(
        self,
        database: asyncpg.Pool,
        announcements: Announcements,
        copies: HotCopies,
        token_keys: Sequence[bytes],
        *,
        lifetime: timedelta = LIFETIME,
    ) -> None:
        if not token_keys or any(len(key) < MINIMUM_KEY_BYTES for key in token_keys):
            raise ValueError(f"a token key has at least {MINIMUM_KEY_BYTES} bytes")
        self.lookups = SessionLookups(database, announcements, copies, lifetime=lifetime)
        self._database = database
        self._copies = copies
        self._token_keys = tuple(token_keys)
        self._lifetime = lifetime

    @property
    def fallbacks(self) -> int:
        """How many look-ups went to Postgres because Redis did not answer."""
        return self._copies.fallbacks

    def over(self, database: asyncpg.Pool) -> "Sessions":
        """The same sessions, listed, begun and ended over other connections; a token is looked up as ever."""
        others = copy.copy(self)
        others._database = database  # noqa: SLF001 - another of our own kind
        return others

    def start(self) -> None:
        """Put the look-ups to work, on the running event loop."""
        self.lookups.start()

    async def close(self) -> None:
        """Finish the look-ups under way and leave Redis."""
        await self.lookups.close()
        await self._copies.close()

    # Reading

    async def find(self, provider_account: int, token: str, deadline: float = math.inf) -> Session | None:
        """The session of a token with what is wrong with it; None for a token that was never this account's.

        A launch token that was not exchanged is `session_unknown`: it gives no right to play.  Raises
        `coalesce.Overloaded` or `coalesce.DeadlinePassed` where neither store answers in time, which ends at
        `deadline` of ``time.monotonic()`` at the latest.
        """
        session = await self.lookups.find(digest_of(provider_account, token), deadline)
        return None if session is None else replace(session, token=token)

    async def list_of(
        self, player: int, *, dead: bool = False, before: int | None = None, limit: int = 100, bucket: int = 0
    ) -> list[SessionRecord]:
        """A player's sessions, newest first, below the id `before`; those that ended only with `dead`."""
        rows = await self._database.fetch(LIST, bucket, player, dead, before, limit)
        return [msgspec.convert(dict(row), SessionRecord) for row in rows]

    # Writing

    async def launch(  # noqa: PLR0913 - what a session is of, and who begins it
        self,
        wallet: int,
        provider_account: int,
        *,
        game: str | None = None,
        channel: str | None = None,
        country: str | None = None,
        currency: str | None = None,
        direct: bool = False,
        bucket: int = 0,
        author: Author | None = None,
    ) -> Session | Status | None:
        """A new session, its `token` the one for the launch; or the status that says why there is none.

        None where the player's personal data were erased.

        The token is exchanged once for the play token; with `direct` it is the play token.  `currency` is a wire
        code, and may be left out where the account has one for the wallet's.
        """
        token = secrets.token_urlsafe(32)
        row: Any = await self._database.fetchrow(
            LAUNCH,
            *(bucket, wallet, provider_account, currency, new_external_id()),
            *(digest_of(provider_account, token), not direct, self._lifetime if direct else LAUNCH_LIFETIME),
            *(game, channel, country, signed(author)),
        )
        if row["status"] != Status.CREATED:
            return None if row["status"] is None else Status(row["status"])
        names = (row["external_id"], row["code"])
        return Session(row["session"], token, wallet, row["player"], provider_account, *names, game, channel)

    async def exchange(self, provider_account: int, token: str) -> Session | None:
        """The session of a launch token under its play token, the same again within `GRACE`.

        A play token is answered as it is.  Later, and for dead sessions, the launch token with its defect
        (`session_superseded`, …); None for a token that was never this account's.
        """
        return await self._succeed(provider_account, token, rotate=False)

    async def rotate(self, provider_account: int, token: str) -> Session | None:
        """The session under a new token that supersedes this one; the same again within `GRACE`."""
        return await self._succeed(provider_account, token, rotate=True)

    async def attach(self, session: int, provider_account: int, token: str) -> bool:
        """Let a token of the studio's own stand for the session too.

        False where the session is dead or the token stands for another.
        """
        return bool(await self._database.fetchval(ATTACH, session, digest_of(provider_account, token)))

    async def revoke(self, session: int, author: Author | None = None) -> bool:
        """End a session; False where there is none that lives."""
        ended = await self._database.fetchval(REVOKE, [session], signed(author))
        await self.lookups.bury_sessions(ended, self._database)
        return bool(ended)

    async def expire(self, session: int, author: Author | None = None) -> bool | None:
        """Let a session of a test account expire now; None where there is none that lives, False at a live account."""
        expired: bool | None = await self._database.fetchval(EXPIRE, session, signed(author))
        if expired:
            await self.lookups.bury_sessions([session], self._database)
        return expired

    async def revoke_player(self, player: int, *, bucket: int = 0) -> int:
        """End every session of a player, and answer how many there were."""
        ended = await self._database.fetchval(REVOKE_PLAYER, bucket, player)
        await self.lookups.bury_sessions(ended, self._database)
        return len(ended)

    async def drop(self, days: int) -> int:
        """Forget some of the sessions that ended more than `days` ago, with their tokens, and answer how many; 0: no more.

        What a studio sends again in them is then of an unknown session; what it had posted is still found by its keys.
        """
        return int(await self._database.fetchval(DROP, days, MOST_DROPPED))

    async def _succeed(self, provider_account: int, token: str, *, rotate: bool) -> Session | None:
        digest = digest_of(provider_account, token)
        derived = [successor_of(key, provider_account, token) for key in self._token_keys]
        successors = {digest_of(provider_account, successor): successor for successor in derived}
        current = await self._database.fetchval(
            SUCCEED, digest, list(successors), rotate, GRACE, self._lifetime
        )
        if current is None:
            return None
        read = await self.lookups.read([digest, current])
        if current != digest and not read[digest].launch:
            await self.lookups.bury({digest: read[digest]})
        return replace(read[current].session, token=successors.get(current, token))


def digest_of(provider_account: int, token: str) -> bytes:
    """What we keep of a token: a token of one account is never found under another."""
    return hashlib.sha256(f"{provider_account}:{token}".encode("utf-8", "surrogatepass")).digest()


def successor_of(key: bytes, provider_account: int, token: str) -> str:
    """The token that takes another's place: 256 bits in 43 url-safe characters.

    Derived, so that an exchange or rotation that is repeated after its answer was lost gets the same token from any
    process, although no store holds it.  With a key, because the player's browser sees the launch token in the
    URL, and must not be able to compute from it the token by which the studio plays.
    """
    text = f"successor:{provider_account}:{token}".encode("utf-8", "surrogatepass")
    return base64.urlsafe_b64encode(hmac.digest(key, text, "sha256")).rstrip(b"=").decode()
