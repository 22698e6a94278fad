"""How a protocol answers where no money differs: switches with a default per protocol and an override per account.

What may decide about money is `wallet.types.Policy` and goes to the ledger; nothing here does.
"""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from wallet.types import Kind


class Answered(StrEnum):
    """Whether a case that protocols answer differently counts as done or as an error."""

    DONE = "done"
    ERROR = "error"


class DuplicateBalance(StrEnum):
    """Which balance a repeated call reports."""

    STORED = "stored"  # the one after the first time
    CURRENT = "current"


class FreeRoundPayout(StrEnum):
    """Which message of a free round pays."""

    PER_WIN = "per_win"
    AT_END = "at_end"


Code = str | int
"""A protocol's word for what became of a request."""


class Manners(Struct, frozen=True):
    """How a protocol answers where no money differs, and which shapes it allows.  An account may override."""

    unknown_rollback: Answered = Answered.DONE  # a rollback of something unknown, the first and any other
    late_op: Answered = Answered.ERROR  # a bet or win after its tombstone; not beside what is due by itself
    second_reversal: Answered = Answered.DONE  # a rollback of what another one already reversed
    key_reused: Answered = Answered.ERROR  # not beside what is due by itself and was not applied
    duplicate_balance: DuplicateBalance = DuplicateBalance.STORED
    free_round_payout: FreeRoundPayout = FreeRoundPayout.PER_WIN
    unknown_game_pays: bool = False  # a win, refund or rollback may name a game we do not have
    places: int = 2  # decimals of outgoing balances, floored
    zero_amounts: frozenset[Kind] = frozenset({Kind.WIN})  # kinds whose amount may be zero
    replay_window: int | None = None  # seconds that a signed time may differ from ours; None: any number
    codes: Mapping[str, Code | tuple[Code, int]] = {}  # "verb status" -> another word, with an HTTP status
