"""The studio that plays our own protocol: JSON, HMAC-SHA256 over the raw body in ``x-bogus-signature``."""

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, ClassVar

from bench.studios.contract import Act, Answer, Move, Player, Reply, Request

KINDS = {
    Act.BET: "bet",
    Act.TIP: "tip",
    Act.WIN: "win",
    Act.ROLLBACK: "rollback",
    Act.ROLLBACK_WIN: "rollback",
    Act.REFUND: "refund",
    Act.PROMO_WIN: "promo_win",
    Act.JACKPOT_WIN: "jackpot_win",
    Act.FREE_BET: "free_bet",
    Act.FREE_WIN: "win",
    Act.BUY_IN: "buy_in",
    Act.PAYOUT: "payout",
    Act.CORRECTION: "correction",
    Act.CLOSE: "round_close",
}
ASKS = {
    Act.OPEN: "exchange",
    Act.BALANCE: "balance",
    Act.EXISTS: "exists",
    Act.ROTATE: "rotate",
    Act.REVOKE: "revoke",
}
SUCCESSES = {"found", "created", "tombstone_created", "duplicate"}
AGAIN = {"overloaded", "internal"}
STAKED = (Act.BET, Act.TIP, Act.BUY_IN, Act.FREE_BET)


class Bogus:
    """A studio that speaks plainly."""

    name: ClassVar[str] = "bogus"
    expresses: ClassVar[frozenset[Act]] = frozenset((*KINDS, *ASKS))
    refusals: ClassVar[Mapping[Act, frozenset[str]]] = {
        act: frozenset({"insufficient_funds"}) for act in (Act.BET, Act.TIP, Act.BUY_IN, Act.CORRECTION)
    }
    undo_after: ClassVar[frozenset[str]] = frozenset(AGAIN)
    settings: ClassVar[Mapping[str, str]] = {}
    several_bets: ClassVar[bool] = True
    free_wins_pay: ClassVar[bool] = True

    def __init__(self, key: str, *, clock: Callable[[], float] = time.time) -> None:
        self.key = key
        self.clock = clock

    @staticmethod
    def make_key() -> str:
        """A new shared secret."""
        return secrets.token_hex(32)

    @staticmethod
    def operators_half(key: str) -> str:
        """The same secret: the scheme is symmetric."""
        return key

    def fields(self, player: Player, move: Move) -> tuple[str, dict[str, Any]]:
        """A call of one operation, or a query."""
        if move.act in ASKS:
            return "/query", {"ask": ASKS[move.act], "token": player.token, "key": move.key or None}
        named: dict[str, Any] = {
            "player": player.external_id,
            "currency": player.currency,
            "game": player.game,
        }
        if move.act in STAKED:
            named["token"] = player.token
        if move.act is Act.FREE_WIN:
            named["free_wins"] = True
        return "/call", {**named, "ops": [self.op(move)]}

    def op(self, move: Move) -> dict[str, Any]:
        """One operation of a call; several may stand in one."""
        op: dict[str, Any] = {"kind": KINDS[move.act], "key": move.key, "round": move.round or None}
        if move.act is Act.FREE_BET:
            op["nominal"] = f"{move.amount:f}"
        elif move.act not in (Act.CLOSE, Act.ROLLBACK, Act.ROLLBACK_WIN):
            op["amount"] = f"{move.amount:f}"
        if move.of:
            op["reference"] = move.of
        return {**op, "end_round": move.end}

    def body(self, fields: dict[str, Any]) -> bytes:
        """Compact JSON, letters as they are."""
        return json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode()

    def seal(self, path: str, body: bytes) -> Request:
        """The request with its signature."""
        digest = hmac.new(self.key.encode(), body, hashlib.sha256).hexdigest()
        return Request(path, (("content-type", "application/json"), ("x-bogus-signature", digest)), body)

    def read(self, move: Move, answer: Answer) -> Reply:
        """The code, the balance and the posting of an answer."""
        try:
            said = json.loads(answer.body)
            code = said["code"]
            ops = said.get("ops") or [{}]
            reply = Reply(
                done=code in SUCCESSES,
                code=code,
                retry=code in AGAIN,
                balance=balance_of(said),
                transaction=ops[-1].get("posting"),
                token=said.get("token"),
                player=(said.get("profile") or {}).get("player"),
                found={"found": True, "reference_not_found": False}.get(code)
                if move.act is Act.EXISTS
                else None,
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return Reply(done=False, code=f"http {answer.http_status}", broken=repr(error))
        if reply.done and answer.http_status != 200:
            return Reply(done=False, code=code, broken=f"{code} with HTTP status {answer.http_status}")
        return reply


def balance_of(said: dict[str, Any]) -> Decimal | None:
    """Cash and bonus together, where the answer holds them."""
    return None if said.get("cash") is None else Decimal(said["cash"]) + Decimal(said["bonus"])
