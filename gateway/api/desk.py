"""What the handlers of the internal API work with: the parts of the running gateway, and who is asking.

Whoever builds the application puts a `Desk` into its state as ``desk``; handlers get a `Caller`.  It holds and does
nothing more.
"""

import time
from collections.abc import Mapping

from litestar import Request
from litestar.datastructures import State
from msgspec import Struct

from gateway.accounts import Accounts
from gateway.api.amounts import currency_of
from gateway.api.problems import Problem
from gateway.eligibility import AgeRule
from gateway.registry import Registry
from gateway.resolution import Resolution
from gateway.studios import Studios
from wallet.api_keys import ApiKey, ApiKeys
from wallet.catalogue import Catalogue
from wallet.free_rounds import FreeRounds
from wallet.history import History
from wallet.ledger import Ledger
from wallet.money import Currency
from wallet.players import Player, Players
from wallet.sessions import Sessions

POST_SECONDS = 5.0
"""How long a movement of money may take before the caller is told to try again."""


class Desk(Struct, frozen=True):
    """The parts of the gateway that the internal API speaks to."""

    ledger: Ledger
    players: Players
    sessions: Sessions
    api_keys: ApiKeys
    history: History
    catalogue: Catalogue
    registry: Registry
    accounts: Accounts
    studios: Studios
    free_rounds: FreeRounds
    resolution: Resolution
    age_rule: AgeRule

    @property
    def currencies(self) -> Mapping[str, Currency]:
        """Our currencies by their codes."""
        return self.registry.currencies


class Caller(Struct, frozen=True):
    """One request's view: the desk, and the API key that asks."""

    desk: Desk
    key: ApiKey

    @property
    def actor(self) -> str:
        """What the journal remembers as who did it."""
        return f"api_key:{self.key.id}"

    @property
    def deadline(self) -> float:
        """Until when a movement of money may take, on ``time.monotonic()``."""
        return self.within(POST_SECONDS)

    def within(self, seconds: float) -> float:
        """So many seconds from now, on ``time.monotonic()``."""
        return time.monotonic() + seconds

    async def player(self, external_id: str) -> Player:
        """A player by the operator's id.  Raises `Problem`."""
        player = await self.desk.players.find(external_id)
        if player is None:
            raise Problem("player_not_found")
        return player

    async def known(
        self, *, player: str | None = None, currency: str | None = None, provider_account: str | None = None
    ) -> None:
        """Hold filters to names that there are: an empty page would hide a misspelt one.  Raises `Problem`."""
        if currency is not None:
            currency_of(self.desk.currencies, currency, source="query")
        if provider_account is not None and not await self.desk.history.accounts(provider_account):
            raise Problem("provider_account_not_found")
        if player is not None:
            await self.player(player)


def desk_of(state: State) -> Desk:
    """The desk in an application's state."""
    desk = state["desk"]
    if not isinstance(desk, Desk):
        raise TypeError("the application's state holds a Desk as `desk`")
    return desk


async def caller_of(request: Request[None, ApiKey, State]) -> Caller:
    """The caller of a request that has passed the guard."""
    return Caller(desk_of(request.app.state), request.auth)
