"""The outsider: what was sent, what was answered, and what must therefore stand in the journal.

It knows the studios' words and nothing of the wallet: no code of it, no table, no answer of it that was not carried to
a studio.  It never asks the ledger how it thinks; `judge` is given the journal's rows when everything is over.
"""

import re
from decimal import Decimal

from msgspec import Struct

from bench.faults.books import Books, Row
from bench.faults.operations import FINAL, REVERSALS, Family, Operation, Said, shown
from bench.studios.contract import Act

ZERO = Decimal(0)
OPERATOR = "operator"
"""The account under which the operator's own movements stand."""

PUBLIC = re.compile(r"[0-9]+-[0-9]+")
"""What an answer's id looks like where it is the posting's own."""


class Complaint(Struct, frozen=True):
    """Something that must not be: its kind, and what was seen."""

    kind: str  # lost, doubled, contradicted
    words: str

    def __str__(self) -> str:
        """``lost: what``."""
        return f"{self.kind}: {self.words}"


LOST, DOUBLED, CONTRADICTED = "lost", "doubled", "contradicted"


class Deposit(Struct):
    """What the operator paid in: asked for under one key until it was acknowledged."""

    wallet: tuple[str, str]
    amount: int
    key: str
    done: bool = False


class Model:
    """Everything that was sent and answered."""

    def __init__(self) -> None:
        self.opening: dict[tuple[str, str], Decimal] = {}  # what each wallet held before the first bet
        self.families: list[Family] = []
        self.operations: list[Operation] = []
        self.deposits: list[Deposit] = []

    def bet(self, operation: Operation) -> Operation:
        """Remember a bet."""
        self.families.append(Family(operation))
        self.operations.append(operation)
        return operation

    def win(self, family: Family, operation: Operation) -> Operation:
        """Remember a bet's win."""
        family.win = operation
        self.operations.append(operation)
        return operation

    def rollback(self, family: Family, operation: Operation) -> Operation:
        """Remember what takes a bet back."""
        family.rollback = operation
        self.operations.append(operation)
        return operation

    def expected(self) -> dict[tuple[str, str], Decimal]:
        """What every wallet must hold, by the answers alone."""
        total = dict(self.opening)
        for family in self.families:
            total[family.bet.wallet] += owed(family)
        for deposit in self.deposits:
            total[deposit.wallet] += deposit.amount if deposit.done else 0
        return total

    def lost(self, books: Books) -> list[Complaint]:
        """What was acknowledged and is not there: to be asked before anything is sent again, which would mend it."""
        found = [complaint for family in self.families for complaint in family_wrong(family, books)]
        found += [complaint for deposit in self.deposits for complaint in deposit_wrong(deposit, books)]
        return [complaint for complaint in found if complaint.kind == LOST]

    def judge(self, books: Books) -> list[Complaint]:
        """Everything that is not as it must be."""
        complaints = [complaint for family in self.families for complaint in family_wrong(family, books)]
        complaints += answers_wrong(self.operations)
        complaints += [complaint for deposit in self.deposits for complaint in deposit_wrong(deposit, books)]
        known = {operation.move.key for operation in self.operations}
        accounts = {operation.account for operation in self.operations}
        complaints += [
            Complaint(CONTRADICTED, f"a posting that nobody asked for: {row}")
            for row in books.rows
            if row.account in accounts and row.money and not known & row.names
        ]
        expected = self.expected()
        complaints += [
            Complaint(CONTRADICTED, f"{' '.join(wallet)} holds {books.wallets.get(wallet)}, not {amount}")
            for wallet, amount in expected.items()
            if books.wallets.get(wallet) != amount
        ]
        return complaints


def owed(family: Family) -> Decimal:
    """What a family has moved, by its answers."""
    won = family.win.amount if family.win and family.win.done else ZERO
    if family.rollback and family.rollback.settled:
        return won
    return (family.bet.amount if family.bet.done else ZERO) + won


# What the journal says of it


def family_wrong(family: Family, books: Books) -> list[Complaint]:
    """What is wrong with a bet and what belongs to it."""
    rows = books.of(family.bet.account, [one.move.key for one in family.operations()])
    found = [
        complaint for one in family.operations() for complaint in operation_wrong(one, family, rows, books)
    ]
    money = sum((row.money for row in rows), ZERO)
    if all(one.settled for one in family.operations()) and money != owed(family):
        found.append(
            Complaint(CONTRADICTED, f"{shown(family.bet)} and its own moved {money}, not {owed(family)}")
        )
    return found + refused_wrong(family)


def refused_wrong(family: Family) -> list[Complaint]:
    """Where a bet that nothing stood against was refused for another reason than honest play meets."""
    bet = family.bet
    if family.rollback or bet.tied or bet.ended or bet.excused:
        return []
    return [
        Complaint(CONTRADICTED, f"{shown(bet)} was refused: {heard.words}")
        for heard in bet.heard
        if heard.said is Said.REFUSED and heard.words not in bet.may_meet
    ]


KINDS = {
    Act.BET: frozenset({"bet"}),
    Act.WIN: frozenset({"win"}),
    Act.ROLLBACK: frozenset({"rollback", "refund"}),
}
"""What the journal calls what a studio asks for."""


def operation_wrong(operation: Operation, family: Family, rows: list[Row], books: Books) -> list[Complaint]:
    """What is wrong with one operation, before the sums."""
    ours = [row for row in rows if row.kind in KINDS[operation.move.act] and row.money]
    first = ours[0] if ours else None
    missing = operation.done and not ours and must_stand(operation, family, rows)
    wrong = {
        Complaint(LOST, f"{shown(operation)} was acknowledged and is not there"): missing,
        Complaint(DOUBLED, f"{shown(operation)}: {[str(row) for row in ours]}"): len(ours) > 1,
        Complaint(
            CONTRADICTED, f"{shown(operation)} never got an answer that settles it"
        ): not operation.settled,
        Complaint(CONTRADICTED, f"{shown(operation)} was refused, and stands: {first}"): ours
        and not operation.done,
        Complaint(CONTRADICTED, f"{shown(operation)} is {first}"): first and first.money != operation.amount,
    }
    found = [complaint for complaint, true in wrong.items() if true][:1]
    return found or (results_wrong(operation, first, books) if first else [])


def deposit_wrong(deposit: Deposit, books: Books) -> list[Complaint]:
    """What is wrong with a deposit."""
    rows = books.of(OPERATOR, [deposit.key])
    shown = f"deposit {deposit.amount} {deposit.key} for {' '.join(deposit.wallet)}"
    wrong = {
        Complaint(LOST, f"{shown} was acknowledged and is not there"): deposit.done and not rows,
        Complaint(DOUBLED, f"{shown}: {[str(row) for row in rows]}"): len(rows) > 1,
        Complaint(CONTRADICTED, f"{shown} never got an answer that settles it"): not deposit.done,
        Complaint(CONTRADICTED, f"{shown} is {rows[:1]}"): rows and rows[0].money != deposit.amount,
    }
    return [complaint for complaint, true in wrong.items() if true]


def must_stand(operation: Operation, family: Family, rows: list[Row]) -> bool:
    """Whether what was acknowledged must have moved money: a rollback where the bet stands, a bet where none came first."""
    if operation.move.act in REVERSALS:
        return any(row.kind == "bet" for row in rows)
    return bool(operation.amount) and (family.rollback is None or operation is family.win)


def results_wrong(operation: Operation, row: Row, books: Books) -> list[Complaint]:
    """Where an acknowledgement says another posting or a balance that the wallet never had since."""
    found: list[Complaint] = []
    balances = books.balances(operation.wallet, row.seq)
    for heard in operation.heard:
        if heard.said is not Said.DONE or heard.reply is None:
            continue
        told, balance = heard.reply.transaction, heard.reply.balance
        if told and PUBLIC.fullmatch(told) and told not in books.public:
            found.append(Complaint(LOST, f"{shown(operation)}: {told}, which its answer names, is not there"))
        elif told in books.public and books.public[told] is not row and books.public[told].money:
            found.append(Complaint(CONTRADICTED, f"{shown(operation)} is {row}, its answer says {told}"))
        if balance is not None and balance not in balances:
            found.append(Complaint(CONTRADICTED, f"{shown(operation)} is {row}, its answer says {balance}"))
    return found


# What the answers say of each other


def answers_wrong(operations: list[Operation]) -> list[Complaint]:
    """Where answers contradict each other, or are none."""
    return [complaint for operation in operations for complaint in answered_wrong(operation)]


def answered_wrong(operation: Operation) -> list[Complaint]:
    """What is wrong with the answers to one operation, whatever the journal says."""
    said = [heard.said for heard in operation.heard]
    nonsense = next((heard.words for heard in operation.heard if heard.said is Said.NONSENSE), "")
    told = {heard.reply.transaction for heard in operation.heard if heard.said is Said.DONE and heard.reply}
    different = sorted(map(str, told - {None, ""}))
    stands = operation.of is not None and operation.of.done and not operation.tied
    wrong = {
        f"was answered {nonsense}": Said.NONSENSE in said,
        f"was answered as {different}": len(different) > 1,
        "was done, then refused": operation.done and Said.REFUSED in said[said.index(Said.DONE) :],
        "got no answer when all was over": operation.again and said[-1] not in FINAL,
        "was refused though its bet stands": stands and operation.settled and not operation.done,
    }
    return [Complaint(CONTRADICTED, f"{shown(operation)} {words}") for words, true in wrong.items() if true]
