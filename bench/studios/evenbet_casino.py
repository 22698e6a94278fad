"""A casino provider in front of EvenBet's aggregator: JSON, SHA-256 over body and secret in ``Authorization``.

After the login it knows the player by the session's token alone; a round that has ended is never spoken of again.
"""

import hashlib
import json
import secrets
import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, ClassVar

import msgspec

from bench.studios.contract import Act, Answer, Move, Player, Reply, Request

CALLS = {
    Act.OPEN: "login",
    Act.BET: "debit",
    Act.WIN: "credit",
    Act.MORE_WIN: "credit",
    Act.ROLLBACK: "rollback",
}
HOLDS = {
    "balance": (int, Decimal),
    "currency": (str,),
    "nickname": (str,),
    "timestamp": (int,),
    "userId": (int,),
    "currencyPrecision": (int,),
}
"""What a success holds, and of which types; a login the token besides, and either of them a country perhaps."""

ERRORS = frozenset({*range(1, 12), 400, 410, 900})
AGAIN = "900"


class EvenBetCasino:
    """A provider of slots that was written for somebody else's aggregator."""

    name: ClassVar[str] = "evenbet_casino"
    expresses: ClassVar[frozenset[Act]] = frozenset(CALLS)
    refusals: ClassVar[Mapping[Act, frozenset[str]]] = {
        Act.BET: frozenset({"1"}),
        Act.ROLLBACK: frozenset({"4"}),  # of a debit that never arrived
    }
    undo_after: ClassVar[frozenset[str]] = frozenset({AGAIN})
    settings: ClassVar[Mapping[str, str]] = {}
    several_bets: ClassVar[bool] = True
    free_wins_pay: ClassVar[bool] = True

    def __init__(self, key: str, *, clock: Callable[[], float] = time.time) -> None:
        self.key = key
        self.clock = clock

    @staticmethod
    def make_key() -> str:
        """A new secret."""
        return secrets.token_hex(32)

    @staticmethod
    def operators_half(key: str) -> str:
        """The same secret: both sides hash with it."""
        return key

    def fields(self, player: Player, move: Move) -> tuple[str, dict[str, Any]]:
        """The path, with the name that the aggregator gave this provider, and what the body says."""
        call = CALLS[move.act]
        path = f"/api/web/casino/providers/slot-house/{call}"
        if call == "login":
            return path, {"token": player.token}
        fields: dict[str, Any] = {"token": player.token, "gameId": player.game}
        if call != "rollback":
            fields["endRound"] = move.end
        fields |= {"roundId": move.round, "transactionId": move.key}
        if call == "rollback":
            return path, fields | {"refTransactionId": move.of}
        return path, fields | {"amount": move.amount}

    def body(self, fields: dict[str, Any]) -> bytes:
        """Compact JSON, decimals as numbers."""
        return ENCODER.encode(fields)

    def seal(self, path: str, body: bytes) -> Request:
        """The request with the hash of its exact bytes and the secret."""
        digest = hashlib.sha256(body + self.key.encode()).hexdigest()
        return Request(path, (("content-type", "application/json"), ("authorization", digest)), body)

    def read(self, move: Move, answer: Answer) -> Reply:
        """The player's money, or the error; only an internal error may be asked again."""
        try:
            said = json.loads(answer.body, parse_float=Decimal)
            code = str(said["error"]["code"]) if "error" in said else "0"
            why = wrong_in(said, answer.http_status, login=move.act is Act.OPEN)
            balance = None if why or code != "0" else Decimal(said["balance"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return Reply(done=False, code="", broken=repr(error))
        return Reply(
            done=code == "0",
            code=code,
            retry=code == AGAIN,
            balance=balance,
            token=said.get("token"),
            player=said.get("nickname"),
            broken=why,
        )


def wrong_in(said: dict[str, Any], http_status: int, *, login: bool) -> str:
    """Why this is no answer."""
    if http_status != 200:
        return f"HTTP status {http_status}"
    if "error" in said:
        error = said["error"]
        known = type(error["code"]) is int and error["code"] in ERRORS and isinstance(error["message"], str)
        return "" if known and set(said) == {"error"} else f"the error {said}"
    names = {*HOLDS, "token"} if login else {*HOLDS}
    if set(said) - {"country"} != names:
        return f"the fields {sorted(said)}"
    if not all(type(said[name]) in types for name, types in HOLDS.items()):
        return f"the types of {said}"
    whole = round(Decimal(said["balance"]), said["currencyPrecision"]) == said["balance"]
    return "" if whole else "a balance of more decimals than the currency has"


ENCODER = msgspec.json.Encoder(decimal_format="number")
