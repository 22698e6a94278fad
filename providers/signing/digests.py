"""Signatures with a secret that both sides know: secret and covered text to the text that travels.

Pure.  The same functions check what studios send and sign what is sent to them.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping

from providers.signing.covered import bytes_of, php_form, sorted_form


def hmac_sha256_signature(secret: bytes, message: bytes) -> str:
    """HMAC-SHA256 in lower-case hexadecimal digits."""
    return hmac.digest(secret, message, "sha256").hex()


def sha256_suffixed_signature(secret: bytes, message: bytes) -> str:
    """SHA-256 of the message with the secret behind it, in lower-case hexadecimal digits."""
    return hashlib.sha256(message + secret).hexdigest()


def sha512_suffixed_signature(secret: bytes, message: bytes) -> str:
    """SHA-512 of the message with the secret behind it, in lower-case hexadecimal digits."""
    return hashlib.sha512(message + secret).hexdigest()


def md5_sorted_form_signature(secret: bytes, fields: Mapping[str, str]) -> str:
    """MD5 of `sorted_form` with the secret behind it; the hash's own field is not among the fields.

    MD5 and SHA-1 are the studios' choice.
    """
    return hashlib.md5(sorted_form(fields) + secret, usedforsecurity=False).hexdigest()


def hmac_sha1_php_form_signature(secret: bytes, fields: Mapping[str, str], headers: Mapping[str, str]) -> str:
    """HMAC-SHA1 over `php_form` of the fields and, under their exact names, the headers, in lower-case digits."""
    text = php_form({**fields, **{name: bytes_of(value) for name, value in headers.items()}})
    return hmac.digest(secret, text, "sha1").hex()


def equals_one(given: str, digests: Iterable[str]) -> bool:
    """Whether `given` is one of the lower-case `digests` in whatever case, in constant time for each."""
    claimed = given.encode("utf-8", "surrogatepass").lower()
    return any(hmac.compare_digest(claimed, digest.encode()) for digest in digests)


def equals_secret(given: bytes, secrets: Iterable[bytes]) -> bool:
    """Whether `given` is one of the secrets to the byte, in constant time for each; nothing at all is none."""
    return given != b"" and any(hmac.compare_digest(given, secret) for secret in secrets)
