"""What a simulated studio is: a stranger that knows its protocol and its own key, and nothing of ours.

A studio is pure.  It turns a `Move` (what should happen, in no protocol's words) into an HTTP request, and an
HTTP answer into a `Reply`.  Who carries the bytes is somebody else: an asyncio client, Locust or a test.  It
imports nothing from wallet, gateway or providers, so that the two sides cannot share a mistake; it is
written from the protocol's facts and not from the adapter.

    key = Hub.make_key()                      # the studio's secret half, kept by whoever seeds
    operator_half = Hub.operators_half(key)   # what the operator configures: a shared secret or a public key
    studio = Hub(key)
    player = Player(token=…, external_id=…, currency="EUR", game="dice", country="MT")

    plan = opening(studio, player)            # or rounds.round_of(studio, player, random.Random(7))
    step = next(plan)                         # the first request
    verdict = step.judge(answer)              # Answer, or None where none came
    step = plan.send(verdict)                 # the next request, StopIteration at the end

One file a studio, one class in it, named in ``bench.studios.STUDIOS``.  It offers what `Studio` lists and no
more: how a round is played is written once, in ``bench/studios/rounds.py``, from the studio's tables.
"""

from collections.abc import Callable, Generator, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar, Protocol, runtime_checkable

from msgspec import Struct


class Act(StrEnum):
    """What a studio can want.  A protocol has some of them; `Studio.expresses` says which."""

    OPEN = "open"  # the game client's first call: authenticate, exchange the launch token, user info
    BALANCE = "balance"
    BET = "bet"
    TIP = "tip"
    WIN = "win"  # `of` is the bet; amount 0 is a loss
    SPIN = "spin"  # a bet and its result in one message: `amount` is staked, `of_amount` won
    MORE_WIN = "more_win"  # a further win of a bet that has one already
    ROLLBACK = "rollback"  # undo the bet `of`, whole, in whatever way the protocol has
    ROLLBACK_WIN = "rollback_win"  # undo the win `of`
    REFUND = "refund"  # give back `amount` of the bet `of`, where parts are possible
    PROMO_WIN = "promo_win"
    JACKPOT_WIN = "jackpot_win"
    FREE_BET = "free_bet"  # a free round's stake: `amount` is its nominal value, no money moves
    FREE_WIN = "free_win"  # a free round's result
    FREE_END = "free_end"  # the summary of free rounds: `amount` is the total they won
    BUY_IN = "buy_in"
    PAYOUT = "payout"
    CORRECTION = "correction"  # `amount` has a sign
    CLOSE = "close"  # the round's end as a message of its own
    EXISTS = "exists"
    ROTATE = "rotate"
    REVOKE = "revoke"


STAKES = frozenset({Act.BET, Act.SPIN, Act.TIP, Act.BUY_IN})
CREDITS = frozenset(
    {Act.WIN, Act.MORE_WIN, Act.PROMO_WIN, Act.JACKPOT_WIN, Act.FREE_WIN, Act.FREE_END, Act.PAYOUT}
)


class Move(Struct, frozen=True):
    """One thing that should happen.  Keys are 32 hexadecimal digits; a protocol may dress them (UUID dashes)."""

    act: Act
    key: str = ""
    amount: Decimal = Decimal(0)  # major units of the player's currency
    round: str = ""  # decimal digits
    of: str = ""  # the key of the move that is meant
    of_amount: Decimal = Decimal(0)  # its amount, for protocols that repeat it; of a spin what it won
    end: bool = False  # nothing will follow in this round
    bonus_code: str = ""  # of free rounds


class Player(Struct):
    """One player's open game at this studio.  The studio writes what it learns; the harness makes it."""

    token: str  # the launch token, then whatever token the operator gave for it
    external_id: str  # what launch said the studio shall call the player; empty where the studio must ask
    currency: str  # the wire code
    game: str
    country: str = "MT"
    memory: dict[str, Any] = {}  # a studio's own notes between requests (a session id, a sequence number)


class Request(Struct, frozen=True):
    """An HTTP request.  `path` follows the account's callback address and holds the query, if any."""

    path: str
    headers: tuple[tuple[str, str], ...]  # names in lower case
    body: bytes
    method: str = "POST"


class Answer(Struct, frozen=True):
    """An HTTP answer.  Header names are lower case."""

    http_status: int
    headers: Mapping[str, str]
    body: bytes


class Reply(Struct, frozen=True):
    """What an answer says, read as the studio reads it.

    `done`: counted as success (a duplicate too).  `code`: the protocol's own word.  `retry`: the protocol
    lets this be sent again unchanged.  `broken`: why this is no answer of the protocol at all (bad JSON, a
    missing field, an HTTP status it does not know); empty otherwise.
    """

    done: bool
    code: str
    retry: bool = False
    balance: Decimal | None = None  # cash and bonus together, major units, where the answer holds one
    transaction: str | None = None  # the operator's id of the posting
    token: str | None = None  # a token handed out
    player: str | None = None  # an external id handed out
    found: bool | None = None  # the answer to EXISTS
    broken: str = ""


class Word(StrEnum):
    """How an answer is judged."""

    OK = "ok"
    REFUSED = "refused"  # a refusal that this move may meet: counted by its code
    TEMPORARY = "temporary"  # the protocol's "again, please"; the round sends it again
    LOST = "lost"  # no answer came
    UNEXPECTED = "unexpected"  # what an operator must not say here


class Verdict(Struct, frozen=True):
    """The judgement on one answer, and the money that it confirmed (nothing for a repetition)."""

    word: Word
    reason: str = ""
    staked: Decimal = Decimal(0)
    won: Decimal = Decimal(0)
    returned: Decimal = Decimal(0)  # stakes given back: turnover is staked less this
    taken: Decimal = Decimal(0)  # wins taken back
    reply: Reply | None = None

    def __str__(self) -> str:
        """``ok``, ``refused: code``, ``unexpected: why``."""
        return f"{self.word}: {self.reason}" if self.reason else self.word.value


class Step(Struct, frozen=True):
    """One request of a plan and the judge of its answer; it is sent `wait` seconds after the last verdict."""

    move: Move
    request: Request
    judge: Callable[[Answer | None], Verdict]
    wait: float = 0.0


Plan = Generator[Step, Verdict, None]
"""What a studio goes through with one player: yields steps, is sent verdicts."""


class Studio(Protocol):
    """A simulated studio.  Class attributes are facts of its protocol."""

    name: ClassVar[str]  # the protocol's name
    expresses: ClassVar[frozenset[Act]]
    refusals: ClassVar[
        Mapping[Act, frozenset[str]]
    ]  # codes that honest play may meet (funds, a dead session)
    undo_after: ClassVar[frozenset[str]]  # codes of a failed bet after which this studio rolls it back
    settings: ClassVar[
        Mapping[str, str]
    ]  # what the operator must configure for the account besides the secret
    several_bets: ClassVar[bool]  # whether a round may hold several
    free_wins_pay: ClassVar[bool]  # True: each free win pays; False: the summary does

    def __init__(self, key: str, *, clock: Callable[[], float] = ...) -> None:
        """A studio with its secret half; `clock` gives seconds since 1970 where the protocol sends a time."""

    @staticmethod
    def make_key() -> str:
        """A new secret half as text: a shared secret, or a private key as PEM."""

    @staticmethod
    def operators_half(key: str) -> str:
        """What the operator is given of it: the same secret, the public key as PEM, or "" where there is no secret."""

    def fields(self, player: Player, move: Move) -> tuple[str, dict[str, Any]]:
        """The path and the body's fields, unsigned.  Tests change a field before it is signed."""

    def body(self, fields: dict[str, Any]) -> bytes:
        """The fields as bytes, in the protocol's syntax; hostile values pass through."""

    def seal(self, path: str, body: bytes) -> Request:
        """The signed request for exactly these bytes (a form's own signature field is appended to them)."""

    def read(self, move: Move, answer: Answer) -> Reply:
        """What the answer says, strictly: what the protocol forbids is `Reply.broken`."""


@runtime_checkable
class Addressed(Protocol):
    """What a studio has besides whose signature covers the path that it calls: where the account's address leads."""

    address: str


def addressed(studio: Studio, address: str) -> Studio:
    """The studio, told the path of the account's callback address if it signs that too."""
    if isinstance(studio, Addressed):
        studio.address = address
    return studio


def write(studio: Studio, player: Player, move: Move) -> Request:
    """The signed request of one move."""
    path, fields = studio.fields(player, move)
    return studio.seal(path, studio.body(fields))
