"""Walks every order of bet, win, rollback, repetition and lost answer at every protocol: ``make histories``.

It plays on paper (`tests.providers.orders`), shows how far it is, and ends with one JSON line; the exit status is 1
where an order went otherwise than the model says.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Callable

from msgspec.structs import replace

from providers import PROVIDERS
from providers.contract import Account, Request
from tests.providers.cases import CASES
from tests.providers.orders import Event, Walk
from tests.providers.suite import desk_of, paper_scene

DEPTH = 5
SHOWN = 20
WIDTH = 100
SHOW_SECONDS = {True: 0.5, False: 10.0}
"""Between two lines of progress, in a terminal and elsewhere."""


async def walk_of(provider: str, depth: int) -> Walk:
    """The walk through all orders at one protocol, not yet begun."""
    desk = desk_of(provider)
    key = desk.key or desk.studio.make_key()
    checked = replace(PROVIDERS[provider], check=remembered(PROVIDERS[provider].check))
    scene, paper, _ = await paper_scene(checked, desk, CASES["bet_and_win"], key)
    return Walk(scene, paper, depth)


def remembered(check: Callable[[Request, Account], bool]) -> Callable[[Request, Account], bool]:
    """The check, made once for the same request: the bytes of a message are the same in every order."""
    found: dict[tuple[str, bytes, tuple[tuple[str, str], ...]], bool] = {}

    def known(request: Request, account: Account) -> bool:
        name = (request.target, request.body, tuple(request.headers.items()))
        if name not in found:
            found[name] = check(request, account)
        return found[name]

    return known


async def tell(provider: str, depth: int) -> Walk:
    """Walk at one protocol, aloud."""
    walk = await walk_of(provider, depth)
    began = shown = time.monotonic()

    def progress(path: tuple[Event, ...]) -> None:
        nonlocal shown
        if time.monotonic() - shown > SHOW_SECONDS[sys.stdout.isatty()]:
            shown = time.monotonic()
            show(f"{provider:16} {walk.orders:9,} orders  {', '.join(map(str, path))}")

    walk.progress = progress
    await walk.go()
    seconds = time.monotonic() - began
    verdict = f"{len(walk.cases)} cases, {len(walk.contradictions) or 'no'} contradictions"
    show(f"{provider:16} {walk.orders:9,} orders  {seconds:6.1f} s  {verdict}", stays=True)
    for contradiction in walk.contradictions[:SHOWN]:
        print(f"  {contradiction}", flush=True)
    return walk


def show(line: str, *, stays: bool = False) -> None:
    """A line of its own, or in a terminal the line that is overwritten by the next."""
    if sys.stdout.isatty():
        print(f"\r{line[:WIDTH]:{WIDTH}}", end="\n" if stays else "", flush=True)
    else:
        print(line, flush=True)


def main() -> int:
    """Walk at all protocols, or at those whose name holds a word."""
    parser = argparse.ArgumentParser(description="Plays every order of messages at every protocol.")
    parser.add_argument("only", nargs="?", default="", help="a word of the protocols' names")
    parser.add_argument("--depth", type=int, default=DEPTH, help="messages in an order")
    asked = parser.parse_args()
    began = time.monotonic()
    walks = [asyncio.run(tell(name, asked.depth)) for name in PROVIDERS if asked.only in name]
    contradictions = sum(len(walk.contradictions) for walk in walks)
    found = {
        "protocols": len(walks),
        "depth": asked.depth,
        "orders": sum(walk.orders for walk in walks),
        "operations": sum(walk.operations for walk in walks),
        "contradictions": contradictions,
        "seconds": round(time.monotonic() - began, 1),
    }
    print(json.dumps(found))
    return int(bool(contradictions) or not walks)


if __name__ == "__main__":
    sys.exit(main())
