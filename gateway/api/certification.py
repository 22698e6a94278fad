"""Certification mode: a test account delays, refuses and loses answers on demand, and its sessions expire on demand.

Refused at live accounts, by the database too.
"""

from typing import Annotated

import msgspec
from litestar import get, post, put
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter
from msgspec import Meta, Struct

from gateway.api.desk import Caller
from gateway.api.problems import Problem, documented, invalid
from gateway.api.provider_accounts import TAGS, SlugInPath
from gateway.certification import Rule

MAXIMUM_RULES = 50


class Certification(Struct, frozen=True, forbid_unknown_fields=True):
    """What a test account does on demand: of the rules that fit a call and are not over, the first is followed."""

    rules: Annotated[list[Rule], Meta(max_length=MAXIMUM_RULES)]


@get(
    "/provider-accounts/{slug:str}/certification",
    tags=TAGS,
    responses=documented("provider_account_not_found", "provider_account_unserved"),
)
async def read_certification(slug: SlugInPath, caller: NamedDependency[Caller]) -> Certification:
    """What a test account does on demand; a live one does nothing."""
    return Certification(list(caller.provider_account(slug).certification))


@put(
    "/provider-accounts/{slug:str}/certification",
    tags=TAGS,
    responses=documented("provider_account_not_found", "provider_account_unserved", "live_account"),
)
async def set_certification(
    slug: SlugInPath, data: JSONBody[Certification], caller: NamedDependency[Caller]
) -> Certification:
    """Replace what a test account does on demand; no rules end it."""
    account = caller.provider_account(slug)
    for rule in data.rules:
        if reason := rule.why_not(tuple(account.provider.verbs)):
            raise invalid("rules", reason)
    stored = await caller.desk.catalogue.set_certification(
        slug, msgspec.to_builtins(data.rules), caller.author
    )
    if stored is None:
        raise Problem("provider_account_not_found")
    if not stored:
        raise Problem("live_account")
    await caller.desk.registry.refresh()
    return data


@post(
    "/sessions/{session:int}/expire",
    status_code=204,
    tags=["Sessions"],
    responses=documented("session_not_found", "live_account"),
)
async def expire_session(
    session: Annotated[int, PathParameter(ge=1, le=2**62)], caller: NamedDependency[Caller]
) -> None:
    """Let a test account's session expire now; new bets in it are refused, its wins still land."""
    expired = await caller.desk.sessions.expire(session, caller.author)
    if expired is None:
        raise Problem("session_not_found")
    if not expired:
        raise Problem("live_account")
