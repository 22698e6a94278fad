"""What an operation's reference means to the oracle: which postings, or which refusal.

Pure questions to the books; nothing moves here.
"""

from dataclasses import dataclass

from tests.model.books import REFUNDABLE, REVERSALS, REVERSIBLE, STAKES, Books, Posting
from wallet.types import Call, Kind, Op, RefundAmount, Scope, Status

NEEDS_NOTHING = frozenset({Kind.PROMO_WIN, Kind.JACKPOT_WIN, Kind.PAYOUT, Kind.CORRECTION})
"""Kinds that may name something, and are as welcome where they name nothing known."""


@dataclass(frozen=True)
class Meant:
    """What was meant.  With a refusal, `original` is the first reversal of what is already reversed."""

    refusal: Status | None = None
    original: Posting | None = None
    named: Posting | None = None  # the posting under the referenced key
    members: tuple[Posting, ...] = ()  # what is to be given back
    unknown: bool = False  # a reversal of something that has not come: a tombstone is due
    late: bool = False  # a confirmation after a release


NOTHING = Meant()
NOT_FOUND = Meant(refusal=Status.REFERENCE_NOT_FOUND)


def resolve(books: Books, call: Call, op: Op, at_first: frozenset[int] | None) -> Meant:
    """Find what an operation means by its reference; `at_first` is what `meant_at_first` said of it."""
    match op.kind:
        case Kind.WIN:
            return _by_win(books, call, op)
        case Kind.REFUND | Kind.ROLLBACK:
            return _by_reversal(books, call, op, at_first)
        case Kind.WITHDRAWAL | Kind.WITHDRAWAL_RELEASE:
            return _by_end_of_hold(books, call, op)
        case kind if kind in NEEDS_NOTHING:
            named = books.find(call.provider_account, op.reference)
            if named is None or named.wallet != call.wallet or named.kind is Kind.TOMBSTONE:
                return NOTHING
            return Meant(original=named, named=named)
        case _:
            return NOTHING  # a deposit's reference is the payment's id, no key of ours


def meant_at_first(books: Books, call: Call, place: int) -> frozenset[int] | None:
    """What a reversal of a call or round meant when its call first came, where it comes again and did nothing then.

    That is so where the call's other operations are known at their places in one call, or from before it, and nothing
    of what was there before them and is meant is live.  None for all else: it means what is there now.
    """
    op = call.ops[place]
    if op.kind not in REVERSALS or op.scope is Scope.KEY or books.find(call.provider_account, op.key):
        return None
    stored = [books.find(call.provider_account, other.key) for other in call.ops]
    if any(p is None and other.kind not in REVERSALS for p, other in zip(stored, call.ops, strict=True)):
        return None
    known = {
        at: p for at, p in enumerate(stored) if p and p.wallet == call.wallet and p.kind is not Kind.TOMBSTONE
    }
    named = books.find(call.provider_account, op.reference)
    meant = (
        books.round(call.provider_account, call.wallet, op.round)
        if op.scope is Scope.ROUND
        else books.call(named)
        if named
        else []
    )
    for came in (books.call(p) for at, p in known.items() if p.place == at):
        brought_later = any(p.kind not in REVERSALS and p.seq > came[-1].seq for p in known.values())
        if brought_later or any(p.place == place for p in came):
            continue
        after = [p.seq for p in came if p.place > place]
        end = min(after) if after else came[-1].seq + 1
        then = [p for p in meant if p.kind in REVERSIBLE and p.seq < end]
        if then and not books.live(then, *REVERSIBLE):
            return frozenset(p.id for p in then)
    return None


def _by_win(books: Books, call: Call, op: Op) -> Meant:
    lenient = call.policy.win_without_bet
    bet = books.find(call.provider_account, op.reference)
    if bet is not None:
        problem = _unfit(books, call, op, bet, STAKES)
        if problem is not None:
            return problem
        if not books.is_live(bet):
            return _reversed(books, bet)
        if call.policy.one_win_per_bet and books.results_of(bet):
            return Meant(refusal=Status.REFERENCE_SETTLED, named=bet)
        return Meant(original=bet, named=bet)
    if op.reference is not None and not lenient:
        return NOT_FOUND
    bets = books.bets(books.round(call.provider_account, call.wallet, op.round))
    if not bets:
        return NOTHING if lenient else NOT_FOUND
    return NOTHING if books.live(bets, *STAKES) else Meant(refusal=Status.REFERENCE_REVERSED)


def _by_reversal(books: Books, call: Call, op: Op, at_first: frozenset[int] | None) -> Meant:
    allowed = REFUNDABLE if op.kind is Kind.REFUND else REVERSIBLE
    named = None
    if op.scope is Scope.ROUND:
        everything = books.round(call.provider_account, call.wallet, op.round)
        movements = [posting for posting in everything if posting.kind in REVERSIBLE]
        if not movements:
            return NOT_FOUND
    else:
        named = books.find(call.provider_account, op.reference)
        if named is None:
            return NOT_FOUND if op.reference in (None, op.key) else Meant(unknown=True)
        problem = _unfit(books, call, op, named, allowed)
        if problem is not None:
            return problem
        must_match = call.policy.refund_amount is RefundAmount.MATCH and op.scope is Scope.KEY
        if must_match and op.amount not in {abs(named.amount), *_worth(named)}:
            return Meant(refusal=Status.REFERENCE_DIFFERS, named=named)
        together = books.call(named) if op.scope is Scope.CALL else [named]
        movements = [posting for posting in together if posting.kind in REVERSIBLE]
    members = [p for p in books.live(movements, *REVERSIBLE) if at_first is None or p.id in at_first]
    if any(member.kind not in allowed for member in members):
        return Meant(refusal=Status.REFERENCE_DIFFERS, named=named)
    if not members:
        return _reversed(books, named) if named else Meant(refusal=Status.REFERENCE_REVERSED)
    if is_partial(call, op) and op.amount > max((books.left(members[0]).amount, *_worth(members[0]))):
        return Meant(refusal=Status.REFERENCE_DIFFERS, named=named)
    return _with_results(books, call, op, named, members)


def _with_results(books: Books, call: Call, op: Op, named: Posting | None, members: list[Posting]) -> Meant:
    """Add the wins that a bet's reversal takes along, or refuse."""
    results = {
        win.id: win
        for member in members
        if member.kind in STAKES
        for win in books.results_of(member)
        if win not in members
    }
    in_part = is_partial(call, op) and op.amount < books.left(members[0]).amount
    if results and (in_part or not call.policy.rollback_with_wins):
        return Meant(refusal=Status.REFERENCE_SETTLED, named=named)
    return Meant(original=named, named=named, members=(*members, *results.values()))


def _by_end_of_hold(books: Books, call: Call, op: Op) -> Meant:
    hold = books.find(call.provider_account, op.reference)
    if hold is None:
        return NOT_FOUND
    if (
        hold.wallet != call.wallet
        or hold.kind is not Kind.WITHDRAWAL_HOLD
        or op.amount not in (0, hold.amount)
    ):
        return Meant(refusal=Status.REFERENCE_DIFFERS, named=hold)
    ends = [posting for posting in books.history(call.wallet) if posting.original == hold.id]
    released = [posting for posting in ends if posting.kind is Kind.WITHDRAWAL_RELEASE]
    confirmed = [posting for posting in ends if posting.kind is Kind.WITHDRAWAL]
    if released and op.kind is Kind.WITHDRAWAL_RELEASE:
        return Meant(refusal=Status.REFERENCE_REVERSED, original=released[0], named=hold)
    if confirmed:
        return Meant(refusal=Status.REFERENCE_SETTLED, named=hold)
    return Meant(original=hold, named=hold, late=bool(released))


def _unfit(books: Books, call: Call, op: Op, named: Posting, allowed: frozenset[Kind]) -> Meant | None:
    """Refuse what belongs to another wallet, was rolled back before it came, or cannot be meant."""
    differs = Meant(refusal=Status.REFERENCE_DIFFERS, named=named)
    if named.wallet != call.wallet:
        return differs
    if named.kind is Kind.TOMBSTONE:
        return _reversed(books, named)
    if named.kind not in allowed:
        return differs
    another_round = op.round is not None and named.round is not None and op.round != named.round
    return differs if another_round and call.policy.compare_round else None


def _reversed(books: Books, named: Posting) -> Meant:
    """Refuse, and name the first reversal: of a tombstone, the rollback that made it."""
    return Meant(refusal=Status.REFERENCE_REVERSED, original=next(books.reversals(named), None), named=named)


def _worth(named: Posting) -> tuple[int, ...]:
    """Return what a free bet was worth, which a studio may call its amount."""
    return (named.nominal,) if named.kind is Kind.FREE_BET else ()


def is_partial(call: Call, op: Op) -> bool:
    """Whether the amount says how much of the original to give back; 0 means all that is left."""
    return (
        op.kind is Kind.REFUND
        and op.scope is Scope.KEY
        and call.policy.refund_amount is RefundAmount.PARTIAL
        and op.amount != 0
    )
