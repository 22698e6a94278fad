"""Signatures with a key pair: RSA (PKCS #1 v1.5) and ECDSA (DER), both with SHA-256.

Keys are PEM, or PEM wrapped in base64 once more, and parsed once.  The curve is the key's own.
"""

import base64
from enum import StrEnum
from functools import lru_cache

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key


class KeyKind(StrEnum):
    """What a pair of keys is of."""

    RSA = "RSA"
    CURVE = "elliptic-curve"


def rsa_sha256_verifies(secret: bytes, signature: bytes, message: bytes) -> bool:
    """Whether it is the RSA signature of `message`; a secret that is no RSA public key verifies nothing."""
    key = public_key(secret)
    if not isinstance(key, RSAPublicKey):
        return False
    try:
        key.verify(signature, message, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def ecdsa_sha256_verifies(secret: bytes, signature: bytes, message: bytes) -> bool:
    """Whether it is a DER signature of `message`; a secret that is no public key on a curve verifies nothing."""
    key = public_key(secret)
    if not isinstance(key, EllipticCurvePublicKey):
        return False
    try:
        key.verify(signature, message, ECDSA(SHA256()))
    except (InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def rsa_sha256_signature(private_pem: bytes, message: bytes) -> str:
    """The RSA signature of `message` in base64.  Raises `ValueError` where the PEM is no RSA private key."""
    key = private_key(private_pem)
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("not an RSA private key")  # noqa: TRY004 - the text is wrong
    return base64.b64encode(key.sign(message, PKCS1v15(), SHA256())).decode()


def ecdsa_sha256_signature(private_pem: bytes, message: bytes) -> str:
    """A DER signature of `message` in base64, another each time.  Raises `ValueError` for a PEM without a curve."""
    key = private_key(private_pem)
    if not isinstance(key, EllipticCurvePrivateKey):
        raise ValueError("not a private key on an elliptic curve")  # noqa: TRY004 - the same
    return base64.b64encode(key.sign(message, ECDSA(SHA256()))).decode()


def kind_of(key: PublicKeyTypes | PrivateKeyTypes | None) -> KeyKind | None:
    """The kind of either half; None where it is of no kind that signs here, or no key."""
    if isinstance(key, RSAPublicKey | RSAPrivateKey):
        return KeyKind.RSA
    if isinstance(key, EllipticCurvePublicKey | EllipticCurvePrivateKey):
        return KeyKind.CURVE
    return None


@lru_cache(maxsize=256)
def public_key(secret: bytes) -> PublicKeyTypes | None:
    """The parsed key; None where the secret holds no public key, so that a bad one does not hide the other."""
    try:
        return load_pem_public_key(unwrapped(secret))
    except (ValueError, UnsupportedAlgorithm):
        return None


@lru_cache(maxsize=256)
def private_key(pem: bytes) -> PrivateKeyTypes:
    """The parsed key.  Raises `ValueError` where the text is no private key, or one behind a password."""
    try:
        return load_pem_private_key(unwrapped(pem), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError("not a private key as PEM without a password") from None


def unwrapped(secret: bytes) -> bytes:
    """The PEM itself, also of one that was handed over in base64.  Raises `ValueError` for what is neither."""
    if b"-----BEGIN" in secret:
        return secret
    return base64.b64decode(b"".join(secret.split()), validate=True)
