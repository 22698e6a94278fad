"""An HTTP request as it arrives: where it is addressed, from which network, and its body within bounds.

Knows no protocol and no money.  Everything that a stranger can make long, slow or large has a bound here.
"""

import ipaddress
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.settings import Network

MAXIMUM_BODY = 64 * 1024
"""Largest body in bytes, as sent and after it was unpacked."""

MAXIMUM_HOPS = 20
PREFIX = "/callbacks/"

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class TooLarge(Exception):  # noqa: N818 - an answer to the caller, not a fault of ours
    """The body is beyond `MAXIMUM_BODY`."""


class Garbled(Exception):  # noqa: N818 - the same
    """The body is not what its content encoding says."""


class Gone(Exception):  # noqa: N818 - the same
    """The caller hung up, or was given up by its connection: nobody waits for an answer."""


def place_of(scope: Mapping[str, Any]) -> tuple[str, str]:
    """The account's slug and the path behind it, as called, from ``/callbacks/{slug}/…``; empty where it is none."""
    raw: bytes = scope["raw_path"]
    path = raw.partition(b"?")[0].decode("latin-1")
    if not path.startswith(PREFIX):
        return "", ""
    slug, slash, rest = path.removeprefix(PREFIX).partition("/")
    return slug, slash + rest


def target_of(scope: Mapping[str, Any]) -> str:
    """The path with its query, as called."""
    raw: bytes = scope["raw_path"]
    query: bytes = scope["query_string"]
    path = raw.partition(b"?")[0].decode("latin-1")
    return f"{path}?{query.decode('latin-1')}" if query else path


def headers_of(scope: Mapping[str, Any]) -> dict[str, str]:
    """The headers by lower-case name; of one that stands twice the values with a comma between."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


async def body_of(receive: Any, headers: Mapping[str, str]) -> bytes:
    """The body, unpacked where it came as gzip.  Raises `TooLarge`, `Garbled` or `Gone`."""
    length = headers.get("content-length", "")
    if length.isdecimal() and (len(length) > 9 or int(length) > MAXIMUM_BODY):
        raise TooLarge
    body = await _received(receive)
    encoding = headers.get("content-encoding", "").strip().lower()
    if encoding in {"", "identity"}:
        return body
    if encoding in {"gzip", "x-gzip"}:
        return unpacked(body)
    raise Garbled(f"content encoding {encoding[:20]!r}")


async def _received(receive: Any) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        body += message.get("body", b"")
        if len(body) > MAXIMUM_BODY:
            raise TooLarge  # whatever else is to come
        more = message.get("more_body", False)
    return body


def unpacked(body: bytes) -> bytes:
    """A gzip body, never more than `MAXIMUM_BODY` of it.  Raises `TooLarge` or `Garbled`."""
    unpacking = zlib.decompressobj(wbits=31)
    try:
        text = unpacking.decompress(body, MAXIMUM_BODY + 1)
    except zlib.error:
        raise Garbled("not gzip") from None
    if len(text) > MAXIMUM_BODY:
        raise TooLarge
    if not unpacking.eof or unpacking.unused_data:
        raise Garbled("not one whole gzip member")
    return text


def caller_of(
    scope: Mapping[str, Any], headers: Mapping[str, str], proxies: Sequence[Network]
) -> Address | None:
    """The caller's address: the nearest that is none of our proxies.  None where it cannot be known.

    X-Forwarded-For is read from its end, and only as far as trusted proxies wrote it: what stands before is the
    caller's own claim.
    """
    client = scope.get("client")
    address = _address(client[0]) if client else None
    claimed = headers.get("x-forwarded-for", "").rsplit(",", MAXIMUM_HOPS)[-MAXIMUM_HOPS:]
    while address is not None and claimed[-1:] not in ([], [""]) and within(address, proxies):
        address = _address(claimed.pop().strip())
    return address


def within(address: Address, networks: Sequence[Network]) -> bool:
    """Whether an address lies in one of the networks."""
    return any(address in network for network in networks)


def _address(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
