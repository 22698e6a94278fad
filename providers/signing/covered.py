"""What the schemes cover: exact bytes of a request, or the one text that its fields make.  No secret is in it.

Pure.  Nothing here raises for what a stranger can send; what has no one meaning is None.
"""

import re
from collections.abc import Mapping
from urllib.parse import quote_plus, unquote_plus, urlsplit

from providers.contract import Account, Refused, Request
from providers.forms import form_of

FIELD_WITHIN = re.compile(r"&([^&=]*)=")
ENCODED = re.compile(r"[!-~]*")
"""Values as they can travel; one with a blank, or with letters of another script, was decoded."""

TEXT_OR_NAME = re.compile(rb'("(?:[^"\\]|\\.)*(?:"|\\?\Z))(\s*:)?', re.DOTALL)
"""A JSON text, with the colon that makes it a name.  One without an end takes the rest: each byte is read once."""

WHITE_SPACE = re.compile(rb"\s")
TELLING = frozenset(
    b'"%b"' % name
    for name in (b"id", b"casinoPlayerId", b"casinoSessionId", b"type", b"currency", b"status", b"amount")
)
"""Names of fields that say whose, what or how much."""


def raw_body(request: Request) -> bytes:
    """The body to the byte, whatever its content type says."""
    return request.body


def body_or_query(request: Request) -> bytes:
    """The body to the byte, and of a GET the query without its question mark."""
    return request.query if request.method == "GET" else request.body


def called_target(request: Request, account: Account) -> bytes:
    """The path with its query as the studio called it.

    The path of the account's public base URL stands before what arrived here: it is what a proxy took away.
    """
    prefix = "" if account.base_url is None else urlsplit(account.base_url).path.rstrip("/")
    return bytes_of(prefix + request.target)


def called_host(request: Request, account: Account) -> bytes:
    """The host, with its port where it has one, as the studio called it: of the public base URL, else the header's."""
    if account.base_url is None:
        return bytes_of(request.headers.get("host", ""))
    return bytes_of(urlsplit(account.base_url).netloc)


def fields_of(form: bytes) -> dict[str, str] | None:
    """The decoded fields of a form or a query; None where it cannot be read, or a field stands twice."""
    try:
        return form_of(form)
    except Refused:
        return None


def sorted_form(fields: Mapping[str, str]) -> bytes:
    """``name=value&…``: values as given, empty ones left out, names ascending."""
    return "&".join(f"{name}={value}" for name, value in sorted(fields.items()) if value).encode()


def one_reading(fields: Mapping[str, str]) -> bool:
    """Whether `sorted_form` of the fields splits back into them: it escapes nothing, so others may make the same text.

    A value may hold ``&``, as long as no name behind one sorts after its own: only that could be the next field's.
    """
    return not any(
        "&" in name
        or "=" in name
        or ("&" in value and any(within > name for within in FIELD_WITHIN.findall(value)))
        for name, value in fields.items()
    )


def names_white_space(text: bytes) -> bool:
    """Whether white space stands in a name, or in the text of a telling one: a hash without white space proves none."""
    telling = False
    for found, colon in TEXT_OR_NAME.findall(text):
        if (colon or telling) and WHITE_SPACE.search(found):
            return True
        telling = bool(colon) and found in TELLING
    return False


def form_readings(body: bytes, fields: dict[str, str], *, encoded: bool) -> list[dict[str, str]]:
    """What a form's hash may be over: its decoded fields, and with `encoded` also the values as they travelled.

    No text is both: one that could have travelled and holds an escape counts as encoded alone.
    """
    if not encoded:
        return [fields]
    travelled = encoded_form(body)
    readings = []
    if all(map(ENCODED.fullmatch, travelled.values())):
        readings.append(travelled)
    text = "".join(fields.values())
    if not ENCODED.fullmatch(text) or not {"+", "%"} & set(text):
        readings.append(fields)
    return readings


def encoded_form(body: bytes) -> dict[str, str]:
    """The fields of a form with their values as they travelled.  Only for a body that `form_of` could read."""
    pairs = (pair.partition("=") for pair in body.decode().split("&"))
    return {unquote_plus(name): value for name, _, value in pairs}


def php_form(fields: Mapping[str, str | bytes]) -> bytes:
    """What PHP's ``ksort`` and ``http_build_query`` make of the fields.

    Names ascend by their bytes up to the first bracket; within an array the order stays.  A space becomes a plus,
    and everything but letters, digits, ``-``, ``_`` and ``.`` a percent sign with upper-case digits.
    """
    outer = sorted(fields.items(), key=lambda field: field[0].partition("[")[0].encode())
    return "&".join(f"{php_quoted(name)}={php_quoted(value)}" for name, value in outer).encode()


def php_quoted(text: str | bytes) -> str:
    """One name or value; a tilde is the one character that PHP encodes and Python leaves."""
    return quote_plus(text).replace("~", "%7E")


def bytes_of(text: str) -> bytes:
    """A header or target as it travelled; of letters that cannot have travelled, bytes that nobody signed."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
