"""What the operator asks of a studio: the address of a game, its list of games, free rounds and their end.

A question is a pair of pure functions: `build` makes the request from what is asked, `read` makes the meaning of the
studio's answer.  Neither waits, opens a connection or reads a clock.  A request says a path alone: where the studio is
says the account's setting ``api_url``, and no adapter can make the gateway speak to anybody else.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from providers.contract import Account, Profile
from providers.signing import KeyKind
from wallet.types import GameType

Asked = TypeVar("Asked")
Told = TypeVar("Told")

API_URL = "api_url"
"""The setting that says where a studio answers the operator: ``https://host/path``."""


STS_URL = "sts_url"
"""The same for those that hand out tokens elsewhere."""

ADDRESSES = frozenset({API_URL, STS_URL})


class Declined(Exception):  # noqa: N818 - the studio's answer, not an error
    """The studio said no.  `code` is its own word; `retryable` says that the same may be asked again later."""

    def __init__(self, code: str, detail: str = "", *, retryable: bool = False) -> None:
        super().__init__(f"{code} {detail}".strip())
        self.code = code
        self.retryable = retryable


class Unready(Exception):  # noqa: N818 - what it is
    """The account lacks what the question needs: a setting, a secret; the message says which."""


class OutboundRequest(Struct, frozen=True):
    """A request to a studio, to the byte.  `path` begins with a slash, follows the account's address, and may hold a query."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


class OutboundAnswer(Struct, frozen=True):
    """What a studio answered; header names are lower case."""

    http_status: int
    headers: Mapping[str, str]
    body: bytes
    address: str = ""  # the account's, of which some answers hold the rest alone


class Outbound(Struct, Generic[Asked, Told], frozen=True):
    """One question.  `read` raises `Declined`, or ValueError or a msgspec error for what is no answer of the protocol."""

    build: Callable[[Asked], OutboundRequest]
    read: Callable[[OutboundAnswer], Told]
    pause: int = 0  # seconds that the studio wants between two of them
    bound: int = 64 * 1024  # bytes of the answer at most
    address: str = API_URL  # the setting that says where


# What is asked


class Mode(StrEnum):
    """What a game is played for."""

    REAL = "real"
    DEMO = "demo"  # nothing: no session, no wallet, no callback that we would answer


class Channel(StrEnum):
    """What a game is played on."""

    DESKTOP = "desktop"
    MOBILE = "mobile"


class Launch(Struct, frozen=True, kw_only=True):
    """What the address of a game may be built from.  A demo has no token, and a player only for the language's sake."""

    account: Account
    game: str
    mode: Mode = Mode.REAL
    token: str = ""
    player: str = ""  # the external id
    currency: str = ""  # the wire code
    session: str = ""  # our id of it, for studios that want to log one
    channel: Channel = Channel.DESKTOP
    country: str | None = None  # ISO 3166-1
    language: str = "en"  # BCP 47
    jurisdiction: str | None = None
    ip: str | None = None
    lobby_url: str | None = None
    deposit_url: str | None = None
    profile: Profile | None = None
    permit: str = ""  # a token that the studio handed out for the question, where it wants one
    nonce: str = ""  # a UUID that no other launch has
    asked_at: int = 0  # in seconds since 1970
    personal: Mapping[str, Any] = {}  # what the operator told of the player, where the protocol asks for it

    @property
    def demo(self) -> bool:
        """Whether it is played for nothing."""
        return self.mode is Mode.DEMO


class ListedGame(Struct, frozen=True, kw_only=True):
    """A game as its studio lists it."""

    code: str
    name: str
    type: GameType = GameType.OTHER
    rtp: Decimal | None = None
    demo: bool = True


class FreeRoundsOrder(Struct, frozen=True, kw_only=True):
    """Free rounds to be given, or taken back."""

    account: Account
    id: str
    player: str  # the external id
    player_number: int = 0  # ours, where the protocol's answers tell it
    currency: str  # the wire code
    games: tuple[str, ...]
    quantity: int
    starts_at: datetime
    expires_at: datetime
    bet_level: int | None = None
    bet_value: Decimal | None = None  # in major units of the wire currency
    options: Mapping[str, str] = {}
    profile: Profile | None = None
    personal: Mapping[str, Any] = {}  # as of a launch


class Permit(Struct, frozen=True):
    """An account with a token that its studio handed out for our own questions."""

    account: Account
    token: str


class FailedTransaction(Struct, frozen=True, kw_only=True):
    """What a studio could not finish at our side: the call as it would have come, for the adapter to read."""

    id: str  # the studio's
    verb: str | None  # None: no call of the protocol; it is named, and left where it is
    body: bytes


class Settlement(Struct, frozen=True, kw_only=True):
    """That a failed transaction is dealt with, under our id of what was booked, if anything was."""

    permit: Permit
    id: str
    reference: str | None = None


class FailedQueue(Struct, frozen=True):
    """Transactions that wait at the studio for the operator."""

    listed: Outbound[Permit, tuple[FailedTransaction, ...]]
    settled: Outbound[Settlement, None]


class Studio(Struct, frozen=True, kw_only=True):
    """Everything that may be asked of a protocol's studio; what it has no question for is None."""

    launch: Callable[[Launch], str] | Outbound[Launch, str] | None = None  # built here, or asked for
    demo: bool = False  # `launch` takes a demo too
    games: Outbound[Account, tuple[ListedGame, ...]] | None = None
    issue: Outbound[FreeRoundsOrder, None] | None = None
    cancel: Outbound[FreeRoundsOrder, None] | None = None
    failed: FailedQueue | None = None
    permit: Outbound[Account, str] | None = (
        None  # a token, asked for before the launch and before the queue is read
    )
    private_key: KeyKind | None = None  # the account's own secret is a private key of this kind
    personal: bool = False  # it is told what we know of the player as a person
    settings: frozenset[str] = frozenset()  # of the account that its questions are made with, addresses aside
    forms: Mapping[str, re.Pattern[str]] = {}  # of the settings that not every text can be

    @property
    def known_settings(self) -> frozenset[str]:
        """Every setting that its questions are made with, and those that say where it is asked."""
        waiting = () if self.failed is None else (self.failed.listed, self.failed.settled)
        questions = (self.launch, self.games, self.issue, self.cancel, self.permit, *waiting)
        return self.settings | {each.address for each in questions if isinstance(each, Outbound)}


# What requests are made with


def setting(account: Account, name: str, default: str | None = None) -> str:
    """A setting of the account.  Raises `Unready` where there is neither it nor a default."""
    value = account.settings.get(name, default)
    if value is None:
        raise Unready(f"the setting {name}")
    return value


def own_secret(account: Account) -> bytes:
    """What signs our requests: the account's own secret, else the one that both sides share.  Raises `Unready`."""
    secret = account.own_secret or next(iter(account.secrets), None)
    if secret is None:
        raise Unready("a secret")
    return secret


def private_key(account: Account) -> bytes:
    """What signs our requests where the studio has our public key.  Raises `Unready`."""
    if account.own_secret is None:
        raise Unready("own_secret, a private key")
    return account.own_secret


def given(**fields: Any) -> dict[str, Any]:
    """The fields that have a value: neither None nor an empty text."""
    return {name: value for name, value in fields.items() if value not in (None, "")}


def json_post(path: str, message: Any, *, header: str, sign: Callable[[bytes], str]) -> OutboundRequest:
    """A JSON body with its signature in a header."""
    body = msgspec.json.encode(message)
    return OutboundRequest("POST", path, (("content-type", "application/json"), (header, sign(body))), body)


def form_post(path: str, fields: Mapping[str, str]) -> OutboundRequest:
    """A form, its signature one of the fields."""
    kind = ("content-type", "application/x-www-form-urlencoded")
    return OutboundRequest("POST", path, (kind,), urlencode(fields).encode())


def with_query(url: str, **fields: str | None) -> str:
    """An address with a query of the fields that have a value, in their order."""
    return f"{url}{'&' if '?' in url else '?'}{urlencode(given(**fields))}"


def for_now(answer: OutboundAnswer) -> bool:
    """Whether an answer's HTTP status says that the same may be asked again, and may have been done."""
    return answer.http_status >= 500 or answer.http_status in {408, 429}


def json_of(answer: OutboundAnswer, model: type[Told]) -> Told:
    """The JSON of an answer.  Raises `Declined` for an HTTP status that is no success, else a msgspec error."""
    if answer.http_status >= 400:
        raise Declined(f"http {answer.http_status}", retryable=for_now(answer))
    return msgspec.json.decode(answer.body, type=model)
