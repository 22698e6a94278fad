"""An in-memory ledger that predicts every answer of the real one: one call at a time, in plain Python.

Written from the semantics and the vocabulary, not from the SQL; clear rather than fast.  Every reason to refuse
an operation is collected, and the first in the order of `Status` is the answer, so the order of this code
decides nothing.
"""

from collections.abc import Iterator

from tests.model.books import REVERSALS, Back, Balances, Books, Currency, Posting, Wallet, is_same
from tests.model.movements import IN_CASH_ONLY, Movement, Purse, measure
from tests.model.references import Meant, meant_at_first, resolve
from wallet.types import (
    CREATED_STATUSES,
    GUARDED,
    MAXIMUM_AMOUNT,
    MAXIMUM_BALANCE,
    NEW_BETS,
    Call,
    Kind,
    Op,
    OpOutcome,
    Outcome,
    Scope,
    Status,
)

PRECEDENCE = {status: place for place, status in enumerate(Status)}
NO_FUNDS_CHECK = 10 * MAXIMUM_BALANCE


class Oracle:
    """A ledger over a list.  `post` is its only door to money."""

    def __init__(self) -> None:
        self.books = Books()

    def open(self, wallet: int, player: str, currency: Currency) -> None:
        """Give a player a wallet; who opened it, not what is in it."""
        self.books.players.setdefault(player, "active")
        self.books.wallets[wallet] = Wallet(wallet, player, currency)

    def close(self, wallet: int) -> None:
        """Close a wallet: no new bets, deposits, grants."""
        self.books.wallets[wallet].closed = True

    def set_player(self, player: str, status: str) -> None:
        """Make a player active, blocked or excluded in all their wallets."""
        self.books.players[player] = status

    def post(self, call: Call) -> Outcome:
        """Apply a call's operations in order, all or nothing for those that are new."""
        length = len(self.books.journal)
        opening = self.books.balances(call.wallet)
        at_first = [meant_at_first(self.books, call, place) for place in range(len(call.ops))]
        outcomes: list[OpOutcome] = []
        for place, op in enumerate(call.ops):
            outcome = self._apply(call, place, at_first[place], self._purse(call, length, opening))
            if _aborts(call, op, outcome.status):
                self.books.forget(length)
                outcomes = [self._spared(call, other) for other in call.ops]
                outcomes[place] = outcome
                break
            outcomes.append(outcome)
        wallet = self.books.wallets.get(call.wallet)
        if wallet is None:
            return Outcome(ops=tuple(outcomes))
        now = self.books.balances(call.wallet)
        return Outcome(
            ops=tuple(outcomes),
            cash=now.cash,
            bonus=now.bonus,
            held=now.held,
            currency=wallet.currency.code,
        )

    def _purse(self, call: Call, length: int, opening: Balances) -> Purse:
        running = self.books.balances(call.wallet)
        if not call.policy.opening_funds:
            return Purse(running, NO_FUNDS_CHECK, NO_FUNDS_CHECK)
        debits = [p.moved for p in self.books.journal[length:] if p.kind in {Kind.BET, *IN_CASH_ONLY}]
        return Purse(
            running,
            cash=opening.spendable_cash + sum(debit.cash for debit in debits),
            spendable=opening.spendable + sum(debit.cash + debit.bonus for debit in debits),
        )

    def _apply(self, call: Call, place: int, at_first: frozenset[int] | None, purse: Purse) -> OpOutcome:
        """Answer one operation: known, refused, or written."""
        op = call.ops[place]
        stored = self.books.find(call.provider_account, op.key)
        if stored is not None:
            return self._known(call, op, stored)
        wallet = self.books.wallets.get(call.wallet)
        if wallet is None:
            return OpOutcome(status=Status.WALLET_NOT_FOUND)
        meant = resolve(self.books, call, op, at_first)
        reasons = set(self._guards(call, op, wallet))
        movement: Movement | Status = Movement()
        if meant.refusal is not None:
            reasons.add(meant.refusal)
        else:
            movement = measure(self.books, wallet, call, op, meant, purse)
        if isinstance(movement, Status):
            reasons.add(movement)
            movement = Movement()
        round_ = _round_of(op, meant)
        reasons.update(self._round_refusals(call, op, round_))
        reasons.update(self._overflows(call, op, round_, movement))
        if reasons:
            first_reversal = meant.original.id if meant.refusal and meant.original else None
            named = meant.named.kind if meant.named else None
            return OpOutcome(
                status=min(reasons, key=PRECEDENCE.__getitem__),
                original=first_reversal,
                original_kind=named,
            )
        return self._write(call, place, wallet, meant, movement, round_)

    def _known(self, call: Call, op: Op, stored: Posting) -> OpOutcome:
        """Answer an operation whose key is taken: by a tombstone, by itself, or by something else."""
        if stored.kind is Kind.TOMBSTONE and stored.wallet == call.wallet:
            reversal = next(self.books.reversals(stored)).id
            return OpOutcome(status=Status.TOMBSTONED, original=reversal, original_kind=stored.kind)
        same = is_same(stored, op, call)
        return self._answer(Status.DUPLICATE, stored) if same else OpOutcome(status=Status.KEY_REUSED)

    def _guards(self, call: Call, op: Op, wallet: Wallet) -> Iterator[Status]:
        """Give the reasons that lie in who asks, not in what is asked."""
        if call.currency not in (None, wallet.currency.code):
            yield Status.CURRENCY_DIFFERS
        if op.kind in NEW_BETS:
            if call.session_defect is not None:
                yield call.session_defect
            if call.game_disabled:
                yield Status.GAME_DISABLED
            if call.account_disabled:
                yield Status.ACCOUNT_DISABLED
        if op.kind in GUARDED:
            if wallet.closed:
                yield Status.WALLET_CLOSED
            match self.books.players[wallet.player]:
                case "blocked":
                    yield Status.PLAYER_BLOCKED
                case "excluded":
                    yield Status.PLAYER_EXCLUDED
        if op.kind is Kind.ADJUSTMENT and abs(op.amount) > wallet.currency.adjustment_limit:
            yield Status.SECOND_ACTOR_REQUIRED

    def _round_refusals(self, call: Call, op: Op, round_: str | None) -> Iterator[Status]:
        if not self.books.is_closed(call.provider_account, call.wallet, round_):
            return
        if op.kind in {Kind.BET, Kind.FREE_BET} and not call.policy.bet_on_closed_round:
            yield Status.ROUND_CLOSED
        if op.kind is Kind.WIN and not call.policy.win_on_closed_round:
            yield Status.ROUND_CLOSED

    def _overflows(self, call: Call, op: Op, round_: str | None, movement: Movement) -> Iterator[Status]:
        now = self.books.balances(call.wallet)
        after = (now.cash + movement.cash, now.bonus + movement.bonus, now.held + movement.held)
        if abs(op.amount) > MAXIMUM_AMOUNT or any(abs(balance) > MAXIMUM_BALANCE for balance in after):
            yield Status.BALANCE_OVERFLOW
        if max(after[0], 0) + after[1] > MAXIMUM_BALANCE:
            yield Status.BALANCE_OVERFLOW
        if op.kind in {Kind.BET, Kind.WIN}:
            postings = self.books.round(call.provider_account, call.wallet, round_)
            kept = [self.books.left(posting) for posting in self.books.live(postings, op.kind)]
            cash = sum(back.cash for back in kept) - movement.cash
            bonus = sum(back.bonus for back in kept) - movement.bonus
            if max(abs(cash), abs(bonus)) > MAXIMUM_BALANCE:
                yield Status.BALANCE_OVERFLOW

    def _write(
        self, call: Call, place: int, wallet: Wallet, meant: Meant, movement: Movement, round_: str | None
    ) -> OpOutcome:
        """Append the posting, and before it the tombstone of what it undoes and has not come."""
        op = call.ops[place]
        original = meant.original
        if meant.unknown:
            assert op.reference is not None
            tombstone = Op(kind=Kind.TOMBSTONE, key=op.reference)
            original = self._append(call, place, tombstone, wallet, Movement(), round_=round_)
            movement = Movement(gave_back={original.id: Back()})
        closed = self.books.is_closed(call.provider_account, call.wallet, round_)
        posting = self._append(
            call,
            place,
            op,
            wallet,
            movement,
            round_=round_,
            original=original.id if original else None,
            late=meant.late or (op.kind is Kind.WIN and closed),
        )
        return self._answer(Status.TOMBSTONE_CREATED if meant.unknown else Status.CREATED, posting)

    def _append(
        self,
        call: Call,
        place: int,
        op: Op,
        wallet: Wallet,
        movement: Movement,
        *,
        round_: str | None,
        original: int | None = None,
        late: bool = False,
    ) -> Posting:
        now = self.books.balances(wallet.id)
        posting = Posting(
            id=len(self.books.journal) + 1,
            wallet=wallet.id,
            seq=len(self.books.history(wallet.id)) + 1,
            call_id=call.id,
            place=place,
            provider_account=call.provider_account,
            kind=op.kind,
            key=op.key,
            amount=op.amount,
            currency=wallet.currency.code,
            moved=Balances(movement.cash, movement.bonus, movement.held),
            after=Balances(now.cash + movement.cash, now.bonus + movement.bonus, now.held + movement.held),
            houses=movement.houses,
            reference=op.reference,
            scope=op.scope,
            round=round_,
            end_round=op.end_round,
            late=late,
            nominal=op.nominal,
            game=call.game,
            original=original,
            gave_back=movement.gave_back,
        )
        self.books.write(posting)
        return posting

    def _answer(self, status: Status, posting: Posting) -> OpOutcome:
        """Tell a stored posting."""
        original = None if posting.original is None else self.books.get(posting.original)
        return OpOutcome(
            status=status,
            posting=posting.id,
            original=posting.original,
            original_kind=original.kind if original else None,
            late=posting.late,
            cash=posting.moved.cash,
            bonus=posting.moved.bonus,
            held=posting.moved.held,
            cash_after=posting.after.cash,
            bonus_after=posting.after.bonus,
            held_after=posting.after.held,
            seq=posting.seq,
        )

    def _spared(self, call: Call, op: Op) -> OpOutcome:
        """Answer the other operations of a call that failed: what was known stays known."""
        stored = self.books.find(call.provider_account, op.key)
        own = stored if stored is not None and stored.wallet == call.wallet else None
        if own is not None and own.kind is Kind.TOMBSTONE:
            return OpOutcome(status=Status.NOT_APPLIED, original_kind=Kind.TOMBSTONE)
        if own is not None and is_same(own, op, call):
            return self._answer(Status.DUPLICATE, own)
        played = self.books.round(call.provider_account, call.wallet, op.round)
        due = op.kind is Kind.WIN and op.reference is None
        due = due and bool(self.books.live(played, Kind.BET, Kind.FREE_BET))
        return OpOutcome(
            status=Status.NOT_APPLIED,
            original=None if own is None else own.id,
            original_kind=Kind.BET if due else None,
        )


def _aborts(call: Call, op: Op, status: Status) -> bool:
    """Whether an operation's status leaves nothing of its call."""
    if status in CREATED_STATUSES or status is Status.DUPLICATE:
        return False
    listed = op.kind in REVERSALS and len(call.ops) > 1
    return not (listed and status is Status.REFERENCE_REVERSED)


def _round_of(op: Op, meant: Meant) -> str | None:
    """Return the round a posting belongs to: as named, else what it refers to; a reversal's is its original's."""
    named = None if meant.named is None else meant.named.round
    if op.kind in REVERSALS and op.scope is Scope.KEY:
        return op.round if named is None else named
    return named if op.round is None else op.round
