"""How studios prove that a request is theirs: each scheme once, over exactly the bytes it covers.

A scheme is made from the names a protocol gives it and returns the provider's ``check``.  Both active secrets
of the account are tried, comparison takes the same time wherever the difference is, and whatever a stranger
sends (no header, letters of any script, broken base64) is refused rather than raised.  Nothing here reads a
clock: an identical retry must pass, so there are no windows and no memory of nonces.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterable
from functools import lru_cache
from urllib.parse import unquote_plus

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from providers.contract import Account, Refused, Request
from providers.syntax import form_of

Check = Callable[[Request, Account], bool]

ENCODED_VALUES = "hash_encoded_values"
"""Account setting: ``yes`` also accepts a sorted-form hash over the values as they were encoded."""


def hmac_sha256_hex(*, header: str) -> Check:
    """``header: hex(HMAC-SHA256(secret, raw body))``; the case of the digits does not matter."""

    def check(request: Request, account: Account) -> bool:
        given = request.headers.get(header, "")
        digests = (hmac.digest(secret, request.body, "sha256").hex() for secret in account.secrets)
        return equals_one(given, digests)

    return check


def rsa_sha256_base64(*, header: str) -> Check:
    """``header: base64(RSASSA-PKCS1-v1_5(SHA-256, raw body))``; a secret is the studio's public key as PEM."""

    def check(request: Request, account: Account) -> bool:
        try:
            signature = base64.b64decode(request.headers.get(header, ""), validate=True)
        except ValueError:
            return False
        return any(rsa_verifies(secret, signature, request.body) for secret in account.secrets)

    return check


def md5_sorted_form(*, field: str) -> Check:
    """``field=md5(name=value&… + secret)``: decoded values, empty ones left out, names ascending, all of them.

    Fields that we do not know are covered too.  A form that cannot be read, or holds a name twice, has no one
    meaning that could have been signed, so it is not theirs.
    """

    def check(request: Request, account: Account) -> bool:
        try:
            fields = form_of(request.body)
        except Refused:
            return False
        readings = [fields]
        if account.settings.get(ENCODED_VALUES) == "yes":
            readings.append(encoded_form(request.body))
        given = fields.get(field, "")
        texts = [sorted_form(reading, without=field) for reading in readings]
        return equals_one(given, (md5_hex(text, secret) for text in texts for secret in account.secrets))

    return check


def no_scheme(_request: Request, _account: Account) -> bool:
    """For protocols without a signature: the network alone speaks for the caller."""
    return True


def sorted_form(fields: dict[str, str], *, without: str) -> bytes:
    """The text under a sorted-form hash, before the secret is appended."""
    given = sorted((name, value) for name, value in fields.items() if name != without and value)
    return "&".join(f"{name}={value}" for name, value in given).encode()


def encoded_form(body: bytes) -> dict[str, str]:
    """The fields of a form with their values as they travelled.  Only for a body that `form_of` could read."""
    pairs = (pair.partition("=") for pair in body.decode().split("&"))
    return {unquote_plus(name): value for name, _, value in pairs}


def md5_hex(text: bytes, secret: bytes) -> str:
    """What the sorted-form scheme calls its hash; MD5 is the studio's choice."""
    return hashlib.md5(text + secret, usedforsecurity=False).hexdigest()


def rsa_verifies(pem: bytes, signature: bytes, message: bytes) -> bool:
    """Whether `signature` is the PKCS #1 v1.5 signature of `message`; a PEM that is no RSA key verifies nothing."""
    key = rsa_public_key(pem)
    if key is None:
        return False
    try:
        key.verify(signature, message, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


@lru_cache(maxsize=256)
def rsa_public_key(pem: bytes) -> RSAPublicKey | None:
    """The parsed key; None where the text is no RSA public key, so that one bad secret does not hide the other."""
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, RSAPublicKey) else None


def equals_one(given: str, digests: Iterable[str]) -> bool:
    """Whether `given` is one of the lower-case hexadecimal `digests`, in constant time for each."""
    claimed = given.encode("utf-8", "surrogatepass").lower()
    return any(hmac.compare_digest(claimed, digest.encode()) for digest in digests)
