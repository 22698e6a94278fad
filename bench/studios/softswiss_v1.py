"""The studio behind SoftSwiss v1: JSON, HMAC-SHA256 over the raw body in ``X-REQUEST-SIGN``, integers of smallest units."""

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from bench.studios.contract import Act, Answer, Move, Player, Reply, Request

ACTIONS = {
    Act.BET: "bet",
    Act.WIN: "win",
    Act.MORE_WIN: "win",
    Act.JACKPOT_WIN: "win",
    Act.ROLLBACK: "rollback",
    Act.ROLLBACK_WIN: "rollback",
}
LOOKS = frozenset({Act.OPEN, Act.BALANCE})
EXPONENTS = {"JPY": 0, "BTC": 8}
"""Decimals of currencies whose smallest unit is no hundredth."""

WITH_BALANCE = frozenset({100, 105, 106})
UNAVAILABLE = frozenset({500, 502, 503, 504})
CODES = WITH_BALANCE | UNAVAILABLE | {101, 107, 110, 153, 154, 155, 400, 403, 404, 405, 406}
HTTP = {
    100: {412},
    105: {412},
    106: {412},
    400: {400},
    403: {403},
    404: {404},
    405: {405},
    500: {500},
    503: {503},
}
"""HTTP statuses on which all agree; of other codes any of 4xx will do."""


class SoftswissV1:
    """Slots that bet and win by actions, and tell of free rounds when they are over."""

    name: ClassVar[str] = "softswiss_v1"
    expresses: ClassVar[frozenset[Act]] = frozenset({*ACTIONS, *LOOKS, Act.CLOSE, Act.FREE_END})
    refusals: ClassVar[Mapping[Act, frozenset[str]]] = {Act.BET: frozenset({"100"})}
    undo_after: ClassVar[frozenset[str]] = frozenset(map(str, UNAVAILABLE))
    settings: ClassVar[Mapping[str, str]] = {}
    several_bets: ClassVar[bool] = True
    free_wins_pay: ClassVar[bool] = False

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
        """One action in a call of its own, a look at the balance, or the total of free rounds."""
        if move.act is Act.FREE_END:
            total = units(move.amount, player.currency)
            return "/freespins", {"issue_id": move.bonus_code, "status": "played", "total_amount": total}
        fields: dict[str, Any] = {
            "user_id": player.external_id,
            "currency": player.currency,
            "game": player.game,
            "session_id": "5d2cbb5a-63fc-4ba5-8b23-3be9b1c3f6a9",
        }
        if move.act in LOOKS:
            return "/play", fields
        fields |= {"game_id": move.round, "finished": move.end}
        if move.act is Act.CLOSE:
            return "/play", fields | {"finished": True, "actions": []}
        action = ACTIONS[move.act]
        said: dict[str, Any] = {"action": action, "action_id": move.key}
        if action == "rollback":
            return "/rollback", fields | {"actions": [{**said, "original_action_id": move.of}]}
        said["amount"] = units(move.amount, player.currency)
        if move.act is Act.JACKPOT_WIN:
            said["jackpot_win"] = said["amount"]
        return "/play", fields | {"actions": [said]}

    def body(self, fields: dict[str, Any]) -> bytes:
        """Compact JSON, letters as they are."""
        return json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode()

    def seal(self, path: str, body: bytes) -> Request:
        """The request with the signature of its exact bytes."""
        digest = hmac.new(self.key.encode(), body, hashlib.sha256).hexdigest()
        return Request(path, (("content-type", "application/json"), ("x-request-sign", digest)), body)

    def read(self, move: Move, answer: Answer) -> Reply:
        """The balance and our id of the one action; or the code."""
        ids = [move.key] if move.act in ACTIONS else []
        return self.read_actions(ids, answer, several=move.act in ACTIONS or move.act is Act.CLOSE, of=move)

    def read_actions(self, ids: Sequence[str], answer: Answer, *, several: bool, of: Move) -> Reply:
        """The answer to a call of these actions; `several` where it must list them."""
        code = f"http {answer.http_status}"
        try:
            said = json.loads(answer.body)
            code = "200" if answer.http_status == 200 else str(said["code"])
            why = (
                wrong_in(said, ids if several else None, of)
                if code == "200"
                else wrong_in_refusal(said, answer)
            )
            transaction = said["transactions"][0]["tx_id"] if code == "200" and ids and not why else None
        except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
            return Reply(done=False, code=code, broken=repr(error))
        return Reply(
            done=code == "200",
            code=code,
            retry=code in self.undo_after,
            balance=None if "balance" not in said else Decimal(said["balance"]).scaleb(-2),
            transaction=transaction,
            broken=why,
        )


def wrong_in(said: dict[str, Any], ids: Sequence[str] | None, move: Move) -> str:
    """Why this cannot be a success: a balance, and of each action in its place an id of the operator's."""
    if type(said["balance"]) is not int:
        return "no balance"
    if ids is None:
        return ""
    told = said["transactions"]
    if said["game_id"] != move.round or [one["action_id"] for one in told] != list(ids):
        return "another round or other actions"
    if not all(isinstance(one["tx_id"], str) for one in told):
        return "an id that is no text"
    moments = [one["processed_at"] for one in told if "processed_at" in one]
    if not all(moment.endswith("Z") and datetime.fromisoformat(moment) for moment in moments):
        return "a time that is not UTC"
    return ""


def wrong_in_refusal(said: dict[str, Any], answer: Answer) -> str:
    """Why this cannot be a refusal: a code with its HTTP status, words, and for a lack of funds the balance."""
    code = said["code"]
    if code not in CODES or not isinstance(said["message"], str):
        return f"the code {code!r}"
    if answer.http_status not in HTTP.get(code, range(400, 500)):
        return f"the code {code} with HTTP status {answer.http_status}"
    if code in WITH_BALANCE and type(said["balance"]) is not int:
        return "no balance"
    return ""


def units(amount: Decimal, currency: str) -> int:
    """A count of the currency's smallest unit."""
    return int(amount.scaleb(EXPONENTS.get(currency, 2)))
