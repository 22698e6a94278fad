"""Private keys of studios that sign with one, as PEM.

A key is read once, however many studios hold it: OpenSSL checks an RSA key for longer than it signs a thousand bets.
"""

from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)


@lru_cache(maxsize=64)
def private_key(pem: str) -> PrivateKeyTypes:
    """The key of a PEM that `pem_of` wrote."""
    return load_pem_private_key(pem.encode(), None)


def pem_of(key: PrivateKeyTypes) -> str:
    """A private key as PEM, not encrypted."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public_half(pem: str) -> str:
    """The public key, as PEM, of a private one."""
    public = private_key(pem).public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
