"""The schemes: each is made from the names that a protocol gives it and returns the provider's ``check``."""

import base64
import hashlib
import re
from collections.abc import Callable

from providers.contract import Account, Refused, Request
from providers.signing.covered import (
    body_or_query,
    bytes_of,
    called_host,
    called_target,
    fields_of,
    form_readings,
    names_white_space,
    one_reading,
    raw_body,
)
from providers.signing.digests import (
    equals_one,
    equals_secret,
    hmac_sha1_php_form_signature,
    hmac_sha256_signature,
    md5_sorted_form_signature,
    sha256_suffixed_signature,
    sha512_suffixed_signature,
)
from providers.signing.keys import ecdsa_sha256_verifies, rsa_sha256_verifies

Check = Callable[[Request, Account], bool]

ENCODED_VALUES = "hash_encoded_values"
"""Account setting: ``yes`` also accepts a sorted-form hash over the values as they were encoded."""

CLIENT_ID = "client_id"
"""Account setting: the one client id that a timed signature may be sent under."""

MERCHANT_ID = "merchant_id"
"""Account setting: the one merchant that a signed form may be sent under; our own are sent under it too."""

SIGNATURE_OPTIONAL = "signature_optional"
"""Account setting: ``yes`` lets pass what comes without any header of a timed signature."""

DIGEST_IGNORES_WHITE_SPACE = "digest_ignores_white_space"
"""Account setting: ``yes`` also accepts a SHA-512 digest over the text without its white space."""

STAMP = re.compile(r"[0-9]{1,20}")
PWS = re.compile(
    r"PWS-HMAC-SHA256 Credential=(?P<date>[^/,]*)/[^/,]*/pws/v1, ?"
    r"SignedHeaders=host;x-content-sha256;x-date, ?Signature=(?P<signature>[^,]*)"
)


# The network alone, or a secret as it is


def no_scheme(_request: Request, _account: Account) -> bool:
    """For protocols without a signature: the network alone speaks for the caller."""
    return True


def secret_in_query(*, field: str) -> Check:
    """``?field=secret``: the decoded value, to the byte.  A query with a field that stands twice is not theirs."""

    def check(request: Request, account: Account) -> bool:
        fields = fields_of(request.query) or {}
        return equals_secret(fields.get(field, "").encode(), account.secrets)

    return check


def secret_in_header(*, header: str) -> Check:
    """``header: secret``, to the byte; for an account without any secret the network alone speaks."""

    def check(request: Request, account: Account) -> bool:
        given = bytes_of(request.headers.get(header, ""))
        return not account.secrets or equals_secret(given, account.secrets)

    return check


# A digest in a header; the case of its digits does not matter


def hmac_sha256_hex(*, header: str) -> Check:
    """``header: hex(HMAC-SHA256(secret, raw body))``."""
    return digest_in_header(header, hmac_sha256_signature)


def sha256_suffixed_hex(*, header: str) -> Check:
    """``header: hex(SHA-256(raw body + secret))``."""
    return digest_in_header(header, sha256_suffixed_signature)


def digest_in_header(header: str, digest: Callable[[bytes, bytes], str]) -> Check:
    """A digest of secret and raw body."""

    def check(request: Request, account: Account) -> bool:
        given = request.headers.get(header, "")
        return equals_one(given, (digest(secret, request.body) for secret in account.secrets))

    return check


def sha512_suffixed_hex(*, header: str, covers: Callable[[Request], bytes | None] = raw_body) -> Check:
    """``header: SHA-512=hex(SHA-512(text + secret))``.

    `covers` gives the text; where it gives None, or raises `Refused`, the request is not theirs.
    """

    def check(request: Request, account: Account) -> bool:
        try:
            text = covers(request)
        except Refused:
            return False
        if text is None:
            return False
        given, secrets = request.headers.get(header, ""), account.secrets
        if equals_one(given, (f"sha-512={sha512_suffixed_signature(secret, text)}" for secret in secrets)):
            return True
        if account.settings.get(DIGEST_IGNORES_WHITE_SPACE) != "yes":
            return False
        bare = b"".join(text.split())
        digests = (f"sha-512={sha512_suffixed_signature(secret, bare)}" for secret in secrets)
        return equals_one(given, digests) and not names_white_space(text)  # read once it is a studio's

    return check


def hmac_sha256_timed(*, signature: str, stamp: str, client: str) -> Check:
    """``signature: hex(HMAC-SHA256(secret, stamp + path with query as called + raw body))``.

    The stamp is digits, so that no part of the path can pass for it.  The client's id is compared where the
    account says which.  Where signatures are optional, a wrong one is still wrong.
    """

    def check(request: Request, account: Account) -> bool:
        headers, settings = request.headers, account.settings
        signed = signature in headers or stamp in headers or client in headers
        if not signed and settings.get(SIGNATURE_OPTIONAL) == "yes":
            return True
        moment, name = headers.get(stamp, ""), bytes_of(headers.get(client, ""))
        if not named(name, account, CLIENT_ID) or not STAMP.fullmatch(moment):
            return False
        message = moment.encode() + called_target(request, account) + request.body
        digests = (hmac_sha256_signature(secret, message) for secret in account.secrets)
        return equals_one(headers.get(signature, ""), digests)

    return check


def seconds_in(header: str) -> Callable[[Request], int | None]:
    """The time that is signed, in milliseconds since 1970, of a header of seconds; None where it has none."""

    def signed_at(request: Request) -> int | None:
        seconds = request.headers.get(header, "")
        return int(seconds) * 1000 if STAMP.fullmatch(seconds) else None

    return signed_at


# A signature by the studio's private key


def rsa_sha256_base64(*, header: str) -> Check:
    """``header: base64(RSASSA-PKCS1-v1_5(SHA-256, raw body))``; a secret is the studio's public key as PEM."""
    return key_in_header(header, rsa_sha256_verifies, raw_body)


def ecdsa_sha256_base64(*, header: str) -> Check:
    """``header: base64(DER(ECDSA(SHA-256, raw body, or the query of a GET)))``; a secret is a public key as PEM."""
    return key_in_header(header, ecdsa_sha256_verifies, body_or_query)


def key_in_header(
    header: str, verifies: Callable[[bytes, bytes, bytes], bool], covers: Callable[[Request], bytes]
) -> Check:
    """A signature in base64 over what `covers` gives."""

    def check(request: Request, account: Account) -> bool:
        try:
            signature = base64.b64decode(request.headers.get(header, ""), validate=True)
        except ValueError:
            return False
        message = covers(request)
        return any(verifies(secret, signature, message) for secret in account.secrets)

    return check


# Forms.  One that cannot be read, or holds a name twice, has no one meaning that could have been signed.


def md5_sorted_form(*, field: str) -> Check:
    """``field=md5(name=value&… + secret)``: decoded values, empty ones left out, names ascending, all of them.

    Fields that we do not know are covered too.  Other fields that make the same text are not theirs.
    """

    def check(request: Request, account: Account) -> bool:
        fields = fields_of(request.body)
        if fields is None:
            return False
        given = fields.get(field, "")
        encoded = account.settings.get(ENCODED_VALUES) == "yes"
        readings = form_readings(request.body, fields, encoded=encoded)
        covered = [{name: reading[name] for name in reading if name != field} for reading in readings]
        digests = (
            md5_sorted_form_signature(secret, text)
            for text in filter(one_reading, covered)
            for secret in account.secrets
        )
        return equals_one(given, digests)

    return check


def hmac_sha1_php_form(*, signature: str, headers: tuple[str, ...], merchant: str) -> Check:
    """``signature: hex(HMAC-SHA1(secret, fields and headers as PHP's http_build_query writes them sorted))``.

    `headers` are named as they are signed, in their exact case; without one of them it is not theirs.  The one of
    them that is the merchant's id is compared where the account says which.
    """

    def check(request: Request, account: Account) -> bool:
        fields = fields_of(request.body)
        signed = {name: request.headers.get(name.lower(), "") for name in headers}
        if fields is None or not all(signed.values()):
            return False
        if not named(bytes_of(signed[merchant]), account, MERCHANT_ID):
            return False
        digests = (hmac_sha1_php_form_signature(secret, fields, signed) for secret in account.secrets)
        return equals_one(request.headers.get(signature, ""), digests)

    return check


def form_secret_and_hash(*, field: str) -> Check:
    """``field=secret``; and where the account's secret is ``secret:salt``, also the hash of the headers.

    ``x-content-sha256`` is the hex SHA-256 of the raw body, and the signature in ``authorization`` the hex
    HMAC-SHA256 of host, ``x-content-sha256`` and ``x-date`` under the salt.  What stands behind the last colon of
    the secret is the salt, and the headers are then required.
    """

    def check(request: Request, account: Account) -> bool:
        given = (fields_of(request.body) or {}).get(field, "").encode()
        return any(
            equals_secret(given, [secret]) and (salt is None or pws_verifies(salt, request, account))
            for secret, salt in map(secret_and_salt, account.secrets)
        )

    return check


def named(given: bytes, account: Account, setting: str) -> bool:
    """Whether the caller has the name that this setting of the account says, to the byte; without it any passes."""
    name = account.settings.get(setting)
    return name is None or equals_secret(given, [name.encode()])


def secret_and_salt(text: bytes) -> tuple[bytes, bytes | None]:
    """The two halves of ``secret:salt``, parted at the last colon; no salt where there is no colon."""
    secret, colon, salt = text.rpartition(b":")
    return (secret, salt) if colon else (text, None)


def pws_verifies(salt: bytes, request: Request, account: Account) -> bool:
    """Whether the headers carry the hash of this body under this salt; an empty salt verifies nothing."""
    content = request.headers.get("x-content-sha256", "")
    date = request.headers.get("x-date", "")
    claim = PWS.fullmatch(request.headers.get("authorization", ""))
    if claim is None or claim["date"] != date or not salt:
        return False
    message = called_host(request, account) + bytes_of(content) + bytes_of(date)
    return equals_one(content, [hashlib.sha256(request.body).hexdigest()]) and equals_one(
        claim["signature"], [hmac_sha256_signature(salt, message)]
    )
