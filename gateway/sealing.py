"""Seals what the database may not know: secrets of provider accounts, under a master key from the environment.

An envelope is a version, four bytes that name the master key, a nonce, and AES-256-GCM's text and tag, with the account's
slug as associated data: an envelope copied to another account does not open.  Two master keys may be active, so that
one can be replaced: the newest seals, either opens.  Nothing here reads the environment or writes a log.
"""

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NAME_BYTES = 4
NONCE_BYTES = 12
VERSION = b"\x01"
MAXIMUM_KEYS = 2
VARIABLE = "BANKROLL_MASTER_KEYS"
ADVICE = "`bankroll keys master` makes one"


class SealingError(ValueError):
    """A master key is no key, or an envelope does not open; the message says why, and holds nothing secret."""


class Sealing:
    """The active master keys, as text in base64, the newest first."""

    def __init__(self, master_keys: Sequence[str]) -> None:
        if not master_keys:
            raise SealingError(f"{VARIABLE} is not set: secrets cannot be sealed; {ADVICE}")
        if len(master_keys) > MAXIMUM_KEYS:
            raise SealingError(f"{VARIABLE} holds {len(master_keys)} keys; at most {MAXIMUM_KEYS} are active")
        keys = [_key_of(text) for text in master_keys]
        if len(set(keys)) != len(keys):
            raise SealingError(f"{VARIABLE} holds the same key twice")
        self._keys = keys
        self._ciphers = {_name_of(key): AESGCM(_derived(key, "seal")) for key in keys}
        self._newest = _name_of(keys[0])

    def seal(self, slug: str, secret: bytes) -> bytes:
        """An envelope of `secret` that opens for the account `slug` only."""
        nonce = os.urandom(NONCE_BYTES)
        text = self._ciphers[self._newest].encrypt(nonce, secret, slug.encode())
        return VERSION + self._newest + nonce + text

    def open(self, slug: str, envelope: bytes) -> bytes:
        """What was sealed for the account `slug`.  Raises `SealingError`."""
        start = len(VERSION) + NAME_BYTES
        if not envelope.startswith(VERSION) or len(envelope) < start + NONCE_BYTES:
            raise SealingError(f"a secret of {slug} is no envelope of ours")
        cipher = self._ciphers.get(envelope[len(VERSION) : start])
        if cipher is None:
            raise SealingError(
                f"a secret of {slug} is sealed with a master key that is not in {VARIABLE}; put that key back as the"
                " second one"
            )
        try:
            return cipher.decrypt(
                envelope[start : start + NONCE_BYTES], envelope[start + NONCE_BYTES :], slug.encode()
            )
        except InvalidTag:
            raise SealingError(f"a secret of {slug} was changed, or sealed for another account") from None

    def is_newest(self, envelope: bytes) -> bool:
        """Whether the newest master key sealed this: what is not can be sealed anew."""
        return envelope.startswith(VERSION + self._newest)

    def derived_keys(self, purpose: str) -> tuple[bytes, ...]:
        """A key for another purpose from each master key, the newest first; none tells anything about another."""
        return tuple(_derived(key, purpose) for key in self._keys)


def new_master_key() -> str:
    """A new master key, as it stands in the environment."""
    return base64.b64encode(os.urandom(KEY_BYTES)).decode()


def _key_of(text: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise SealingError(f"{VARIABLE}: a key is {KEY_BYTES} bytes in base64; {ADVICE}") from None
    if len(key) != KEY_BYTES:
        raise SealingError(f"{VARIABLE}: a key has {KEY_BYTES} bytes, not {len(key)}; {ADVICE}")
    return key


def _derived(key: bytes, purpose: str) -> bytes:
    return hmac.digest(key, f"bankroll {purpose}".encode(), "sha256")


def _name_of(key: bytes) -> bytes:
    return hashlib.sha256(b"bankroll name" + key).digest()[:NAME_BYTES]
