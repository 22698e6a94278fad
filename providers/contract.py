"""What a studio's protocol is: a pure translation between its bytes and the ledger's words.

A request is checked (is it theirs?), decoded and read into a `StudioCall` or a `Query`; the answer is written from
the whole `Exchange`.  Nothing here or in an adapter waits, reads a clock, opens a connection or knows a wallet's id:
identifiers stay as the studio wrote them and amounts are exact decimals in major units of its currency code.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from providers.manners import Manners
from wallet.types import SUCCESSES, Kind, Outcome, Policy, Scope, Session, Sex, Status


class Fault(StrEnum):
    """Why a request never reached the ledger.  It moved nothing and burned no key."""

    BAD_SIGNATURE = "bad_signature"
    FOREIGN_NETWORK = "foreign_network"
    ACCOUNT_REVOKED = "account_revoked"
    UNKNOWN_VERB = "unknown_verb"
    TOO_LARGE = "too_large"
    MALFORMED = "malformed"  # not the protocol's syntax: JSON, form, duplicate keys, depth
    MISSING_FIELD = "missing_field"
    WRONG_TYPE = "wrong_type"
    BAD_VALUE = "bad_value"  # well-typed, but not allowed: a key of 300 bytes, an unknown action
    BAD_AMOUNT = "bad_amount"
    WRONG_PARTNER = "wrong_partner"  # the caller names another operator than this account's
    UNKNOWN_CURRENCY = "unknown_currency"
    UNKNOWN_GAME = "unknown_game"
    UNKNOWN_PLAYER = "unknown_player"  # a query names nobody we know
    OVERLOADED = "overloaded"  # the queue is full or the deadline passed: may be repeated
    INTERNAL = "internal"  # our bug or outage: may be repeated


class Refused(Exception):  # noqa: N818 - a refusal is an answer, not an error
    """Raised while decoding or reading; the contract turns it into its `Fault`."""

    def __init__(self, fault: Fault, detail: str = "") -> None:
        super().__init__(detail or fault.value)
        self.fault = fault


class Request(Struct, frozen=True):
    """One HTTP request as the studio sent it.

    `path` is what follows ``/callbacks/{account}``, raw, with its leading slash; `target` is the path
    with query as the studio called it; header names are lower case.
    """

    method: str
    path: str
    target: str
    query: bytes
    headers: Mapping[str, str]
    body: bytes


class Account(Struct, frozen=True):
    """What an adapter may know of the provider account that is called."""

    slug: str
    secrets: tuple[bytes, ...]  # one or two, opened, newest first; for public-key schemes a PEM
    policy: Policy
    manners: Manners
    settings: Mapping[str, str] = {}
    base_url: str | None = None
    test: bool = False
    exponents: Mapping[
        str, int
    ] = {}  # wire code -> decimals of its smallest unit (ISO 4217, or our own for crypto)
    own_secret: bytes | None = (
        None  # signs what we ask the studio, where that is not the secret it signs with
    )


class StudioOp(Struct, frozen=True):
    """`wallet.types.Op` before the gateway knows the wallet: amounts are decimals in the studio's currency."""

    kind: Kind
    key: str
    amount: Decimal = Decimal(0)
    nominal: Decimal = Decimal(0)
    reference: str | None = None
    scope: Scope = Scope.KEY
    round: str | None = None
    end_round: bool = False
    occurred_at: datetime | None = None
    metadata: Mapping[str, Any] | None = None
    implied: bool = (
        False  # moves nothing beside what the message says: no amount of zero that an account could refuse
    )


class StudioCall(Struct, frozen=True):
    """What a studio asks of one wallet.  Named by `player` (external id), by `token`, by both, or by free rounds."""

    ops: tuple[StudioOp, ...]
    player: str | None = None
    token: str | None = None
    check_token: bool = False  # the token's defect refuses the call's new bets
    currency: str | None = None  # the wire code, where the protocol sends one
    game: str | None = None
    channel: str | None = None
    free_rounds: str | None = (
        None  # the id of an issue of free rounds: it names the wallet they were issued to
    )
    in_smallest_units: bool = (
        False  # amounts count smallest units of the wallet's currency, which the message does not say
    )
    free_wins: bool = (
        False  # no win in it needs a bet, though one that is there counts: of a free round, of a jackpot
    )

    def policy(self, agreed: Policy) -> Policy:
        """What the ledger is to decide by: what was agreed on for the account, but for what the call itself tells."""
        return replace(agreed, win_without_bet=True) if self.free_wins else agreed


class Ask(StrEnum):
    """What a `Query` wants.  None of them moves money."""

    IDENTITY = "identity"  # who is this, and what do they have
    BALANCE = "balance"
    EXISTS = "exists"  # is there a posting under this key: found, or reference_not_found
    EXCHANGE = "exchange"  # a launch token for a play token; repeated, the same answer
    ROTATE = "rotate"  # a new token for the session, the old one is superseded
    REVOKE = "revoke"  # the session ends
    MONITOR = "monitor"  # is anybody there
    OPEN = "open"  # a session for a player without a launch: a studio's own tests, at test accounts alone


class Query(Struct, frozen=True):
    """A question.  With `check_token` a dead or unknown token is the answer's status; with `check_game` an unknown game.

    With `check_player` so is that the player is blocked or excluded.
    """

    ask: Ask
    player: str | None = None
    token: str | None = None
    check_token: bool = False
    currency: str | None = None
    game: str | None = None
    check_game: bool = False
    check_player: bool = False
    key: str | None = None
    attach: str | None = (
        None  # with EXCHANGE: a token of the studio's own, which stands for the session from now on
    )


ERASED: Mapping[str, Any] = {
    "birth_date": None,
    "language": None,
    "labels": (),
    "affiliate": None,
    "sex": None,
}
"""What a profile holds in place of what can be erased."""


class Profile(Struct, frozen=True):
    """What an identity answer may draw on."""

    player: str  # the external id
    currency: str  # the wire code
    country: str
    jurisdiction: str | None = None
    brand: str | None = None
    birth_date: str | None = None  # ISO 8601
    registered_at: str | None = None
    language: str | None = None
    labels: tuple[str, ...] = ()
    test: bool = False
    affiliate: str | None = None  # who brought the player
    sex: Sex | None = None  # None also once it was erased

    @property
    def erased(self) -> "Profile":
        """The same without anything that can be erased."""
        return replace(self, **ERASED)


class Exchange(Struct):
    """Everything an answer may be written from.

    What must be echoed is in `message`, what must be repeated in `outcome`.  `status` is what `CODES` is
    asked for, after the account's manners were applied; `code` is what it said.  `cash` and `bonus` are the
    balances to report, in major units of the studio's currency.
    """

    request: Request
    account: Account
    now: datetime
    verb: str | None = None
    message: Any = None
    asked: StudioCall | Query | None = None
    session: Session | None = None
    profile: Profile | None = None
    token: str | None = None  # the play token that the answer hands out
    outcome: Outcome | None = None
    status: Status | Fault = Fault.INTERNAL
    detail: str = ""  # why a request was malformed; never a secret
    code: Any = None
    http_status: int = 200
    milliseconds: int = 0  # from the request's arrival to its answer
    currency: str | None = None  # the wire code of the balances
    cash: Decimal | None = None  # None where no wallet is known
    bonus: Decimal | None = None
    amounts: tuple["Amounts", ...] = ()  # one per operation of the outcome
    verified: bool = False  # whether it is the studio's, as far as its protocol can tell

    @property
    def done(self) -> bool:
        """Whether the answer is a success."""
        return self.status in SUCCESSES

    @property
    def balance(self) -> Decimal:
        """Cash and bonus together; zero where no wallet is known."""
        return (self.cash or Decimal(0)) + (self.bonus or Decimal(0))

    def transaction(self, position: int = 0) -> str:
        """Our id of an operation's posting, or of the reversal that was there before it; empty where nothing was moved."""
        if self.outcome is None:
            return ""
        return self.outcome.ops[position].told_id or ""


class Amounts(Struct, frozen=True):
    """An operation's stored movement and balances, in major units of the studio's currency."""

    cash: Decimal
    bonus: Decimal
    cash_before: Decimal
    cash_after: Decimal
    bonus_before: Decimal
    bonus_after: Decimal

    @property
    def before(self) -> Decimal:
        """Cash and bonus together, before."""
        return self.cash_before + self.bonus_before

    @property
    def after(self) -> Decimal:
        """Cash and bonus together, after."""
        return self.cash_after + self.bonus_after


class Answer(Struct, frozen=True):
    """An HTTP answer, to the byte."""

    http_status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


DONE = SUCCESSES  # after `answered_status`
