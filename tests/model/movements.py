"""How much each kind moves, once it is clear what is meant: the wallet's leg, the house's legs, what is given back.

Pure arithmetic over the books, in ledger units; a movement that the wallet cannot bear is the status that says so.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.model.books import HOUSES, Back, Balances, Books, Posting, Wallet
from tests.model.references import Meant, is_partial
from wallet.types import Call, Kind, Op, ShortRollback, Status

IN_CASH_ONLY = frozenset({Kind.TIP, Kind.BUY_IN})


@dataclass(frozen=True)
class Movement:
    """A wallet's leg and the house's; together zero."""

    cash: int = 0
    bonus: int = 0
    held: int = 0
    houses: Mapping[str, int] = field(default_factory=dict)
    gave_back: Mapping[int, Back] = field(default_factory=dict)


@dataclass(frozen=True)
class Purse:
    """What may be spent: the running balances, and by policy not more than the call opened with."""

    running: Balances
    cash: int  # of the opening cash, what earlier bets of the call left
    spendable: int


def measure(
    books: Books, wallet: Wallet, call: Call, op: Op, meant: Meant, purse: Purse
) -> Movement | Status:
    """Return what the operation moves, or insufficient_funds."""
    match op.kind:
        case Kind.BET | Kind.TIP | Kind.BUY_IN:
            return _stake(op, purse)
        case Kind.WIN:
            cash = _cash_of_win(books, wallet, call, op, meant)
            return _against_house(op, cash=cash, bonus=op.amount - cash)
        case Kind.REFUND | Kind.ROLLBACK:
            return _given_back(books, call, op, meant, purse.running)
        case Kind.WITHDRAWAL | Kind.WITHDRAWAL_RELEASE:
            return _end_of_hold(op, meant)
        case Kind.TOMBSTONE:
            raise ValueError("a tombstone is made by a rollback, never asked for")
        case _:
            movement = _plain(op)
    below_zero = op.kind is Kind.CORRECTION and call.policy.correction_below_zero
    short_cash = movement.cash < 0 and purse.running.cash + movement.cash < 0 and not below_zero
    short = short_cash or purse.running.bonus + movement.bonus < 0
    return Status.INSUFFICIENT_FUNDS if short else movement


def _plain(op: Op) -> Movement:
    """Return what is moved by kinds whose amount says it all."""
    match op.kind:
        case (
            Kind.PROMO_WIN | Kind.JACKPOT_WIN | Kind.PAYOUT | Kind.DEPOSIT | Kind.CORRECTION | Kind.ADJUSTMENT
        ):
            return _against_house(op, cash=op.amount)
        case Kind.WITHDRAWAL_HOLD:
            return Movement(cash=-op.amount, held=op.amount)
        case Kind.BONUS_GRANT:
            return _against_house(op, bonus=op.amount)
        case Kind.BONUS_CONVERT:
            return Movement(cash=op.amount, bonus=-op.amount)
        case Kind.BONUS_FORFEIT:
            return _against_house(op, bonus=-op.amount)
        case Kind.FREE_BET | Kind.ROUND_CLOSE:
            return Movement()
    raise AssertionError(op.kind)


def _stake(op: Op, purse: Purse) -> Movement | Status:
    """Spend cash first, then bonus where the kind may use it."""
    now = purse.running
    if op.kind in IN_CASH_ONLY:
        short = op.amount > min(now.spendable_cash, purse.cash)
        return Status.INSUFFICIENT_FUNDS if short else _against_house(op, cash=-op.amount)
    if op.amount > min(now.spendable, purse.spendable):
        return Status.INSUFFICIENT_FUNDS
    cash = min(op.amount, now.spendable_cash)
    return _against_house(op, cash=-cash, bonus=cash - op.amount)


def _against_house(op: Op, *, cash: int = 0, bonus: int = 0) -> Movement:
    return Movement(cash=cash, bonus=bonus, houses={HOUSES[op.kind]: -cash - bonus})


def _cash_of_win(books: Books, wallet: Wallet, call: Call, op: Op, meant: Meant) -> int:
    """Attribute a win by the live stakes of its round, cumulatively.

    A bet that is not in the win's round, or in none, is with the wins that name it a round of its own.
    """
    bet = meant.named
    name = op.round if op.round is not None or bet is None else bet.round
    if bet is not None and (bet.round is None or bet.round != name):
        together = [bet, *books.wins_on(bet)]
    else:
        together = books.round(call.provider_account, call.wallet, name)
    stakes = [books.left(bet) for bet in books.live(together, Kind.BET)]
    wins = [win.moved for win in books.live(together, Kind.WIN)]
    in_cash, in_bonus = sum(stake.cash for stake in stakes), sum(stake.bonus for stake in stakes)
    if in_bonus == 0:
        return op.amount
    total = op.amount + sum(win.cash + win.bonus for win in wins)
    coin = wallet.currency.smallest_coin
    target = total * in_cash // (in_cash + in_bonus) // coin * coin
    return min(op.amount, max(0, target - sum(win.cash for win in wins)))


def _given_back(books: Books, call: Call, op: Op, meant: Meant, now: Balances) -> Movement | Status:
    backs = {member: books.left(member) for member in meant.members}
    if is_partial(call, op):
        backs = {member: _share(books, member, op.amount) for member in backs if member is meant.named} | {
            member: back for member, back in backs.items() if member is not meant.named
        }
    cash, bonus = sum(back.cash for back in backs.values()), sum(back.bonus for back in backs.values())
    houses: Counter[str] = Counter()
    for member, back in backs.items():
        houses[HOUSES[member.kind]] -= back.cash + back.bonus
    taken = _bearable(call.policy.short_rollback, cash, bonus, now)
    if isinstance(taken, Status):
        return taken
    houses["house_loss"] += cash + bonus - sum(taken)
    return Movement(
        cash=taken[0],
        bonus=taken[1],
        houses=houses,
        gave_back={member.id: back for member, back in backs.items()},
    )


def _share(books: Books, original: Posting, amount: int) -> Back:
    """Give a part back: in cash the floor of the cumulative share, so that the last part takes the rest."""
    left = books.left(original)
    if amount >= left.amount:  # a free bet's, by what it was worth
        return left
    given_amount = original.amount - left.amount + amount
    given_cash = -original.moved.cash - left.cash
    cash = -original.moved.cash * given_amount // original.amount - given_cash
    moved_nothing = original.moved.cash == original.moved.bonus == 0
    return Back(amount=amount, cash=cash, bonus=0 if moved_nothing else amount - cash, whole=False)


def _bearable(policy: ShortRollback, cash: int, bonus: int, now: Balances) -> tuple[int, int] | Status:
    """Return what of a movement back the wallet bears, when it takes money that may be gone."""
    floor_cash, floor_bonus = min(cash, 0), min(bonus, 0)
    if -floor_cash <= now.spendable_cash and -floor_bonus <= now.bonus:
        return cash, bonus
    match policy:
        case ShortRollback.REFUSE:
            return Status.INSUFFICIENT_FUNDS
        case ShortRollback.CLAMP:
            return max(cash, -now.spendable_cash), max(bonus, -now.bonus)
        case ShortRollback.OVERDRAFT:
            missing = max(0, -bonus - now.bonus)
            return cash - missing, bonus + missing


def _end_of_hold(op: Op, meant: Meant) -> Movement:
    assert meant.named is not None
    amount = meant.named.amount
    if op.kind is Kind.WITHDRAWAL_RELEASE:
        return Movement(cash=amount, held=-amount)
    if meant.late:
        return Movement(houses={"receivables": -amount, "payment_clearing": amount})
    return Movement(held=-amount, houses={"payment_clearing": amount})
