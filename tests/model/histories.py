"""Random calls: few keys, few rounds, few wallets, so that duplicates, races for keys and odd references are common.

Strategies only; they know what may be asked, not what is answered.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hypothesis import strategies as st
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
    RefundAmount,
    Scope,
    ShortRollback,
    Status,
)

WALLETS = (("alice", "EUR"), ("alice", "USD"), ("bob", "JPY"), ("carol", "BTC"))
NOBODY = len(WALLETS)
KEYS = tuple(f"k{n}" for n in range(8))
ROUNDS = ("r0", "r1")
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
    Kind.ADJUSTMENT,
    Kind.BONUS_GRANT,
    Kind.BONUS_CONVERT,
    Kind.BONUS_FORFEIT,
)
SIGNED = frozenset({Kind.CORRECTION, Kind.ADJUSTMENT})
MOVES_NOTHING = frozenset({Kind.FREE_BET, Kind.ROUND_CLOSE})

AMOUNTS = st.sampled_from((0, 1, 7, 10_000, 1_000_000, 3_333_333, 10_000_000, 25_000_000))
EXTREMES = st.sampled_from((MAXIMUM_AMOUNT, MAXIMUM_AMOUNT + 1))


@dataclass(frozen=True)
class Draft:
    """A call before its wallets and keys have names in a world."""

    wallet: int
    account: int
    ops: tuple[Op, ...]
    policy: Policy
    currency: str | None
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
            session_defect=self.session_defect,
            game_disabled=self.game_disabled,
            account_disabled=self.account_disabled,
            actor="support",
            reason="a history",
        )


def rarely(value: st.SearchStrategy, otherwise: object) -> st.SearchStrategy:
    """One time in eight; shrinks to the ordinary."""
    return st.integers(0, 7).flatmap(lambda roll: value if roll == 7 else st.just(otherwise))


def policies() -> st.SearchStrategy[Policy]:
    """Half of them the default."""
    maybe = st.booleans()
    odd = st.builds(
        Policy,
        win_without_bet=maybe,
        one_win_per_bet=maybe,
        bet_on_closed_round=maybe,
        win_on_closed_round=maybe,
        rollback_with_wins=maybe,
        short_rollback=st.sampled_from(ShortRollback),
        refund_amount=st.sampled_from(RefundAmount),
        compare_amount=maybe,
        compare_round=maybe,
        opening_funds=maybe,
        correction_below_zero=maybe,
    )
    return st.just(Policy()) | odd


@st.composite
def ops(draw: st.DrawFn, kinds: Sequence[Kind], keys: Sequence[str], references: Sequence[str]) -> Op:
    """One operation."""
    kind = draw(st.sampled_from(kinds))
    amount = 0 if kind in MOVES_NOTHING else draw(rarely(EXTREMES, None))
    if amount is None:
        amount = draw(AMOUNTS)
    if kind in SIGNED and draw(st.booleans()):
        amount = -amount
    scope, reference = Scope.KEY, None
    round_ = None if kind in CASHIER_KINDS else draw(st.none() | st.sampled_from(ROUNDS))
    if kind in {Kind.REFUND, Kind.ROLLBACK}:
        scope = draw(rarely(st.sampled_from((Scope.CALL, Scope.ROUND)), Scope.KEY))
    if scope is Scope.ROUND:
        reference = round_ = draw(st.sampled_from(ROUNDS))
    elif kind not in {Kind.BET, Kind.TIP, Kind.FREE_BET, Kind.BUY_IN, Kind.ROUND_CLOSE}:
        often = kind in {Kind.REFUND, Kind.ROLLBACK, Kind.WITHDRAWAL, Kind.WITHDRAWAL_RELEASE}
        named = st.sampled_from(references)
        reference = draw(rarely(st.none(), 0) if often else st.sampled_from((None, 0)))
        reference = draw(named) if reference == 0 else None
    return Op(
        kind=kind,
        key=draw(st.sampled_from(keys)),
        amount=amount,
        nominal=draw(AMOUNTS) if kind is Kind.FREE_BET else 0,
        reference=reference,
        scope=scope,
        round=round_,
        end_round=kind is Kind.ROUND_CLOSE or draw(rarely(st.just(value=True), otherwise=False)),
    )


@st.composite
def drafts(
    draw: st.DrawFn, wallets: Sequence[int] = (*range(NOBODY), NOBODY), *, apart: bool = False
) -> Draft:
    """One call.  With `apart` a wallet names in references only keys that no other wallet can have."""
    wallet = draw(st.sampled_from(wallets))
    account = draw(st.sampled_from((1, 1, 1, 2, OPERATOR)))
    kinds = CASHIER_KINDS if account == OPERATOR else STUDIO_KINDS
    own = tuple(f"w{wallet}-{key}" for key in KEYS) if apart else KEYS
    keys = (*own, "shared0", "shared1") if apart else KEYS
    length = draw(st.sampled_from((1, 1, 1, 2, 3)))
    currency = WALLETS[wallet][1] if wallet != NOBODY else "EUR"
    return Draft(
        wallet=wallet,
        account=account,
        ops=tuple(draw(ops(kinds, keys, own)) for _ in range(length)),
        policy=draw(policies()),
        currency=draw(rarely(st.sampled_from((currency, "GBP")), None)),
        session_defect=draw(rarely(st.sampled_from(SESSION_DEFECTS), None)),
        game_disabled=draw(rarely(st.booleans(), otherwise=False)),
        account_disabled=draw(rarely(st.booleans(), otherwise=False)),
    )
