"""Two ledgers side by side, asked the same and compared: every answer, and at the end everything that is stored.

The comparison is by meaning: a posting is known by its key, ids differ.
"""

import itertools
import secrets
import time
from collections.abc import Sequence
from typing import Any

from tests.ledgers import CURRENCIES, PostgresLedger
from tests.model.books import STAKES, Posting
from tests.model.histories import OPENINGS, WALLETS, Draft, opening
from tests.model.oracle import Oracle
from tests.model.reach import Reached
from wallet.ledger import Ledger
from wallet.types import (
    CREATED_STATUSES,
    OPERATOR,
    REVERSED_FIRST,
    Call,
    Kind,
    Op,
    OpOutcome,
    Outcome,
    Policy,
    Scope,
    Status,
)

TOLD = CREATED_STATUSES | {Status.DUPLICATE}
_accounts = itertools.count(1_500_000_000 + 2 * secrets.randbelow(100_000_000), 2)


class World:
    """An oracle and a database with the same wallets, each opened with some cash and bonus."""

    def __init__(self, ledger: PostgresLedger, reached: Reached | None = None) -> None:
        self.ledger = ledger
        self.reached = reached or Reached()
        self.oracle = Oracle()
        self.wallets: list[int] = []
        first = next(_accounts)
        self.prefix = f"{first}/"
        self.accounts = {OPERATOR: OPERATOR, 1: first, 2: first + 1}
        self._told_so_far: list[Call] = []
        self._oracles: dict[int, int] = {}  # the database's posting ids to the oracle's

    async def open(self) -> None:
        """Make the players and wallets in both, and give them something to play with."""
        for player, currency in WALLETS:
            wallet = await self.ledger.open(self.prefix + player, currency)
            self.oracle.open(wallet, player, CURRENCIES[currency])
            self.wallets.append(wallet)
        for wallet, purse in zip(self.wallets, OPENINGS, strict=True):
            await self.post([opening(wallet, purse, self.prefix)])

    def call(self, draft: Draft) -> Call:
        """Name a draft's wallet and keys."""
        return draft.call(self.wallets, self.accounts, self.prefix)

    async def act(self, wallet: int, act: str) -> None:
        """Close a wallet, or set its player's status, in both."""
        if act == "closed":
            await self.ledger.close(self.wallets[wallet])
            self.oracle.close(self.wallets[wallet])
        else:
            await self.ledger.set_player(self.prefix + WALLETS[wallet][0], act)
            self.oracle.set_player(WALLETS[wallet][0], act)

    async def exclude_for_a_moment(self, player: str, processes: Sequence[Ledger]) -> None:
        """Exclude a player of the database: once that is done no process takes a new bet, until it is undone."""
        await self.ledger.set_player(self.prefix + player, "excluded")
        for process in processes:
            for wallet in (self.wallets[place] for place, one in enumerate(WALLETS) if one[0] == player):
                key = f"{self.prefix}late{secrets.token_hex(4)}"
                bet = Call(secrets.randbits(62), self.accounts[1], wallet, (Op(Kind.BET, key),), Policy())
                outcome = await process.post(bet, time.monotonic() + 10)
                assert outcome.status is Status.PLAYER_EXCLUDED, outcome
        await self.ledger.set_player(self.prefix + player, "active")

    async def post(self, calls: Sequence[Call]) -> None:
        """Ask both; every answer must be the same."""
        self.expect(calls, await self.ledger.post(calls))

    def expect(self, calls: Sequence[Call], answers: Sequence[Outcome]) -> None:
        """Ask the oracle, and compare with what the database answered."""
        for call, answer in zip(calls, answers, strict=True):
            predicted = self.oracle.post(call)
            self.reached.note(call, predicted)
            for ours, theirs in zip(predicted.ops, answer.ops, strict=True):
                self._learn(ours, theirs)
            wanted = [self._told(*pair, mine=True) for pair in zip(call.ops, predicted.ops, strict=True)]
            got = [self._told(*pair, mine=False) for pair in zip(call.ops, answer.ops, strict=True)]
            wanted, got = [*wanted, _ends(predicted)], [*got, _ends(answer)]
            self._told_so_far.append(call)
            assert got == wanted, f"\n{self._story(call)}\ndatabase {got}\noracle   {wanted}"

    def _story(self, last: Call) -> str:
        """Tell what was asked of the wallet under this account, and how the last call was to be decided."""
        lines = [
            f"{str(call.id)[-3:]} {op.kind:12} {op.key:24} {op.amount:>9} {op.scope} {op.reference or '_':24} "
            f"{op.round or '_'} {'end' if op.end_round else ''}"
            for call in self._told_so_far
            if (call.wallet, call.provider_account) == (last.wallet, last.provider_account)
            for op in call.ops
        ]
        return "\n".join([*lines, f"{last.policy} {last.currency} {last.session_defect}"])

    async def replay(self, answers: Sequence[tuple[Call, Outcome]]) -> None:
        """Give the oracle what wrote something, in the journal's order; what wrote nothing must not be in it.

        `recorded_at` is taken under the wallet's lock: with the sequence it orders each wallet's calls, and calls
        of different wallets depend on each other only by keys that nobody else could take.
        """
        rows = await self.ledger.owner.fetch(
            "select call_id, min(recorded_at) as at, min(seq) as seq from wallet.posting"
            " where bucket = 0 and wallet = any ($1) group by call_id",
            self.wallets,
        )
        order = {row["call_id"]: (row["at"], row["seq"]) for row in rows}
        wrote = []
        for call, outcome in answers:
            new = any(op.status in CREATED_STATUSES for op in outcome.ops)
            assert new == (call.id in order), f"answered {outcome.status}, journal says otherwise: {call}"
            if new:
                wrote.append((call, outcome))
        for call, outcome in sorted(wrote, key=lambda pair: order[pair[0].id]):
            self.expect([call], [outcome])
        for call, outcome in answers:
            self._repeats_what_stands(call, outcome)

    def _repeats_what_stands(self, call: Call, outcome: Outcome) -> None:
        """Whoever was told of a duplicate was told of the posting that stands under the key."""
        for op, told in zip(call.ops, outcome.ops, strict=True):
            if told.status is Status.DUPLICATE:
                stands = self.oracle.books.find(call.provider_account, op.key)
                assert stands is not None, f"a duplicate of nothing: {op}"
                assert self._oracles[told.posting or 0] == stands.id, f"{told} and not {stands}"

    def _learn(self, ours: OpOutcome, theirs: OpOutcome) -> None:
        """Remember which id is which."""
        if ours.status is theirs.status and ours.status in CREATED_STATUSES:
            assert ours.posting is not None
            assert theirs.posting is not None
            self._oracles[theirs.posting] = ours.posting
            if ours.status is Status.TOMBSTONE_CREATED and theirs.original and ours.original:
                self._oracles[theirs.original] = ours.original

    def _told(self, asked: Op, op: OpOutcome, *, mine: bool) -> dict[str, Any]:
        """Reduce an answer to what is promised of it.  A whole round has no one posting that was meant."""
        told: dict[str, Any] = {"status": str(op.status)}
        if op.status in {*TOLD, *REVERSED_FIRST} and asked.scope is not Scope.ROUND:
            told["original"] = op.original if mine else self._oracles.get(op.original or 0, op.original)
            told["original_kind"] = op.original_kind
            if mine and op.original and op.original > len(self.oracle.books.journal):
                told["original"] = None  # written by an earlier operation of the call that failed
        if op.status in TOLD:
            told["posting"] = op.posting if mine else self._oracles.get(op.posting or 0, op.posting)
            for name in ("late", "cash", "bonus", "held", "cash_after", "bonus_after", "held_after", "seq"):
                told[name] = getattr(op, name)
        else:
            assert (op.cash, op.bonus, op.held) == (0, 0, 0), f"a refusal moved money: {op}"
        return told

    async def compare_books(self) -> None:
        """Compare what is stored: balances, the journal with its legs, rounds, and house balances."""
        _agree("balances", self._predicted_balances(), await self._stored_balances())
        journal = [self._predicted(posting) for wallet in self.wallets for posting in self._history(wallet)]
        _agree("journal", dict(enumerate(journal)), dict(enumerate(await self._stored_journal())))
        _agree("rounds", self._predicted_rounds(), await self._stored_rounds())

    def _history(self, wallet: int) -> list[Posting]:
        return self.oracle.books.history(wallet)

    def _predicted_balances(self) -> dict[int, tuple[int, ...]]:
        found = {}
        for wallet in self.wallets:
            now = self.oracle.books.balances(wallet)
            found[wallet] = (now.cash, now.bonus, now.held, now.overdraft, len(self._history(wallet)))
        return found

    async def _stored_balances(self) -> dict[int, tuple[int, ...]]:
        rows = await self.ledger.owner.fetch(
            "select id, cash, bonus, held, overdraft, seq from wallet.wallet where bucket = 0 and id = any ($1)",
            self.wallets,
        )
        return {row["id"]: tuple(row)[1:] for row in rows}

    def _predicted(self, posting: Posting) -> tuple[Any, ...]:
        houses = {house: amount for house, amount in posting.houses.items() if amount}
        """Tell a posting as it should be stored; a tombstone's `original`, the rollback that made it, is no promise."""
        named = posting.original is not None and posting.scope is not Scope.ROUND
        original = self.oracle.books.get(posting.original).key if named else None
        return (
            posting.wallet,
            posting.seq,
            posting.kind.value,
            posting.key,
            posting.amount,
            posting.round,
            posting.end_round,
            posting.late,
            original,
            dict(sorted(houses.items())),
        )

    async def _stored_journal(self) -> list[tuple[Any, ...]]:
        rows = await self.ledger.owner.fetch(
            "select p.wallet, p.seq, p.kind::text, p.key, p.amount, p.round, p.end_round, p.late,"
            " (select o.key from wallet.posting o where o.bucket = 0 and o.wallet = p.wallet and o.id = p.original"
            "  and p.kind <> 'tombstone' and p.scope is distinct from 'round'),"
            " (select array_agg(l.house::text || '=' || l.amount order by l.house::text) from wallet.leg l"
            "  where l.bucket = 0 and l.posting = p.id and l.wallet = p.wallet and l.amount <> 0)"
            " from wallet.posting p where p.bucket = 0 and p.wallet = any ($1) order by p.wallet, p.seq",
            self.wallets,
        )
        journal = []
        for *plain, legs in (tuple(row) for row in rows):
            parts = (leg.split("=") for leg in legs or [])
            journal.append((*plain, {house: int(amount) for house, amount in parts}))
        return sorted(journal, key=lambda row: (self.wallets.index(row[0]), row[1]))

    def _predicted_rounds(self) -> dict[tuple[Any, ...], tuple[Any, ...]]:
        books = self.oracle.books
        names = {(p.provider_account, p.wallet, p.round) for p in books.journal if p.round is not None}
        found = {}
        for account, wallet, name in names:
            postings = books.round(account, wallet, name)
            stakes = [books.left(bet) for bet in books.live(postings, Kind.BET)]
            wins = [win.moved for win in books.live(postings, Kind.WIN)]
            found[account, wallet, name] = (
                sum(stake.cash for stake in stakes),
                sum(stake.bonus for stake in stakes),
                sum(win.cash for win in wins),
                sum(win.bonus for win in wins),
                len(books.bets(postings)),
                len(books.live(postings, *STAKES)),
                sum(posting.kind is Kind.WIN for posting in postings),
                books.is_closed(account, wallet, name),
            )
        return found

    async def _stored_rounds(self) -> dict[tuple[Any, ...], tuple[Any, ...]]:
        rows = await self.ledger.owner.fetch(
            "select provider_account, wallet, round, stake_cash, stake_bonus, win_cash, win_bonus, bets, live_bets,"
            " wins, closed from wallet.round where bucket = 0 and wallet = any ($1)",
            self.wallets,
        )
        return {tuple(row)[:3]: tuple(row)[3:] for row in rows}


def _ends(outcome: Outcome) -> tuple[Any, ...]:
    return outcome.cash, outcome.bonus, outcome.held, outcome.currency


def _agree(what: str, predicted: dict[Any, Any], stored: dict[Any, Any]) -> None:
    """Fail with the rows that differ."""
    places = [place for place in {**predicted, **stored} if predicted.get(place) != stored.get(place)]
    rows = [f"{place}: oracle {predicted.get(place)}, database {stored.get(place)}" for place in places]
    assert not places, f"{what} differ\n" + "\n".join(rows)
