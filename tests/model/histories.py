"""Random calls about what was asked before: few wallets and rounds, so that their histories grow deep.

They know what may be asked, not what is answered.
"""

import dataclasses
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from random import Random
from typing import get_type_hints

from msgspec.structs import replace

from tests.ledgers import UNKNOWN_WALLET
from wallet.types import (
    MAXIMUM_AMOUNT,
    OPERATOR,
    SESSION_DEFECTS,
    Call,
    Kind,
    Op,
    Policy,
    Scope,
    Status,
)

WALLETS = (("alice", "EUR"), ("alice", "USD"), ("bob", "JPY"), ("carol", "BTC"))
OPENINGS = (
    (1_500_000, 30_000_000),
    (30_000_000, 10_000_000),
    (2_333_333, 40_000_000),
    (20_000_000, 5_000_000),
)
"""Cash and bonus of each at first: some stake bonus with their first bet."""

NOBODY = len(WALLETS)
OFTEN = (*[0] * 6, 1, 2, 2, 3, NOBODY)
"""Most calls are on one wallet, so that its history grows deep."""

SHARED = ("shared0", "shared1")
ROUNDS = ("r0", "r1")
GAMES = (None, 1, 1, 2)
ACTS = ("active", "blocked", "excluded", "closed")

STUDIO_KINDS = (
    *[Kind.BET] * 6,
    *[Kind.WIN] * 5,
    *[Kind.ROLLBACK] * 4,
    *[Kind.REFUND] * 3,
    Kind.TIP,
    Kind.PROMO_WIN,
    Kind.JACKPOT_WIN,
    Kind.FREE_BET,
    Kind.BUY_IN,
    Kind.PAYOUT,
    Kind.CORRECTION,
    Kind.ROUND_CLOSE,
)
CASHIER_KINDS = (
    *[Kind.DEPOSIT] * 3,
    *[Kind.WITHDRAWAL_HOLD] * 3,
    *[Kind.WITHDRAWAL] * 3,
    *[Kind.WITHDRAWAL_RELEASE] * 3,
    *[Kind.ADJUSTMENT] * 2,
    Kind.BONUS_GRANT,
    Kind.BONUS_CONVERT,
    Kind.BONUS_FORFEIT,
)
SIGNED = frozenset({Kind.CORRECTION, Kind.ADJUSTMENT})
BACKWARDS = frozenset({Kind.REFUND, Kind.ROLLBACK, Kind.WITHDRAWAL, Kind.WITHDRAWAL_RELEASE})
NAMES_NOTHING = frozenset(
    {
        Kind.BET,
        Kind.TIP,
        Kind.FREE_BET,
        Kind.BUY_IN,
        Kind.ROUND_CLOSE,
        Kind.DEPOSIT,
        Kind.WITHDRAWAL_HOLD,
        Kind.ADJUSTMENT,
        Kind.BONUS_GRANT,
        Kind.BONUS_CONVERT,
        Kind.BONUS_FORFEIT,
    }
)
ABOUT = {
    Kind.WIN: {Kind.BET, Kind.FREE_BET},
    Kind.REFUND: {Kind.BET, Kind.TIP, Kind.FREE_BET, Kind.BUY_IN},
    Kind.ROLLBACK: {Kind.BET, Kind.WIN, Kind.PROMO_WIN, Kind.PAYOUT, Kind.CORRECTION, Kind.FREE_BET},
    Kind.WITHDRAWAL: {Kind.WITHDRAWAL_HOLD},
    Kind.WITHDRAWAL_RELEASE: {Kind.WITHDRAWAL_HOLD},
}
"""What a kind is about most of the time, where not about anything."""

MOVES_NOTHING = frozenset({Kind.FREE_BET, Kind.ROUND_CLOSE})

AMOUNTS = (0, 1, 7, 10_000, 500_000, 1_000_000, 1_000_000, 3_333_333, 10_000_000, 30_000_000)
EXTREMES = (MAXIMUM_AMOUNT, MAXIMUM_AMOUNT + 1)


@dataclass(frozen=True)
class Draft:
    """A call before its wallets and keys have names in a world."""

    wallet: int
    account: int
    ops: tuple[Op, ...]
    policy: Policy
    currency: str | None
    game: int | None
    session_defect: Status | None
    game_disabled: bool
    account_disabled: bool

    @property
    def keys(self) -> set[str]:
        """The keys it names, as its own or as references."""
        return {key for op in self.ops for key in (op.key, op.reference) if key is not None}

    def meets(self, other: "Draft") -> bool:
        """Whether the order of the two matters: they share a wallet, or a key under one account."""
        shared = self.account == other.account and bool(self.keys & other.keys)
        return self.wallet == other.wallet or shared

    def call(self, wallets: Sequence[int], accounts: Mapping[int, int], prefix: str) -> Call:
        """Name wallets, accounts and keys as a world does."""
        ops = tuple(
            replace(
                op,
                key=prefix + op.key,
                reference=op.reference
                if op.reference is None or op.scope is Scope.ROUND
                else prefix + op.reference,
            )
            for op in self.ops
        )
        return Call(
            id=secrets.randbits(62),
            provider_account=accounts[self.account],
            wallet=UNKNOWN_WALLET if self.wallet == NOBODY else wallets[self.wallet],
            ops=ops,
            policy=self.policy,
            currency=self.currency,
            game=self.game,
            session_defect=self.session_defect,
            game_disabled=self.game_disabled,
            account_disabled=self.account_disabled,
            actor="support",
            reason="a history",
        )


def opening(wallet: int, purse: tuple[int, int], prefix: str) -> Call:
    """The call that gives a wallet something to play with."""
    cash, bonus = purse
    ops = (
        Op(kind=Kind.DEPOSIT, key=f"{prefix}cash{wallet}", amount=cash),
        Op(kind=Kind.BONUS_GRANT, key=f"{prefix}bonus{wallet}", amount=bonus),
    )
    return Call(id=secrets.randbits(62), provider_account=OPERATOR, wallet=wallet, ops=ops, policy=Policy())


class Theme(Enum):
    """What a history is most about: what is rare in one is common in another."""

    PLAY = "play"
    RICH = "rich"  # amounts as large as they come
    CASHIER = "cashier"  # deposits, holds and their ends
    RARE = "rare"  # every kind as often as any other


class Memory:
    """What was sent, per wallet and account: so that most keys are new and most references mean something."""

    def __init__(self, random: Random) -> None:
        self.policy = _policy(random)  # of most calls: an account has one
        self.theme = random.choice(list(Theme))
        self.sent: list[Draft] = []
        self._asked: dict[tuple[int, int], list[Op]] = {}

    def of(self, wallet: int, account: int) -> list[Op]:
        """Return what was asked for one wallet, whatever became of it."""
        return self._asked.setdefault((wallet, account), [])


def history(random: Random, calls: int, *, apart: bool = False) -> list[Draft]:
    """Return so many calls in order; one in eight was sent before."""
    memory = Memory(random)
    return [
        again(random, memory) if memory.sent and _one_in(8, random) else draft(random, memory, apart=apart)
        for _ in range(calls)
    ]


def draft(random: Random, memory: Memory, *, apart: bool = False) -> Draft:
    """Return a new call.  With `apart` it names in references only keys that no other wallet can have."""
    wallet = random.choice(OFTEN)
    operators = 9 if memory.theme is Theme.CASHIER else 1
    account = random.choice((*[1] * 6, 2, *[OPERATOR] * operators))
    past = memory.of(wallet, account)
    asked = []
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        asked.append(_op(random, wallet, account, past, apart=apart, theme=memory.theme))
        past.append(asked[-1])
    currency = WALLETS[wallet][1] if wallet != NOBODY else "EUR"
    new = Draft(
        wallet=wallet,
        account=account,
        ops=tuple(asked),
        policy=_policy(random) if _one_in(8, random) else memory.policy,
        currency=random.choice((currency, "GBP")) if _one_in(10, random) else None,
        game=None if account == OPERATOR else random.choice(GAMES),
        session_defect=random.choice(SESSION_DEFECTS) if _one_in(10, random) else None,
        game_disabled=_one_in(40, random),
        account_disabled=_one_in(40, random),
    )
    memory.sent.append(new)
    return new


def again(random: Random, memory: Memory) -> Draft:
    """Return a call that was sent before, as it was, under another policy, or with other rounds, amounts and scopes."""
    sent = random.choice(memory.sent)
    if _one_in(2, random):
        return sent
    changed = dataclasses.replace(sent, policy=_policy(random))
    if _one_in(2, random):
        return changed
    round_ = None if sent.account == OPERATOR else random.choice((None, *ROUNDS))
    amount = random.choice(AMOUNTS)
    # Not drawn: what was reached by the draws that follow would not be any more.
    scope = Scope.CALL if amount < 10 else Scope.ROUND if amount < 10**6 else None
    ops = tuple(_meaning_another(op, round_, _sensible(op.kind, amount), scope) for op in sent.ops)
    return dataclasses.replace(changed, ops=ops, game=random.choice(GAMES))


def _meaning_another(op: Op, round_: str | None, amount: int, scope: Scope | None) -> Op:
    """Return an operation with another round, amount and scope; one of a round does name a round."""
    if op.kind not in {Kind.REFUND, Kind.ROLLBACK} or scope is None:
        scope = op.scope
    if scope is Scope.ROUND:
        return replace(op, scope=scope, round=round_ or op.round or ROUNDS[0])
    return replace(op, scope=scope, round=round_, amount=amount)


def ahead(random: Random, memory: Memory) -> Draft:
    """Return a call of bets that first rolls back what comes after it, if ever: a tombstone beside the bets."""
    new = draft(random, memory)
    if new.account == OPERATOR:
        return new
    past = memory.of(new.wallet, new.account)
    del past[len(past) - len(new.ops) :]  # asked by nobody
    coming = f"w{new.wallet}-{len(past) + random.randint(5, 9)}"
    asked = [Op(kind=Kind.ROLLBACK, key=f"w{new.wallet}-{len(past)}", reference=coming)]
    for place in range(len(past) + 1, len(past) + random.choice((2, 3, 4))):
        amount, round_ = random.choice(AMOUNTS[:6]), random.choice((None, *ROUNDS))
        asked.append(Op(kind=Kind.BET, key=f"w{new.wallet}-{place}", amount=amount, round=round_))
    past += asked
    memory.sent[-1] = dataclasses.replace(new, ops=tuple(asked))
    return memory.sent[-1]


def taken_back(random: Random, memory: Memory) -> Draft:
    """Return reversals of one call, named now by one of its operations and now by another, a tombstone as well."""
    several = [one for one in memory.sent if len(one.ops) > 1 and one.account != OPERATOR]
    if not several:
        return ahead(random, memory)
    sent = random.choice(several[-3:])
    names = [op.reference if op.kind in BACKWARDS else op.key for op in sent.ops]
    past = memory.of(sent.wallet, sent.account)
    asked = []
    for _ in range(random.choice((2, 3, 4))):
        kind = random.choice((Kind.REFUND, *[Kind.ROLLBACK] * 3))
        scope = random.choice((Scope.CALL, Scope.CALL, Scope.KEY))
        name, key = random.choice(names), _key(random, sent.wallet, past)
        asked.append(Op(kind=kind, key=key, reference=name, scope=scope))
        past.append(asked[-1])
    memory.sent.append(dataclasses.replace(sent, ops=tuple(asked), policy=memory.policy, currency=None))
    return memory.sent[-1]


def _op(random: Random, wallet: int, account: int, past: list[Op], *, apart: bool, theme: Theme) -> Op:
    """Return one operation; `past` is what it may mean, the earlier operations of its call included."""
    kinds = CASHIER_KINDS if account == OPERATOR else STUDIO_KINDS
    kind = random.choice(sorted(set(kinds)) if theme is Theme.RARE else kinds)
    often = 4 if theme is Theme.RICH else 80
    amount = random.choice(EXTREMES) if _one_in(often, random) else random.choice(AMOUNTS)
    if kind in SIGNED and _one_in(2, random):
        amount = -amount
    round_ = None if account == OPERATOR else random.choice((None, *ROUNDS, ROUNDS[0]))
    scope, reference = Scope.KEY, _reference(random, wallet, kind, past, apart=apart)
    meant = [op.amount for op in past if reference is not None and op.key == reference]
    if kind in BACKWARDS and meant and not _one_in(3, random):
        amount = random.choice((0, abs(meant[0])))
    if kind in {Kind.REFUND, Kind.ROLLBACK} and _one_in(6, random):
        scope = random.choice((Scope.CALL, Scope.ROUND))
    if scope is Scope.ROUND:
        round_ = random.choice(ROUNDS)
        reference = None if len(past) % 2 else round_
    elif account != OPERATOR and not _one_in(4, random):
        round_ = _round(random, kind, reference, past, round_)
    return Op(
        kind=kind,
        key=_key(random, wallet, past),
        amount=0 if kind in MOVES_NOTHING else _sensible(kind, amount),
        nominal=random.choice(AMOUNTS) if kind is Kind.FREE_BET else 0,
        reference=reference,
        scope=scope,
        round=round_,
        end_round=kind is Kind.ROUND_CLOSE or _one_in(25, random),
    )


def _key(random: Random, wallet: int, past: list[Op]) -> str:
    """Mostly new; else one that was used, or named before it came, or one that other wallets use too."""
    if not _one_in(12, random):
        return f"w{wallet}-{len(past)}"
    known = {key for op in past for key in (op.key, op.reference) if key is not None and key not in ROUNDS}
    return random.choice((*sorted(known), *SHARED))


def _reference(random: Random, wallet: int, kind: Kind, past: list[Op], *, apart: bool) -> str | None:
    """Mostly what the kind is about, the newer the likelier, often what was meant before; else nothing or another's."""
    if kind in NAMES_NOTHING or (kind not in BACKWARDS and _one_in(2, random)):
        return None
    fit = ABOUT.get(kind, set(Kind)) if not _one_in(8, random) else set(Kind)
    about = [op.key for op in past if op.kind in fit]
    meant = [op.reference for op in past if op.reference in about]
    if about and not _one_in(8, random):
        among = meant if meant and _one_in(2, random) else about
        return random.choice(among[-random.randint(1, len(among)) :])
    return random.choice((None, f"w{wallet}-{len(past) + 1}", *(() if apart else (*SHARED, "w0-0"))))


def _round(
    random: Random, kind: Kind, reference: str | None, past: list[Op], round_: str | None
) -> str | None:
    """The round of what is meant, or none; a win that means nothing is in some round."""
    for op in past:
        if reference is not None and op.key == reference:
            return random.choice((op.round, op.round, None))
    return ROUNDS[0] if kind is Kind.WIN and round_ is None else round_


def _policy(random: Random) -> Policy:
    """Half of them the default."""
    if _one_in(2, random):
        return Policy()
    return Policy(
        **{
            name: random.choice(list(kind) if issubclass(kind, Enum) else (True, False))
            for name, kind in get_type_hints(Policy).items()
        }
    )


def _sensible(kind: Kind, amount: int) -> int:
    """Hold something: the cashier asks for no hold of nothing."""
    return max(amount, 1) if kind is Kind.WITHDRAWAL_HOLD else amount


def _one_in(many: int, random: Random) -> bool:
    return random.randrange(many) == 0
