"""Hostile bytes from honest ones: small steps, each by a seed of its own, so that any of them can be left out again.

Pure.  A step changes the body before it is signed, or the request after.
"""

import re
from collections.abc import Callable
from random import Random
from urllib.parse import quote

from msgspec import Struct
from msgspec.structs import replace

from bench.studios.contract import Request

SQL = (
    "'; drop table wallet.posting; --",
    "' or '1'='1",
    '" or 1=1 --',
    "1; select pg_sleep(9)",
    "$1",
    "$$",
    "%s",
    "\\'; --",
    "E'\\\\x00'",
    "1/**/union/**/select/**/null",
    "{{7*7}}",
    "${jndi:ldap://x}",
)
"""What must be text and nothing else wherever text may stand."""

NUMBERS = (
    *(
        "0",
        "-0",
        "-0.0",
        "1",
        "-1",
        "01",
        "+1",
        "1.",
        ".5",
        "0x10",
        "1e3",
        "1E+2",
        "10e-1",
        "1e400",
        "1e-400",
    ),
    *("1e999999999", "-1e999999999", "NaN", "Infinity", "-Infinity", "1e", "--1", "1_000", "1,00", "0.1e1"),
    *("9223372036854775807", "9223372036854775808", "18446744073709551616", "-9223372036854775808"),
    *("9" * 31, "9" * 300, "9" * 5000, "0." + "0" * 300 + "1", "1." + "0" * 40, "0.1", "0.001", "0.0000001"),
    *("1000000000000000000", "6.372709234E7", "2147483648", "10.00000000", "\u0661", "\uff11", "\u00b2"),
)
TEXTS = (
    *SQL,
    *(
        "",
        " ",
        "null",
        "true",
        "[]",
        "{}",
        "\t",
        "\r\n",
        "\x00",
        "a\x00b",
        "\x7f",
        "\x85",
        "\u2028",
        "\ufeff",
    ),
    *(
        "\ud800",
        "\udfff\ud800",
        "\U0001f3b0",
        "é" * 200,
        "k" * 256,
        "k" * 255,
        "k" * 5000,
        "../../etc/passwd",
    ),
    *("<script>", "<!ENTITY x SYSTEM 'file:///'>", "sha256:" + "0" * 64, "-", "a/b", "a%2Fb", "a+b", "a&b=c"),
)
NESTED = (
    "[]",
    "{}",
    "[[]]",
    "[" * 20 + "]" * 20,
    '{"a":' * 20 + "1" + "}" * 20,
    "[" * 3000,
    '{"":{}}',
    "[null]",
)

ODD = (
    *(
        b"\x00",
        b"\xff",
        b"\xc0\x80",
        b"\xed\xa0\x80",
        b"\xef\xbb\xbf",
        b'"',
        b"\\",
        b"{",
        b"]",
        b",",
        b":",
        b"&",
    ),
    *(b"=", b"%", b"%00", b"%zz", b"%u0041", b"%c0%af", b"+", b";", b"/*x*/", b"//x\n", b"\n", b"\r\n"),
)

PAIR = re.compile(rb'"((?:[^"\\]|\\.)*)"\s*:\s*("(?:[^"\\]|\\.)*"|[^,{}\[\]"]+)')
"""A name and a plain value of a JSON object."""


class Step(Struct, frozen=True):
    """One change: which, and the seed that chooses its details."""

    name: str
    seed: int


def changed_body(step: Step, body: bytes, others: list[bytes]) -> bytes:
    """The body with a step of `BODY` applied; `others` are bodies to take pieces from."""
    rng = Random(step.seed)
    return BODY[step.name](rng, body, rng.choice(others) if others else b"")


def changed_request(step: Step, request: Request) -> Request:
    """The signed request with a step of `REQUEST` applied."""
    return REQUEST[step.name](Random(step.seed), request)


# Any bytes


def flip(rng: Random, body: bytes, _other: bytes) -> bytes:
    """One bit."""
    if not body:
        return bytes([rng.randrange(256)])
    place = rng.randrange(len(body))
    return body[:place] + bytes([body[place] ^ (1 << rng.randrange(8))]) + body[place + 1 :]


def cut(rng: Random, body: bytes, _other: bytes) -> bytes:
    """A piece is gone."""
    first, last = sorted((rng.randrange(len(body) + 1), rng.randrange(len(body) + 1)))
    return rng.choice((body[:first], body[last:], body[:first] + body[last:]))


def again(rng: Random, body: bytes, _other: bytes) -> bytes:
    """A piece stands twice."""
    first, last = sorted((rng.randrange(len(body) + 1), rng.randrange(len(body) + 1)))
    return body[:last] + body[first:]


def splice(rng: Random, body: bytes, other: bytes) -> bytes:
    """The beginning of one and the end of another."""
    return body[: rng.randrange(len(body) + 1)] + other[rng.randrange(len(other) + 1) :]


def insert(rng: Random, body: bytes, _other: bytes) -> bytes:
    """Something in between."""
    place = rng.randrange(len(body) + 1)
    return body[:place] + rng.choice(ODD) + body[place:]


def recoded(rng: Random, body: bytes, _other: bytes) -> bytes:
    """The same text in another coding."""
    text = body.decode("utf-8", "replace")
    return text.encode(
        rng.choice(("utf-16", "utf-16-le", "utf-32", "utf-7", "utf-8-sig", "latin-1")), "replace"
    )


def other(_rng: Random, _body: bytes, other: bytes) -> bytes:
    """Another message altogether."""
    return other


# JSON and forms


def pieces_of(body: bytes) -> list[tuple[int, int, bytes, bytes]]:
    """Where names with plain values stand: begin, end, name and value, as they are written."""
    if body.lstrip()[:1] in (b"{", b"["):
        return [(*found.span(), found[1], found[2]) for found in PAIR.finditer(body)]
    found, place = [], 0
    for pair in body.split(b"&"):
        name, _, value = pair.partition(b"=")
        found.append((place, place + len(pair), name, value))
        place += len(pair) + 1
    return found


def written(body: bytes, name: bytes, value: bytes) -> bytes:
    """A name and a value as such a body writes them."""
    return b'"' + name + b'":' + value if body.lstrip()[:1] in (b"{", b"[") else name + b"=" + value


def hostile(rng: Random, body: bytes) -> bytes:
    """A value that no studio sends, as such a body writes it."""
    is_json = body.lstrip()[:1] in (b"{", b"[")
    kind = rng.choice((NUMBERS, TEXTS, NESTED))
    text = rng.choice(kind)
    if not is_json:
        return quote(text, safe="", errors="surrogatepass").encode() if rng.random() < 0.7 else raw(text)
    if kind is TEXTS or rng.random() < 0.3:
        return b'"' + escaped(rng, text) + b'"'
    return raw(text)


def raw(text: str) -> bytes:
    """The text's bytes, valid or not."""
    return text.encode("utf-8", "surrogatepass")


def escaped(rng: Random, text: str) -> bytes:
    """The text as JSON may write it: every letter as it is or by its number."""
    letters = []
    for letter in text[:6000]:
        number = ord(letter)
        if number < 0x10000 and (
            letter in '"\\' or (number < 32 and rng.random() < 0.7) or rng.random() < 0.1
        ):
            letters.append(f"\\u{number:04x}".encode())
        else:
            letters.append(raw(letter))
    return b"".join(letters)


def value(rng: Random, body: bytes, _other: bytes) -> bytes:
    """A field has a hostile value."""
    pieces = pieces_of(body)
    if not pieces:
        return body
    begin, end, name, _ = rng.choice(pieces)
    return body[:begin] + written(body, name, hostile(rng, body)) + body[end:]


def swapped(rng: Random, body: bytes, _other: bytes) -> bytes:
    """A field has another field's value."""
    pieces = pieces_of(body)
    if not pieces:
        return body
    begin, end, name, _ = rng.choice(pieces)
    return body[:begin] + written(body, name, rng.choice(pieces)[3]) + body[end:]


def twice(rng: Random, body: bytes, _other: bytes) -> bytes:
    """A field stands twice, perhaps with its name spelt otherwise or with another value."""
    pieces = pieces_of(body)
    if not pieces:
        return body
    begin, _, name, first = rng.choice(pieces)
    if name and rng.random() < 0.5:
        place = rng.randrange(len(name))
        number = name[place]
        spelt = b"\\u%04x" % number if body.lstrip()[:1] == b"{" else b"%%%02x" % number
        name = name[:place] + spelt + name[place + 1 :]
    between = b"," if body.lstrip()[:1] in (b"{", b"[") else b"&"
    second = rng.choice((first, hostile(rng, body), rng.choice(pieces)[3]))
    return body[:begin] + written(body, name, second) + between + body[begin:]


def without(rng: Random, body: bytes, _other: bytes) -> bytes:
    """A field is gone."""
    pieces = pieces_of(body)
    if not pieces:
        return body
    begin, end, *_ = rng.choice(pieces)
    return (body[:begin] + body[end:]).replace(b",,", b",").replace(b"&&", b"&").replace(b"{,", b"{")


def renamed(rng: Random, body: bytes, _other: bytes) -> bytes:
    """A field's name is another."""
    pieces = pieces_of(body)
    if not pieces:
        return body
    begin, end, name, one = rng.choice(pieces)
    name = rng.choice(
        (name.upper(), name + b"[]", name + b"[0]", name + b"[a][b]", b"__proto__", b"", name + b"\0")
    )
    return body[:begin] + written(body, name, one) + body[end:]


def many(rng: Random, body: bytes, _other: bytes) -> bytes:
    """Thousands of fields."""
    count = rng.choice((20, 900, 3000))
    if body.lstrip()[:1] == b"{":
        return b"{" + b"".join(b'"f%d":1,' % number for number in range(count)) + body.lstrip()[1:]
    return b"".join(b"f%d=1&" % number for number in range(count)) + body


BODY: dict[str, Callable[[Random, bytes, bytes], bytes]] = {
    step.__name__: step
    for step in (
        *(flip, cut, again, splice, insert, recoded, other),
        *(value, swapped, twice, without, renamed, many),
    )
}
LIKELY = (*BODY, *("value",) * 8, *("swapped",) * 3, *("twice",) * 3)
"""Those of `BODY`, the telling ones more often: most bytes that are no JSON at all are alike."""


# The request around the body


def path(rng: Random, request: Request) -> Request:
    """The path is written otherwise, or is another."""
    where, mark, query = request.path.partition("?")
    place = rng.randrange(len(where) + 1)
    changed = rng.choice(
        (
            where + "/",
            where.rstrip("/"),
            "/" + where,
            where + ".html",
            where.upper(),
            where + "/..",
            where + ";x=1",
            where[:place] + "%00" + where[place:],
            where[:place] + "%2F" + where[place:],
            where[:place] + "%FF%ZZ" + where[place:],
            where[:place] + quote(rng.choice(SQL), safe="") + where[place:],
            where[:place]
            + "".join(f"%{ord(letter):02x}" for letter in where[place : place + 1])
            + where[place + 1 :],
            where[:place],
            where + "/" + "x" * 5000,
            "",
            "/",
        )
    )
    return replace(request, path=changed + mark + query)


def query(rng: Random, request: Request) -> Request:
    """The query has more, less, or something twice."""
    where, _, asked = request.path.partition("?")
    steps = (value, twice, without, renamed, swapped, insert, again, many)
    changed = rng.choice(steps)(rng, asked.encode() or b"a=1", b"")
    line = quote(changed.decode("latin-1"), safe="=&%+[];:/?,@!$'()*~-._", encoding="latin-1")
    return replace(request, path=f"{where}?{line}")


UNASKED = ("x-forwarded-for", "forwarded", "content-encoding", "x-request-id", "expect")
"""Headers that no studio sends, and that a server or a proxy may heed."""


def header(rng: Random, request: Request) -> Request:
    """A header is gone, stands twice, or says something else."""
    headers = list(request.headers)
    if not headers:
        return request
    place = rng.randrange(len(headers))
    name, told = headers[place]
    odd = (
        "",
        "x",
        "\xe9",
        "0" * 64,
        "=" * 88,
        "!" * 4000,
        told.upper(),
        told[:-1],
        told + "=",
        told + ", " + told,
    )
    odd += (
        "Bearer x",
        "SHA-512=",
        "\xff" * 64,
        "-1",
        "9" * 400,
        "1e9",
        "application/xml; charset=utf-16",
        " " + told,
    )
    headers[place : place + 1] = rng.choice(
        (
            [],
            [(name, rng.choice(odd))],
            [(name, told), (name, rng.choice(odd))],
            [(name, told), (rng.choice(UNASKED), rng.choice(odd))],
        )
    )
    return replace(request, headers=tuple(headers))


def method(rng: Random, request: Request) -> Request:
    """Another method."""
    return replace(request, method=rng.choice(("GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE")))


def unsigned(rng: Random, request: Request) -> Request:
    """The body changes after it was signed."""
    return replace(request, body=flip(rng, request.body, b""))


REQUEST: dict[str, Callable[[Random, Request], Request]] = {
    step.__name__: step for step in (path, query, header, method, unsigned)
}


def steps_of(rng: Random) -> list[Step]:
    """A few steps: nearly always on the body, sometimes around it."""
    steps = [Step(rng.choice(LIKELY), rng.getrandbits(32)) for _ in range(rng.choice((0, 1, 1, 1, 2, 3)))]
    if not steps or rng.random() < 0.15:
        steps.append(Step(rng.choice(tuple(REQUEST)), rng.getrandbits(32)))
    return steps
