"""The queue of a studio's failed transactions, dealt with on demand: to be called again and again, as by a timer."""

from litestar import post
from litestar.di import NamedDependency

from gateway.api.desk import Caller
from gateway.api.problems import Problem, documented
from gateway.api.provider_accounts import TAGS, SlugInPath
from gateway.failed_transactions import RUN_SECONDS, Report, settle
from gateway.studios import Failure
from wallet.types import Call, Status


@post(
    "/provider-accounts/{slug:str}/failed-transactions/settle",
    status_code=200,
    tags=TAGS,
    responses=documented(
        *(
            "provider_account_not_found",
            "provider_account_unserved",
            "studio_cannot",
            Status.ACCOUNT_DISABLED,
        ),
        *(failure.value for failure in Failure),
    ),
)
async def settle_failed_transactions(slug: SlugInPath, caller: NamedDependency[Caller]) -> Report:
    """Try what failed on its way to us once more, through the ledger, and tell the studio what is dealt with."""
    account = caller.provider_account(slug)
    queue = account.provider.studio.failed
    if queue is None:
        raise Problem("studio_cannot", "the protocol has no queue of failed transactions")
    if account.revoked:  # as over callbacks; one that only takes no new bets still pays what is due
        raise Problem(Status.ACCOUNT_DISABLED, "it is revoked")
    await caller.desk.audit.task(caller.author, "provider_account", slug)

    async def sign(call: Call) -> None:
        call.actor, call.reason = caller.author.actor, caller.author.reason
        await caller.desk.audit.movement(caller.author, call)

    until = caller.within(RUN_SECONDS)
    return await settle(caller.desk.studios, caller.desk.resolution, account, queue, sign, until)
