"""The oracle's books: a journal in a list, and everything else counted from it anew each time it is asked.

Nothing derived is stored, so nothing derived can be wrong: a balance is the last posting's, a round is its
postings, what was given back is what later postings say they gave back.  Written from the words of the
semantics; it never looks at the SQL and never decides (that is oracle.py).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from wallet.types import Call, Kind, Op, RefundAmount, Scope

HOUSES: Mapping[Kind, str] = {
    Kind.BET: "game_revenue",
    Kind.TIP: "game_revenue",
    Kind.WIN: "game_revenue",
    Kind.REFUND: "game_revenue",
    Kind.ROLLBACK: "game_revenue",
    Kind.PROMO_WIN: "bonus_cost",
    Kind.JACKPOT_WIN: "jackpot_pool",
    Kind.FREE_BET: "game_revenue",
    Kind.BUY_IN: "game_revenue",
    Kind.PAYOUT: "game_revenue",
    Kind.CORRECTION: "game_revenue",
    Kind.ROUND_CLOSE: "game_revenue",
    Kind.DEPOSIT: "payment_clearing",
    Kind.WITHDRAWAL_HOLD: "payment_clearing",
    Kind.WITHDRAWAL: "payment_clearing",
    Kind.WITHDRAWAL_RELEASE: "payment_clearing",
    Kind.ADJUSTMENT: "adjustments",
    Kind.BONUS_GRANT: "bonus_cost",
    Kind.BONUS_CONVERT: "bonus_cost",
    Kind.BONUS_FORFEIT: "bonus_cost",
    Kind.TOMBSTONE: "game_revenue",
}
"""The other side of each kind; a reversal uses its original's."""

STAKES = frozenset({Kind.BET, Kind.FREE_BET})
"""What a win can be the result of."""

REVERSALS = frozenset({Kind.REFUND, Kind.ROLLBACK})
REFUNDABLE = frozenset({Kind.BET, Kind.TIP, Kind.FREE_BET, Kind.BUY_IN})
REVERSIBLE = REFUNDABLE | {Kind.WIN, Kind.PROMO_WIN, Kind.JACKPOT_WIN, Kind.PAYOUT, Kind.CORRECTION}


@dataclass(frozen=True)
class Currency:
    """Decimals of a ledger unit, decimals of statements, and what one actor may adjust alone."""

    code: str
    scale: int
    exponent: int
    adjustment_limit: int

    @property
    def smallest_coin(self) -> int:
        """Ledger units in one unit of the ISO exponent: wins are split into no finer cash."""
        return 10 ** (self.scale - self.exponent)


@dataclass
class Wallet:
    """One player, one currency.  The balances are in the journal."""

    id: int
    player: str
    currency: Currency
    closed: bool = False


@dataclass(frozen=True)
class Balances:
    """Ledger units."""

    cash: int = 0
    bonus: int = 0
    held: int = 0

    @property
    def overdraft(self) -> int:
        """What the player owes."""
        return max(0, -self.cash)

    @property
    def spendable_cash(self) -> int:
        """Cash that can be staked: none of what is owed."""
        return max(self.cash, 0)

    @property
    def spendable(self) -> int:
        """What a bet may cost."""
        return self.spendable_cash + self.bonus


@dataclass(frozen=True)
class Back:
    """How much of an earlier posting a later one gave back, with the sign of the movement back."""

    amount: int = 0
    cash: int = 0
    bonus: int = 0
    whole: bool = True  # nothing is left


@dataclass(frozen=True, eq=False)
class Posting:
    """An immutable row of the journal; it equals itself only."""

    id: int
    wallet: int
    seq: int
    call_id: int
    place: int  # among the operations of its call
    provider_account: int
    kind: Kind
    key: str
    amount: int
    currency: str
    moved: Balances
    after: Balances
    houses: Mapping[str, int]
    reference: str | None = None
    scope: Scope = Scope.KEY
    round: str | None = None
    end_round: bool = False
    late: bool = False
    nominal: int = 0
    game: int | None = None
    original: int | None = None
    gave_back: Mapping[int, Back] = field(default_factory=dict)


class Books:
    """The journal, and questions to it."""

    def __init__(self) -> None:
        self.journal: list[Posting] = []
        self.wallets: dict[int, Wallet] = {}
        self.players: dict[str, str] = {}  # active, blocked or excluded
        self._keys: dict[tuple[int, str], Posting] = {}
        self._histories: dict[int, list[Posting]] = {}

    def write(self, posting: Posting) -> None:
        """Append; the books must balance with every row."""
        moved = posting.moved
        assert moved.cash + moved.bonus + moved.held + sum(posting.houses.values()) == 0, posting
        assert posting.id == len(self.journal) + 1, posting
        self.journal.append(posting)
        self._keys[posting.provider_account, posting.key] = posting
        self._histories.setdefault(posting.wallet, []).append(posting)

    def forget(self, length: int) -> None:
        """Take back what an aborted call wrote: the journal is again `length` rows long."""
        while len(self.journal) > length:
            posting = self.journal.pop()
            del self._keys[posting.provider_account, posting.key]
            self._histories[posting.wallet].pop()

    def find(self, provider_account: int, key: str | None) -> Posting | None:
        """Return the posting under a key."""
        return None if key is None else self._keys.get((provider_account, key))

    def get(self, posting_id: int) -> Posting:
        """Return a posting by its id: ids count the rows."""
        return self.journal[posting_id - 1]

    def history(self, wallet: int) -> list[Posting]:
        """Return a wallet's postings in order."""
        return self._histories.get(wallet, [])

    def balances(self, wallet: int) -> Balances:
        """Return what the last posting left."""
        history = self.history(wallet)
        return history[-1].after if history else Balances()

    def house(self, house: str, provider_account: int, currency: str) -> int:
        """Return a house account's balance."""
        return sum(
            posting.houses.get(house, 0)
            for posting in self.journal
            if posting.provider_account == provider_account and posting.currency == currency
        )

    def round(self, provider_account: int, wallet: int, name: str | None) -> list[Posting]:
        """Return a round's postings in order.  What names no round is in none."""
        return [
            posting
            for posting in self.history(wallet)
            if name is not None and posting.round == name and posting.provider_account == provider_account
        ]

    def call(self, posting: Posting) -> list[Posting]:
        """Return what came in one call with a posting."""
        return [other for other in self.history(posting.wallet) if other.call_id == posting.call_id]

    def reversals(self, posting: Posting) -> Iterator[Posting]:
        """Give the postings that gave something of this one back, the first first."""
        return (later for later in self.history(posting.wallet) if posting.id in later.gave_back)

    def is_live(self, posting: Posting) -> bool:
        """Whether something of it still stands."""
        return not any(later.gave_back[posting.id].whole for later in self.reversals(posting))

    def left(self, posting: Posting) -> Back:
        """Return what could still be given back: nothing of what was wholly reversed."""
        if not self.is_live(posting):
            return Back()
        given = [later.gave_back[posting.id] for later in self.reversals(posting)]
        return Back(
            amount=posting.amount - sum(back.amount for back in given),
            cash=-posting.moved.cash - sum(back.cash for back in given),
            bonus=-posting.moved.bonus - sum(back.bonus for back in given),
        )

    def live(self, postings: list[Posting], *kinds: Kind) -> list[Posting]:
        """Return those of the kinds that still stand."""
        return [posting for posting in postings if posting.kind in kinds and self.is_live(posting)]

    def bets(self, postings: list[Posting]) -> list[Posting]:
        """Return the bets among them, and the refunds of bets that had not come: those were given back unseen."""
        return [p for p in postings if p.kind in STAKES or (p.kind is Kind.REFUND and self._of_unknown(p))]

    def _of_unknown(self, posting: Posting) -> bool:
        return posting.original is not None and self.get(posting.original).kind is Kind.TOMBSTONE

    def is_closed(self, provider_account: int, wallet: int, name: str | None) -> bool:
        """Whether the studio has said that a round is over."""
        return any(posting.end_round for posting in self.round(provider_account, wallet, name))

    def wins_on(self, bet: Posting) -> list[Posting]:
        """Return the live wins that came after a bet and name it."""
        wins = self.live(self.history(bet.wallet), Kind.WIN)
        return [
            win
            for win in wins
            if win.provider_account == bet.provider_account and win.reference == bet.key and win.seq > bet.seq
        ]

    def results_of(self, bet: Posting) -> list[Posting]:
        """Return the live wins that settle a bet: later ones that name it, or name nothing in its round."""
        wins = self.live(self.round(bet.provider_account, bet.wallet, bet.round), Kind.WIN)
        unnamed = [win for win in wins if win.reference is None]
        settling = {win.id: win for win in [*self.wins_on(bet), *(w for w in unnamed if w.seq > bet.seq)]}
        return [settling[win] for win in sorted(settling)]


def is_same(stored: Posting, op: Op, call: Call) -> bool:
    """Whether an operation under a known key is the stored one once more.

    A round, a currency or a game counts where the caller named one.  Of a reversal the amount counts only where the
    policy reads it, the game never, and the round only where it says what is meant, or references into other rounds
    are refused.
    """
    policy, is_reversal = call.policy, op.kind in REVERSALS
    amount_counts = policy.compare_amount
    if is_reversal and policy.refund_amount is RefundAmount.IGNORE:
        amount_counts = False
    round_counts = policy.compare_round or not is_reversal or op.scope is Scope.ROUND
    game_counts = policy.compare_game and not is_reversal and None not in {call.game, stored.game}
    return (
        stored.wallet == call.wallet
        and stored.kind is op.kind
        and (stored.scope, stored.reference) == (op.scope, op.reference)
        and (not round_counts or op.round in {None, stored.round})
        and (call.currency is None or stored.currency == call.currency)
        and (not amount_counts or (stored.amount, stored.nominal) == (op.amount, op.nominal))
        and (not game_counts or stored.game == call.game)
    )
