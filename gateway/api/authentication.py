"""Who may do what: the one table of scopes, and the one guard that reads it.

An operation that is not in the table cannot be registered.  A key is looked up with every request, so that one that
was revoked is dead at once.
"""

import logging
from collections.abc import Mapping
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from gateway import logs
from gateway.api.desk import desk_of
from gateway.api.problems import Problem
from gateway.arrival import headers_of
from wallet.api_keys import ApiScope, digest_of

SCOPES: Mapping[str, ApiScope] = {
    "create_player": ApiScope.PLAYERS_WRITE,
    "list_players": ApiScope.PLAYERS_READ,
    "read_player": ApiScope.PLAYERS_READ,
    "block_player": ApiScope.PLAYERS_WRITE,
    "unblock_player": ApiScope.PLAYERS_WRITE,
    "keep_personal_data": ApiScope.PLAYERS_WRITE,
    "erase_personal_data": ApiScope.PLAYERS_ERASE,
    "open_wallet": ApiScope.PLAYERS_WRITE,
    "list_wallets": ApiScope.MONEY_READ,
    "read_wallet": ApiScope.MONEY_READ,
    "close_wallet": ApiScope.PLAYERS_WRITE,
    "reopen_wallet": ApiScope.PLAYERS_WRITE,
    "create_deposit": ApiScope.MONEY_WRITE,
    "hold_withdrawal": ApiScope.MONEY_WRITE,
    "read_withdrawal": ApiScope.MONEY_READ,
    "confirm_withdrawal": ApiScope.MONEY_WRITE,
    "release_withdrawal": ApiScope.MONEY_WRITE,
    "create_adjustment": ApiScope.ADJUSTMENTS_WRITE,
    "list_large_adjustments": ApiScope.ADJUSTMENTS_APPROVE,
    "approve_adjustment": ApiScope.ADJUSTMENTS_APPROVE,
    "create_postings": ApiScope.POSTINGS_WRITE,
    "launch_session": ApiScope.SESSIONS_WRITE,
    "list_sessions": ApiScope.SESSIONS_READ,
    "revoke_session": ApiScope.SESSIONS_WRITE,
    "expire_session": ApiScope.SESSIONS_WRITE,
    "list_transactions": ApiScope.MONEY_READ,
    "read_transaction": ApiScope.MONEY_READ,
    "list_rounds": ApiScope.MONEY_READ,
    "read_round": ApiScope.MONEY_READ,
    "list_exchanges": ApiScope.EXCHANGES_READ,
    "create_provider_account": ApiScope.CATALOGUE_WRITE,
    "list_provider_accounts": ApiScope.CATALOGUE_READ,
    "read_provider_account": ApiScope.CATALOGUE_READ,
    "change_provider_account": ApiScope.CATALOGUE_WRITE,
    "rotate_provider_account_secret": ApiScope.CATALOGUE_WRITE,
    "retire_provider_account_secret": ApiScope.CATALOGUE_WRITE,
    "set_provider_account_own_secret": ApiScope.CATALOGUE_WRITE,
    "read_certification": ApiScope.CATALOGUE_READ,
    "set_certification": ApiScope.CATALOGUE_WRITE,
    "create_game": ApiScope.CATALOGUE_WRITE,
    "list_games": ApiScope.CATALOGUE_READ,
    "change_game": ApiScope.CATALOGUE_WRITE,
    "import_games": ApiScope.CATALOGUE_WRITE,
    "issue_free_rounds": ApiScope.FREE_ROUNDS_WRITE,
    "list_free_rounds": ApiScope.FREE_ROUNDS_READ,
    "cancel_free_rounds": ApiScope.FREE_ROUNDS_WRITE,
    "settle_failed_transactions": ApiScope.MONEY_WRITE,
    "create_api_key": ApiScope.KEYS_WRITE,
    "list_api_keys": ApiScope.KEYS_WRITE,
    "revoke_api_key": ApiScope.KEYS_WRITE,
    "list_audit_entries": ApiScope.AUDIT_READ,
}
"""An operation's name → the scope that its caller needs."""

MAXIMUM_HEADER = 200


async def authorize(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Let a live key with the operation's scope pass, and remember it as the request's `auth`.  Raises `Problem`."""
    if connection.scope.get("method") == "OPTIONS":
        return  # the framework's own answer: a preflight moves nothing and shows nothing
    scope = SCOPES[handler.handler_name]
    scheme, _, credentials = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not credentials:
        raise Problem("api_key_missing", "send it as `Authorization: Bearer bk_…`")
    desk, credentials = desk_of(connection.app.state), credentials.strip()
    digest = digest_of(credentials)
    place = desk.attempts.place(connection.scope, headers_of(connection.scope))
    if seconds := await desk.attempts.wait(digest, place):
        raise Problem("too_many_attempts", retry_after=seconds)
    key = await desk.api_keys.find(credentials) if len(credentials) <= MAXIMUM_HEADER else None
    if key is None:
        await desk.attempts.wrong_key(digest, place)
        raise Problem("api_key_invalid")
    desk.attempts.trust(digest)
    if scope not in key.scopes:
        raise Problem("scope_missing", f"the scope {scope} is needed")
    connection.scope["auth"] = key
    if connection.scope.get("method") != "GET":
        # The caller's or ours: `gateway.app.entrance` sees to it.
        request_id = connection.headers.get("x-request-id")
        logs.event(
            logging.INFO, "api_call", request_id=request_id, api_key=key.id, operation=handler.handler_name
        )
