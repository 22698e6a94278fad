"""The studio behind Hub88: its dialect of the ``RS_`` wallets, signed in ``X-Hub88-Signature``."""

from typing import ClassVar

from bench.studios.rs_wallet import Dialect, RsWallet


class Hub88(RsWallet):
    """An aggregator in front of many suppliers; its word for the player is `user`."""

    name: ClassVar[str] = "hub88"
    dialect: ClassVar[Dialect] = Dialect(
        header="x-hub88-signature",
        opening="/user/info",
        balance="/user/balance",
        bet="/transaction/bet",
        win="/transaction/win",
        rollback="/transaction/rollback",
        opened_by="user",
        player="user",
        more=lambda player, _move: {"supplier_user": f"sup_{player.external_id}"},
        codes=frozenset({"RS_ERROR_INVALID_PARTNER", "RS_ERROR_LIMIT_REACHED"}),
        tells_low_balance=True,
    )
