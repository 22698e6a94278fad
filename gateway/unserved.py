"""A provider account that this process cannot serve, as where its secrets open with no master key here, and what its studio is told.

There is such an account, so nobody is told that there is none: what a studio hears is temporary, in its protocol's words
where those can be had without a secret.  Nothing is verified or posted here.
"""

import contextlib
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from gateway.arrival import Garbled, Gone, TooLarge, body_of
from gateway.metrics import Metrics
from providers.contract import Account, Answer, Exchange, Fault, Request
from providers.dialogue import conclude, fail, find_verb
from providers.provider import Provider

NO_VERB = "-"


class Unserved(Struct, frozen=True):
    """What is known of it.  `account` is without the secrets: it is good for words, and for no request."""

    sealed: bool  # its secrets do not open
    revoked: bool  # nobody misses it
    provider: Provider | None = None
    account: Account | None = None


async def answer_without(
    unserved: Unserved | None, slug: str, request: Request, receive: Any, metrics: Metrics
) -> Answer:
    """The answer where no account of this slug is served: a bare 404 only where there is none."""
    if unserved is None:
        metrics.unknown_accounts.add()
        return Answer(404, (), b"")
    fault = Fault.ACCOUNT_REVOKED if unserved.revoked else Fault.OVERLOADED
    verb, answer = None, Answer(503, (), b"")
    if unserved.provider is not None and unserved.account is not None:
        with contextlib.suppress(TooLarge, Garbled):  # its verb, then, as far as the rest tells it
            try:
                request = replace(request, body=await body_of(receive, request.headers))
            except Gone:
                return Answer(408, (), b"")
        exchange = Exchange(request, unserved.account, datetime.now(UTC))
        with contextlib.suppress(Exception):  # an adapter that has no words for this
            find_verb(unserved.provider, exchange)
            fail(exchange, fault)
            answer = conclude(unserved.provider, exchange)
        verb = exchange.verb
    metrics.calls.observe(0, (slug, verb or NO_VERB, str(fault)))
    return answer
