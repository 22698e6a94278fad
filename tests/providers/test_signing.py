"""Each signature scheme against published or computed vectors, one flipped byte and a stranger's garbage."""

import hashlib
import hmac
from pathlib import Path
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from providers.contract import Account, Manners, Request
from providers.signing import (
    ENCODED_VALUES,
    hmac_sha256_hex,
    md5_sorted_form,
    public_key,
    rsa_sha256_base64,
)
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
    import base64

    private = rsa.generate_private_key(65537, 2048)
    pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for pad, accepted in ((padding.PKCS1v15(), True), (padding.PSS(padding.MGF1(SHA256()), 32), False)):
        sign = base64.b64encode(private.sign(b"{}", pad, SHA256())).decode()
        assert check_rsa(request(b"{}", sign), account(pem)) is accepted
