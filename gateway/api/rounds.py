"""Rounds: what was staked and won in one, and its transactions in order."""

import base64
import binascii
from datetime import datetime
from typing import Annotated

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter
from msgspec import Meta, Struct

from gateway.api.amounts import Amount, CurrencyCode
from gateway.api.desk import Caller
from gateway.api.problems import Problem, documented
from gateway.api.shapes import Cursor, Filter, Limit, PlayerId, RoundFilter, Since, Until, moments
from gateway.api.transactions import TransactionAnswer, answer_of
from wallet.rounds import (
    MAXIMUM_TRANSACTIONS,
    Round,
    RoundFilters,
    RoundName,
    name_of,
)
from wallet.rounds import (
    list_rounds as list_of,
)
from wallet.rounds import read_round as read_of

TAGS = ["History"]


class RoundAnswer(Struct, frozen=True, kw_only=True):
    """A studio's round of one wallet.  Stakes are those that still stand."""

    id: Annotated[str, Meta(description="Names the round here; opaque.")]
    round: Annotated[str, Meta(description="The studio's id of it.")]
    provider_account: str
    player: PlayerId
    currency: CurrencyCode
    game: str | None
    stakes: Amount
    stakes_in_bonus: Amount
    wins: Amount
    wins_in_bonus: Amount
    bets: Annotated[
        int, Meta(description="Those given back count, also one that was refunded before it came.")
    ]
    live_bets: Annotated[int, Meta(description="Those that still stand.")]
    win_count: int
    closed: bool
    opened_at: datetime
    changed_at: datetime


class RoundPage(Struct, frozen=True):
    """Rounds; those of one player from the newest back."""

    items: list[RoundAnswer]
    next_cursor: str | None


class RoundWithTransactions(Struct, frozen=True):
    """A round and what was posted in it, in order."""

    round: RoundAnswer
    transactions: list[TransactionAnswer]
    complete: Annotated[bool, Meta(description=f"False beyond {MAXIMUM_TRANSACTIONS} transactions.")]


@get(
    "/rounds",
    tags=TAGS,
    responses=documented(
        *("invalid_cursor", "question_too_wide"), *("player_not_found", "provider_account_not_found")
    ),
)
async def list_rounds(  # noqa: PLR0913, PLR0917 - an argument for each filter
    caller: NamedDependency[Caller],
    player: Filter = None,
    provider_account: Filter = None,
    round_id: RoundFilter = None,
    closed: Annotated[bool | None, QueryParameter()] = None,
    since: Since = None,
    until: Until = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> RoundPage:
    """Rounds, a page at a time; every filter that is given must match, times are those of the first transaction."""
    moments(since, until)
    await caller.known(player=player, provider_account=provider_account)
    wanted = RoundFilters(player, provider_account, round_id, closed, since, until)
    page = await list_of(caller.desk.history, wanted, cursor, limit)
    return RoundPage([_answer(caller, found) for found in page.items], page.next_cursor)


@get("/rounds/{round_id:str}", tags=TAGS, responses=documented("round_not_found"))
async def read_round(
    round_id: Annotated[str, PathParameter(max_length=1000)], caller: NamedDependency[Caller]
) -> RoundWithTransactions:
    """One round with its transactions."""
    found = await read_of(caller.desk.history, _named(round_id))
    if found is None:
        raise Problem("round_not_found")
    summary, transactions, complete = found
    told = [answer_of(caller, transaction) for transaction in transactions]
    return RoundWithTransactions(_answer(caller, summary), told, complete)


def _named(text: str) -> RoundName:
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        name = msgspec.msgpack.decode(packed, type=RoundName)
    except (binascii.Error, ValueError):
        raise Problem("round_not_found") from None
    if _text(name) != text:  # another spelling of the same
        raise Problem("round_not_found")
    return name


def _text(name: RoundName) -> str:
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(name)).rstrip(b"=").decode()


def _answer(caller: Caller, found: Round) -> RoundAnswer:
    currency = caller.desk.currencies[found.currency]
    return RoundAnswer(
        id=_text(name_of(found)),
        round=found.round,
        provider_account=found.provider_account_slug,
        player=found.player_external_id,
        currency=found.currency,
        game=found.game_code,
        stakes=currency.text(found.stake_cash + found.stake_bonus),
        stakes_in_bonus=currency.text(found.stake_bonus),
        wins=currency.text(found.win_cash + found.win_bonus),
        wins_in_bonus=currency.text(found.win_bonus),
        bets=found.bets,
        live_bets=found.live_bets,
        win_count=found.wins,
        closed=found.closed,
        opened_at=found.opened_at,
        changed_at=found.changed_at,
    )
