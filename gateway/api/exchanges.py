"""Exchanges: what a studio asked and what it was answered, scrubbed, as kept for disputes."""

from datetime import datetime
from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from msgspec import Meta, Struct

from gateway.api.desk import Caller
from gateway.api.problems import documented
from gateway.api.shapes import Cursor, Filter, Limit, PlayerId, RoundFilter, Since, Until, moments
from wallet.exchanges import Exchange, ExchangeFilters
from wallet.exchanges import list_exchanges as list_of


class ExchangeAnswer(Struct, frozen=True, kw_only=True):
    """One request of a studio and our answer."""

    received_at: datetime
    request_id: str
    provider_account: str
    player: PlayerId | None
    verb: str
    outcome: Annotated[
        str, Meta(description="What became of it: a status of the ledger, or why it never got there.")
    ]
    http_status: int
    duration_us: int
    key: str | None
    round: str | None
    request: str
    answer: str


class ExchangePage(Struct, frozen=True):
    """Exchanges, the newest first; a page may hold fewer than the limit and still have a next."""

    items: list[ExchangeAnswer]
    next_cursor: str | None


@get(
    "/exchanges",
    tags=["History"],
    responses=documented(
        *("invalid_cursor", "question_too_wide"), *("player_not_found", "provider_account_not_found")
    ),
)
async def list_exchanges(  # noqa: PLR0913, PLR0917 - an argument for each filter
    caller: NamedDependency[Caller],
    provider_account: Filter = None,
    key: Filter = None,
    round_id: RoundFilter = None,
    player: Filter = None,
    outcome: Filter = None,
    since: Since = None,
    until: Until = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> ExchangePage:
    """Exchanges, a page at a time; they are kept some moments after their answer."""
    moments(since, until)
    await caller.known(player=player, provider_account=provider_account)
    wanted = ExchangeFilters(provider_account, key, round_id, player, outcome, since, until)
    page = await list_of(caller.desk.history, wanted, cursor, limit)
    return ExchangePage([_answer(found) for found in page.items], page.next_cursor)


def _answer(found: Exchange) -> ExchangeAnswer:
    return ExchangeAnswer(
        received_at=found.received_at,
        request_id=found.request_id,
        provider_account=found.provider_account_slug,
        player=found.player_external_id,
        verb=found.verb,
        outcome=found.outcome,
        http_status=found.status,
        duration_us=found.duration_us,
        key=found.key,
        round=found.round,
        request=found.request,
        answer=found.answer,
    )
