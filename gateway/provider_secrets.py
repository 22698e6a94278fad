"""The secrets of provider accounts as text and bytes: made for a studio, taken from one, and our own.

Pure but for the random bits of a new one.  Nothing here seals, stores or logs.
"""

import secrets

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from msgspec import Struct

from gateway.registry import Misconfigured
from providers.provider import SecretForm

MINIMUM_SECRET_BYTES = 8  # some studios choose short ones
MAXIMUM_SECRET_BYTES = 8_192
RSA_BITS = 2048


class Secret(Struct, frozen=True):
    """A secret that was generated: `ours` is kept, sealed; `theirs` is for the studio, and shown once.

    For a shared secret they are the same; for a public-key scheme `theirs` is the private key, which a simulated
    studio needs and a real one makes itself.
    """

    ours: bytes
    theirs: str | None


def generated(form: SecretForm) -> Secret | None:
    """A new secret of a form, or None for the form that has none."""
    match form:
        case SecretForm.SHARED | SecretForm.OPTIONAL:
            text = secrets.token_hex(32)
            return Secret(text.encode(), text)
        case SecretForm.PUBLIC_KEY:
            key = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
            public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            return Secret(public, private.decode())
        case SecretForm.NONE:
            return None


def given(form: SecretForm, text: str) -> bytes:
    """A secret as a studio gave it.  Raises `Misconfigured`."""
    if form is SecretForm.NONE:
        raise Misconfigured("the protocol has no secrets")
    try:
        secret = text.encode()
    except UnicodeEncodeError:
        raise Misconfigured("a secret is valid unicode") from None
    if not MINIMUM_SECRET_BYTES <= len(secret) <= MAXIMUM_SECRET_BYTES:
        raise Misconfigured(f"a secret has {MINIMUM_SECRET_BYTES} to {MAXIMUM_SECRET_BYTES} bytes")
    if form is SecretForm.PUBLIC_KEY:
        try:
            load_pem_public_key(secret)
        except (ValueError, UnsupportedAlgorithm):
            raise Misconfigured("the secret of this protocol is a public key as PEM") from None
    return secret


def given_own(text: str, *, is_key: bool) -> bytes:
    """A secret of our own; with `is_key` a private key as PEM.  Raises `Misconfigured`."""
    secret = given(SecretForm.SHARED, text)
    if is_key:
        try:
            load_pem_private_key(secret, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise Misconfigured("the own secret of this protocol is a private key as PEM") from None
    return secret
