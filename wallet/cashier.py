"""The cashier and the back office: deposits, two-phase withdrawals and adjustments, as calls to the ledger.

Everything here happens under provider account 0, the operator.  The caller's idempotency key is the posting's key,
behind the name of what is done, so that a repeat finds the posting and one key may serve a hold and its end.
It decides nothing: who may pay, what is there and what was done before is the ledger's to say.
"""

import hashlib
import secrets

from msgspec import Struct

from wallet.types import MAXIMUM_KEY_BYTES, OPERATOR, Call, Kind, Op, Policy

POLICY = Policy()
DIGESTED = "sha256:"


class Act(Struct, frozen=True, kw_only=True):
    """Who does what to which wallet.  `amount` in ledger units."""

    wallet: int
    key: str  # the caller's, 1 to 255 bytes
    actor: str
    amount: int
    currency: str | None = None
    reference: str | None = None  # the payment's id
    reason: str | None = None
    metadata: str | None = None  # JSON text kept with the posting


def deposit(act: Act) -> Call:
    """A payment has arrived: from payment clearing to cash."""
    return _call(Kind.DEPOSIT, act)


def withdrawal_hold(act: Act) -> Call:
    """A payment is asked for: from cash to held, until it is confirmed or released."""
    return _call(Kind.WITHDRAWAL_HOLD, act)


def withdrawal(act: Act) -> Call:
    """The payment of the hold whose key is `act.reference` has left: from held to payment clearing."""
    return _call(Kind.WITHDRAWAL, act)


def withdrawal_release(act: Act) -> Call:
    """The payment of the hold whose key is `act.reference` will not leave: from held back to cash."""
    return _call(Kind.WITHDRAWAL_RELEASE, act)


def adjustment(act: Act) -> Call:
    """A correction by hand, with its sign, its actor and its reason."""
    return _call(Kind.ADJUSTMENT, act)


def posting_key(kind: Kind, key: str) -> str:
    """The key in the journal: the kind, and the caller's key, digested where it would not fit.

    A caller's key that looks like a digest is digested too, so that no two keys ever become one.
    """
    named = f"{kind}:{key}"
    if len(named.encode()) <= MAXIMUM_KEY_BYTES and not key.startswith(DIGESTED):
        return named
    return f"{kind}:{DIGESTED}{hashlib.sha256(key.encode()).hexdigest()}"


def _call(kind: Kind, act: Act) -> Call:
    op = Op(
        kind=kind,
        key=posting_key(kind, act.key),
        amount=act.amount,
        reference=act.reference,
        metadata=act.metadata,
    )
    return Call(
        id=secrets.randbits(63),
        provider_account=OPERATOR,
        wallet=act.wallet,
        ops=(op,),
        policy=POLICY,
        currency=act.currency,
        actor=act.actor,
        reason=act.reason,
    )
