"""The operator's door: ``/v1``, typed, described at ``/schema``.

`API` is the router, `HANDLERS` answer every exception as a problem, `OPENAPI` is the description and its page.  The
application's state holds a `gateway.api.desk.Desk` as ``desk``.  Nothing here is on a studio's road.
"""

import inspect

from litestar import Response, Router, route
from litestar.di import Provide
from litestar.enums import HttpMethod
from litestar.handlers import HTTPRouteHandler

from gateway.api import (
    adjustments,
    api_keys,
    audit,
    certification,
    deposits,
    exchanges,
    failed_transactions,
    free_rounds,
    game_lists,
    games,
    launches,
    players,
    postings,
    provider_accounts,
    rounds,
    sessions,
    transactions,
    wallets,
    withdrawals,
)
from gateway.api.authentication import SCOPES, authorize
from gateway.api.desk import caller_of
from gateway.api.pages import OPENAPI
from gateway.api.problems import HANDLERS, documented
from gateway.api.shapes import MAXIMUM_BODY, admit

__all__ = ["API", "HANDLERS", "OPENAPI", "OPERATIONS"]

OPERATIONS: tuple[HTTPRouteHandler, ...] = (
    players.create_player,
    players.list_players,
    players.read_player,
    players.block_player,
    players.unblock_player,
    players.keep_personal_data,
    players.erase_personal_data,
    wallets.open_wallet,
    wallets.list_wallets,
    wallets.read_wallet,
    wallets.close_wallet,
    wallets.reopen_wallet,
    deposits.create_deposit,
    withdrawals.hold_withdrawal,
    withdrawals.read_withdrawal,
    withdrawals.confirm_withdrawal,
    withdrawals.release_withdrawal,
    adjustments.create_adjustment,
    adjustments.list_large_adjustments,
    adjustments.approve_adjustment,
    postings.create_postings,
    launches.launch_session,
    sessions.list_sessions,
    sessions.revoke_session,
    certification.expire_session,
    transactions.list_transactions,
    transactions.read_transaction,
    rounds.list_rounds,
    rounds.read_round,
    exchanges.list_exchanges,
    provider_accounts.create_provider_account,
    provider_accounts.list_provider_accounts,
    provider_accounts.read_provider_account,
    provider_accounts.change_provider_account,
    provider_accounts.rotate_provider_account_secret,
    provider_accounts.retire_provider_account_secret,
    provider_accounts.set_provider_account_own_secret,
    certification.read_certification,
    certification.set_certification,
    games.create_game,
    games.list_games,
    games.change_game,
    game_lists.import_games,
    free_rounds.issue_free_rounds,
    free_rounds.list_free_rounds,
    free_rounds.cancel_free_rounds,
    failed_transactions.settle_failed_transactions,
    api_keys.create_api_key,
    api_keys.list_api_keys,
    api_keys.revoke_api_key,
    audit.list_audit_entries,
)

if difference := {operation.handler_name for operation in OPERATIONS} ^ SCOPES.keys():
    raise TypeError(f"operations and SCOPES differ: {sorted(difference)}")

for operation in OPERATIONS:
    told = inspect.getdoc(operation.fn) or ""
    operation.summary = told.partition("\n")[0].rstrip(".")
    operation.description = f"{told}\n\nNeeds the scope `{SCOPES[operation.handler_name]}`."
    if "data" in inspect.signature(operation.fn).parameters:
        operation.responses = {
            **documented("too_large", "unsupported_media_type"),
            **(operation.responses or {}),
        }


def told_methods(path: str) -> HTTPRouteHandler:
    """What answers OPTIONS at a path: the framework's own answer knows the first operation there alone."""
    here = (operation for operation in OPERATIONS if path in operation.paths)
    methods = {str(method) for operation in here for method in operation.http_methods}
    allow = ", ".join(sorted({"OPTIONS", *methods}))

    @route(path, http_method=HttpMethod.OPTIONS, status_code=204, include_in_schema=False)
    async def tell_methods() -> Response[None]:
        return Response(None, headers={"allow": allow})

    return tell_methods


API = Router(
    "/v1",
    route_handlers=(
        *map(told_methods, sorted({path for one in OPERATIONS for path in one.paths})),  # before its own
        *OPERATIONS,
    ),
    guards=[authorize],
    before_request=admit,
    dependencies={"caller": Provide(caller_of)},
    exception_handlers=HANDLERS,
    security=[{"api_key": []}],
    request_max_body_size=MAXIMUM_BODY,
)
