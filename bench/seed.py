"""Furnishes a gateway for play, through its own API: provider accounts, games, players, wallets, money, sessions.

It may run again on the same data: what exists is kept, and only the sessions are new.  The studios' secret halves stay
on the studios' side, in a file that nobody else can read.
"""

import asyncio
import json
import secrets
from collections.abc import Awaitable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import Progress

from bench.client import Client
from bench.load import Seat
from bench.studios import STUDIOS
from bench.studios.contract import Player, addressed

PLAYERS = 200
SEATS = 4
"""At how many studios a player sits."""

GAMES = ("dice", "wheel", "lanes")
OPENING = {
    "EUR": Decimal("5000.00"),
    "USD": Decimal("5000.00"),
    "JPY": Decimal(500000),
    "BTC": Decimal("1.00000000"),
}
STAKES = {"EUR": Decimal("1.00"), "USD": Decimal("1.00"), "JPY": Decimal(100), "BTC": Decimal("0.01")}
"""The smallest stake of a currency; every protocol must be able to say it exactly."""

T = TypeVar("T")
TOGETHER = 16

POOR = 20
"""Every so many players one has a thousandth of the money, so that refusals are seen too."""


class SeedError(RuntimeError):
    """The gateway refused what a furnished gateway must accept."""


class Operator:
    """The operator's side of the internal API."""

    def __init__(self, client: Client, key: str) -> None:
        self.client = client
        self.headers = (("authorization", f"Bearer {key}"), ("content-type", "application/json"))

    async def ask(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, key: str = "", fine: int = 0
    ) -> Any:
        """The JSON answer; None where it is the one refusal (`fine`, an HTTP status) that may happen."""
        headers = (*self.headers, ("idempotency-key", key)) if key else self.headers
        answer = await self.client.send(
            method, path, headers, b"" if body is None else json.dumps(body).encode()
        )
        if answer is None:
            raise SeedError(f"{method} {path}: no answer; is the gateway running?")
        if answer.http_status == fine:
            return None
        if answer.http_status >= 300:
            raise SeedError(
                f"{method} {path}: {answer.http_status} {answer.body.decode(errors='replace')[:500]}"
            )
        return json.loads(answer.body) if answer.body else None


class Keys:
    """The studios' secret halves, by account, in one file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}

    def keep(self, account: str, key: str) -> None:
        """Remember a key; the file is the owner's alone."""
        self.known[account] = key
        part = self.path.with_suffix(".part")
        part.touch(mode=0o600)
        part.write_text(json.dumps(self.known), encoding="utf-8")
        part.replace(self.path)


async def seed(operator: Operator, keys: Keys, console: Console) -> list[Seat]:
    """Furnish, and take every player's seats."""
    names = [f"player-{number:04d}" for number in range(1, PLAYERS + 1)]
    furnishing = [
        furnish_player(operator, name, Decimal("0.001") if number % POOR == 0 else Decimal(1))
        for number, name in enumerate(names)
    ]
    with Progress(console=console, transient=True) as progress:
        accounts = [provider_account(operator, keys, protocol) for protocol in STUDIOS]
        await together(accounts, progress, f"Provider accounts: {', '.join(STUDIOS)}")
        await together(furnishing, progress, f"{PLAYERS} players with {', '.join(OPENING)}")
        launches = [
            take_seat(operator, keys, name, protocol, tuple(OPENING)[(number + turn) % len(OPENING)])
            for number, name in enumerate(names)
            for turn, protocol in enumerate(tables_of(number))
        ]
        return await together(launches, progress, "Sessions")


def tables_of(number: int) -> list[str]:
    """The protocols that a player plays: the next few of the list, so that each has as many players."""
    protocols = tuple(STUDIOS)
    return [protocols[(number * SEATS + turn) % len(protocols)] for turn in range(min(SEATS, len(protocols)))]


def account_of(protocol: str) -> str:
    """The slug of the account that plays a protocol."""
    return protocol.replace("_", "-")


async def provider_account(operator: Operator, keys: Keys, protocol: str) -> None:
    """The account with a key that its studio knows, and its games."""
    studio, account = STUDIOS[protocol], account_of(protocol)
    key = studio.make_key()
    secret = studio.operators_half(key)
    half = {"secret": secret} if secret else {}
    known = await operator.ask("GET", f"/v1/provider-accounts/{account}", fine=404)
    if known is None:
        configured = {"slug": account, "protocol": protocol, "environment": "test"}
        await operator.ask(
            "POST", "/v1/provider-accounts", configured | half | {"settings": dict(studio.settings)}
        )
        keys.keep(protocol, key)
    elif protocol not in keys.known:
        if half:
            await operator.ask(
                "POST", f"/v1/provider-accounts/{account}/rotate-secret", half | {"retire_previous": True}
            )
        keys.keep(protocol, key)
    for game in GAMES:
        await operator.ask(
            "POST",
            "/v1/games",
            {"provider_account": account, "code": game, "name": game.title()},
            fine=409,
        )


async def furnish_player(operator: Operator, name: str, share: Decimal) -> None:
    """The player with a wallet in every currency, and money in those that hold little."""
    await operator.ask(
        "POST", "/v1/players", {"id": name, "country": "MT", "language": "en", "affiliate": "bench"}, fine=409
    )
    for currency, opening in OPENING.items():
        amount = opening * share
        wallet = await operator.ask("POST", f"/v1/players/{name}/wallets", {"currency": currency})
        if Decimal(wallet["balances"]["cash"]) < amount / 2:
            await operator.ask(
                "POST",
                "/v1/deposits",
                {"player": name, "currency": currency, "amount": f"{amount.normalize():f}"},
                key=f"seed-{name}-{currency}-{secrets.token_hex(8)}",
            )


async def take_seat(operator: Operator, keys: Keys, name: str, protocol: str, currency: str) -> Seat:
    """A session of the player at the protocol's account, as its studio sees it."""
    account = account_of(protocol)
    launched = await operator.ask(
        "POST",
        "/v1/sessions",
        {
            "player": name,
            "currency": currency,
            "provider_account": account,
            "country": "MT",
        },
    )
    player = Player(
        token=launched["token"],
        external_id=launched["external_id"],
        currency=launched["currency_code"],
        game=GAMES[0],
    )
    studio = addressed(STUDIOS[protocol](keys.known[protocol]), f"/callbacks/{account}")
    return Seat(account, studio, player, STAKES[currency])


async def together(works: Sequence[Awaitable[T]], progress: Progress, title: str) -> list[T]:
    """The results of `works`, a few of them under way at a time."""
    slots = asyncio.Semaphore(TOGETHER)
    if not progress.console.is_terminal:
        progress.console.print(f"{title} …", highlight=False, soft_wrap=True)
    bar = progress.add_task(title, total=len(works))

    async def one(work: Awaitable[T]) -> T:
        async with slots:
            done = await work
        progress.advance(bar)
        return done

    return await asyncio.gather(*map(one, works))
