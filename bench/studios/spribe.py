"""The studio behind Spribe: JSON, HMAC-SHA256 over time, path and raw body, 1,000 to a major unit, always HTTP 200."""

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, ClassVar

from bench.studios.contract import Act, Answer, Move, Player, Reply, Request

PATHS = {
    Act.OPEN: "/auth",
    Act.BALANCE: "/info",
    Act.BET: "/withdraw",
    Act.WIN: "/deposit",
    Act.PROMO_WIN: "/deposit",
    Act.ROLLBACK: "/rollback",
    Act.ROLLBACK_WIN: "/rollback",
}
ACTIONS = {
    Act.BET: "bet",
    Act.WIN: "win",
    Act.PROMO_WIN: "freebet",
    Act.ROLLBACK: "bet",
    Act.ROLLBACK_WIN: "win",
}
UNIT = 1000
STUDIO = "spribe_aviator"

IDENTITY = {"user_id": str, "username": str, "balance": int, "currency": str}
MOVEMENT = {
    "operator_tx_id": str,
    "new_balance": int,
    "old_balance": int,
    "user_id": str,
    "currency": str,
    "provider": str,
    "provider_tx_id": str,
}
"""What the data of a success holds, and of which type."""

DONE = {200, 409}
CODES = DONE | {401, 402, 403, 405, 408, 413, 500}


class Spribe:
    """Crash games: a round may hold two bets, one that is lost is never spoken of again, and nothing ends a round."""

    name: ClassVar[str] = "spribe"
    expresses: ClassVar[frozenset[Act]] = frozenset(PATHS)
    refusals: ClassVar[Mapping[Act, frozenset[str]]] = {
        Act.BET: frozenset({"402"}),
        Act.ROLLBACK: frozenset({"408"}),  # of a bet that never arrived
    }
    undo_after: ClassVar[frozenset[str]] = frozenset({"500"})
    settings: ClassVar[Mapping[str, str]] = {"client_id": "operator-1", "launch_host": "games.example"}
    several_bets: ClassVar[bool] = True
    free_wins_pay: ClassVar[bool] = True

    def __init__(self, key: str, *, clock: Callable[[], float] = time.time) -> None:
        self.key = key
        self.clock = clock
        self.address = ""
        self.opened: dict[str, str] = {}  # user_id -> the session that was opened for them last

    @staticmethod
    def make_key() -> str:
        """A new client secret."""
        return secrets.token_hex(32)

    @staticmethod
    def operators_half(key: str) -> str:
        """The same secret: the scheme is symmetric."""
        return key

    def fields(self, player: Player, move: Move) -> tuple[str, dict[str, Any]]:
        """The path and what its body says."""
        path = PATHS[move.act]
        if move.act is Act.OPEN:
            session = "s-" + hashlib.sha256(player.token.encode()).hexdigest()[:30]
            self.opened[player.external_id] = session
            opened = {"user_token": player.token, "session_token": session, "platform": "mobile"}
            return path, opened | {"currency": player.currency}
        fields: dict[str, Any] = {"user_id": player.external_id, "session_token": player.token}
        if path != "/rollback":
            fields["currency"] = player.currency
        if move.act is Act.BALANCE:
            return path, fields
        amount = move.of_amount if path == "/rollback" else move.amount
        fields |= {
            "amount": int(amount * UNIT),
            "provider": STUDIO,
            "provider_tx_id": move.key,
            "game": player.game,
            "action": ACTIONS[move.act],
            "action_id": move.round,
            "platform": "mobile",
        }
        if move.act is Act.WIN:
            fields["withdraw_provider_tx_id"] = move.of
        if path == "/rollback":
            fields["rollback_provider_tx_id"] = move.of
        return path, fields

    def body(self, fields: dict[str, Any]) -> bytes:
        """Compact JSON, letters as they are."""
        return json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode()

    def seal(self, path: str, body: bytes) -> Request:
        """The request, its time, whole path and exact bytes signed."""
        stamp = str(int(self.clock()))
        text = f"{stamp}{self.address}{path}".encode() + body
        headers = (
            ("content-type", "application/json"),
            ("x-spribe-client-id", self.settings["client_id"]),
            ("x-spribe-client-ts", stamp),
            ("x-spribe-client-signature", hmac.new(self.key.encode(), text, hashlib.sha256).hexdigest()),
        )
        return Request(path, headers, body)

    def read(self, move: Move, answer: Answer) -> Reply:
        """The code, and of a success exactly its data."""
        code = ""
        try:
            said = json.loads(answer.body)
            code = str(said["code"])
            why = wrong_in(said, move, answer.http_status)
            data = said.get("data") or {}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return Reply(done=False, code=code, broken=repr(error))
        if why or not data:
            return Reply(done=not why and said["code"] in DONE, code=code, retry=code == "500", broken=why)
        return Reply(
            done=True,
            code=code,
            balance=Decimal(data["balance"] if "balance" in data else data["new_balance"]) / UNIT,
            transaction=data.get("operator_tx_id"),
            token=self.opened.get(data["user_id"]) if move.act is Act.OPEN else None,
            player=data["user_id"],
        )


def wrong_in(said: dict[str, Any], move: Move, http_status: int) -> str:
    """Why this cannot be the answer to `move`: a success has its data, whole and of the right types, and a refusal none."""
    if http_status != 200:
        return f"HTTP status {http_status}"
    if type(said["code"]) is not int or said["code"] not in CODES or type(said["message"]) is not str:
        return f"the code {said['code']!r}"
    if said["code"] not in DONE:
        return "a refusal with data" if said.get("data") is not None else ""
    return wrong_data(said["data"], move, said["code"])


def wrong_data(data: dict[str, Any], move: Move, code: int) -> str:
    """Why these cannot be the data of a success: exactly its fields, none of them empty, and the id that was sent."""
    if move.act in (Act.OPEN, Act.BALANCE):
        wanted, fits = IDENTITY, code == 200
    else:
        wanted, fits = MOVEMENT, data["provider_tx_id"] == move.key
    typed = {name: type(value) for name, value in data.items()} == wanted
    return "" if typed and fits and "" not in data.values() else f"{code} with the data {data}"
