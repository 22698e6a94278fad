"""Wallets: a player's money in one currency, opened when it is needed, closed and reopened, and what is in it."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Struct
from msgspec.structs import replace

from gateway.api.amounts import Balances, CurrencyCode, balances_of, currency_of
from gateway.api.desk import Caller
from gateway.api.problems import Problem, documented, refused
from gateway.api.shapes import CurrencyInPath, PlayerId, PlayerInPath
from wallet.history import Balance
from wallet.players import WalletStatus
from wallet.types import Status

TAGS = ["Wallets"]


class WalletRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """A wallet to open."""

    currency: CurrencyCode


class WalletAnswer(Struct, frozen=True):
    """A wallet and what is in it now."""

    player: PlayerId
    currency: CurrencyCode
    status: WalletStatus
    balances: Balances


class WalletList(Struct, frozen=True):
    """All wallets of a player."""

    items: list[WalletAnswer]


@post(
    "/players/{player:str}/wallets",
    tags=TAGS,
    responses=documented("player_not_found", "unknown_currency", repeated=WalletAnswer),
)
async def open_wallet(
    player: PlayerInPath, data: JSONBody[WalletRequest], caller: NamedDependency[Caller]
) -> Response[WalletAnswer]:
    """Open a wallet; 200 with the one there is if the player has it already."""
    currency = currency_of(caller.desk.currencies, data.currency)
    found = await caller.player(player)
    opened = await caller.desk.players.open_wallet(
        found.id, currency.code, bucket=found.bucket, author=caller.author
    )
    if isinstance(opened, Status):
        raise refused(opened)
    _, created = opened
    (balance,) = await caller.desk.history.balances(player, currency.code)
    return Response(_answer(caller, balance), status_code=201 if created else 200)


@get("/players/{player:str}/wallets", tags=TAGS, responses=documented("player_not_found"))
async def list_wallets(player: PlayerInPath, caller: NamedDependency[Caller]) -> WalletList:
    """All wallets of a player with their balances."""
    balances = await caller.desk.history.balances(player)
    if not balances:
        await caller.player(player)
    return WalletList([_answer(caller, balance) for balance in balances])


@get(
    "/players/{player:str}/wallets/{currency:str}",
    tags=TAGS,
    responses=documented("player_not_found", Status.WALLET_NOT_FOUND),
)
async def read_wallet(
    player: PlayerInPath, currency: CurrencyInPath, caller: NamedDependency[Caller]
) -> WalletAnswer:
    """One wallet with its balances."""
    return _answer(caller, await wallet_of(caller, player, currency))


@post(
    "/players/{player:str}/wallets/{currency:str}/close",
    status_code=200,
    tags=TAGS,
    responses=documented("player_not_found", Status.WALLET_NOT_FOUND),
)
async def close_wallet(
    player: PlayerInPath, currency: CurrencyInPath, caller: NamedDependency[Caller]
) -> WalletAnswer:
    """Refuse new bets and deposits on one wallet; its wins still land, its money can be withdrawn."""
    balance = await wallet_of(caller, player, currency)
    await caller.desk.players.close_wallet(balance.wallet, author=caller.author)
    return _answer(caller, replace(balance, status=WalletStatus.CLOSED))


@post(
    "/players/{player:str}/wallets/{currency:str}/reopen",
    status_code=200,
    tags=TAGS,
    responses=documented("player_not_found", Status.WALLET_NOT_FOUND),
)
async def reopen_wallet(
    player: PlayerInPath, currency: CurrencyInPath, caller: NamedDependency[Caller]
) -> WalletAnswer:
    """Undo a closing."""
    balance = await wallet_of(caller, player, currency)
    await caller.desk.players.reopen_wallet(balance.wallet, author=caller.author)
    return _answer(caller, replace(balance, status=WalletStatus.OPEN))


async def wallet_of(caller: Caller, player: str, currency: str) -> Balance:
    """A player's wallet in a currency.  Raises `Problem`."""
    balances = await caller.desk.history.balances(player, currency)
    if not balances:
        await caller.player(player)
        raise Problem(Status.WALLET_NOT_FOUND)
    return balances[0]


def _answer(caller: Caller, balance: Balance) -> WalletAnswer:
    currency = caller.desk.currencies[balance.currency]
    return WalletAnswer(
        balance.player_external_id,
        balance.currency,
        WalletStatus(balance.status),
        balances_of(currency, balance.cash, balance.bonus, balance.held),
    )
