"""The studio behind EvenBet: JSON to one address, SHA-256 over body and secret in ``sign``, integers of the smallest unit.

It plays its casino and its poker: a casino's call names a session and a round, a table's does neither.
"""

import hashlib
import json
import secrets
import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, ClassVar

from bench.studios.contract import Act, Answer, Move, Player, Reply, Request

METHODS = {
    Act.OPEN: "GetBalance",
    Act.BALANCE: "GetBalance",
    Act.BET: "GetCash",
    Act.WIN: "ReturnCash",
    Act.ROLLBACK: "Rollback",
    Act.BUY_IN: "GetCash",
    Act.PAYOUT: "ReturnCash",
}
AT_A_TABLE = frozenset({Act.BUY_IN, Act.PAYOUT})
EXPONENTS = {"JPY": 0, "BTC": 8}
FAILED = "failed"
"""Our word for an answer that this studio does not understand: any other HTTP status than 200."""

ERRORS = {
    "GetBalance": {0, 1, 2, 4, 7},
    "GetCash": {0, 1, 2, 3, 4, 7},
    "ReturnCash": {0, 1, 2, 4, 5, 7},
    "Rollback": {0, 1, 2, 4, 5, 6, 7},
}


class EvenBet:
    """A poker room with a casino beside it; what it could not read the answer to, it takes back or asks again."""

    name: ClassVar[str] = "evenbet"
    expresses: ClassVar[frozenset[Act]] = frozenset(METHODS)
    refusals: ClassVar[Mapping[Act, frozenset[str]]] = {
        Act.BET: frozenset({"3"}),
        Act.BUY_IN: frozenset({"3"}),
        Act.ROLLBACK: frozenset({"5"}),  # of what never arrived
    }
    undo_after: ClassVar[frozenset[str]] = frozenset({FAILED})
    settings: ClassVar[Mapping[str, str]] = {"client_id": "operator-1"}
    several_bets: ClassVar[bool] = True
    free_wins_pay: ClassVar[bool] = True

    def __init__(self, key: str, *, clock: Callable[[], float] = time.time) -> None:
        self.key = key
        self.clock = clock
        self.chips: set[str] = set()  # keys of what was bought at tables
        self.exponent = 2  # of the currency that was spoken of last

    @staticmethod
    def make_key() -> str:
        """A new SEAMLESS_KEY."""
        return secrets.token_hex(32)

    @staticmethod
    def operators_half(key: str) -> str:
        """The same key: both sides hash with it."""
        return key

    def fields(self, player: Player, move: Move) -> tuple[str, dict[str, Any]]:
        """The one address, and what the body says."""
        method = METHODS[move.act]
        fields: dict[str, Any] = {"method": method, "userId": player.external_id}
        fields["currency"] = player.currency
        self.exponent = EXPONENTS.get(player.currency, 2)
        if move.act is Act.BUY_IN:
            self.chips.add(move.key)
        casino = move.act not in AT_A_TABLE and move.of not in self.chips
        if casino:
            fields |= {"clientId": "operator-1", "sessionId": player.token}
        if method == "GetBalance":
            return "", fields
        amount = move.of_amount if method == "Rollback" else move.amount
        fields |= {"amount": int(amount.scaleb(self.exponent)), "transactionId": move.key}
        if casino:
            fields |= {"gameId": player.game, "betType": "spin", "roundId": move.round}
        if method == "Rollback":
            fields["referenceTransactionId"] = move.of
        if move.act is Act.PAYOUT:
            fields |= {
                "linkedTransactionIds": [move.of],
                "result": fields["amount"],
                "sumOfBets": 0,
                "rake": 1500,
            }
        return "", fields

    def body(self, fields: dict[str, Any]) -> bytes:
        """Compact JSON, letters as they are."""
        return json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode()

    def seal(self, path: str, body: bytes) -> Request:
        """The request with the hash of its exact bytes and the key."""
        digest = hashlib.sha256(body + self.key.encode()).hexdigest()
        return Request(path, (("content-type", "application/json"), ("sign", digest)), body)

    def read(self, move: Move, answer: Answer) -> Reply:
        """The errorCode and the balance; what has another HTTP status than 200 is not understood."""
        method = METHODS[move.act]
        if answer.http_status != 200:
            return Reply(done=False, code=FAILED, retry=method != "GetCash")
        try:
            said = json.loads(answer.body)
            code, balance = said["errorCode"], said["balance"]
        except (ValueError, KeyError, TypeError) as error:
            return Reply(done=False, code="", broken=repr(error))
        fits = code in ERRORS[method] and type(code) is int and type(balance) is int
        whole = fits and isinstance(said.get("errorDescription"), str)
        return Reply(
            done=code == 0,
            code=str(code),
            balance=Decimal(balance).scaleb(-self.exponent) if fits else None,
            broken="" if whole else f"the answer {said} to {method}",
        )
