"""API keys: made with scopes and an end, shown whole once, revoked at once.

A key can give no scope that it does not have.
"""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter
from msgspec import Meta, Struct

from gateway.api.desk import Caller
from gateway.api.problems import Problem, documented, invalid
from gateway.api.shapes import PLAIN
from wallet.api_keys import LONGEST_DAYS, MAXIMUM_NAME, ApiKey, ApiScope

TAGS = ["API keys"]
LONGEST = timedelta(days=LONGEST_DAYS)


class ApiKeyRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """A key to make."""

    name: Annotated[str, Meta(min_length=1, max_length=MAXIMUM_NAME, pattern=PLAIN)]
    scopes: Annotated[list[ApiScope], Meta(min_length=1, max_length=50)]
    expires_at: Annotated[datetime, Meta(description="Within two years.")]


class NewApiKey(Struct, frozen=True):
    """A key, the only time that it is seen whole."""

    id: int
    key: str
    scopes: list[ApiScope]
    expires_at: datetime


class ApiKeyAnswer(Struct, frozen=True):
    """A key as it is known afterwards."""

    id: int
    name: str
    scopes: list[ApiScope]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    used_at: Annotated[datetime | None, Meta(description="Last, give or take a minute.")]


class ApiKeyList(Struct, frozen=True):
    """Every key there ever was."""

    items: list[ApiKeyAnswer]


@post("/api-keys", tags=TAGS, responses=documented())
async def create_api_key(data: JSONBody[ApiKeyRequest], caller: NamedDependency[Caller]) -> NewApiKey:
    """Make a key."""
    scopes = frozenset(data.scopes)
    if beyond := scopes - caller.key.scopes:
        raise Problem("scope_missing", f"this key cannot give {', '.join(sorted(beyond))}")
    if data.expires_at.tzinfo is None:
        raise invalid("expires_at", "has a time zone, as in 2026-11-21T12:00:00Z")
    now = datetime.now(UTC)
    if not now < data.expires_at <= now + LONGEST:
        raise invalid("expires_at", "lies ahead, within two years")
    try:
        key = await caller.desk.api_keys.create(data.name, scopes, data.expires_at, caller.author)
    except ValueError as error:
        raise invalid("name", str(error)) from None
    return NewApiKey(int(key.split("_")[1]), key, sorted(scopes), data.expires_at)


@get("/api-keys", tags=TAGS, responses=documented())
async def list_api_keys(caller: NamedDependency[Caller]) -> ApiKeyList:
    """Every key, none of them whole."""
    return ApiKeyList([_answer(key) for key in await caller.desk.api_keys.list()])


@post("/api-keys/{key_id:int}/revoke", status_code=204, tags=TAGS, responses=documented("api_key_not_found"))
async def revoke_api_key(
    key_id: Annotated[int, PathParameter(ge=1, le=2**31 - 1)], caller: NamedDependency[Caller]
) -> None:
    """End a key."""
    if not await caller.desk.api_keys.revoke(key_id, caller.author):
        raise Problem("api_key_not_found")


def _answer(key: ApiKey) -> ApiKeyAnswer:
    times = (key.created_at, key.expires_at, key.revoked_at, key.used_at)
    return ApiKeyAnswer(key.id, key.name, sorted(key.scopes), *times)
