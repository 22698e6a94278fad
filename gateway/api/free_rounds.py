"""Free rounds: given to a player at a studio, listed, and taken back.

What is to be given is written down before the studio is asked, because the studio may pay it at once; the caller's id
names it for good, so that a request whose answer was lost can be sent again.  Nothing here moves money: what free
rounds win comes as a studio's call.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter, QueryParameter
from msgspec import Meta, Struct

from gateway.api.amounts import Amount, CurrencyCode, currency_of, units_of
from gateway.api.desk import Caller
from gateway.api.launches import personal_of, profile_of
from gateway.api.problems import Problem, documented, invalid, refused
from gateway.api.provider_accounts import SlugInPath
from gateway.api.shapes import PLAIN, Cursor, Limit, PlayerId, Word
from gateway.api.wallets import wallet_of
from gateway.configured_accounts import ConfiguredAccount
from gateway.studios import Failure, StudioFailed
from providers.outbound import FreeRoundsOrder, Outbound
from wallet.cursors import Moment, cursor_of, position_of
from wallet.cursors import Word as CursorWord
from wallet.free_rounds import (
    MAXIMUM_GAMES,
    MAXIMUM_ISSUE,
    MAXIMUM_QUANTITY,
    FreeRoundsIssue,
    FreeRoundsRequest,
    FreeRoundsState,
)
from wallet.types import Status

TAGS = ["Free rounds"]
ISSUE = PLAIN + "[A-Za-z0-9._:-]{1,64}$"
LAST = datetime(9998, 1, 1, tzinfo=UTC)

IssueId = Annotated[
    str,
    Meta(
        pattern=ISSUE, max_length=MAXIMUM_ISSUE, description="Yours; the studio pays by it. Some want a UUID."
    ),
]
Option = Annotated[str, Meta(max_length=500, pattern=PLAIN)]


class FreeRoundsBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Free rounds to give."""

    id: IssueId
    player: PlayerId
    currency: CurrencyCode
    provider_account: Annotated[Word, Meta(description="Its slug.")]
    games: Annotated[list[Word], Meta(min_length=1, max_length=MAXIMUM_GAMES)]
    quantity: Annotated[int, Meta(ge=1, le=MAXIMUM_QUANTITY)]
    bet_value: Annotated[Amount, Meta(description="Of a round, for studios that take an amount.")] | None = (
        None
    )
    bet_level: Annotated[int, Meta(ge=1, le=10_000, description="For studios that count levels.")] | None = (
        None
    )
    starts_at: datetime | None = None
    expires_at: datetime
    options: Annotated[
        dict[Annotated[str, Meta(max_length=64, pattern=PLAIN)], Option],
        Meta(max_length=20, description="What else the studio wants to be told: see the protocol's page."),
    ] = {}


class FreeRoundsAnswer(Struct, frozen=True, kw_only=True):
    """Free rounds and how far they are."""

    id: str
    provider_account: str
    external_id: Annotated[str, Meta(description="What the studio calls the wallet.")]
    currency: str
    games: tuple[str, ...]
    quantity: int
    bet_value: str | None
    bet_level: int | None
    starts_at: datetime
    expires_at: datetime
    state: FreeRoundsState
    created_at: datetime


class FreeRoundsPage(Struct, frozen=True):
    """A player's free rounds, the newest first."""

    items: list[FreeRoundsAnswer]
    next_cursor: str | None


class Filters(Struct, frozen=True):
    """Whose."""

    player: str


class Place(Struct, frozen=True):
    """Where a page ended."""

    created_at: Moment
    issue: CursorWord


@post(
    "/free-rounds",
    tags=TAGS,
    responses=documented(
        *("player_not_found", "provider_account_not_found", "unknown_currency", "invalid_amount"),
        "provider_account_unserved",
        *("player_erased", "free_rounds_differ", "studio_cannot", *(failure.value for failure in Failure)),
        *(Status.WALLET_NOT_FOUND, Status.WALLET_CLOSED, Status.PLAYER_BLOCKED, Status.PLAYER_EXCLUDED),
        *(Status.GAME_DISABLED, Status.ACCOUNT_DISABLED, Status.CURRENCY_DIFFERS),
        repeated=FreeRoundsAnswer,
    ),
)
async def issue_free_rounds(
    data: JSONBody[FreeRoundsBody], caller: NamedDependency[Caller]
) -> Response[FreeRoundsAnswer]:
    """Give free rounds; 200 where the studio has them already. After an answer that was lost or unsure, send it again."""
    account = caller.provider_account(data.provider_account)
    question = account.provider.studio.issue
    if question is None:
        raise Problem("studio_cannot", "the protocol has no free rounds that are asked for")
    wanted = await _request(caller, data)
    status = await caller.desk.free_rounds.request(account.id, wanted, caller.author)
    if status is None:
        raise Problem("player_erased")
    if status is Status.KEY_REUSED:
        raise Problem("free_rounds_differ")
    if status not in {Status.CREATED, Status.FOUND}:
        raise refused(status)
    issue = await _issue(caller, account, data.id)
    if issue.state not in {FreeRoundsState.REQUESTED, FreeRoundsState.DECLINED}:
        return Response(_told(caller, account.slug, issue), status_code=200)
    # After an answer that was lost, the studio's no may mean that it has them already: they stay requested.
    fresh = status is Status.CREATED or issue.state is FreeRoundsState.DECLINED
    await _move(caller, account, issue.id, FreeRoundsState.REQUESTED)
    try:
        await _ask(caller, account, "free_rounds", question, issue)
    except StudioFailed as failed:
        if fresh and not failed.unsure:
            await _move(caller, account, issue.id, FreeRoundsState.DECLINED)
        raise
    await _move(caller, account, issue.id, FreeRoundsState.ISSUED)
    return Response(_told(caller, account.slug, await _issue(caller, account, data.id)), status_code=201)


@get("/free-rounds", tags=TAGS, responses=documented("player_not_found", "invalid_cursor"))
async def list_free_rounds(
    caller: NamedDependency[Caller],
    player: Annotated[str, QueryParameter(min_length=1, max_length=64, pattern=PLAIN)],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> FreeRoundsPage:
    """A player's free rounds, a page at a time."""
    wanted = Filters(player)
    before = position_of(cursor, wanted, Place) if cursor else Place(LAST, "")
    found = await caller.player(player)
    wallets = [wallet.id for wallet in await caller.desk.players.wallets_of(found.id, bucket=found.bucket)]
    issues = await caller.desk.free_rounds.list_of(
        wallets, before=(before.created_at, before.issue), limit=limit + 1, bucket=found.bucket
    )
    names = await caller.desk.history.account_names()
    more = None
    if len(issues) > limit:
        last = issues[limit - 1]
        more = cursor_of(Place(last.created_at, last.id), wanted)
    return FreeRoundsPage(
        [_told(caller, names[each.provider_account], each) for each in issues[:limit]], more
    )


@post(
    "/free-rounds/{slug:str}/{issue:str}/cancel",
    status_code=200,
    tags=TAGS,
    responses=documented(
        *("provider_account_not_found", "free_rounds_not_found", "free_rounds_finished", "studio_cannot"),
        "provider_account_unserved",
        *(failure.value for failure in Failure),
    ),
)
async def cancel_free_rounds(
    slug: SlugInPath,
    issue: Annotated[str, PathParameter(pattern=ISSUE)],
    caller: NamedDependency[Caller],
) -> FreeRoundsAnswer:
    """Take free rounds back; again, the same answer. What was won with them is paid all the same."""
    account = caller.provider_account(slug)
    question = account.provider.studio.cancel
    if question is None:
        raise Problem("studio_cannot", "the protocol takes no free rounds back")
    found = await _issue(caller, account, issue)
    if found.state is FreeRoundsState.FINISHED:
        raise Problem("free_rounds_finished")
    if found.state is not FreeRoundsState.CANCELLED:
        await _ask(caller, account, "cancel_free_rounds", question, found)
        await _move(caller, account, issue, FreeRoundsState.CANCELLED)
    return _told(caller, account.slug, await _issue(caller, account, issue))


async def _issue(caller: Caller, account: ConfiguredAccount, issue: str) -> FreeRoundsIssue:
    found = await caller.desk.free_rounds.issued(account.id, issue)
    if found is None:
        raise Problem("free_rounds_not_found")
    return found


async def _move(caller: Caller, account: ConfiguredAccount, issue: str, state: FreeRoundsState) -> None:
    await caller.desk.free_rounds.change(account.id, issue, state, caller.author)


async def _request(caller: Caller, data: FreeRoundsBody) -> FreeRoundsRequest:
    currency = currency_of(caller.desk.currencies, data.currency)
    bet_value = None if data.bet_value is None else units_of(currency, data.bet_value, field="bet_value")
    now = datetime.now(UTC)
    starts_at = data.starts_at or now
    for field, moment in (("starts_at", starts_at), ("expires_at", data.expires_at)):
        if moment.tzinfo is None or not now - timedelta(days=3660) < moment < LAST:
            raise invalid(field, "is a moment with a time zone")
    if data.expires_at <= starts_at:
        raise invalid("expires_at", "lies before the beginning")
    balance = await wallet_of(caller, data.player, currency.code)
    return FreeRoundsRequest(
        id=data.id,
        wallet=balance.wallet,
        games=data.games,
        quantity=data.quantity,
        starts_at=starts_at,
        expires_at=data.expires_at,
        bet_level=data.bet_level,
        bet_value=bet_value,
        options=data.options,
    )


async def _ask(
    caller: Caller,
    account: ConfiguredAccount,
    name: str,
    question: Outbound[FreeRoundsOrder, None],
    issue: FreeRoundsIssue,
) -> None:
    """Ask the studio to give or to take back.  Raises `StudioFailed`."""
    wire = account.currencies.get(issue.currency_code)
    if wire is None:
        raise Problem(Status.CURRENCY_DIFFERS)
    player = await caller.desk.players.read(issue.player, bucket=issue.bucket)
    if player is None:
        raise LookupError("a wallet has a player")
    unit = Decimal(1).scaleb(-wire.exponent)  # an amount of the internal API is never finer
    order = FreeRoundsOrder(
        account=account.account,
        id=issue.id,
        player=issue.external_id,
        player_number=issue.player,
        currency=issue.currency_code,
        games=issue.games,
        quantity=issue.quantity,
        starts_at=issue.starts_at,
        expires_at=issue.expires_at,
        bet_level=issue.bet_level,
        bet_value=None if issue.bet_value is None else wire.amount(issue.bet_value).quantize(unit),
        options=issue.options,
        profile=profile_of(player, issue.external_id, issue.currency_code),
        personal=await personal_of(caller, account, player),
    )
    await caller.desk.studios.ask(account, name, question, order)


def _told(caller: Caller, slug: str, issue: FreeRoundsIssue) -> FreeRoundsAnswer:
    currency = caller.desk.currencies[issue.currency]
    return FreeRoundsAnswer(
        id=issue.id,
        provider_account=slug,
        external_id=issue.external_id,
        currency=issue.currency,
        games=issue.games,
        quantity=issue.quantity,
        bet_value=None if issue.bet_value is None else currency.text(issue.bet_value),
        bet_level=issue.bet_level,
        starts_at=issue.starts_at,
        expires_at=issue.expires_at,
        state=issue.state,
        created_at=issue.created_at,
    )
