"""The studio Caleta: its dialect of the ``RS_`` wallets, signed in ``X-Auth-Signature``."""

from typing import ClassVar

from bench.studios.contract import Act
from bench.studios.rs_wallet import Dialect, RsWallet


class Caleta(RsWallet):
    """A studio that calls the player `supplier_user`, and asks for no more than a token when a game opens."""

    name: ClassVar[str] = "caleta"
    dialect: ClassVar[Dialect] = Dialect(
        header="x-auth-signature",
        opening="/wallet/check",
        balance="/wallet/balance",
        bet="/wallet/bet",
        win="/wallet/win",
        rollback="/wallet/rollback",
        opened_by="token",
        player="supplier_user",
        more=lambda _player, move: {"jackpot_win": 0} if move.act is Act.WIN else {},
        codes=frozenset({"RS_ERROR_TRANSACTION_ROLLED_BACK", "RS_ERROR_BET_LIMIT_EXCEEDED"}),
        tells_low_balance=False,
    )
