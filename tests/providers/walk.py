"""Walks every order of bet, win, rollback, repetition and lost answer at every protocol: ``make histories``.

It plays on paper (`tests.providers.orders`), shows how far it is, and ends with what it found; the exit status is 1
where an order went otherwise than the model says.
"""

import argparse
import asyncio
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


async def tell(provider: str, depth: int) -> bool:
    """Walk at one protocol, aloud; whether every order went well."""
    walk = await walk_of(provider, depth)
    began = shown = time.monotonic()

    def progress(path: tuple[Event, ...]) -> None:
        nonlocal shown
        if len(path) <= depth // 2 and time.monotonic() - shown > 0.5:
            shown = time.monotonic()
            print(
                f"\r{provider:16} {walk.orders:8} orders  {', '.join(map(str, path)):60}", end="", flush=True
            )

    walk.progress = progress
    failure = ""
    try:
        await walk.go()
    except AssertionError as error:
        failure = str(error)
    seconds = time.monotonic() - began
    verdict = failure or f"{len(walk.cases)} cases, nothing contradicts"
    print(f"\r{provider:16} {walk.orders:8} orders  {seconds:6.1f} s  {verdict:60}", flush=True)
    return not failure


def main() -> int:
    """Walk at all protocols, or at those whose name holds a word."""
    parser = argparse.ArgumentParser(description="Plays every order of messages at every protocol.")
    parser.add_argument("only", nargs="?", default="", help="a word of the protocols' names")
    parser.add_argument("--depth", type=int, default=DEPTH, help="messages in an order")
    asked = parser.parse_args()
    names = [name for name in PROVIDERS if asked.only in name]
    went_well = [asyncio.run(tell(name, asked.depth)) for name in names]
    print(f"{sum(went_well)} of {len(went_well)} protocols")
    return 0 if all(went_well) else 1


if __name__ == "__main__":
    sys.exit(main())
