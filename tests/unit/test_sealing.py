"""Secrets are sealed under a master key, for one account, and open for nobody else."""

import base64

import pytest

from gateway.sealing import Sealing, SealingError, new_master_key

OLD, NEW = new_master_key(), new_master_key()


def test_sealed_secret_opens_for_its_account_only() -> None:
    """What is sealed for one account opens for it, and not for another."""
    sealing = Sealing([NEW])
    envelope = sealing.seal("acorn", b"secret")
    assert sealing.open("acorn", envelope) == b"secret"
    with pytest.raises(SealingError, match="sealed for another account"):
        sealing.open("oak", envelope)


def test_envelope_shows_nothing_and_never_repeats() -> None:
    """The same secret sealed twice is two envelopes, and neither holds it."""
    sealing = Sealing([NEW])
    first, second = (sealing.seal("acorn", b"secret") for _ in range(2))
    assert first != second
    assert b"secret" not in first + second


def test_either_of_two_master_keys_opens_and_the_newest_seals() -> None:
    """While a master key is replaced, both open; what the older one sealed is told apart."""
    old, both = Sealing([OLD]), Sealing([NEW, OLD])
    envelope = old.seal("acorn", b"secret")
    assert both.open("acorn", envelope) == b"secret"
    assert not both.is_newest(envelope)
    anew = both.seal("acorn", b"secret")
    assert both.is_newest(anew)
    assert Sealing([NEW]).open("acorn", anew) == b"secret"
    with pytest.raises(SealingError, match="not in BANKROLL_MASTER_KEYS"):
        Sealing([NEW]).open("acorn", envelope)


@pytest.mark.parametrize("position", range(40))
def test_changed_envelope_does_not_open(position: int) -> None:
    """A single changed bit anywhere is noticed."""
    sealing = Sealing([NEW])
    envelope = bytearray(sealing.seal("acorn", b"secret!"))
    assert len(envelope) == 40
    envelope[position] ^= 1
    with pytest.raises(SealingError):
        sealing.open("acorn", bytes(envelope))


@pytest.mark.parametrize("envelope", [b"", b"\x01", b"\x01" * 16, b"\x01" * 17, b"secret"])
def test_what_is_no_envelope_does_not_open(envelope: bytes) -> None:
    """Anything else is refused by name, never by accident."""
    with pytest.raises(SealingError, match="acorn"):
        Sealing([NEW]).open("acorn", envelope)


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ([], "not set"),
        (["!"], "32 bytes in base64"),
        (["ключ"], "32 bytes in base64"),
        ([base64.b64encode(b"short").decode()], "not 5"),
        ([OLD, NEW, new_master_key()], "at most 2"),
        ([OLD, OLD], "twice"),
    ],
)
def test_bad_master_keys_are_refused_with_the_reason(keys: list[str], reason: str) -> None:
    """Each mistake has its own words, and none of them shows a key."""
    with pytest.raises(SealingError, match=reason) as raised:
        Sealing(keys)
    assert not any(key in str(raised.value) for key in keys if len(key) > 8)


def test_derived_keys_differ_by_purpose_and_master_key() -> None:
    """Each purpose and each master key has its own key of 32 bytes, in the order of the master keys."""
    both = Sealing([NEW, OLD])
    tokens = both.derived_keys("tokens")
    assert tokens == (*Sealing([NEW]).derived_keys("tokens"), *Sealing([OLD]).derived_keys("tokens"))
    assert len({*tokens, *both.derived_keys("other")}) == 4
    assert {len(key) for key in tokens} == {32}
