"""The catalogue as one process holds it: every provider account ready to be called, changed within a second of the database.

A change is announced with its commit; a number that grows is asked for twice a second in case nothing was heard.  An
account that cannot be served (an unknown protocol, a secret that does not open, an override or a game that is none) is
logged and kept apart as `unserved`, and never takes another with it.  While Postgres is away the last picture stands.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Iterable, Mapping

from msgspec.structs import replace

from gateway.configured_accounts import ConfiguredAccount, configured
from gateway.sealing import Sealing, SealingError
from gateway.unserved import Unserved
from providers.provider import Provider
from wallet.announcements import Announcements
from wallet.catalogue import AccountRecord, AccountState, Catalogue
from wallet.games import Game
from wallet.money import Currency, by_code
from wallet.patience import AWAY

CHANNEL = "bankroll_catalogue"
POLL_SECONDS = 0.5
PAUSE_SECONDS = 0.1
"""Between two pictures: a hundred changes in a row are not a hundred pictures."""

logger = logging.getLogger(__name__)


class Registry:
    """Every provider account of the installation, by its slug.

    To be made before `announcements` is started.  `changed` is called after each new picture.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        sealing: Sealing,
        announcements: Announcements,
        providers: Mapping[str, Provider],
        *,
        poll_seconds: float = POLL_SECONDS,
        changed: Callable[[], None] | None = None,
    ) -> None:
        self.currencies: Mapping[str, Currency] = {}
        self.unserved: Mapping[str, Unserved] = {}  # accounts that there are, by their slugs
        self.checked = 0.0  # when the picture was last known to be the newest, on ``time.monotonic()``
        self._catalogue = catalogue
        self._sealing = sealing
        self._providers = providers
        self._poll_seconds = poll_seconds
        self._changed = changed
        self._version = -1
        self._accounts: Mapping[str, ConfiguredAccount] = {}
        self._announced = asyncio.Event()
        self._refreshing = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        announcements.subscribe(CHANNEL, lambda _table: self._announced.set())

    def account(self, slug: str) -> ConfiguredAccount | None:
        """The account of this slug, if there is one that can be served."""
        return self._accounts.get(slug)

    @property
    def accounts(self) -> Iterable[ConfiguredAccount]:
        """Every account that can be served."""
        return self._accounts.values()

    async def start(self) -> None:
        """Take the first picture (raises what Postgres raises) and keep it new."""
        await self.refresh()
        self._task = asyncio.create_task(self._keep_new())

    async def close(self) -> None:
        """Leave the picture as it is."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def refresh(self) -> None:
        """Take a new picture if there was a change: after it, what was committed before it is seen."""
        async with self._refreshing:
            began = time.monotonic()
            # Before the rows: a change in between makes the next look see another number.
            version = await self._catalogue.version()
            if version != self._version:
                await self._take()
                self._version = version
                if self._changed is not None:
                    self._changed()
            self.checked = began

    async def _keep_new(self) -> None:
        while True:
            # Not wait_for: before Python 3.12 it may swallow the cancellation that ends this task.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._poll_seconds):
                    await self._announced.wait()
            self._announced.clear()
            try:
                await self.refresh()
            except AWAY as error:
                logger.warning("the catalogue cannot be read: %s", error or type(error).__name__)
            except Exception:
                logger.exception("the catalogue cannot be read")
            await asyncio.sleep(PAUSE_SECONDS)

    async def _take(self) -> None:
        currencies = by_code(await self._catalogue.currencies())
        games: dict[int, dict[str, Game]] = {}
        for game in await self._catalogue.games():
            games.setdefault(game.provider_account, {})[game.code] = game
        accounts = {}
        unserved = {}
        for record in await self._catalogue.accounts():
            try:
                accounts[record.slug] = configured(
                    record, games.get(record.id, {}), currencies, self._providers, self._sealing
                )
            except ValueError as error:
                logger.error("provider account %s is not served: %s", record.slug, error)  # noqa: TRY400 - the message says it
                unserved[record.slug] = self._unserved(record, currencies, error)
        self.currencies = currencies
        self.unserved = unserved
        self._accounts = accounts

    def _unserved(self, record: AccountRecord, known: Mapping[str, Currency], why: ValueError) -> Unserved:
        sealed, revoked = isinstance(why, SealingError), record.state is AccountState.REVOKED
        bare = replace(record, secrets=(), own_secret=None)
        with contextlib.suppress(ValueError):
            ready = configured(bare, {}, known, self._providers, self._sealing)
            return Unserved(sealed, revoked, ready.provider, ready.account)
        return Unserved(sealed, revoked)
