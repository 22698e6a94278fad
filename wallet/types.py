"""The vocabulary of the ledger: plain data, and the two closed lists everything else is written against.

`Op` is the same shape as the arguments of ``wallet.post`` and `OpOutcome` the same as its rows: same
names, same order, held by a test.  This module imports nothing of ours, waits for nothing and decides
nothing; what a status means for a balance is written in ``sql/functions/decide.sql``.
"""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

MAXIMUM_AMOUNT = 10**18
"""Largest amount of one operation, in ledger units of its currency."""

MAXIMUM_BALANCE = 9 * 10**18
"""Largest balance of a wallet or sum of a round, in ledger units; beyond is `Status.BALANCE_OVERFLOW`."""

MAXIMUM_KEY_BYTES = 255
MAXIMUM_OPS = 256
"""Most operations in one call."""

OPERATOR = 0
"""The provider account of the operator's own movements: the cashier, support, the back office."""


class Kind(StrEnum):
    """What an operation is.  The order is the order of ``wallet.kind``."""

    BET = "bet"  # a stake: cash first, then bonus
    TIP = "tip"  # a gift to the dealer: cash only, no round result depends on it
    WIN = "win"  # the result of a bet; 0 means lost
    REFUND = "refund"  # gives a stake back, whole or, where the protocol has it, in parts
    ROLLBACK = "rollback"  # undoes any movement, whole
    PROMO_WIN = "promo_win"  # tournament, prize drop, cash reward: needs no bet
    JACKPOT_WIN = "jackpot_win"  # paid from the jackpot pool: needs no bet
    FREE_BET = "free_bet"  # a stake that the operator or studio carries: nominal, moves nothing
    BUY_IN = "buy_in"  # chips for a table
    PAYOUT = "payout"  # chips back to cash
    CORRECTION = "correction"  # the studio's signed correction of an earlier result
    ROUND_CLOSE = "round_close"  # the end of a round, no money
    DEPOSIT = "deposit"  # payment clearing to cash
    WITHDRAWAL_HOLD = "withdrawal_hold"  # cash to held
    WITHDRAWAL = "withdrawal"  # held to payment clearing: the payment left
    WITHDRAWAL_RELEASE = "withdrawal_release"  # held back to cash: the payment did not leave
    ADJUSTMENT = "adjustment"  # the operator's signed correction, with actor and reason
    BONUS_GRANT = "bonus_grant"  # bonus cost to bonus
    BONUS_CONVERT = "bonus_convert"  # bonus to cash
    BONUS_FORFEIT = "bonus_forfeit"  # bonus back to bonus cost
    TOMBSTONE = "tombstone"  # the memory of a rollback that came before what it undoes


class GameType(StrEnum):
    """What sort of game it is.  The order is the order of ``wallet.game_type``."""

    SLOT = "slot"
    LIVE = "live"  # with a dealer
    TABLE = "table"  # roulette, blackjack, baccarat, dice
    CRASH = "crash"
    INSTANT = "instant"  # mines, plinko, keno
    SCRATCH = "scratch"
    POKER = "poker"
    BINGO = "bingo"
    LOTTERY = "lottery"
    VIRTUAL = "virtual"  # virtual sports
    OTHER = "other"


class Status(StrEnum):
    """What became of an operation, in order of precedence: of two that apply, the earlier is answered."""

    FOUND = "found"  # a query was answered; never an operation's status
    CREATED = "created"
    TOMBSTONE_CREATED = "tombstone_created"  # a rollback of something unknown: remembered, no money
    DUPLICATE = "duplicate"  # same key, same content: the stored posting
    KEY_REUSED = "key_reused"  # same key, other content: no money
    TOMBSTONED = "tombstoned"  # rolled back before it came
    WALLET_NOT_FOUND = "wallet_not_found"
    CURRENCY_DIFFERS = "currency_differs"
    SESSION_UNKNOWN = "session_unknown"
    SESSION_SUPERSEDED = "session_superseded"  # a newer token took its place
    SESSION_EXPIRED = "session_expired"
    SESSION_REVOKED = "session_revoked"
    WALLET_CLOSED = "wallet_closed"
    PLAYER_BLOCKED = "player_blocked"
    PLAYER_EXCLUDED = "player_excluded"
    KYC_REQUIRED = "kyc_required"
    GAME_DISABLED = "game_disabled"
    ACCOUNT_DISABLED = "account_disabled"  # the provider account takes no new bets
    LIMIT_REACHED = "limit_reached"
    SECOND_ACTOR_REQUIRED = "second_actor_required"
    REFERENCE_NOT_FOUND = "reference_not_found"
    REFERENCE_DIFFERS = "reference_differs"  # another wallet, a kind that cannot be meant, another amount
    REFERENCE_REVERSED = "reference_reversed"  # already given back; the first reversal is named
    REFERENCE_SETTLED = "reference_settled"  # the bet has its result, the hold its end
    ROUND_CLOSED = "round_closed"
    BONUS_RULES = "bonus_rules"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    BALANCE_OVERFLOW = "balance_overflow"
    NOT_APPLIED = "not_applied"  # sound in itself; another operation of its call failed


NEW_BETS = frozenset({Kind.BET, Kind.TIP, Kind.FREE_BET, Kind.BUY_IN})
"""Kinds that a dead session, a disabled game or account and a blocked player refuse."""

GUARDED = NEW_BETS | {Kind.DEPOSIT, Kind.BONUS_GRANT}
"""Kinds that a closed wallet and a blocked or excluded player refuse."""

CREATED_STATUSES = frozenset({Status.CREATED, Status.TOMBSTONE_CREATED})
"""Statuses that wrote a posting."""

OF_UNKNOWN = frozenset({Status.TOMBSTONE_CREATED, Status.DUPLICATE, Status.REFERENCE_REVERSED})

SUCCESSES = CREATED_STATUSES | {Status.FOUND, Status.DUPLICATE}

SESSION_DEFECTS = (
    Status.SESSION_UNKNOWN,
    Status.SESSION_SUPERSEDED,
    Status.SESSION_EXPIRED,
    Status.SESSION_REVOKED,
)


class Sex(StrEnum):
    """What a player may be known as; personal data, so it may be erased."""

    FEMALE = "female"
    MALE = "male"


class Scope(StrEnum):
    """What a reversal means: by `Op.reference`, or by `Op.round`."""

    KEY = "key"  # one operation's key
    CALL = "call"  # any key of a call: all operations of that call are meant, judged on the net
    ROUND = "round"  # the round: every live movement in it


class ShortRollback(StrEnum):
    """What happens when a win is taken back and the money is gone."""

    REFUSE = "refuse"  # insufficient_funds
    CLAMP = "clamp"  # take what is there; the house-loss account carries the rest
    OVERDRAFT = "overdraft"  # below zero: the player owes it


class RefundAmount(StrEnum):
    """What the amount in a refund or rollback request is for."""

    IGNORE = "ignore"  # informative: the stored parts are restored
    MATCH = "match"  # must equal the original's, else reference_differs
    PARTIAL = "partial"  # that much of the original, cumulatively never more


class Policy(Struct, frozen=True):
    """How a protocol wants the ledger to decide where integrations differ.  Same order as ``wallet.policy``.

    A permission is False where refusing is the safe reading.
    """

    win_without_bet: bool = False  # but never one whose round has bets, all of them given back
    one_win_per_bet: bool = False  # a second win that names one bet is reference_settled
    bet_on_closed_round: bool = False
    win_on_closed_round: bool = True  # credited and flagged late
    rollback_with_wins: bool = False  # a settled bet and its wins are reversed as one; else reference_settled
    short_rollback: ShortRollback = ShortRollback.REFUSE
    refund_amount: RefundAmount = RefundAmount.IGNORE
    compare_amount: bool = True  # a known key with another amount is key_reused
    compare_round: bool = True  # a reference into another round is reference_differs
    compare_game: bool = False  # a known key with another game is key_reused
    opening_funds: bool = False  # all bets of a call against the opening balance; else the running one
    correction_below_zero: bool = False


class Op(Struct, frozen=True):
    """One requested movement.  Amounts are ledger units, never negative but for corrections and adjustments."""

    kind: Kind
    key: str  # unique per provider account, 1 to 255 bytes, no control characters
    amount: int = 0
    nominal: int = 0  # the value of free play: recorded, never moved
    reference: str | None = None
    scope: Scope = Scope.KEY
    round: str | None = None  # the studio's round id
    end_round: bool = False  # the studio says that nothing but late wins will follow
    occurred_at: datetime | None = None  # the studio's clock
    metadata: str | None = None  # JSON text kept with the posting


class Call(Struct):
    """Operations on one wallet, applied in order, all or nothing for those that are new."""

    id: int  # ours, random, 63 bits: a posting found under it is our own
    provider_account: int
    wallet: int
    ops: tuple[Op, ...]
    policy: Policy
    currency: str | None = None  # checked against the wallet's where the caller named one
    session: int | None = None
    session_defect: Status | None = None
    session_checked: bool = False  # found to live; one that was revoked since takes no new bets
    game: int | None = None
    game_disabled: bool = False
    account_disabled: bool = False
    channel: str | None = None
    actor: str | None = None  # who, where it was not a studio: an API key, a job
    reason: str | None = None  # of a manual movement


def public_id(posting: int) -> str:
    """The id shown outside: the restore epoch, which the upper 16 bits show (0 is the first), and the posting's id."""
    return f"{posting >> 48 or 1}-{posting}"


REVERSED_FIRST = frozenset({Status.REFERENCE_REVERSED, Status.TOMBSTONED})
"""Statuses whose `original` is the reversal that stands in the operation's place."""


class OpOutcome(Struct, frozen=True):
    """What became of one operation.  Balances and times are those of the stored posting, not of today."""

    status: Status
    posting: int | None = None  # the posting's id, of a duplicate the stored one's
    original: int | None = None  # the posting meant; if reversed the first reversal; if not_applied the key's
    original_kind: Kind | None = None  # with not_applied: its tombstone, or the bet of a win's round
    late: bool = False  # a win on a closed round, a confirmation after a release
    cash: int = 0  # moved, with sign
    bonus: int = 0
    held: int = 0
    cash_after: int = 0
    bonus_after: int = 0
    held_after: int = 0
    seq: int = 0
    recorded_at: datetime | None = None

    @property
    def cash_before(self) -> int:
        """Cash before the stored posting, in ledger units."""
        return self.cash_after - self.cash

    @property
    def bonus_before(self) -> int:
        """Bonus before the stored posting, in ledger units."""
        return self.bonus_after - self.bonus

    @property
    def public_id(self) -> str | None:
        """The public id of the posting."""
        return None if self.posting is None else public_id(self.posting)

    @property
    def original_id(self) -> str | None:
        """The public id of the posting referred to."""
        return None if self.original is None else public_id(self.original)

    @property
    def told_id(self) -> str | None:
        """The public id of the posting or, where a reversal was there first, of that one."""
        if self.status in REVERSED_FIRST and self.original is not None:
            return self.original_id
        return self.public_id

    @property
    def of_unknown(self) -> bool:
        """Of a rollback: whether what it means has not come; that is remembered, now or earlier, and no money moved."""
        return self.original_kind is Kind.TOMBSTONE and self.status in OF_UNKNOWN


class Outcome(Struct, frozen=True):
    """What became of a call: one `OpOutcome` per operation, and the wallet's balances now."""

    ops: tuple[OpOutcome, ...]
    cash: int = 0
    bonus: int = 0
    held: int = 0
    currency: str | None = None  # None where there is no such wallet

    @property
    def status(self) -> Status:
        """The one status that speaks for the call: the first that is no success, else the last."""
        for op in self.ops:
            if op.status not in SUCCESSES and op.status is not Status.NOT_APPLIED:
                return op.status
        return self.ops[-1].status


class Session(Struct, frozen=True):
    """A player's right to play one wallet at one provider account; `defect` says why it no longer is."""

    id: int
    token: str
    wallet: int
    player: int
    provider_account: int
    external_id: str
    currency: str  # the wire code
    game: str | None = None
    channel: str | None = None
    defect: Status | None = None
