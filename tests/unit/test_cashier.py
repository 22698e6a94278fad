"""The cashier's calls: whose key a posting gets, and that no two become one."""

from hypothesis import given
from hypothesis import strategies as st

from wallet.cashier import (
    Act,
    adjustment,
    deposit,
    posting_key,
    withdrawal,
    withdrawal_hold,
    withdrawal_release,
)
from wallet.types import MAXIMUM_KEY_BYTES, OPERATOR, Kind

KINDS = [Kind.DEPOSIT, Kind.WITHDRAWAL_HOLD, Kind.WITHDRAWAL, Kind.WITHDRAWAL_RELEASE, Kind.ADJUSTMENT]
keys = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=255)


@given(keys, keys, st.sampled_from(KINDS), st.sampled_from(KINDS))
def test_keys_that_differ_stay_different(first: str, second: str, kind: Kind, other: Kind):
    """Two acts have one key only if they are of one kind and the caller gave one key; it always fits the journal."""
    one, two = posting_key(kind, first), posting_key(other, second)
    assert (one == two) == ((kind, first) == (other, second))
    assert len(one.encode()) <= MAXIMUM_KEY_BYTES


def test_a_digest_given_as_a_key_meets_no_digested_key():
    """A key that looks like the digest of a long one is not taken for it."""
    long = "k" * 255
    digested = posting_key(Kind.DEPOSIT, long).removeprefix("deposit:")
    assert digested.startswith("sha256:")
    assert posting_key(Kind.DEPOSIT, digested) != posting_key(Kind.DEPOSIT, long)


def test_every_act_is_the_operators_own():
    """Each act is one operation of its kind under account 0, with its actor and reason, and a call id of its own."""
    act = Act(wallet=7, key="k", actor="api_key:1", amount=-5, currency="EUR", reference="r", reason="why")
    made = [make(act) for make in (deposit, withdrawal_hold, withdrawal, withdrawal_release, adjustment)]
    assert [call.ops[0].kind for call in made] == KINDS
    assert {call.provider_account for call in made} == {OPERATOR}
    assert len({call.id for call in made}) == len(made)
    assert {(call.wallet, call.actor, call.reason, call.ops[0].amount) for call in made} == {
        (7, "api_key:1", "why", -5)
    }
