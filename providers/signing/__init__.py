"""How studios prove that a request is theirs, and we that ours is: each scheme once, over exactly the bytes it covers.

A check is made from the names a protocol gives it (`checks`).  Both active secrets of the account are tried,
comparison takes the same time wherever the difference is, and whatever a stranger sends (no header, letters of any
script, broken base64) is refused rather than raised.  Nothing here reads a clock: an identical retry must pass, so
there is no memory of nonces, and no window but the one that an account asks for (`Manners.replay_window`).

A signature is a secret or a key and what it covers, to text (`digests`, `keys`); with it we sign what we ask a studio.
"""

from providers.signing.checks import (
    CLIENT_ID,
    DIGEST_IGNORES_WHITE_SPACE,
    ENCODED_VALUES,
    MERCHANT_ID,
    SIGNATURE_OPTIONAL,
    Check,
    ecdsa_sha256_base64,
    form_secret_and_hash,
    hmac_sha1_php_form,
    hmac_sha256_hex,
    hmac_sha256_timed,
    md5_sorted_form,
    no_scheme,
    rsa_sha256_base64,
    seconds_in,
    secret_in_header,
    secret_in_query,
    sha256_suffixed_hex,
    sha512_suffixed_hex,
)
from providers.signing.digests import (
    hmac_sha1_php_form_signature,
    hmac_sha256_signature,
    md5_sorted_form_signature,
    sha256_suffixed_signature,
    sha512_suffixed_signature,
)
from providers.signing.keys import (
    KeyKind,
    ecdsa_sha256_signature,
    kind_of,
    private_key,
    public_key,
    rsa_sha256_signature,
)
from providers.signing.signed import always, unless_optional, with_salt

__all__ = [
    "CLIENT_ID",
    "DIGEST_IGNORES_WHITE_SPACE",
    "ENCODED_VALUES",
    "MERCHANT_ID",
    "SIGNATURE_OPTIONAL",
    "Check",
    "KeyKind",
    "always",
    "ecdsa_sha256_base64",
    "ecdsa_sha256_signature",
    "form_secret_and_hash",
    "hmac_sha1_php_form",
    "hmac_sha1_php_form_signature",
    "hmac_sha256_hex",
    "hmac_sha256_signature",
    "hmac_sha256_timed",
    "kind_of",
    "md5_sorted_form",
    "md5_sorted_form_signature",
    "no_scheme",
    "private_key",
    "public_key",
    "rsa_sha256_base64",
    "rsa_sha256_signature",
    "seconds_in",
    "secret_in_header",
    "secret_in_query",
    "sha256_suffixed_hex",
    "sha256_suffixed_signature",
    "sha512_suffixed_hex",
    "sha512_suffixed_signature",
    "unless_optional",
    "with_salt",
]
