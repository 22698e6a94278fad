"""The road of a studio's callback, from bytes to bytes: the hot path, one raw ASGI handler under ``/callbacks``.

    account → network → body → check, decode, read → session, wallet, ledger → write

Whatever happens is answered in the protocol's own words: a stranger never sees a trace of ours, and only an account
there is not is a bare 404.  No decision about money is made here.
"""

import logging
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from gateway import logs
from gateway.admission import Admission
from gateway.arrival import (
    Garbled,
    Gone,
    TooLarge,
    body_of,
    caller_of,
    headers_of,
    place_of,
    target_of,
)
from gateway.attempts import Attempts
from gateway.binding import Party
from gateway.certification import rule_for, staged
from gateway.configured_accounts import ConfiguredAccount
from gateway.exchanges import MAXIMUM_TEXT, PERSONAL, UNVERIFIED_TEXT, Exchanges, Kept
from gateway.metrics import Metrics
from gateway.registry import Registry
from gateway.resolution import Resolution
from gateway.settings import Network
from gateway.unserved import NO_VERB, answer_without
from providers.contract import Answer, Exchange, Fault, Request, StudioCall
from providers.dialogue import conclude, fail, find_verb, tells_of_a_person, understand
from wallet.types import NEW_BETS, Kind, Status

WINS = frozenset({Kind.WIN, Kind.PROMO_WIN, Kind.JACKPOT_WIN, Kind.PAYOUT})
WORTH_A_LINE = frozenset({Fault.INTERNAL, Fault.OVERLOADED, Fault.BAD_SIGNATURE, Fault.FOREIGN_NETWORK})
PLAIN = Answer(500, (), b"")
THROTTLE = logs.Throttle()


class Callbacks(Struct, frozen=True):
    """The handler and everything it uses."""

    registry: Registry
    resolution: Resolution
    exchanges: Exchanges
    metrics: Metrics
    admission: Admission
    attempts: Attempts
    proxies: tuple[Network, ...] = ()
    slow_seconds: float = 0.5

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request.  Scope, receive and send are ASGI's."""
        began = time.monotonic()
        slug, path = place_of(scope)
        headers = headers_of(scope)
        request_id = logs.request_id_of(headers.get("x-request-id"))
        account = self.registry.account(slug)
        request = Request(scope["method"], path, target_of(scope), scope["query_string"], headers, b"")
        if account is None:
            unserved = self.registry.unserved.get(slug)
            answer = await answer_without(unserved, slug, request, receive, self.metrics)
            await _send(send, answer, request_id, head=request.method == "HEAD", close=unserved is not None)
            return
        if _is_a_look(request, account) and self._at_home(scope, headers, account):
            await _send(send, Answer(200, (), b""), request_id, head=request.method == "HEAD")
            return
        exchange = Exchange(request, account.account, datetime.now(UTC))
        try:
            party, answer = await self._walk(exchange, account, scope, receive, began, request_id)
        except Gone:
            await _send(send, Answer(408, (), b""), request_id, close=True)
            return
        await _send(send, answer, request_id, close=exchange.status is Fault.TOO_LARGE)
        seconds = time.monotonic() - began
        flood = not exchange.verified and await self._flooded(exchange, scope, account)
        self._record(exchange, account, party, answer, request_id, seconds, flood=flood)

    async def _walk(
        self,
        exchange: Exchange,
        account: ConfiguredAccount,
        scope: Any,
        receive: Any,
        began: float,
        request_id: str,
    ) -> tuple[Party, Answer]:
        """The whole road.  An exception on it is the fault INTERNAL, in the protocol's words."""
        party = Party()
        try:
            if await self._admit(exchange, account, scope, receive):
                with self.admission.of(account.slug):
                    if understand(account.provider, exchange):
                        party = await self._resolved(exchange, account, began)
            exchange.milliseconds = _milliseconds(began)
            return party, conclude(account.provider, exchange)
        except Gone:
            raise
        except Exception as error:  # noqa: BLE001 - the last resort of the edge: logged, counted, told as ours
            THROTTLE.event(
                logging.ERROR,
                "callback_failed",
                error,
                _tokens(exchange),
                request_id=request_id,
                account=account.slug,
                verb=exchange.verb,
            )
            exchange.milliseconds = _milliseconds(began)
            return party, _internal(exchange, account)

    async def _resolved(self, exchange: Exchange, account: ConfiguredAccount, began: float) -> Party:
        """Resolved, as the account's certification wants it where it does."""
        rule = rule_for(account.certification, exchange)
        if rule is None:
            return await self.resolution.resolve(exchange, account, began + account.deadline)
        # The deadline begins when the work does: a call that is delayed on demand is still worked on.
        return await staged(
            rule,
            exchange,
            lambda: self.resolution.resolve(exchange, account, time.monotonic() + account.deadline),
            self.admission.of(account.slug).aside,
        )

    async def _admit(self, exchange: Exchange, account: ConfiguredAccount, scope: Any, receive: Any) -> bool:
        """Whether the request may be worked on: its network, its size, its account's state, and ours."""
        request = exchange.request
        if not self._at_home(scope, request.headers, account):
            return _turn_away(exchange, account, Fault.FOREIGN_NETWORK)
        try:
            body = await body_of(receive, request.headers)
        except TooLarge:
            return _turn_away(exchange, account, Fault.TOO_LARGE)
        except Garbled as garbled:
            return _turn_away(exchange, account, Fault.MALFORMED, str(garbled))
        if body:
            exchange.request = Request(
                request.method, request.path, request.target, request.query, request.headers, body
            )
        if account.revoked:
            return _turn_away(exchange, account, Fault.ACCOUNT_REVOKED)
        if self.admission.of(account.slug).full:
            return _turn_away(exchange, account, Fault.OVERLOADED)
        return True

    def _at_home(self, scope: Any, headers: Mapping[str, str], account: ConfiguredAccount) -> bool:
        """Whether the account may be called from where this comes."""
        if not account.networks:
            return True
        caller = caller_of(scope, headers, self.proxies)
        return caller is not None and account.allows(caller)

    # Afterwards: nobody waits for this.

    async def _flooded(self, exchange: Exchange, scope: Any, account: ConfiguredAccount) -> bool:
        """Count what anybody could send; whether too much of it came."""
        if exchange.status is Fault.OVERLOADED:
            return False  # nothing more is asked for while too much comes, and it is not kept anyhow
        if exchange.status is Fault.BAD_SIGNATURE:
            self.attempts.wrong_signature()
        place = self.attempts.place(scope, exchange.request.headers)
        return await self.attempts.unverified(account.slug, place)

    def _record(
        self,
        exchange: Exchange,
        account: ConfiguredAccount,
        party: Party,
        answer: Answer,
        request_id: str,
        seconds: float,
        *,
        flood: bool,
    ) -> None:
        """Count the exchange, log it where it is worth a line, and keep it for disputes; of a flood only count it."""
        outcome, verb = str(exchange.status), exchange.verb or NO_VERB
        self.metrics.calls.observe(seconds, (account.slug, verb, outcome))
        self._count_money(exchange, account)
        if flood:
            return
        if seconds > self.slow_seconds or exchange.status in WORTH_A_LINE:
            THROTTLE.event(
                logging.WARNING,
                "callback",
                request_id=request_id,
                account=account.slug,
                verb=verb,
                outcome=outcome,
                milliseconds=round(seconds * 1000),
            )
        # What was turned away in a flood is counted: it was not verified, and keeping it would feed the flood.
        if account.keep_exchanges and (exchange.verified or exchange.status is not Fault.OVERLOADED):
            self.exchanges.keep(_kept(exchange, account, party, answer, request_id, seconds))

    def _count_money(self, exchange: Exchange, account: ConfiguredAccount) -> None:
        """Add what was booked just now to the account's stakes and wins."""
        call, outcome = exchange.asked, exchange.outcome
        if not isinstance(call, StudioCall) or outcome is None or outcome.currency is None:
            return
        for op, became in zip(call.ops, outcome.ops, strict=True):
            if became.status is not Status.CREATED:
                continue
            counter = (
                self.metrics.stakes if op.kind in NEW_BETS else self.metrics.wins if op.kind in WINS else None
            )
            if counter is not None:
                moved = self.registry.currencies[outcome.currency].amount(became.cash + became.bonus)
                counter.add((account.slug, outcome.currency), abs(moved))


def _is_a_look(request: Request, account: ConfiguredAccount) -> bool:
    """Whether somebody only looks if there is anybody: GET or HEAD on the base, where that is no verb."""
    return (
        request.method in {"GET", "HEAD"}
        and request.path.strip("/") == ""
        and account.provider.route(request) is None
    )


def _turn_away(exchange: Exchange, account: ConfiguredAccount, fault: Fault, detail: str = "") -> bool:
    """Refuse before the request was understood; its verb chooses the words, as far as it says one."""
    find_verb(account.provider, exchange)
    return fail(exchange, fault, detail)


def _internal(exchange: Exchange, account: ConfiguredAccount) -> Answer:
    """Our own failure in the protocol's words, or, where writing is what fails, a bare 500."""
    fail(exchange, Fault.INTERNAL)
    exchange.outcome = None
    exchange.amounts = ()
    try:
        return conclude(account.provider, exchange)
    except Exception as error:  # noqa: BLE001 - the adapter cannot even say so
        THROTTLE.event(logging.ERROR, "answer_failed", error, account=account.slug, verb=exchange.verb)
        return PLAIN


def _milliseconds(began: float) -> int:
    """For how long the request has been here."""
    return round((time.monotonic() - began) * 1000)


def _tokens(exchange: Exchange) -> tuple[str, ...]:
    """The session's tokens in the exchange: whoever reads them could play."""
    tokens = (None if exchange.asked is None else exchange.asked.token, exchange.token)
    return tuple(token for token in tokens if token)


def _kept(
    exchange: Exchange,
    account: ConfiguredAccount,
    party: Party,
    answer: Answer,
    request_id: str,
    seconds: float,
) -> Kept:
    asked = exchange.asked
    ops = asked.ops if isinstance(asked, StudioCall) else ()
    first = ops[0] if ops else None
    return Kept(
        exchange.now,
        account.id,
        party.wallet or None,
        answer.http_status,
        round(seconds * 1_000_000),
        str(exchange.status),
        exchange.verb or NO_VERB,
        request_id,
        None if first is None else first.key,
        None if first is None else first.round,
        exchange.request,
        PERSONAL if tells_of_a_person(account.provider, exchange, answer) else answer.body,
        account.provider.scrub,
        _tokens(exchange),
        tuple((op.key, op.round) for op in ops[1:]),
        MAXIMUM_TEXT if exchange.verified else UNVERIFIED_TEXT,
    )


async def _send(
    send: Any, answer: Answer, request_id: str, *, head: bool = False, close: bool = False
) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
    headers.append((b"content-length", str(len(answer.body)).encode()))
    headers.append((b"x-request-id", request_id.encode()))
    if close:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": answer.http_status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else answer.body})
