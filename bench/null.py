"""The floor of HTTP: the gateway's own stack, routing, signature check and decoding, and an answer that is always the same.

What it leaves out is all that the ledger is for: no session is looked up, no wallet, nothing is posted or kept.  It runs
as the gateway's workers do: the same server, as many processes.  It answers bets and wins, and no question.
"""

import contextlib
import sys
from collections.abc import AsyncGenerator

from litestar.types import ASGIApp
from msgspec import Struct
from msgspec.structs import replace

from gateway import binding
from gateway.app import application, running
from gateway.binding import Party
from gateway.configured_accounts import ConfiguredAccount
from gateway.exchanges import Kept
from gateway.settings import Settings
from gateway.worker import main
from providers.contract import Exchange, Fault, StudioCall
from providers.dialogue import fail
from wallet.types import OpOutcome, Outcome, Status

CURRENCY = "EUR"
BOOKED = OpOutcome(Status.CREATED, posting=1, cash=-1_000_000, cash_after=99_000_000, seq=1)


class AtOnce(Struct, frozen=True):
    """Resolves every call to the same outcome, and waits for nothing."""

    async def resolve(self, exchange: Exchange, account: ConfiguredAccount, deadline: float) -> Party:  # noqa: ARG002 - as `Resolution.resolve`
        """Fill the exchange with the fixed outcome."""
        asked = exchange.asked
        party = Party(1, 1, None if asked is None else asked.player, CURRENCY)
        if isinstance(asked, StudioCall) and asked.ops:
            outcome = Outcome((BOOKED,) * len(asked.ops), cash=BOOKED.cash_after, currency=CURRENCY)
            binding.report(exchange, outcome, party, account)
        else:
            fail(exchange, Fault.UNKNOWN_VERB)
        return party


class Unkept(Struct, frozen=True):
    """Keeps no exchange."""

    def keep(self, kept: Kept) -> None:
        """Let it go."""


@contextlib.asynccontextmanager
async def at_once(settings: Settings) -> AsyncGenerator[ASGIApp]:
    """The gateway's application over nothing."""
    async with running(settings) as gateway:
        callbacks = replace(gateway.callbacks, resolution=AtOnce(), exchanges=Unkept())
        yield application(replace(gateway, callbacks=callbacks))


if __name__ == "__main__":
    sys.exit(main(at_once))
