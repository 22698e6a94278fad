"""The audit log as the operator reads it: who changed what, through the API, the command line or the database itself.

Reads only: entries are written with what they tell of, and nothing here or anywhere changes or drops one.
"""

from datetime import datetime
from typing import Annotated, Any

from litestar import get
from litestar.di import NamedDependency
from msgspec import Meta, Struct
from msgspec.structs import asdict

from gateway.api.desk import Caller
from gateway.api.problems import documented
from gateway.api.shapes import Cursor, Filter, Limit, PlayerId, Since, Until, moments
from wallet.audit import AuditEntry, AuditFilters, list_entries


class AuditAnswer(Struct, frozen=True, kw_only=True):
    """One change, as it was made."""

    id: int
    recorded_at: datetime
    actor: Annotated[
        str,
        Meta(
            description="`api_key:7`, `command_line:anna`; `database:…` for what was changed behind our back."
        ),
    ]
    operation: str
    request_id: str | None
    reason: str | None
    subject: Annotated[
        str, Meta(description="What kind of thing: `player`, `session`, …; `call`: money, in the journal.")
    ]
    name: Annotated[str, Meta(description="Of the thing; of a call the key of its transaction.")]
    player: PlayerId | None
    before: dict[str, Any] | None
    after: Annotated[
        dict[str, Any] | None,
        Meta(description="Of a call in ledger units, with its transaction; null where nothing was moved."),
    ]
    changed: Annotated[
        list[str] | None, Meta(description="What an update changed, also what is secret or personal.")
    ]


class AuditPage(Struct, frozen=True):
    """Entries, the newest first."""

    items: list[AuditAnswer]
    next_cursor: str | None


@get(
    "/audit", tags=["Audit"], responses=documented("invalid_cursor", "player_not_found", "question_too_wide")
)
async def list_audit_entries(  # noqa: PLR0913, PLR0917 - an argument for each filter
    caller: NamedDependency[Caller],
    actor: Filter = None,
    operation: Filter = None,
    subject: Filter = None,
    name: Filter = None,
    request_id: Filter = None,
    player: Filter = None,
    since: Since = None,
    until: Until = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> AuditPage:
    """Who changed what, a page at a time; the first page fixes the set."""
    moments(since, until)
    await caller.known(player=player)
    wanted = AuditFilters(actor, operation, subject, name, request_id, player, since, until)
    page = await list_entries(caller.desk.history, wanted, cursor, limit)
    return AuditPage([_answer(entry) for entry in page.items], page.next_cursor)


def _answer(entry: AuditEntry) -> AuditAnswer:
    told = asdict(entry)
    told["player"] = told.pop("player_external_id")
    del told["calls"]
    return AuditAnswer(**told)
