"""Players and their wallets: registered, read, blocked, excluded, opened, closed.

A player is the operator's customer under the operator's own id; personal data lie apart, so that they can be erased
while the journal stands.  It moves no money, and never answers a change of status before that is enforced.

The statements of players stand here, beside what they are for.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

import asyncpg
import msgspec
from msgspec import Struct

from wallet.audit import Author, signed
from wallet.countries import COUNTRIES
from wallet.sessions import Sessions
from wallet.types import Sex, Status
from wallet.words import check_past, check_word

MAXIMUM_EXTERNAL_ID_BYTES = 64
MAXIMUM_WORD = 64
MAXIMUM_LABELS = 32
MAXIMUM_PERSONAL_DATA_BYTES = 16_384
EARLIEST_BIRTH = date(1900, 1, 1)
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")

CREATE = "select bucket, player, created from wallet.create_player($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
PLAYER = """
select bucket, id, external_id, status, country, jurisdiction, brand, affiliate, birth_date, language, registered_at,
       labels, test, erased_at
from wallet.players
"""
BY_ID = f"{PLAYER} where bucket = $1 and id = $2"
BY_EXTERNAL_ID = f"{PLAYER} where external_id = $1"
WALLET = """
select bucket, id, player, currency, cash, bonus, held, overdraft, seq, status, player_status from wallet.wallets
"""
WALLET_BY_ID = f"{WALLET} where bucket = $1 and id = $2"
WALLETS_OF = f"{WALLET} where bucket = $1 and player = $2 order by currency"
PERSONAL_DATA = "select data from wallet.erasable_data where bucket = $1 and player = $2"
ERASE_PERSONAL_DATA = "select wallet.erase_personal_data($1, $2, $3)"
KEEP_PERSONAL_DATA = "select wallet.keep_personal_data($1, $2, $3, $4)"
OPEN = "select status, wallet from wallet.open_wallet($1, $2, $3, $4)"
CHANGE_PLAYER = "select status, sessions from wallet.change_player_status($1, $2, $3, $4, $5)"
CHANGE_WALLET = "select wallet.change_wallet_status($1, $2, $3, $4)"


class PlayerStatus(StrEnum):
    """Whether a player may stake.  The order is the order of ``wallet.player_status``."""

    ACTIVE = "active"
    BLOCKED = "blocked"  # by the operator, who may unblock
    EXCLUDED = "excluded"  # an exclusion: unblocking does not end it


class WalletStatus(StrEnum):
    """Whether a wallet takes stakes and deposits."""

    OPEN = "open"
    CLOSED = "closed"


class NewPlayer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a player is registered with.

    Raises ValueError (decoded: ``msgspec.ValidationError``) for what is none; its first word is the field.
    """

    external_id: str  # the operator's own
    country: str  # ISO 3166-1 alpha-2
    jurisdiction: str | None = None
    brand: str | None = None
    affiliate: str | None = None  # who brought the player, under the operator's own name
    birth_date: date | None = None
    language: str | None = None  # BCP 47, the language in lower case: en, pt-BR
    registered_at: datetime | None = None
    labels: tuple[str, ...] = ()
    test: bool = False
    personal_data: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        """Hold every field to what it may be."""
        check_word("external_id", self.external_id, MAXIMUM_EXTERNAL_ID_BYTES)
        for name in ("jurisdiction", "brand", "affiliate"):
            if (word := getattr(self, name)) is not None:
                check_word(name, word, MAXIMUM_WORD)
        if self.country not in COUNTRIES:
            raise ValueError("country is a code of ISO 3166-1 with two capital letters")
        if self.language is not None and not LANGUAGE.fullmatch(self.language):
            raise ValueError("language is a tag such as en or pt-BR")
        if self.birth_date is not None and not EARLIEST_BIRTH <= self.birth_date < datetime.now(UTC).date():
            raise ValueError(f"birth_date lies in the past, and not before {EARLIEST_BIRTH}")
        if self.registered_at is not None:
            check_past("registered_at", self.registered_at)
        if len(self.labels) > MAXIMUM_LABELS:
            raise ValueError(f"labels are {MAXIMUM_LABELS} at most")
        for label in self.labels:
            check_word("labels", label, MAXIMUM_WORD)
        personal_data_text(self.personal_data)


class Player(Struct, frozen=True):
    """A player; never personal data."""

    bucket: int
    id: int
    external_id: str
    status: PlayerStatus
    country: str
    jurisdiction: str | None
    brand: str | None
    affiliate: str | None
    birth_date: date | None
    language: str | None
    registered_at: datetime
    labels: tuple[str, ...]
    test: bool
    erased_at: datetime | None  # since when nothing personal is known, nor will be


class Wallet(Struct, frozen=True):
    """A wallet and its balances in ledger units."""

    bucket: int
    id: int
    player: int
    currency: str
    cash: int
    bonus: int
    held: int
    overdraft: int
    seq: int
    status: WalletStatus
    player_status: PlayerStatus


class Players:
    """The players of one installation."""

    def __init__(self, database: asyncpg.Pool, sessions: Sessions) -> None:
        self._database = database
        self._sessions = sessions

    # Reading

    async def read(self, player: int, *, bucket: int = 0) -> Player | None:
        """A player by our id."""
        return _player(await self._database.fetchrow(BY_ID, bucket, player))

    async def find(self, external_id: str) -> Player | None:
        """A player by the operator's id."""
        return _player(await self._database.fetchrow(BY_EXTERNAL_ID, external_id))

    async def wallets_of(self, player: int, *, bucket: int = 0) -> list[Wallet]:
        """A player's wallets, by currency."""
        return [_wallet(row) for row in await self._database.fetch(WALLETS_OF, bucket, player)]

    async def wallet(self, wallet: int, *, bucket: int = 0) -> Wallet | None:
        """A wallet by its id."""
        row: Any = await self._database.fetchrow(WALLET_BY_ID, bucket, wallet)
        return None if row is None else _wallet(row)

    async def personal_data(self, player: int, *, bucket: int = 0) -> Mapping[str, Any] | None:
        """What is kept apart, or None."""
        text = await self._database.fetchval(PERSONAL_DATA, bucket, player)
        return None if text is None else json.loads(text)

    # Writing

    async def create(self, new: NewPlayer, author: Author | None = None) -> tuple[Player, bool]:
        """Register a player; with False the one that was there under this id, unchanged."""
        made: Any = await self._database.fetchrow(
            CREATE,
            *(new.external_id, new.country, new.jurisdiction, new.brand, new.affiliate, new.birth_date),
            *(new.language, new.registered_at, list(new.labels), new.test),
            personal_data_text(new.personal_data),
            signed(author),
        )
        player = await self.read(made["player"], bucket=made["bucket"])
        if player is None:
            raise LookupError("players are never deleted")
        return player, made["created"]

    async def keep_personal_data(
        self, player: int, data: Mapping[str, Any], *, bucket: int = 0, author: Author | None = None
    ) -> bool:
        """Replace what is kept apart; False where there is no such player, or one who was erased.  Raises ValueError."""
        text = personal_data_text(data)
        return bool(await self._database.fetchval(KEEP_PERSONAL_DATA, bucket, player, text, signed(author)))

    async def erase_personal_data(
        self, player: int, *, bucket: int = 0, author: Author | None = None
    ) -> bool:
        """Erase what is kept apart, and birth date, language, affiliate and labels; False where there is no such player."""
        return bool(await self._database.fetchval(ERASE_PERSONAL_DATA, bucket, player, signed(author)))

    async def open_wallet(
        self, player: int, currency: str, *, bucket: int = 0, author: Author | None = None
    ) -> tuple[Wallet, bool] | Status:
        """The player's wallet in one of our currencies, opened where there is none; with False the one that was there.

        `wallet_not_found` where there is no such player, `currency_differs` where we have no such currency.
        """
        row: Any = await self._database.fetchrow(OPEN, bucket, player, currency, signed(author))
        if row["wallet"] is None:
            return Status(row["status"])
        wallet = await self.wallet(row["wallet"], bucket=bucket)
        if wallet is None:
            raise LookupError("wallets are never deleted")
        return wallet, Status(row["status"]) is Status.CREATED

    async def block(
        self, player: int, *, bucket: int = 0, author: Author | None = None
    ) -> PlayerStatus | None:
        """Refuse new bets and deposits; who is excluded stays so.

        This and the next three answer the status that then stands, None where there is no such player.  Once
        answered, no bet that the status refuses is written.
        """
        return await self._change(bucket, player, [PlayerStatus.ACTIVE], PlayerStatus.BLOCKED, author)

    async def unblock(
        self, player: int, *, bucket: int = 0, author: Author | None = None
    ) -> PlayerStatus | None:
        """End a block, never an exclusion."""
        return await self._change(bucket, player, [PlayerStatus.BLOCKED], PlayerStatus.ACTIVE, author)

    async def exclude(
        self, player: int, *, bucket: int = 0, author: Author | None = None
    ) -> PlayerStatus | None:
        """Exclude, whatever was before, and end all sessions."""
        among = [PlayerStatus.ACTIVE, PlayerStatus.BLOCKED]
        return await self._change(bucket, player, among, PlayerStatus.EXCLUDED, author)

    async def reinstate(
        self, player: int, *, bucket: int = 0, author: Author | None = None
    ) -> PlayerStatus | None:
        """End an exclusion; whether it may be ended is the caller's to know."""
        return await self._change(bucket, player, [PlayerStatus.EXCLUDED], PlayerStatus.ACTIVE, author)

    async def close_wallet(self, wallet: int, *, bucket: int = 0, author: Author | None = None) -> bool:
        """Refuse new bets and deposits on a wallet; wins and withdrawals go on.  False where there is none."""
        return await self._change_wallet(bucket, wallet, WalletStatus.CLOSED, author)

    async def reopen_wallet(self, wallet: int, *, bucket: int = 0, author: Author | None = None) -> bool:
        """Undo a closing.  False where there is no such wallet."""
        return await self._change_wallet(bucket, wallet, WalletStatus.OPEN, author)

    async def _change(
        self, bucket: int, player: int, among: list[PlayerStatus], to: PlayerStatus, author: Author | None
    ) -> PlayerStatus | None:
        row: Any = await self._database.fetchrow(CHANGE_PLAYER, bucket, player, among, to, signed(author))
        if row["status"] is None:
            return None
        await self._sessions.lookups.bury_sessions(row["sessions"], self._database)
        return PlayerStatus(row["status"])

    async def _change_wallet(self, bucket: int, wallet: int, to: WalletStatus, author: Author | None) -> bool:
        return bool(await self._database.fetchval(CHANGE_WALLET, bucket, wallet, to, signed(author)))


def personal_data_text(data: Mapping[str, Any] | None) -> str | None:
    """Personal data as JSON text.  Raises ValueError for what is too large or no JSON, and for a `sex` that is none."""
    if data is None:
        return None
    try:
        text = json.dumps(dict(data), ensure_ascii=False, allow_nan=False)
        size = len(text.encode())
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError("personal_data is a JSON object") from error
    if size > MAXIMUM_PERSONAL_DATA_BYTES or "\\u0000" in text:
        raise ValueError(f"personal_data has at most {MAXIMUM_PERSONAL_DATA_BYTES} bytes, and no NUL")
    if data.get("sex") not in (None, *Sex):
        raise ValueError(f"personal_data holds as sex one of {', '.join(Sex)}, or none")
    return text


def _player(row: Any) -> Player | None:
    return None if row is None else msgspec.convert(dict(row), Player)


def _wallet(row: Any) -> Wallet:
    return msgspec.convert(dict(row), Wallet)
