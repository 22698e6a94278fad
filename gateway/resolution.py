"""From an understood request to what becomes of it: its session and wallet are found, then the ledger is asked.

Refuses nothing for the sake of a session or a player, because whether that may be done is the ledger's decision.  A
question moves no money and is answered from what is committed now.
"""

import asyncio
import contextlib
import random
import time
from collections.abc import Awaitable, Callable

from msgspec import Struct

from gateway import binding
from gateway.binding import NOBODY, Party
from gateway.configured_accounts import ConfiguredAccount
from gateway.eligibility import STOPPED
from providers.contract import Ask, Exchange, Fault, Profile, Query, Refused, StudioCall
from providers.dialogue import fail
from wallet.coalesce import DeadlinePassed
from wallet.external_ids import ExternalIds
from wallet.free_rounds import FreeRounds, FreeRoundsState
from wallet.ledger import Ledger, Overloaded, Reason, Unavailable
from wallet.patience import AWAY
from wallet.sessions import Sessions
from wallet.standings import Standing, Standings
from wallet.types import SUCCESSES, Call, Outcome, Session, Status

MAY_BE_REPEATED = {
    Reason.DEADLINE: Fault.OVERLOADED,
    Reason.BUSY: Fault.OVERLOADED,
    Reason.INTERNAL: Fault.INTERNAL,
    Reason.UNKNOWN: Fault.INTERNAL,
}

Sign = Callable[[Call], Awaitable[None]]
"""Puts an author's name to a call before it is posted; where that fails nothing is posted."""


class Resolution(Struct, frozen=True):
    """Everything that a request is resolved against."""

    ledger: Ledger
    sessions: Sessions
    external_ids: ExternalIds
    standings: Standings
    free_rounds: FreeRounds

    async def resolve(
        self, exchange: Exchange, account: ConfiguredAccount, deadline: float, sign: Sign | None = None
    ) -> Party:
        """Fill the exchange with the outcome, or with the status or fault that stands in its place.

        `deadline` is a moment of ``time.monotonic()``; a studio's own call is signed by nobody.  Raises only for outages
        and bugs.
        """
        asked = exchange.asked
        if asked is None:
            raise ValueError("an exchange is understood before it is resolved")
        party = Party()
        try:
            party = await self._party(asked, account, deadline)
            exchange.session = party.session
            if isinstance(asked, StudioCall) and asked.ops:
                await self._post(exchange, asked, party, account, deadline, sign)
            else:
                async with asyncio.timeout(deadline - time.monotonic()):
                    await self._answer(exchange, question_of(asked), party, account, deadline)
        except Refused as refused:
            fail(exchange, refused.fault, str(refused))
        except (Overloaded, DeadlinePassed, TimeoutError):
            fail(exchange, Fault.OVERLOADED)
        except Unavailable as unavailable:
            fail(exchange, MAY_BE_REPEATED[unavailable.reason])
        return party

    async def _party(self, asked: StudioCall | Query, account: ConfiguredAccount, deadline: float) -> Party:
        session = None
        if asked.token is not None:
            session = await self.sessions.find(account.id, asked.token, deadline)
        named = None
        if asked.player is not None and (session is None or session.external_id != asked.player):
            named = await self.external_ids.find_wallet(account.id, asked.player, deadline)
        elif session is None and isinstance(asked, StudioCall) and asked.free_rounds is not None:
            named = await self.free_rounds.find(account.id, asked.free_rounds, deadline)
        return binding.party_of(asked, account.id, session, named)

    async def _post(
        self,
        exchange: Exchange,
        studio: StudioCall,
        party: Party,
        account: ConfiguredAccount,
        deadline: float,
        sign: Sign | None,
    ) -> None:
        call = binding.call_of(studio, party, account, random.getrandbits(63))
        if sign is not None:
            async with asyncio.timeout(deadline - time.monotonic()):
                await sign(call)
        outcome = await self.ledger.post(call, deadline)
        if party.nameless:
            outcome = binding.without_session(outcome)
        binding.report(exchange, outcome, party, account)
        if studio.free_rounds is not None and outcome.status in SUCCESSES:
            await self._finish(account.id, studio.free_rounds, deadline)

    async def _finish(self, provider_account: int, issue: str, deadline: float) -> None:
        """Remember that free rounds were paid: the money is booked, and this is for the eye alone."""
        with contextlib.suppress(*AWAY):
            async with asyncio.timeout(deadline - time.monotonic()):
                await self.free_rounds.change(provider_account, issue, FreeRoundsState.FINISHED)

    # Questions

    async def _answer(
        self, exchange: Exchange, query: Query, party: Party, account: ConfiguredAccount, deadline: float
    ) -> None:
        if query.check_game and query.game not in account.games:
            raise Refused(Fault.UNKNOWN_GAME, "the account has no such game")
        match query.ask:
            case Ask.IDENTITY | Ask.BALANCE:
                await self._tell(exchange, query, party, account, deadline)
            case Ask.EXISTS:
                await self._look_for(exchange, query, party, account, deadline)
            case Ask.EXCHANGE | Ask.ROTATE:
                await self._succeed(exchange, query, party, account, deadline)
            case Ask.REVOKE:
                await self._revoke(exchange, query, party, account, deadline)
            case Ask.MONITOR:
                exchange.status = Status.FOUND
            case Ask.OPEN:
                await self._open(exchange, query, party, account, deadline)

    async def _tell(
        self, exchange: Exchange, query: Query, party: Party, account: ConfiguredAccount, deadline: float
    ) -> None:
        """Who this is and what they have; nothing of it for a token or a player that is checked and no good."""
        if query.check_token and party.defect is not None:
            exchange.status = party.defect
            return
        if party.wallet == NOBODY:
            exchange.status = Status.SESSION_UNKNOWN if party.nameless else Fault.UNKNOWN_PLAYER
            return
        currency = binding.wire_currency_of(query.currency, party, account)
        standing = await self.standings.find(party.wallet, deadline)
        if standing is None:
            exchange.status = Fault.UNKNOWN_PLAYER
            return
        if standing.currency != currency.currency.code:
            exchange.status = Status.CURRENCY_DIFFERS
            return
        if query.check_player and standing.player_status in STOPPED:
            exchange.status = STOPPED[standing.player_status]
            return
        exchange.status = Status.FOUND
        exchange.profile = profile_of(standing, party, currency.code)
        binding.report_balances(exchange, currency, standing.cash, standing.bonus)

    async def _look_for(
        self, exchange: Exchange, query: Query, party: Party, account: ConfiguredAccount, deadline: float
    ) -> None:
        """Whether a key was posted: a tombstone is the memory that it was not."""
        if query.check_token and party.defect is not None:
            exchange.status = party.defect
            return
        key = binding.sound(query.key)
        if not key:
            raise Refused(Fault.MISSING_FIELD, "key")
        found = await self.standings.find_posting(account.id, key, deadline)
        if found is None or found.tombstone or party.wallet not in {NOBODY, found.wallet}:
            exchange.status = Status.REFERENCE_NOT_FOUND
            return
        standing = await self.standings.find(found.wallet, deadline)
        if standing is None:
            raise LookupError("a posting has a wallet")
        exchange.status = Status.FOUND
        outcome = Outcome((found.outcome,), standing.cash, standing.bonus, standing.held, standing.currency)
        binding.report(exchange, outcome, party, account)

    async def _succeed(
        self, exchange: Exchange, query: Query, party: Party, account: ConfiguredAccount, deadline: float
    ) -> None:
        """Hand out the token that takes the place of this one."""
        if party.session is None:
            exchange.status = Status.SESSION_UNKNOWN
            return
        succeed = self.sessions.exchange if query.ask is Ask.EXCHANGE else self.sessions.rotate
        session: Session | None = await succeed(account.id, party.session.token)
        if session is None or session.defect is not None:
            exchange.status = (
                Status.SESSION_UNKNOWN if session is None else session.defect or Status.SESSION_UNKNOWN
            )
            return
        if query.attach and not await self.sessions.attach(session.id, account.id, query.attach):
            raise Refused(Fault.BAD_VALUE, "the token stands for another session")
        exchange.session = session
        await self._tell(exchange, query, party.living(session), account, deadline)
        if exchange.done:
            exchange.token = session.token

    async def _open(
        self, exchange: Exchange, query: Query, party: Party, account: ConfiguredAccount, deadline: float
    ) -> None:
        """A session that nobody launched.  Real money is never played in one: a live account has no such verb."""
        if not account.account.test:
            raise Refused(Fault.UNKNOWN_VERB, "sessions are launched by the operator")
        if party.wallet == NOBODY:
            exchange.status = Fault.UNKNOWN_PLAYER
            return
        session = await self.sessions.launch(party.wallet, account.id, direct=True)
        if session is None or isinstance(session, Status):
            exchange.status = session or Fault.UNKNOWN_PLAYER  # nobody is known who was erased
            return
        exchange.session = session
        await self._tell(exchange, query, party.living(session), account, deadline)
        if exchange.done:
            exchange.token = session.token

    async def _revoke(
        self, exchange: Exchange, query: Query, party: Party, account: ConfiguredAccount, deadline: float
    ) -> None:
        """End the session; ended already is ended, but a token that was superseded ends nothing."""
        if party.session is None:
            exchange.status = Status.SESSION_UNKNOWN
            return
        if party.defect in {Status.SESSION_UNKNOWN, Status.SESSION_SUPERSEDED}:
            exchange.status = party.defect
            return
        if party.defect is None:
            await self.sessions.revoke(party.session.id)
        await self._tell(exchange, query, party.living(party.session), account, deadline)


def question_of(asked: StudioCall | Query) -> Query:
    """What is asked; of a call that holds no operation the balance."""
    if isinstance(asked, Query):
        return asked
    return Query(Ask.BALANCE, check_token=asked.check_token, currency=asked.currency)


def profile_of(standing: Standing, party: Party, currency_code: str) -> Profile:
    """What an identity answer may draw on."""
    return Profile(
        party.external_id or "",
        currency_code,
        standing.country,
        standing.jurisdiction,
        standing.brand,
        None if standing.birth_date is None else standing.birth_date.isoformat(),
        standing.registered_at.isoformat(),
        standing.language,
        standing.labels,
        standing.test,
        standing.affiliate,
        standing.sex,
    )
