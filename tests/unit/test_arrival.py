"""An HTTP request as it arrives: bounds on the body, gzip, and who the caller is behind proxies."""

import gzip
import ipaddress
import tracemalloc
import zlib
from typing import Any

import pytest

from gateway.arrival import (
    MAXIMUM_BODY,
    MAXIMUM_HOPS,
    Garbled,
    Gone,
    TooLarge,
    body_of,
    caller_of,
    headers_of,
    place_of,
    target_of,
)


def receiving(*parts: bytes, hang_up: bool = False) -> Any:
    messages: list[dict[str, Any]] = [
        {"type": "http.request", "body": part, "more_body": hang_up or number + 1 < len(parts)}
        for number, part in enumerate(parts)
    ]
    if hang_up:
        messages.append({"type": "http.disconnect"})

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    return receive


async def test_a_body_in_parts_is_put_together() -> None:
    """Where a network cut the body does not matter."""
    assert await body_of(receiving(b"ab", b"", b"c"), {}) == b"abc"
    assert await body_of(receiving(b""), {}) == b""


async def test_a_body_beyond_the_bound_is_not_read_to_its_end() -> None:
    """64 KiB are enough for everybody, however they are declared or cut."""
    whole = b"x" * MAXIMUM_BODY
    for length in (str(len(whole)), f"{len(whole):09}"):  # with zeros before it, it is the same
        assert await body_of(receiving(whole), {"content-length": length}) == whole
    for parts, headers in (
        ((whole + b"x",), {}),
        ((whole, b"x"), {}),
        ((whole, b"x", b"never read"), {}),
        ((b"",), {"content-length": str(MAXIMUM_BODY + 1)}),
        ((b"",), {"content-length": "9" * 5000}),
    ):
        with pytest.raises(TooLarge):
            await body_of(receiving(*parts), headers)


async def test_a_body_beyond_the_bound_is_refused_before_its_next_part_comes() -> None:
    """However much came at once: nobody waits for more of it."""
    parts = [{"type": "http.request", "body": b"x" * (MAXIMUM_BODY + 1), "more_body": True}]

    async def receive() -> dict[str, Any]:
        return parts.pop()

    with pytest.raises(TooLarge):
        await body_of(receive, {})


async def test_who_hangs_up_gets_no_answer() -> None:
    """Half a body is no body."""
    with pytest.raises(Gone):
        await body_of(receiving(b"half", hang_up=True), {})


async def test_gzip_is_unpacked_within_the_bound() -> None:
    """A small bomb costs no more than a full body."""
    body = b'{"a": 1}' * 100
    assert await body_of(receiving(gzip.compress(body, mtime=0)), {"content-encoding": "GZIP"}) == body
    whole = b"0" * MAXIMUM_BODY
    assert await body_of(receiving(gzip.compress(whole, mtime=0)), {"content-encoding": "gzip"}) == whole
    for size in (MAXIMUM_BODY + 1, 50_000_000):
        with pytest.raises(TooLarge):
            await body_of(receiving(gzip.compress(b"0" * size, mtime=0)), {"content-encoding": "gzip"})


async def test_a_bomb_is_not_unpacked_before_it_is_refused() -> None:
    """64 KiB that would be sixty megabytes take no more memory than four full bodies, whole, cut off or with more behind."""
    bomb = gzip.compress(b"0" * 60_000_000, mtime=0)
    for sent in (bomb, bomb[:-9], bomb + b"trailing"):
        assert len(sent) <= MAXIMUM_BODY
        tracemalloc.start()
        try:
            with pytest.raises(TooLarge):
                await body_of(receiving(sent), {"content-encoding": "gzip"})
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert MAXIMUM_BODY < most < 4 * MAXIMUM_BODY


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (b"plain", "gzip"),
        (zlib.compress(b"zlib"), "gzip"),
        (gzip.compress(b"cut", mtime=0)[:-3], "gzip"),
        (gzip.compress(b"one", mtime=0) + b"trailing", "gzip"),
        (gzip.compress(b"one", mtime=0) + gzip.compress(b"two", mtime=0), "gzip"),
        (b"x", "br"),
        (b"x", "gzip, gzip"),
    ],
)
async def test_what_is_not_one_whole_gzip_member_is_garbled(body: bytes, encoding: str) -> None:
    """Nothing is guessed about a body that cannot be unpacked."""
    with pytest.raises(Garbled):
        await body_of(receiving(body), {"content-encoding": encoding})


@pytest.mark.parametrize(
    ("raw_path", "slug", "path"),
    [
        (b"/callbacks/acme", "acme", ""),
        (b"/callbacks/acme/", "acme", "/"),
        (b"/callbacks/acme/a/b.html", "acme", "/a/b.html"),
        (b"/callbacks/acme/a%2Fb/", "acme", "/a%2Fb/"),
        (b"/callbacks/", "", ""),
        (b"/callbacks//x", "", "/x"),
        (b"/callbacks", "", ""),
        (b"/callbacksx/callbacks/acme/x", "", ""),  # a proxy that looks at the beginning lets nobody by
        (b"/callbacks/%00\xff/x", "%00\xff", "/x"),
    ],
)
def test_the_account_and_the_raw_path_are_taken_apart(raw_path: bytes, slug: str, path: str) -> None:
    """The path stays as the studio called it: a signature may cover it."""
    assert place_of({"raw_path": raw_path}) == (slug, path)


def test_the_target_is_the_path_with_its_query() -> None:
    """As called, nothing decoded."""
    assert target_of({"raw_path": b"/callbacks/a/%20", "query_string": b""}) == "/callbacks/a/%20"
    assert target_of({"raw_path": b"/callbacks/a/b", "query_string": b"x=%31"}) == "/callbacks/a/b?x=%31"


def test_a_header_that_stands_twice_is_both() -> None:
    """So a second signature can only spoil the first."""
    headers = [(b"x-sign", b"one"), (b"host", b"h"), (b"x-sign", b"two")]
    assert headers_of({"headers": headers}) == {"x-sign": "one, two", "host": "h"}


PROXIES = (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("client", "forwarded", "caller"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),  # not our proxy: its word counts for nothing
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "192.0.2.7, 198.51.100.1", "198.51.100.1"),  # what stands before is a claim
        ("10.0.0.1", "198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1,10.0.0.2 ,10.0.0.3", "198.51.100.1"),
        ("::ffff:10.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"),
        ("fd00::1", "2001:db8::5", "2001:db8::5"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "nonsense", None),
        ("10.0.0.1", "198.51.100.1, unknown", None),
        (None, "198.51.100.1", None),
        ("10.0.0.1", f"198.51.100.1{', 10.0.0.2' * MAXIMUM_HOPS}", "10.0.0.2"),  # nobody has so many
    ],
)
def test_the_caller_is_the_nearest_address_that_no_trusted_proxy_has(
    client: str | None, forwarded: str, caller: str | None
) -> None:
    """X-Forwarded-For is believed only as far as our own proxies wrote it."""
    scope = {"client": None if client is None else (client, 1)}
    found = caller_of(scope, {"x-forwarded-for": forwarded} if forwarded else {}, PROXIES)
    assert (None if found is None else str(found)) == caller


@pytest.mark.parametrize("client", ["10.0.0.1", None])
def test_without_a_proxy_nobody_s_word_counts(client: str | None) -> None:
    """Where no proxy is trusted the caller is who connected."""
    found = caller_of({"client": client and (client, 1)}, {"x-forwarded-for": "198.51.100.1"}, ())
    assert (found and str(found)) == client
