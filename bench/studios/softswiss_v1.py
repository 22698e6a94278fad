"""The studio behind SoftSwiss v1: JSON, HMAC-SHA256 over the raw body in ``X-REQUEST-SIGN``, integers of smallest units."""

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from bench.studios.contract import Act, Answer, Move, Player, Reply, Request

ACTIONS = {
    Act.BET: "bet",
    Act.SPIN: "bet",
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
    refusals: ClassVar[Mapping[Act, frozenset[str]]] = {
        act: frozenset({"100"}) for act in (Act.BET, Act.SPIN)
    }
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
        won = {"action": "win", "action_id": won_by(move), "amount": units(move.of_amount, player.currency)}
        return "/play", fields | {"actions": [said, won] if move.act is Act.SPIN else [said]}

    def body(self, fields: dict[str, Any]) -> bytes:
        """Compact JSON, letters as they are."""
        return json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode()

    def seal(self, path: str, body: bytes) -> Request:
        """The request with the signature of its exact bytes."""
        digest = hmac.new(self.key.encode(), body, hashlib.sha256).hexdigest()
        return Request(path, (("content-type", "application/json"), ("x-request-sign", digest)), body)

    def read(self, move: Move, answer: Answer) -> Reply:
        """The balance, in hundredths as of most currencies, and the operator's id of the first action; or the code."""
        code = f"http {answer.http_status}"
        ids = listed(move)
        try:
            said = json.loads(answer.body)
            done = answer.http_status == 200
            code = "200" if done else str(said["code"])
            why = wrong_in(said, ids, move) if done else wrong_in_refusal(said, answer.http_status)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return Reply(done=False, code=code, broken=repr(error))
        return Reply(
            done=done,
            code=code,
            retry=code in self.undo_after,
            balance=Decimal(said["balance"]).scaleb(-2) if "balance" in said and not why else None,
            transaction=said["transactions"][0]["tx_id"] if done and ids and not why else None,
            broken=why,
        )


def listed(move: Move) -> list[str] | None:
    """The ids of the actions that the answer must tell of; None where it tells of none."""
    if move.act is Act.SPIN:
        return [move.key, won_by(move)]
    if move.act is Act.CLOSE:
        return []
    return [move.key] if move.act in ACTIONS else None


def won_by(move: Move) -> str:
    """The id of what a spin won."""
    return f"{move.key}-w"


def wrong_in(said: dict[str, Any], ids: list[str] | None, move: Move) -> str:
    """Why this cannot be a success: a balance, and of each action in its place an id of the operator's."""
    if type(said["balance"]) is not int:
        return "no balance"
    if ids is None:
        return ""
    told = said["transactions"]
    if said["game_id"] != move.round or [one["action_id"] for one in told] != ids:
        return "another round or other actions"
    if not all(isinstance(one["tx_id"], str) for one in told):
        return "an id that is no text"
    moments = [one["processed_at"] for one in told if "processed_at" in one]
    if not all(moment.endswith("Z") and datetime.fromisoformat(moment) for moment in moments):
        return "a time that is not UTC"
    return ""


def wrong_in_refusal(said: dict[str, Any], http_status: int) -> str:
    """Why this cannot be a refusal: a code with its HTTP status, words, and for a lack of funds the balance."""
    code = said["code"]
    if code not in CODES or not isinstance(said["message"], str):
        return f"the code {code!r}"
    if http_status not in HTTP.get(code, range(400, 500)):
        return f"the code {code} with HTTP status {http_status}"
    if code in WITH_BALANCE and type(said["balance"]) is not int:
        return "no balance"
    return ""


def units(amount: Decimal, currency: str) -> int:
    """A count of the currency's smallest unit."""
    return int(amount.scaleb(EXPONENTS.get(currency, 2)))
