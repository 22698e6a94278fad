"""Asks studios: sends what an adapter built to the address of the account, and hands the answer to the adapter to read.

It goes nowhere but to the account's own address, follows no redirect, waits and reads no longer than it said, and
never asks twice by itself.  No address, header or body of an exchange is ever logged, by us or by the library, because each
may hold a secret.
"""

import asyncio
import contextlib
import logging
import math
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Mapping
from enum import StrEnum
from typing import TypeVar

import httpx
import msgspec

from gateway import logs
from gateway.configured_accounts import ConfiguredAccount
from gateway.metrics import Metrics
from gateway.pauses import Pauses
from providers.outbound import Declined, Outbound, OutboundAnswer, OutboundRequest, Unready, setting

SECONDS = 10.0
"""How long a studio may take from the first byte to the last, the wait for a turn with it."""

CONNECT_SECONDS = 3.0
ACCOUNT_REQUESTS = 10
"""Requests of a process that one account's studio may have at once, so that a silent one holds up nobody else's."""

TURN_SECONDS = 3.0
"""How long a request waits for its turn among those; then it was not sent."""

IDLE_CONNECTIONS = 50
"""Connections kept for later, over all studios; those in use are bounded by account."""

TALKATIVE = ("httpx", "httpcore")
"""The libraries' loggers: of every request they would write the address."""

Asked = TypeVar("Asked")
Told = TypeVar("Told")


class Failure(StrEnum):
    """Why a studio's answer is not to be had.  Each is the name of a problem."""

    NOT_READY = "studio_not_configured"  # the account lacks a setting or a secret
    PAUSED = "too_many_requests"  # the studio wants a pause between two of these
    UNREACHABLE = "studio_unreachable"  # no connection, or it broke
    LATE = "studio_timeout"  # the studio may have done it all the same
    UNREADABLE = "studio_unreadable"  # what came is no answer of the protocol
    BUSY = "studio_unavailable"  # the studio said no for now
    DECLINED = "studio_declined"  # the studio said no


class StudioFailed(Exception):  # noqa: N818 - an answer to the caller
    """A studio was asked and did not do it, or could not be asked.  The message holds nothing secret."""

    def __init__(
        self, failure: Failure, detail: str = "", *, code: str | None = None, retry_after: int | None = None
    ) -> None:
        super().__init__(detail or failure.value)
        self.failure = failure
        self.detail = detail
        self.code = code  # the studio's own word
        self.retry_after = retry_after

    @property
    def unsure(self) -> bool:
        """Whether the studio may have done what it was asked for."""
        return self.failure in {Failure.UNREACHABLE, Failure.LATE, Failure.UNREADABLE, Failure.BUSY}


class Studios:
    """The studios of one installation, as one process asks them."""

    def __init__(self, metrics: Metrics, pauses: Pauses, *, seconds: float = SECONDS) -> None:
        for name in TALKATIVE:
            logging.getLogger(name).setLevel(logging.WARNING)
        self._pauses = pauses
        self._seconds = seconds
        self._asked = metrics.histogram(
            "bankroll_studio_seconds",
            "Questions to studios, from the first byte to the answer.",
            ("account", "question", "outcome"),
        )
        self._http = httpx.AsyncClient(
            follow_redirects=False,
            trust_env=False,  # neither a proxy nor a password that the account does not know of
            timeout=httpx.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds)),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=IDLE_CONNECTIONS),
            headers={"user-agent": "bankroll", "accept-encoding": "identity"},
        )
        self._turns: dict[str, asyncio.Semaphore] = {}
        self._throttles: defaultdict[str, logs.Throttle] = defaultdict(logs.Throttle)  # by account

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def permit(self, account: ConfiguredAccount, *, until: float = math.inf) -> str:
        """The token that the account's studio wants to see with a question; empty where it wants none.

        Raises `StudioFailed`.
        """
        question = account.provider.studio.permit
        if question is None:
            return ""
        return await self.ask(account, "permit", question, account.account, until=until)

    async def ask(
        self,
        account: ConfiguredAccount,
        name: str,
        question: Outbound[Asked, Told],
        asked: Asked,
        *,
        until: float = math.inf,
    ) -> Told:
        """The studio's answer to a question, which is called `name` in metrics and logs.  Raises `StudioFailed`.

        `until` is a moment of ``time.monotonic()`` that may come before the studio's time is over.
        """
        began = time.monotonic()
        outcome = "done"
        try:
            return await self._answer(account, name, question, asked, until)
        except StudioFailed as failed:
            outcome = failed.failure.value
            self._throttles[account.slug].event(
                logging.WARNING,
                "studio_failed",
                account=account.slug,
                question=name,
                failure=outcome,
                code=failed.code,
                milliseconds=round((time.monotonic() - began) * 1000),
            )
            raise
        finally:
            self._asked.observe(time.monotonic() - began, (account.slug, name, outcome))

    async def _answer(
        self,
        account: ConfiguredAccount,
        name: str,
        question: Outbound[Asked, Told],
        asked: Asked,
        until: float,
    ) -> Told:
        try:
            address = setting(account.account, question.address)
            request = question.build(asked)
        except (Unready, ValueError) as error:  # a key that is none is a ValueError
            raise StudioFailed(Failure.NOT_READY, f"the account needs {error}") from None
        except LookupError as error:  # a setting that is none of a table's
            raise StudioFailed(Failure.NOT_READY, f"the account has an unknown setting {error}") from None
        if not all(value.isascii() for _, value in request.headers):
            raise StudioFailed(Failure.NOT_READY, "a header of the request would not be ASCII")
        until = min(until, time.monotonic() + self._seconds)
        async with self._turn(account, until):
            wait = await self._pauses.take(f"{account.slug}:{name}", question.pause)
            if wait > 0:
                raise StudioFailed(
                    Failure.PAUSED, f"once in {question.pause} seconds at most", retry_after=wait
                )
            answer = await self._exchange(address, request, question.bound, until)
        try:
            return question.read(answer)
        except Declined as declined:
            failure = Failure.BUSY if declined.retryable else Failure.DECLINED
            code = declined.code[:100]
            raise StudioFailed(failure, f"the studio said {code!r}", code=code) from None
        except (msgspec.MsgspecError, ValueError, LookupError, RecursionError) as error:
            raise StudioFailed(
                Failure.UNREADABLE, f"HTTP {answer.http_status}, {type(error).__name__}"
            ) from None

    @contextlib.asynccontextmanager
    async def _turn(self, account: ConfiguredAccount, until: float) -> AsyncGenerator[None]:
        """One of the requests that the account's studio may have at once.  Raises `StudioFailed`."""
        turns = self._turns.setdefault(account.slug, asyncio.Semaphore(ACCOUNT_REQUESTS))
        try:
            async with asyncio.timeout(min(TURN_SECONDS, until - time.monotonic())):
                await turns.acquire()
        except TimeoutError:
            raise StudioFailed(
                Failure.UNREACHABLE, f"{ACCOUNT_REQUESTS} requests wait for its answer"
            ) from None
        try:
            yield
        finally:
            turns.release()

    async def _exchange(
        self, address: str, request: OutboundRequest, bound: int, until: float
    ) -> OutboundAnswer:
        if not request.path.startswith("/"):
            raise ValueError("a path begins with a slash")
        url = address.rstrip("/") + request.path
        try:
            async with (
                asyncio.timeout(until - time.monotonic()),
                self._http.stream(
                    request.method, url, headers=list(request.headers), content=request.body
                ) as response,
            ):
                headers, body = headers_of(response), await bounded_body(response, bound)
                return OutboundAnswer(response.status_code, headers, body, address)
        except (TimeoutError, httpx.TimeoutException) as error:
            connecting = isinstance(error, httpx.ConnectTimeout)
            raise StudioFailed(Failure.UNREACHABLE if connecting else Failure.LATE) from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise StudioFailed(Failure.UNREACHABLE, type(error).__name__) from None


def headers_of(response: httpx.Response) -> Mapping[str, str]:
    """The headers of an answer that may be read.  Raises `StudioFailed`."""
    if response.is_redirect:
        raise StudioFailed(Failure.UNREADABLE, "the studio's address redirects")
    if response.headers.get("content-encoding", "identity") != "identity":
        raise StudioFailed(Failure.UNREADABLE, "the answer is compressed")
    return {name.lower(): value for name, value in response.headers.items()}


async def bounded_body(response: httpx.Response, bound: int) -> bytes:
    """The body of an answer.  Raises `StudioFailed` as soon as it is longer than `bound`."""
    body = bytearray()
    async for part in response.aiter_raw():
        body += part
        if len(body) > bound:
            raise StudioFailed(Failure.UNREADABLE, f"more than {bound} bytes")
    return bytes(body)
