"""The catalogue: provider accounts (configured integrations), their games, and our currencies, as they are stored.

Secrets pass through sealed, overrides as the plain data they are: what they mean is known where the protocols are, in
the gateway.  The statements of the catalogue stand here, beside what they are for.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from typing import Any

import asyncpg
import msgspec
from msgspec import Struct

from wallet.audit import Author, signed
from wallet.games import MAXIMUM_GAMES, Game, NewGame
from wallet.money import Currency

Network = IPv4Network | IPv6Network

ACCOUNTS = """
select id, slug, protocol, environment, state, secrets, own_secret, policy, manners, settings, allowed_networks, base_url,
       currencies, deadline_ms, keep_exchanges, certification, changed_at
from wallet.provider_accounts
"""
ALL_ACCOUNTS = f"{ACCOUNTS} order by id"
ACCOUNT_BY_SLUG = f"{ACCOUNTS} where slug = $1"
GAMES = """
select id, provider_account, code, name, enabled, type, rtp, demo, allowed_countries, refused_countries,
       allowed_currencies, refused_currencies
from wallet.games
"""
ALL_GAMES = f"{GAMES} order by provider_account, code"
GAMES_OF = f"{GAMES} where provider_account = $1 order by code"
CURRENCIES = "select code, scale, exponent from wallet.currencies order by code"
SEALED = (
    "select exists (select from wallet.provider_accounts where secrets <> '{}' or own_secret is not null)"
)
VERSION = "select version from wallet.catalogue_versions"
CREATE = "select wallet.create_provider_account($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
CHANGE = "select wallet.change_provider_account($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
REPLACE_SECRETS = "select wallet.replace_secrets($1, $2, $3, $4, $5)"
REPLACE_OWN = "select wallet.replace_own_secret($1, $2, $3, $4)"
CERTIFY = "select wallet.set_certification($1, $2, $3)"
CREATE_GAME = "select wallet.create_game($1, $2, $3)"
PUT_GAMES = "select wallet.put_games($1, $2, $3)"
CHANGE_GAME = "select wallet.change_game($1, $2, $3)"
ENABLE_GAMES = "select wallet.enable_games($1, $2, $3)"

JSON_COLUMNS = ("policy", "manners", "settings", "currencies", "certification")


class Environment(StrEnum):
    """Whose money it is."""

    TEST = "test"
    LIVE = "live"


class AccountState(StrEnum):
    """What an account may do."""

    ACTIVE = "active"
    NO_NEW_BETS = "no_new_bets"  # wins, refunds and rollbacks go on
    REVOKED = "revoked"  # every call is refused


class AccountRecord(Struct, frozen=True, kw_only=True):
    """A provider account as it is stored."""

    id: int
    slug: str  # its place under /callbacks/
    protocol: str
    environment: Environment = Environment.TEST
    state: AccountState = AccountState.ACTIVE
    secrets: tuple[bytes, ...] = ()  # sealed, the newest first
    own_secret: bytes | None = None  # sealed; signs what we ask the studio
    policy: Mapping[str, Any] = {}
    manners: Mapping[str, Any] = {}
    settings: Mapping[str, Any] = {}
    allowed_networks: tuple[Network, ...] = ()  # none: any
    base_url: str | None = None
    currencies: Mapping[str, Any] = {}  # wire code -> [ours, power of ten]; none: our codes as they are
    deadline_ms: int = 2000
    keep_exchanges: bool = True
    certification: Sequence[Mapping[str, Any]] = ()  # what a test account does on demand
    changed_at: datetime | None = None


class Catalogue:
    """The catalogue of one installation."""

    def __init__(self, database: asyncpg.Pool) -> None:
        self._database = database

    # Reading

    async def version(self) -> int:
        """A number that grows with every change of an account or a game."""
        return int(await self._database.fetchval(VERSION))

    async def accounts(self) -> list[AccountRecord]:
        """Every provider account."""
        return [_record(row) for row in await self._database.fetch(ALL_ACCOUNTS)]

    async def account(self, slug: str) -> AccountRecord | None:
        """A provider account by its slug."""
        row: Any = await self._database.fetchrow(ACCOUNT_BY_SLUG, slug)
        return None if row is None else _record(row)

    async def games(self, provider_account: int | None = None) -> list[Game]:
        """The games of an account, or all."""
        if provider_account is None:
            return [_game(row) for row in await self._database.fetch(ALL_GAMES)]
        return [_game(row) for row in await self._database.fetch(GAMES_OF, provider_account)]

    async def currencies(self) -> list[Currency]:
        """Our currencies."""
        return [Currency(*row) for row in await self._database.fetch(CURRENCIES)]

    # Writing

    async def create(self, record: AccountRecord, author: Author | None = None) -> int | None:
        """Store a new account, its `id` ignored, and answer its id; None where the slug is taken."""
        return await self._database.fetchval(
            CREATE,
            *(record.slug, record.protocol, record.environment, list(record.secrets)),
            *(_text(record.policy), _text(record.manners), _text(record.settings)),
            *(list(record.allowed_networks), record.base_url, _text(record.currencies)),
            *(record.deadline_ms, record.keep_exchanges, signed(author)),
        )

    async def change(self, record: AccountRecord, author: Author | None = None) -> bool:
        """Store what may change of the account of this slug; its secrets, protocol and environment stay.

        False where it is no longer as it was at the record's `changed_at`.
        """
        return bool(
            await self._database.fetchval(
                CHANGE,
                *(record.slug, record.changed_at, record.state),
                *(_text(record.policy), _text(record.manners), _text(record.settings)),
                *(list(record.allowed_networks), record.base_url, _text(record.currencies)),
                *(record.deadline_ms, record.keep_exchanges, signed(author)),
            )
        )

    async def replace_secrets(
        self,
        slug: str,
        seen: Sequence[bytes],
        secrets: Sequence[bytes],
        author: Author | None = None,
        *,
        seen_at: datetime | None = None,
    ) -> bool:
        """Replace sealed secrets; False where they are no longer those that the caller saw.

        With the account's `changed_at` also where anything else of it changed.
        """
        arguments = (slug, list(seen), list(secrets), seen_at, signed(author))
        return bool(await self._database.fetchval(REPLACE_SECRETS, *arguments))

    async def set_certification(
        self, slug: str, rules: Sequence[Mapping[str, Any]], author: Author | None = None
    ) -> bool | None:
        """Store what a test account does on demand; None where there is no such account, False at a live one."""
        certified: bool | None = await self._database.fetchval(CERTIFY, slug, _text(rules), signed(author))
        return certified

    async def replace_own_secret(
        self, slug: str, seen: bytes | None, own_secret: bytes, author: Author | None = None
    ) -> bool:
        """Replace the sealed secret of our own requests; False where it is no longer the one that the caller saw."""
        return bool(await self._database.fetchval(REPLACE_OWN, slug, seen, own_secret, signed(author)))

    async def create_game(self, provider_account: int, game: NewGame, author: Author | None = None) -> bool:
        """Create a game; False where the account has one of its code, which stays as it is."""
        text = msgspec.json.encode(game).decode()
        return bool(await self._database.fetchval(CREATE_GAME, provider_account, text, signed(author)))

    async def put_games(
        self, provider_account: int, games: Collection[NewGame], author: Author | None = None
    ) -> int:
        """Create games, or write of those that are there what a studio says, and answer how many.

        What the operator decides of a game stays; so do a type and a return that are not said.  Raises ValueError for
        too many, or for a code that stands twice.
        """
        if len(games) > MAXIMUM_GAMES or len({game.code for game in games}) != len(games):
            raise ValueError(f"at most {MAXIMUM_GAMES} games at once, each code once")
        text = msgspec.json.encode(list(games)).decode()
        return int(await self._database.fetchval(PUT_GAMES, provider_account, text, signed(author)))

    async def change_game(self, game: int, given: Mapping[str, Any], author: Author | None = None) -> bool:
        """Change of a game the fields of `NewGame` that are given; False where there is no such game."""
        text = msgspec.json.encode(given).decode()
        return bool(await self._database.fetchval(CHANGE_GAME, game, text, signed(author)))

    async def enable_games(self, provider_account: int, codes: Collection[str], *, enabled: bool) -> int:
        """Enable or disable games, and answer how many of the codes there are."""
        return int(await self._database.fetchval(ENABLE_GAMES, provider_account, list(codes), enabled))


def _text(value: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> str:
    text = msgspec.json.encode(value, order="sorted").decode()
    if "\\u0000" in text:
        raise ValueError("a NUL is no text")
    return text


def _game(row: Any) -> Game:
    return msgspec.convert(dict(row), Game)


def _record(row: Any) -> AccountRecord:
    decoded = {column: msgspec.json.decode(row[column]) for column in JSON_COLUMNS}
    return AccountRecord(
        id=row["id"],
        slug=row["slug"],
        protocol=row["protocol"],
        environment=Environment(row["environment"]),
        state=AccountState(row["state"]),
        secrets=tuple(row["secrets"]),
        own_secret=row["own_secret"],
        allowed_networks=tuple(row["allowed_networks"]),
        base_url=row["base_url"],
        deadline_ms=row["deadline_ms"],
        keep_exchanges=row["keep_exchanges"],
        changed_at=row["changed_at"],
        **decoded,
    )
