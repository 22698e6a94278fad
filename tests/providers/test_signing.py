"""Each signature scheme against published or computed vectors, one flipped byte and a stranger's garbage."""

import base64
import hashlib
import hmac
import json
from pathlib import Path
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from providers import signing
from providers.contract import Account, Fault, Refused, Request
from providers.manners import Manners
from providers.signing import (
    ENCODED_VALUES,
    hmac_sha256_hex,
    md5_sorted_form,
    public_key,
    rsa_sha256_base64,
)
from providers.signing.covered import TEXT_OR_NAME, names_white_space
from wallet.types import Policy

PUBLIC_KEY = (Path(__file__).parent / "keys" / "rsa_vectors_public.pem").read_bytes()

RSA_VECTORS = {
    b"test": "V3bEXE72v0fbrKNV6bHW945WgsuRvkKcUBA4+C2AiUp+ssrItfk4btBhQfuupBsUXY11JZY+2DSK15NlXeziZbtGQRbgq6v/Ou2tWd652r39nKCfwpxLw1foXaLiSP5ZPudi42M7ANG4XygjaErPiIMHHQaEA6WKqSLIPmJmJJ1u6PkLulpG5CEMO+/6tWRBMMd5vZuHxqc2koaCWI6a3sW+75INSPXbSAEnwVkWPIeUg+EYCdUE7RARSlT/xf5Bp37qtEGZSG7TF7198HDQjAMpC7HBY+tUXsNZwXJJpcRxRh0Pqfz7Q9LG0ikFfdQE+0gCnuLOmx0IMtLIFjVQpA==",
    b'{"test":"test"}': "LMYX772LMBO+r83MakogTLoYnUmkR5TTSCMbzbzWPQBgqakoUwjsQnGAbIvA2ZEZXKgbygEW32crr/OzkJbXJp/XSeXPg93IvlOOiaItcPZAIx2MvBh7tY2vtcNMfodlrEvvG5ySDJQWO4LD/Gv7v6dpJJEsVy7AFdT8Azix2MUGcsljIJFWclYsHjJ96OCm5z4RZeA4tp49QCMKb3AL0TZojxxPL/9vSO//o4IcGQCQ02Sw7/p1c8EogCKI9AcMA2fmcog5fy853wMoZJem+qzLtQfBNKLmmKvFE02V7AkRdPn4q7ilCFzkpmN3T5Rhmazv5JHUIvjokR9c0p/4UQ==",
    b'{"game_id":132,"request_uuid":"583c985f-fee6-4c0e-bbf5-308aad6265af","token":"55b7518e-b89e-11e7-81be-58404eea6d16"}': "Kd+/B1NealiUiv/9cI/0MQuwnLiAMteKFesys/b8Koe9pVP/H7Hw54W99+q1uMGizaXj+nMIzcwerFSlSkMj94uqXHueGFvDKI4YGKqntlj7EvID1B7P+VlS/A5RN4RjghIMR3MGnsJZT43G8tAju+xJCzjzDmgS25IPVIZobabIpct87ReqxYfkqIlqgH/uKkpU0ezG25mmhMa82Umat1eu88dJDCa1NsbX9SF5gtdC+A8pYS/o87s2RWHG5VVYM8awAwxPnwZacyKIEbXS59BcAI6StUm+/sJWvSKKvR6lxCiJyQOWzG1IwN9NxBthp5AfQx23G5aDMnYDkSUsIw==",
}

HMAC_VECTORS = {  # with the published secret of a conformance kit
    b'{"account_id":"player_1","currency":"EUR","game_id":"dice","round_id":"r-1","transactions":[{"id_provider":"tx-1","type":"bet","amount":"10.00"}]}': "613920350c7feff97137caa8b738c69afc599f67d1c5590d624e8d4130ebd1f9",
    b'{"transactions":[{"type":"bet","id_provider":"tx-1","amount":"10.00"}],"round_id":"r-1","game_id":"dice","currency":"EUR","account_id":"player_1"}': "230da3bdfd409c57cf37d25317bacc6012e15af5f44b0c0bbde7a6f957b90aa0",
}
HMAC_SECRET = b"conformance-secret-do-not-use-in-production"

MD5_VECTORS = {  # computed, secret testKey
    "providerId=PragmaticPlay&token=7b1f6e2a-token&userId=421": "725cbc53bbd696ede77024e1038399ca",
    "amount=100.0&gameId=vs50hercules&providerId=PragmaticPlay&reference=585c1306f89c56f5ecfc2f5d&roundDetails=spin&roundId=5103188801&timestamp=1482429190374&userId=421": "d110ddad2d387fc1fcae375bed00a83c",
}

GARBAGE = ["", " ", "=", "ÿþ", "пидпис", "\ud800", "é" * 64, "a" * 65_536, "AAAA", "\x00", "0" * 64, "null"]

check_hmac = hmac_sha256_hex(header="x-sign")
check_rsa = rsa_sha256_base64(header="x-sign")
check_md5 = md5_sorted_form(field="hash")


def account(*secrets, **settings):
    return Account("a", secrets, Policy(), Manners(), settings)


def request(body, sign=None):
    return Request("POST", "/", "/", b"", {} if sign is None else {"x-sign": sign}, body)


def flipped(body):
    """Every body that differs from this one in one bit of one byte."""
    for place in range(len(body)):
        yield body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]


@pytest.mark.parametrize("body", RSA_VECTORS)
def test_published_rsa_signatures_verify(body):
    """The signatures published with a studio's examples verify with its public key, and only over their own body."""
    key = account(PUBLIC_KEY)
    assert check_rsa(request(body, RSA_VECTORS[body]), key)
    assert not any(check_rsa(request(other, RSA_VECTORS[body]), key) for other in flipped(body))


@pytest.mark.parametrize("body", HMAC_VECTORS)
def test_published_hmac_signatures_verify(body):
    """The published HMAC verifies over the raw body in whatever order its keys stand, and over no other body."""
    ours = account(HMAC_SECRET)
    assert check_hmac(request(body, HMAC_VECTORS[body]), ours)
    assert check_hmac(request(body, HMAC_VECTORS[body].upper()), ours)
    assert not any(check_hmac(request(other, HMAC_VECTORS[body]), ours) for other in flipped(body))


@pytest.mark.parametrize("text", MD5_VECTORS)
def test_computed_md5_vectors_verify(text):
    """The sorted-form hash covers every non-empty field, whatever their order, and no other value passes."""
    ours = account(b"testKey")
    for order in (sorted(text.split("&")), sorted(text.split("&"), reverse=True)):
        body = "&".join([*order, "empty=", f"hash={MD5_VECTORS[text].upper()}"]).encode()
        assert check_md5(request(body), ours)
    signed = text.encode()
    tail = f"&hash={MD5_VECTORS[text]}".encode()
    assert not any(check_md5(request(other + tail), ours) for other in flipped(signed))


def test_md5_covers_fields_nobody_knows():
    """An added field that was not hashed is refused, and one that was hashed is accepted."""
    ours = account(b"key")
    digest = hashlib.md5(b"a=1&new=2key").hexdigest()
    assert check_md5(request(f"new=2&hash={digest}&a=1".encode()), ours)
    assert not check_md5(request(f"a=1&hash={digest}".encode()), ours)
    assert not check_md5(request(f"a=1&new=2&newer=3&hash={digest}".encode()), ours)


def test_md5_is_taken_over_decoded_values():
    """Percent signs and pluses are decoded before hashing; the encoded reading passes only where it is switched on."""
    fields = {"roundDetails": "spin & win é", "a": "1+1"}
    decoded = hashlib.md5("a=1+1&roundDetails=spin & win ékey".encode()).hexdigest()
    encoded = hashlib.md5(b"a=1%2B1&roundDetails=spin+%26+win+%C3%A9key").hexdigest()
    for digest, plain, switched in ((decoded, True, True), (encoded, False, True)):
        body = urlencode({**fields, "hash": digest}).encode()
        assert check_md5(request(body), account(b"key")) is plain
        assert check_md5(request(body), account(b"key", **{ENCODED_VALUES: "yes"})) is switched


BENT_FORMS = {  # the text of reference, roundDetails and roundId, cut elsewhere
    "a field within a value": {"reference": "w1&roundDetails=spin", "roundId": "7"},
    "all fields within one": {"reference": "w1&roundDetails=spin&roundId=7"},
    "a field within the last but one": {"reference": "w1", "roundDetails": "spin&roundId=7"},
    "a name that holds an equals sign": {"reference=w1&roundDetails": "spin", "roundId": "7"},
    "a name that holds all": {"reference=w1&roundDetails=spin&roundId": "7"},
}


@pytest.mark.parametrize("bent", BENT_FORMS.values(), ids=BENT_FORMS)
def test_md5_refuses_other_fields_of_the_same_text(bent):
    """Fields that were cut elsewhere make the text that was hashed, and are refused in either reading."""
    text = "reference=w1&roundDetails=spin&roundId=7"
    digest = hashlib.md5(f"{text}key".encode()).hexdigest()
    assert signing.md5_sorted_form_signature(b"key", bent) == digest
    for ours in (account(b"key"), account(b"key", **{ENCODED_VALUES: "yes"})):
        assert check_md5(request(f"{text}&hash={digest}".encode()), ours)
        assert not check_md5(request(urlencode({**bent, "hash": digest}).encode()), ours)


def test_md5_takes_free_text_that_no_field_can_stand_in():
    """A value may hold what separates fields where the next field could not stand."""
    for fields in (
        {"jackpotDetails": "a=1&b=2", "win": "1"},
        {"roundDetails": "Tom & Jerry&", "roundId": "7"},
    ):
        digest = signing.md5_sorted_form_signature(b"key", fields)
        assert check_md5(request(urlencode({**fields, "hash": digest}).encode()), account(b"key"))


def test_md5_takes_no_text_in_both_readings():
    """Where encoded values count, what was hashed as encoded is not another form's decoded text, nor the other way."""
    ours = account(b"key", **{ENCODED_VALUES: "yes"})
    for text, theirs, bent in (("a=w+1", "a=w+1", "a=w%2B1"), ("a=w%2B1", "a=w%2B1", "a=w%252B1")):
        digest = hashlib.md5(f"{text}key".encode()).hexdigest()
        assert check_md5(request(f"{theirs}&hash={digest}".encode()), ours)
        assert not check_md5(request(f"{bent}&hash={digest}".encode()), ours)
    decoded = hashlib.md5(b"a=w 1key").hexdigest()
    assert check_md5(request(f"a=w+1&hash={decoded}".encode()), ours)
    assert check_md5(request(f"a=w%201&hash={decoded}".encode()), ours)


def test_md5_refuses_a_field_that_stands_twice():
    """A form with two values under one name has no one meaning that could have been signed."""
    digest = hashlib.md5(b"amount=1key").hexdigest()
    assert not check_md5(request(f"amount=1&amount=1&hash={digest}".encode()), account(b"key"))


def test_either_active_secret_is_accepted():
    """While a secret is being replaced, requests signed with the old one and with the new one both pass."""
    body = b"{}"
    for secret in (b"new", b"old"):
        assert check_hmac(request(body, hmac.digest(secret, body, "sha256").hex()), account(b"new", b"old"))
        digest = hashlib.md5(b"a=1" + secret).hexdigest()
        assert check_md5(request(f"a=1&hash={digest}".encode()), account(b"new", b"old"))
    private = rsa.generate_private_key(65537, 2048)
    other = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signature = RSA_VECTORS[b"test"]
    assert check_rsa(request(b"test", signature), account(other, PUBLIC_KEY))
    assert not check_rsa(request(b"test", signature), account(other))


def test_an_account_without_secrets_accepts_nothing():
    """No secret means nobody can have signed, not that everybody may."""
    assert not check_hmac(request(b"", hmac.digest(b"", b"", "sha256").hex()), account())
    assert not check_md5(request(b"hash=" + hashlib.md5(b"").hexdigest().encode()), account())
    assert not check_rsa(request(b"test", RSA_VECTORS[b"test"]), account())


@pytest.mark.parametrize("sign", [None, *GARBAGE], ids=ascii)
def test_garbage_is_refused_not_raised(sign):
    """A missing signature, or one in letters that no scheme uses, is refused like any other wrong one."""
    assert not check_hmac(request(b"{}", sign), account(b"secret"))
    assert not check_rsa(request(b"{}", sign), account(PUBLIC_KEY))
    body = b"a=1" if sign is None else b"a=1&hash=" + sign.encode("utf-8", "surrogatepass")
    assert not check_md5(request(body), account(b"secret"))


@pytest.mark.parametrize("body", [b"\xff\xfe", b"hash=%FF", b"&&&=&=", b"a=1;hash=2", b"\x00", b"a" * 70_000])
def test_a_form_that_cannot_be_read_is_refused(body):
    """Bytes that are no form at all are refused by the form's own scheme."""
    assert not check_md5(request(body), account(b"secret", **{ENCODED_VALUES: "yes"}))


def test_one_unusable_key_does_not_hide_the_other():
    """A secret that is no RSA public key verifies nothing and leaves the second one working."""
    curve = ec.generate_private_key(ec.SECP256R1()).public_key()
    wrong = curve.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for broken in (b"", b"not a key", wrong):
        assert check_rsa(request(b"test", RSA_VECTORS[b"test"]), account(broken, PUBLIC_KEY))
        assert not check_rsa(request(b"test", RSA_VECTORS[b"test"]), account(broken))


def test_keys_are_parsed_once():
    """The second look at a key is a look into the cache."""
    assert public_key(PUBLIC_KEY) is public_key(PUBLIC_KEY)


def test_only_pkcs1_v1_5_with_sha256_counts():
    """The same key's signature in another padding is not the scheme's."""
    private = rsa.generate_private_key(65537, 2048)
    pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for pad, accepted in ((padding.PKCS1v15(), True), (padding.PSS(padding.MGF1(SHA256()), 32), False)):
        sign = base64.b64encode(private.sign(b"{}", pad, SHA256())).decode()
        assert check_rsa(request(b"{}", sign), account(pem)) is accepted


# Every scheme on one road: what it made passes, and nothing else does.

CURVES = (ec.SECP256R1(), ec.SECP256K1())
RSA_PRIVATE = (Path(__file__).parent / "keys" / "rsa_test_private.pem").read_bytes()
HEX = "0123456789abcdefABCDEF"


def pair(private):
    """A key pair as two PEMs, private and public."""
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), public


ECDSA_PAIRS = [pair(ec.generate_private_key(curve)) for curve in CURVES]
RSA_PAIR = pair(rsa.generate_private_key(65537, 2048))
JSON_BODY = b'{"a": 1, "b": {"c": "2.50", "d": null}, "\xc3\xa9": "\xc3\xbc"}'


class Signed(Struct):
    """A request that the secret's holder made, and where its signature stands."""

    check: signing.Check
    secret: bytes
    request: Request
    headers: tuple[str, ...] = ()  # all that the scheme needs
    digits: str | None = None  # the header whose case does not matter
    covers: tuple[str, ...] = ("body",)  # the parts of the request in which no byte may differ
    covered_headers: tuple[str, ...] = ()


def sent(headers, body=JSON_BODY, method="POST", target="/callbacks/a/bet", query=b""):
    """A request with these headers."""
    full = f"{target}?{query.decode()}" if query else target
    return Request(method, "/bet", full, query, headers, body)


def by_key(check, sign, key, **parts):
    """A request signed with a private key, whose public half is the secret."""
    private, public = key
    body, query = parts.get("body", JSON_BODY), parts.get("query", b"")
    covered = query if parts.get("method") == "GET" else body
    request = sent({"x-sign": sign(private, covered)}, **parts)
    covers = ("query",) if parts.get("method") == "GET" else ("body",)
    return Signed(check, public, request, ("x-sign",), covers=covers)


TIMED_HEADERS = ("x-signature", "x-stamp", "x-client")
check_timed = signing.hmac_sha256_timed(signature="x-signature", stamp="x-stamp", client="x-client")
PHP_HEADERS = ("X-Merchant-Id", "X-Timestamp", "X-Nonce")
check_php = signing.hmac_sha1_php_form(signature="x-sign", headers=PHP_HEADERS, merchant="X-Merchant-Id")
check_pws = signing.form_secret_and_hash(field="secret_key")
check_sha512 = signing.sha512_suffixed_hex(header="digest")
check_ecdsa = signing.ecdsa_sha256_base64(header="x-sign")

TIMED_BODY = b'{"user_id":"p1","currency":"EUR","amount":1000,"provider":"spribe_crash","provider_tx_id":"tx-1","game":"aviator","action":"bet","action_id":"r-1","session_token":"s-1","platform":"desktop"}'
TIMED_SIGNATURE = "f5e06b46f4878494c6259a34cc1be6c4aa8e16c8a15fe6bd615ba859540f2995"
TIMED = {"x-signature": TIMED_SIGNATURE, "x-stamp": "1700000000", "x-client": "op"}

PHP_VECTORS = {  # computed, key merchant-key
    b"transaction_id=t1&action=bet&amount=1.5&currency=EUR&game_uuid=g+1&player_id=p1&session_id=s1&type=bet": "fe47c89b4765c502584032da95f959031af62e0c",
    b"transaction_id=t2&rollback_transactions[0][action]=bet&rollback_transactions%5b0%5d%5btransaction_id%5d=t1&rollback_transactions%5B0%5D%5Bamount%5D=1.5&action=rollback&currency=EUR&game_uuid=g1&player_id=p1&session_id=s1": "ff5afc0bcdd60d267a6f1d45c638146b48ae5e9c",
}
PHP_SENT = {"x-merchant-id": "m1", "x-timestamp": "1700000000", "x-nonce": "n1"}
PHP_BODY, PHP_SIGNATURE = next(iter(PHP_VECTORS.items()))

PWS_BODY = b"operator_token=OPTOKEN&secret_key=SECRET&player_name=p1"
PWS_SENT = {  # computed, salt "salt"
    "host": "wallet.example.com",
    "x-date": "20240102",
    "x-content-sha256": "da610c63c4208e6cc195c275a6ff270e96be9a982392c6cf5ed10a4415c410e1",
    "authorization": "PWS-HMAC-SHA256 Credential=20240102/OPTOKEN/pws/v1,"
    "SignedHeaders=host;x-content-sha256;x-date,"
    "Signature=65aee0b815902648d5e895eafd555985fb4aaf6d8ad003ec2ec7aa1331a0b42b",
}

SHA512_VECTORS = {  # computed, secret "secret": a body, and what two questions cover
    b'{"type":"BET","id":"t1","amount":1.5}': "004e487fa960e1fda98ad5b274673abf4c0b41fcb3dd93155c6e0e4b17eb61bb0d99f288d30ab3fe3f26e8e4eaddf9b918819dbf3bea461e45303bed425f7622",
    b"cs1EUR10157": "a3b6f66b7c2394768faf51eda728f55a6e564760cf96eb5e5ba43af1a271d1f7e5c41c0592b8646695ba6faac5df53f14a52e66e954c3b408e05db25ca79c295",
    b"cs1": "8018a2adc425b134d5011bc0e9c1fcb647533e2946ddd424a573ef6247c7831888da7b23bd5e0549a4837a93861b1c6d4df0b25864594074ecf83b4c1debaba8",
}
SHA256_BODY = b'{"token":"b91b664a8e2b558c240824f7da0e842c","gameId":"testGameId","endRound":false,"roundId":"29","transactionId":"d_182","amount":0}'
SHA256_PUBLISHED = "5a0314907c49dea0b8cc90533e80c82ce523285c5f01831e41f06a0d6ba69a6e"
HMAC_BODY, HMAC_PUBLISHED = next(iter(HMAC_VECTORS.items()))
SHA512_BODY, SHA512_COMPUTED = next(iter(SHA512_VECTORS.items()))

SCHEMES = {
    "hmac_sha256": Signed(
        check_hmac, HMAC_SECRET, sent({"x-sign": HMAC_PUBLISHED}, HMAC_BODY), ("x-sign",), "x-sign"
    ),
    "sha256_suffixed": Signed(
        signing.sha256_suffixed_hex(header="authorization"),
        b"test_secret_key",
        sent({"authorization": SHA256_PUBLISHED}, SHA256_BODY),
        ("authorization",),
        "authorization",
    ),
    "sha512_suffixed": Signed(
        check_sha512,
        b"secret",
        sent({"digest": f"SHA-512={SHA512_COMPUTED}"}, SHA512_BODY),
        ("digest",),
        "digest",
    ),
    "hmac_sha256_timed": Signed(
        check_timed,
        b"client-secret",
        sent(TIMED, TIMED_BODY, target="/spribe/withdraw"),
        ("x-signature", "x-stamp"),
        "x-signature",
        ("body", "target"),
        ("x-stamp",),
    ),
    "hmac_sha1_php_form": Signed(
        check_php,
        b"merchant-key",
        sent({**PHP_SENT, "x-sign": PHP_SIGNATURE}, PHP_BODY),
        ("x-sign", *PHP_SENT),
        "x-sign",
        ("body",),
        tuple(PHP_SENT),
    ),
    "form_secret": Signed(check_pws, b"SECRET", sent({}, PWS_BODY), covers=()),
    "form_secret_and_hash": Signed(
        check_pws,
        b"SECRET:salt",
        sent(PWS_SENT, PWS_BODY),
        tuple(PWS_SENT),
        covered_headers=("host", "x-date", "x-content-sha256"),
    ),
    "secret_in_query": Signed(
        signing.secret_in_query(field="authToken"),
        b"s3 cr%t",
        sent({}, query=b"authToken=s3+cr%25t&x=1"),
        covers=(),
    ),
    "secret_in_header": Signed(
        signing.secret_in_header(header="x-token"),
        b"s3cret",
        sent({"x-token": "s3cret"}),
        ("x-token",),
        covers=(),
    ),
    "rsa_sha256": by_key(check_rsa, signing.rsa_sha256_signature, RSA_PAIR),
    "ecdsa_sha256_r1": by_key(check_ecdsa, signing.ecdsa_sha256_signature, ECDSA_PAIRS[0]),
    "ecdsa_sha256_k1": by_key(check_ecdsa, signing.ecdsa_sha256_signature, ECDSA_PAIRS[1]),
    "ecdsa_sha256_get": by_key(
        check_ecdsa,
        signing.ecdsa_sha256_signature,
        ECDSA_PAIRS[0],
        method="GET",
        body=b"",
        query=b"player=p1&site=s",
    ),
}

every_scheme = pytest.mark.parametrize("signed", SCHEMES.values(), ids=SCHEMES)


def with_header(request, name, value):
    """The request with one header changed, or without it where the value is None."""
    headers = {**request.headers, name: value}
    return replace(request, headers={key: text for key, text in headers.items() if text is not None})


@every_scheme
def test_what_the_holder_of_a_secret_made_passes(signed):
    """A signed request passes under its secret, first or second of the two, and under no other one or none."""
    assert signed.check(signed.request, account(signed.secret))
    assert signed.check(signed.request, account(b"another", signed.secret))
    assert signed.check(signed.request, account(signed.secret, b"another:salt"))
    assert not signed.check(signed.request, account(b"another", b"third:salt"))
    assert not signed.check(signed.request, account(signed.secret[1:]))
    if signed is not SCHEMES["secret_in_header"]:
        assert not signed.check(signed.request, account())


@every_scheme
def test_no_covered_byte_may_differ(signed):
    """One flipped bit in the body, query, target or a header that the scheme covers is refused."""
    ours = account(signed.secret)
    for part in signed.covers:
        value = getattr(signed.request, part)
        for other in flipped(value if isinstance(value, bytes) else value.encode()):
            changed = other if isinstance(value, bytes) else other.decode()
            assert not signed.check(replace(signed.request, **{part: changed}), ours), other
        more = value + (b" " if isinstance(value, bytes) else " ")
        assert not signed.check(replace(signed.request, **{part: more}), ours)
    for name in signed.covered_headers:
        for other in flipped(signed.request.headers[name].encode()):
            assert not signed.check(with_header(signed.request, name, other.decode()), ours), (name, other)


@every_scheme
def test_every_header_is_needed_and_garbage_in_it_refused(signed):
    """Without one of its headers, or with garbage in it, a request is refused and nothing is raised."""
    for name in signed.headers:
        for garbage in (None, *GARBAGE, signed.request.headers[name] * 2):
            assert not signed.check(with_header(signed.request, name, garbage), account(signed.secret))


@every_scheme
def test_the_case_of_hexadecimal_digits_does_not_matter(signed):
    """A signature in capital digits is the same number; base64, a secret and a host in capitals are others."""
    for name in signed.headers[:1]:
        loud = with_header(signed.request, name, signed.request.headers[name].upper())
        assert signed.check(loud, account(signed.secret)) is (signed.digits is not None)


@pytest.mark.parametrize(
    "name",
    [
        "hmac_sha256",
        "sha256_suffixed",
        "sha512_suffixed",
        "hmac_sha256_timed",
        "rsa_sha256",
        "ecdsa_sha256_r1",
    ],
)
def test_a_body_written_anew_is_another_body(name):
    """The same JSON with its keys in another order, or other white space, is not what was signed."""
    signed = SCHEMES[name]
    value = json.loads(signed.request.body)
    for anew in (
        json.dumps(value, separators=(",", ":"), sort_keys=True),
        json.dumps(dict(reversed(value.items())), separators=(",", ":")),
        json.dumps(value, indent=1),
    ):
        assert anew.encode() != signed.request.body
        assert not signed.check(replace(signed.request, body=anew.encode()), account(signed.secret))


TEXTS = st.one_of(
    st.text(st.characters(codec=None), max_size=40),
    st.text(HEX, min_size=40, max_size=128),
    st.sampled_from(GARBAGE),
    st.from_regex(signing.checks.PWS, fullmatch=True),
)
BYTES = st.one_of(
    st.binary(max_size=60),
    st.lists(
        st.sampled_from([b"a=1", b"secret_key=", b"%FF", b"&", b"\xc3", b"[0]=%5B", b";", b"authToken=x"])
    ).map(b"&".join),
)
NAMES = sorted({name for signed in SCHEMES.values() for name in (*signed.request.headers, *signed.headers)})


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(st.sampled_from(NAMES), TEXTS),
    BYTES,
    BYTES,
    TEXTS,
    st.sampled_from(["GET", "POST", "é"]),
    st.sampled_from([None, "https://wallet.example.com:8443/prefix/"]),
    st.booleans(),
)
def test_whatever_a_stranger_sends_is_refused_and_never_raised(
    headers, body, query, target, method, base, switched
):
    """Bytes that are no text, letters that no wire carries, and fields in any number are refused by every scheme."""
    switches = {
        name: "yes"
        for name in (ENCODED_VALUES, signing.DIGEST_IGNORES_WHITE_SPACE, signing.SIGNATURE_OPTIONAL)
        if switched
    }
    request = Request(method, "/", target, query, headers, body)
    for signed in SCHEMES.values():
        ours = replace(account(b"\xff secret", signed.secret, **switches), base_url=base)
        optional = switched and signed.check is check_timed and not headers.keys() & set(TIMED_HEADERS)
        assert signed.check(request, ours) is optional
        assert signing.no_scheme(request, ours)


# What only one of them has


@pytest.mark.parametrize("body", PHP_VECTORS)
def test_computed_php_form_vectors_verify(body):
    """Fields and headers verify sorted and encoded as PHP does it, whatever the order and encoding they came in."""
    request = sent({**PHP_SENT, "x-sign": PHP_VECTORS[body]}, body)
    assert check_php(request, account(b"merchant-key"))
    assert not check_php(replace(request, body=body + b"&more="), account(b"merchant-key"))


def test_php_encodes_a_tilde_and_keeps_what_is_empty():
    """Every character but letters, digits, dash, underscore and dot is encoded in capital digits; empty values count."""
    text = b"A=%7E.-_%2B%2A+%C3%A9%2F&a%5Bz%5D=1&a%5Bb%5D=2&b="
    assert signing.covered.php_form({"b": "", "a[z]": "1", "a[b]": "2", "A": "~.-_+* é/"}) == text


def test_a_php_form_needs_each_of_its_headers():
    """Without one of the signed headers, or with an empty one, even the holder of the secret is refused."""
    for name in PHP_HEADERS:
        headers = {other: PHP_SENT[other.lower()] for other in PHP_HEADERS} | {name: ""}
        sign = signing.hmac_sha1_php_form_signature(b"key", {"action": "bet"}, headers)
        empty = {**PHP_SENT, name.lower(): "", "x-sign": sign}
        absent = {header: text for header, text in empty.items() if text}
        assert not check_php(sent(empty, b"action=bet"), account(b"key"))
        assert not check_php(sent(absent, b"action=bet"), account(b"key"))


def test_the_merchant_is_compared_where_the_account_names_it():
    """With a merchant's id in the account's settings a form that another's headers sign is refused; without, it passes."""
    for merchant, passes in (("m1", True), ("M1", False), ("m", False), ("m11", False), ("m\xe9", False)):
        headers = {"X-Merchant-Id": merchant, "X-Nonce": "n1", "X-Timestamp": "1700000000"}
        sign = signing.hmac_sha1_php_form_signature(b"key", {"action": "bet"}, headers)
        request = sent({**PHP_SENT, "x-merchant-id": merchant, "x-sign": sign}, b"action=bet")
        assert check_php(request, account(b"key", **{signing.MERCHANT_ID: "m1"})) is passes
        assert check_php(request, account(b"key"))


def test_a_php_form_with_a_field_twice_is_refused():
    """A form of two values under one name has no one meaning, even where its last value was signed."""
    request = sent({**PHP_SENT, "x-sign": PHP_SIGNATURE}, b"type=win&" + PHP_BODY)
    assert not check_php(request, account(b"merchant-key"))


def test_the_path_is_signed_as_the_studio_called_it():
    """What a proxy took from the path stands in the public base URL, and the query belongs to the path."""
    stamp, target = "1700000000", "/wallet/callbacks/a/info?x=%7E&y"
    sign = signing.hmac_sha256_signature(b"key", stamp.encode() + target.encode())
    headers = {"x-signature": sign, "x-stamp": stamp, "x-client": "op"}
    whole = sent(headers, b"", "GET", "/wallet/callbacks/a/info", b"x=%7E&y")
    behind = sent(headers, b"", "GET", "/callbacks/a/info", b"x=%7E&y")
    for base, request, passes in (
        (None, whole, True),
        ("https://wallet.example.com", whole, True),
        ("https://wallet.example.com/", whole, True),
        ("https://wallet.example.com/wallet", behind, True),
        ("https://wallet.example.com/wallet/", behind, True),
        (None, behind, False),
        ("https://wallet.example.com/wallet", whole, False),
    ):
        assert check_timed(request, replace(account(b"key"), base_url=base)) is passes


def test_a_stamp_is_digits():
    """Nothing of the path can be passed off as the stamp, though the joined text would be the signed one."""
    request = SCHEMES["hmac_sha256_timed"].request
    moved = with_header(replace(request, target="/withdraw"), "x-stamp", "1700000000/spribe")
    assert not check_timed(moved, account(b"client-secret"))
    assert not check_timed(with_header(request, "x-stamp", "१७००००००००"), account(b"client-secret"))


def test_the_client_is_compared_where_the_account_names_it():
    """With a client id in the account's settings another client's header, or none, is refused; without, any passes."""
    request = SCHEMES["hmac_sha256_timed"].request
    for client, named, unnamed in (
        ("op", True, True),
        ("OP", False, True),
        ("", False, True),
        (None, False, True),
    ):
        asked = with_header(request, "x-client", client)
        assert check_timed(asked, account(b"client-secret", **{signing.CLIENT_ID: "op"})) is named
        assert check_timed(asked, account(b"client-secret")) is unnamed


def test_an_optional_signature_may_be_missing_but_not_wrong():
    """Only where the account says so, and only without any of the three headers, an unsigned request passes."""
    switched = account(b"client-secret", **{signing.SIGNATURE_OPTIONAL: "yes", signing.CLIENT_ID: "op"})
    signed = SCHEMES["hmac_sha256_timed"].request
    unsigned = replace(signed, headers={"host": "x"})
    assert check_timed(signed, switched)
    assert check_timed(unsigned, switched)
    assert not check_timed(unsigned, account(b"client-secret"))
    assert not check_timed(unsigned, account(b"client-secret", **{signing.SIGNATURE_OPTIONAL: "no"}))
    for name in TIMED_HEADERS:
        assert not check_timed(replace(signed, headers={name: TIMED[name]}), switched)
        assert not check_timed(replace(signed, headers={name: ""}), switched)
    assert not check_timed(with_header(signed, "x-signature", "0" * 64), switched)


@pytest.mark.parametrize(
    ("query", "passes"),
    [
        (b"authToken=s3%20cr%25t", True),
        (b"sid=1&authToken=s3+cr%25t", True),
        (b"%61uthToken=s3+cr%25t", True),
        (b"authToken=S3+cr%25t", False),
        (b"authtoken=s3+cr%25t", False),
        (b"authToken=s3+cr%25t&authToken=s3+cr%25t", False),
        (b"authToken=x&authToken=s3+cr%25t", False),
        (b"authToken=s3+cr%25t+", False),
        (b"authToken=", False),
        (b"authToken=%FF", False),
        (b"", False),
    ],
)
def test_a_secret_in_the_query_is_one_exact_value(query, passes):
    """The decoded value is the secret to the byte, once, under the exact name."""
    check = signing.secret_in_query(field="authToken")
    assert check(sent({}, query=query), account(b"s3 cr%t")) is passes
    assert not check(sent({}, b"authToken=s3+cr%25t"), account(b"s3 cr%t"))


def test_an_empty_secret_is_nobodys():
    """A missing field or header equals no secret, not even an empty one."""
    assert not signing.secret_in_query(field="t")(sent({}, query=b"t="), account(b""))
    assert not signing.secret_in_header(header="x-token")(sent({}), account(b""))
    assert not check_pws(sent({}, b"secret_key="), account(b"", b":"))


def test_a_secret_in_a_header_is_asked_for_where_there_is_one():
    """Without secrets the network alone speaks; with one, the header is it to the byte."""
    check = signing.secret_in_header(header="x-token")
    for value in (None, "anything"):
        assert check(with_header(sent({}), "x-token", value), account())
    assert not check(sent({"x-token": "S3CRET"}), account(b"s3cret"))
    assert check(sent({"x-token": "clé".encode().decode("latin-1")}), account("clé".encode()))


@pytest.mark.parametrize("text", SHA512_VECTORS)
def test_computed_sha512_vectors_verify(text):
    """The digest covers what the protocol says of the request, not always its body."""
    check = signing.sha512_suffixed_hex(header="digest", covers=lambda _request: text)
    for algorithm in ("SHA-512", "sha-512"):
        request = sent({"digest": f"{algorithm}={SHA512_VECTORS[text]}"}, b"", "GET")
        assert check(request, account(b"secret"))
    assert not check(sent({"digest": SHA512_VECTORS[text]}), account(b"secret"))
    assert not check(sent({"digest": f"SHA-256={SHA512_VECTORS[text]}"}), account(b"secret"))


def test_a_request_that_covers_nothing_is_refused():
    """Where the protocol finds no text in a request, nothing can have been signed."""

    def refuse(_request):
        raise Refused(Fault.MALFORMED)

    request = sent({"digest": f"SHA-512={hashlib.sha512(b'secret').hexdigest()}"}, b"")
    assert check_sha512(request, account(b"secret"))
    for covers in (refuse, lambda _request: None):
        assert not signing.sha512_suffixed_hex(header="digest", covers=covers)(request, account(b"secret"))


def test_white_space_is_ignored_only_where_the_account_says_so():
    """A digest over the stripped body passes under the setting, and one over the raw body always."""
    body = b'{ "name": "a b",\r\n\t"amount": 1.5 }'
    switched = account(b"k", **{signing.DIGEST_IGNORES_WHITE_SPACE: "yes"})
    for covered, plain in ((body, True), (b'{"name":"ab","amount":1.5}', False)):
        request = sent({"digest": f"SHA-512={signing.sha512_suffixed_signature(b'k', covered)}"}, body)
        assert check_sha512(request, account(b"k")) is plain
        assert check_sha512(request, switched)


def test_a_salt_makes_the_hash_of_the_headers_required():
    """With a salt in the account's secret the form's secret alone is not enough; nor is the hash alone."""
    bare, hashed = sent({}, PWS_BODY), sent(PWS_SENT, PWS_BODY)
    assert check_pws(bare, account(b"SECRET"))
    assert check_pws(hashed, account(b"SECRET"))
    assert not check_pws(bare, account(b"SECRET:salt"))
    for secret in (b"OTHER:salt", b"SECRET:other", b"SECRET:", b"salt:SECRET", b"SECRET:salt:"):
        assert not check_pws(hashed, account(secret)), secret
    assert not check_pws(sent(pws_headers(PWS_BODY, b""), PWS_BODY), account(b"SECRET:"))
    colon = PWS_BODY.replace(b"SECRET", b"A:B")
    assert check_pws(sent(pws_headers(colon, b"salt"), colon), account(b"A:B:salt"))


def pws_headers(body, salt, host="wallet.example.com", date="20240102"):
    """The headers that a studio with this salt sends with this body."""
    content = hashlib.sha256(body).hexdigest()
    sign = hmac.new(salt, f"{host}{content}{date}".encode(), "sha256").hexdigest()
    names = "SignedHeaders=host;x-content-sha256;x-date"
    credential = f"PWS-HMAC-SHA256 Credential={date}/OPTOKEN/pws/v1"
    headers = {"host": host, "x-date": date, "x-content-sha256": content}
    return {**headers, "authorization": f"{credential},{names},Signature={sign}"}


def test_the_hash_of_the_headers_covers_the_host_as_called():
    """The public base URL says which host the studio called; without one the header does."""
    ours = account(b"SECRET:salt")
    outside = replace(ours, base_url="https://wallet.example.com:8443/wallet")
    for host, header, public in (
        ("wallet.example.com", True, False),
        ("wallet.example.com:8443", True, True),
    ):
        request = sent(pws_headers(PWS_BODY, b"salt", host), PWS_BODY)
        assert check_pws(request, ours) is header
        assert check_pws(request, outside) is public
        assert check_pws(with_header(request, "host", "10.0.0.7"), outside) is public
        assert not check_pws(with_header(request, "host", "10.0.0.7"), ours)


def test_the_hash_of_the_headers_names_its_scheme_date_and_headers():
    """Another scheme, a credential of another day, or other signed headers are not this scheme."""
    for old, new in (
        ("PWS-HMAC-SHA256", "PWS-HMAC-SHA1"),
        ("Credential=20240102", "Credential=20240103"),
        ("host;x-content-sha256;x-date", "host;x-date"),
        ("/pws/v1", "/pws/v2"),
    ):
        other = PWS_SENT["authorization"].replace(old, new)
        assert not check_pws(sent({**PWS_SENT, "authorization": other}, PWS_BODY), account(b"SECRET:salt"))
    spaced = PWS_SENT["authorization"].replace(",", ", ")
    assert check_pws(sent({**PWS_SENT, "authorization": spaced}, PWS_BODY), account(b"SECRET:salt"))


def test_a_key_may_be_wrapped_in_base64():
    """A public key handed over as base64 of its PEM, in lines or in one, is the same key."""
    signed = SCHEMES["ecdsa_sha256_r1"]
    for wrapped in (base64.b64encode(signed.secret), base64.encodebytes(signed.secret)):
        assert check_ecdsa(signed.request, account(wrapped))


def test_a_key_of_another_kind_does_not_hide_the_right_one():
    """A PEM of the other algorithm, of the other curve, or of a private key verifies nothing and harms nothing."""
    for name, wrong in (
        (
            "ecdsa_sha256_r1",
            [RSA_PAIR[1], ECDSA_PAIRS[1][1], ECDSA_PAIRS[0][0], b"-----BEGIN", b"\xff", b"AAAA"],
        ),
        ("rsa_sha256", [ECDSA_PAIRS[0][1], PUBLIC_KEY, RSA_PAIR[0], base64.b64encode(b"no PEM")]),
    ):
        signed = SCHEMES[name]
        for pem in wrong:
            assert signed.check(signed.request, account(pem, signed.secret))
            assert not signed.check(signed.request, account(pem))


def test_only_der_in_standard_base64_counts():
    """The two numbers side by side, the alphabet for URLs, and base64 with anything around it are refused."""
    signed = SCHEMES["ecdsa_sha256_r1"]
    text = signed.request.headers["x-sign"]
    der = base64.b64decode(text)
    for other in (
        base64.b64encode(b"\x01" * 64).decode(),
        der.hex(),
        f" {text}",
        f"{text}\n",
        text.rstrip("=") + "-_",
    ):
        assert not check_ecdsa(with_header(signed.request, "x-sign", other), account(signed.secret))
    assert not check_ecdsa(replace(signed.request, method="GET"), account(signed.secret))


# What we sign


@pytest.mark.parametrize("body", RSA_VECTORS)
def test_our_own_signatures_are_the_studios_scheme(body):
    """What we sign with a private key verifies with its public one, as a studio would verify it."""
    for check, sign, (private, public) in (
        (check_rsa, signing.rsa_sha256_signature, RSA_PAIR),
        *((check_ecdsa, signing.ecdsa_sha256_signature, keys) for keys in ECDSA_PAIRS),
    ):
        assert check(request(body, sign(private, body)), account(public))
        assert check(request(body, sign(base64.b64encode(private), body)), account(public))


def test_our_own_digests_are_the_vectors():
    """The functions that sign what we ask a studio give the published and computed digests."""
    assert signing.hmac_sha256_signature(HMAC_SECRET, HMAC_BODY) == HMAC_PUBLISHED
    assert signing.sha256_suffixed_signature(b"test_secret_key", SHA256_BODY) == SHA256_PUBLISHED
    for text, digest in SHA512_VECTORS.items():
        assert signing.sha512_suffixed_signature(b"secret", text) == digest
    for text, digest in MD5_VECTORS.items():
        fields = dict(pair.split("=") for pair in reversed(text.split("&")))
        assert signing.md5_sorted_form_signature(b"testKey", {**fields, "empty": ""}) == digest
    fields = dict(pair.split("=") for pair in PHP_BODY.decode().replace("+", " ").split("&"))
    headers = {"X-Nonce": "n1", "X-Merchant-Id": "m1", "X-Timestamp": "1700000000"}
    assert signing.hmac_sha1_php_form_signature(b"merchant-key", fields, headers) == PHP_SIGNATURE


def test_white_space_is_looked_for_in_one_pass():
    """Each byte is looked at once, whatever stands in a text, and a text without an end ends with the body."""
    for endless in (b'"' + b'\\"' * 16_000, b'"\\' * 20_001, b'"' * 60_001):
        assert sum(len(found) + len(colon) for found, colon in TEXT_OR_NAME.findall(endless)) == len(endless)
    assert not names_white_space(b'{"x": "a b", "id": 1, "y": "a b", "amount" : "1", "z": ["c d"]}')
    for named in (b'{"id" : "a b"}', b'{"a b": 1}', b'{"x":"\\"","amount":"1 "}', b'{"type": "a\\" b"}'):
        assert names_white_space(named)


def test_a_key_that_cannot_sign_says_so_and_nothing_of_itself():
    """A text that is no such private key raises ValueError, whose words hold nothing of the text."""
    private = ec.generate_private_key(ec.SECP256R1())
    closed = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"p"))
    for sign, pems in (
        (signing.rsa_sha256_signature, (ECDSA_PAIRS[0][0], RSA_PAIR[1])),
        (signing.ecdsa_sha256_signature, (RSA_PRIVATE, ECDSA_PAIRS[0][1])),
    ):
        for pem in (*pems, closed, b"", b"hunter2!", b"aHVudGVyMg==", b"-----BEGIN hunter2"):
            with pytest.raises(ValueError, match="private key") as raised:
                sign(pem, b"{}")
            assert "hunter2" not in str(raised.value)
            assert raised.value.__suppress_context__ or raised.value.__context__ is None
