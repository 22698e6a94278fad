"""The secrets of provider accounts as text and bytes: made for a studio, taken from one, and our own.

Pure but for the random bits of a new one.  Nothing here seals, stores or logs.
"""

import hashlib
import hmac
import secrets

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from msgspec import Struct

from gateway.configured_accounts import Misconfigured
from providers.provider import SecretForm
from providers.signing import KeyKind, kind_of, private_key, public_key

MINIMUM_SECRET_BYTES = 8  # some studios choose short ones
MAXIMUM_SECRET_BYTES = 8_192
RSA_BITS = 2048
CURVE = ec.SECP256K1  # of a key that is made here; one that is given may be on any
KEYS = {SecretForm.PUBLIC_KEY: KeyKind.RSA, SecretForm.EC_PUBLIC_KEY: KeyKind.CURVE}
"""The forms that are the studio's public key, and of which kind."""


class NotRotated(Misconfigured):
    """No secret was put before those there are; the problem has a name of its own."""

    problem: str


class TwoSecretsActive(NotRotated):
    """A third secret would push out the oldest, which the studio may still use: one is retired first, by word."""

    problem = "two_secrets_active"


class SecretActive(NotRotated):
    """The secret is one of those there are: put there again, what leaked would pass for rotated."""

    problem = "secret_active"


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
        case SecretForm.SHARED | SecretForm.BEARER | SecretForm.OPTIONAL:
            text = secrets.token_hex(32)
            return Secret(text.encode(), text)
        case SecretForm.PUBLIC_KEY:
            return _pair(rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS))
        case SecretForm.EC_PUBLIC_KEY:
            return _pair(ec.generate_private_key(CURVE()))
        case SecretForm.NONE:
            return None


def id_of(envelope: bytes) -> str:
    """What a sealed secret is called: it tells nothing of the secret, and is another one when it is sealed anew."""
    return hashlib.sha256(envelope).hexdigest()[:16]


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
    kind = KEYS.get(form)
    if kind is not None and kind_of(public_key(secret)) is not kind:
        raise Misconfigured(f"the secret of this protocol is an {kind} public key as PEM, or that in base64")
    return secret


def same(form: SecretForm, one: bytes, other: bytes) -> bool:
    """Whether two secrets of a form open the same, however a key is written."""
    if form in KEYS:
        return public_key(one) == public_key(other)
    return hmac.compare_digest(one, other)


def given_own(text: str, kind: KeyKind | None) -> bytes:
    """A secret of our own; with a kind a private key of it.  Raises `Misconfigured`."""
    secret = given(SecretForm.SHARED, text)
    if kind is not None and _private_kind(secret) is not kind:
        raise Misconfigured(
            f"the own secret of this protocol is an {kind} private key as PEM without a password,"
            " or that in base64"
        )
    return secret


def _private_kind(secret: bytes) -> KeyKind | None:
    try:
        return kind_of(private_key(secret))
    except ValueError:
        return None


def _pair(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> Secret:
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Secret(public, private.decode())
