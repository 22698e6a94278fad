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
from gateway.api.problems import Problem, invalid
from gateway.attempts import Attempts
from gateway.configured_accounts import ConfiguredAccount
from gateway.eligibility import AgeRule
from gateway.registry import Registry
from gateway.resolution import Resolution
from gateway.studios import Studios
from wallet.api_keys import ApiKey, ApiKeys
from wallet.audit import Audit, Author
from wallet.catalogue import Catalogue
from wallet.free_rounds import FreeRounds
from wallet.history import History
from wallet.large_adjustments import LargeAdjustments
from wallet.ledger import Ledger
from wallet.money import Currency
from wallet.players import Player, Players
from wallet.sessions import Sessions
from wallet.words import is_seen

POST_SECONDS = 5.0
"""How long a movement of money may take before the caller is told to try again."""

REASON = "X-Reason"
"""The header in which a caller may say why, for the audit log."""

MAXIMUM_REASON = 500


class Desk(Struct, frozen=True):
    """The parts of the gateway that the internal API speaks to."""

    ledger: Ledger
    players: Players
    sessions: Sessions
    api_keys: ApiKeys
    audit: Audit
    large_adjustments: LargeAdjustments
    history: History
    catalogue: Catalogue
    registry: Registry
    accounts: Accounts
    studios: Studios
    free_rounds: FreeRounds
    resolution: Resolution
    age_rule: AgeRule
    attempts: Attempts

    @property
    def currencies(self) -> Mapping[str, Currency]:
        """Our currencies by their codes."""
        return self.registry.currencies


class Caller(Struct, frozen=True):
    """One request's view: the desk, the API key that asks, and who that is to the audit log."""

    desk: Desk
    key: ApiKey
    author: Author

    @property
    def actor(self) -> str:
        """What the journal remembers as who did it."""
        return self.author.actor

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

    def provider_account(self, slug: str) -> ConfiguredAccount:
        """A provider account that is served.  Raises `Problem`."""
        account = self.desk.registry.account(slug)
        if account is None:
            unserved = slug in self.desk.registry.unserved
            raise Problem("provider_account_unserved" if unserved else "provider_account_not_found")
        return account

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
    author = Author(
        actor=f"api_key:{request.auth.id}",
        operation=request.route_handler.handler_name,
        request_id=request.headers.get("x-request-id"),
        reason=reason_of(request.headers.getall(REASON, [])),
    )
    return Caller(desk_of(request.app.state), request.auth, author)


def reason_of(given: list[str]) -> str | None:
    """Why somebody does it, as the header says.  Raises `Problem`."""
    if not given:
        return None
    try:
        reason = given[0].encode("latin-1").decode()
    except UnicodeError:
        reason = ""
    if len(given) > 1 or len(reason) > MAXIMUM_REASON or not reason.isprintable() or not is_seen(reason):
        raise invalid(REASON, f"has at most {MAXIMUM_REASON} printable characters, in UTF-8", "header")
    return reason
