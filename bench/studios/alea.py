"""The studio behind Alea Play: JSON and questions by GET, SHA-512 over body or ids, refusals by HTTP status and code."""

import hashlib
import json
import secrets
import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import quote, urlencode

import msgspec

from bench.studios.contract import Act, Answer, Move, Player, Reply, Request

TYPES = {
    Act.BET: "BET",
    Act.WIN: "WIN",
    Act.MORE_WIN: "WIN",
    Act.SPIN: "BET_WIN",
    Act.ROLLBACK: "ROLLBACK",
    Act.ROLLBACK_WIN: "ROLLBACK",
    Act.CLOSE: "END_ROUND",
}
SESSION, PLAYER = "/sessions/", "/players/"
ASKED = ("casinoSessionId", "currency", "gameId", "integratorId", "softwareId")

ANSWERS = {  # a code to its HTTP status and its status
    "SESSION_EXPIRED": (403, "DENIED"),
    "INSUFFICIENT_FUNDS": (403, "DENIED"),
    "BET_DENIED": (403, "DENIED"),
    "BET_MAX": (403, "ERROR"),
    "PLAYER_BLOCKED": (403, "ERROR"),
    "GAME_NOT_ALLOWED": (404, "DENIED"),
    "TRANSACTION_NOT_FOUND": (404, "ERROR"),
    "DUPLICATE_TRANSACTION_DATA_MISMATCH": (400, "ERROR"),
    "UNKNOWN_ERROR": (400, "ERROR"),
    "INVALID_REQUEST": (500, "ERROR"),
    "GENERAL_ERROR": (503, "ERROR"),
    "INTERNAL_ERROR": (503, "ERROR"),
}
UNSURE = frozenset({"GENERAL_ERROR", "INTERNAL_ERROR"})
BALANCES = ("realBalance", "bonusBalance")
PARTS = ("realAmount", "bonusAmount")
ENCODER = msgspec.json.Encoder(decimal_format="number")
DONE, AGAIN, UNKNOWN = "ok", "isAlreadyProcessed", "isNotFound"


class Alea:
    """Slots of many houses: a spin is two transactions or one, and rounds are ended by a flag or by a message."""

    name: ClassVar[str] = "alea"
    expresses: ClassVar[frozenset[Act]] = frozenset({Act.OPEN, Act.BALANCE, *TYPES})
    refusals: ClassVar[Mapping[Act, frozenset[str]]] = {
        Act.BET: frozenset({"INSUFFICIENT_FUNDS"}),
        Act.SPIN: frozenset({"INSUFFICIENT_FUNDS"}),
        Act.ROLLBACK_WIN: frozenset({"INSUFFICIENT_FUNDS"}),
    }
    undo_after: ClassVar[frozenset[str]] = UNSURE
    settings: ClassVar[Mapping[str, str]] = {
        "launch_url": "https://play.example/api",
        "casino_id": "casino-1",
    }
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
        """The path and what is said; of a question the fields of its query, and the session that its path ends with."""
        if move.act is Act.OPEN:
            return SESSION, {"casinoSessionId": player.token}
        if move.act is Act.BALANCE:
            asked = {"casinoSessionId": player.token, "currency": player.currency, "gameId": player.game}
            path = f"{PLAYER}{quote(player.external_id, safe='')}/balance"
            return path, asked | {"integratorId": "5", "softwareId": "7"}
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(self.clock()))
        fields: dict[str, Any] = {
            "id": move.key,
            "integratorTransactionId": f"i-{move.key[:12]}",
            "type": TYPES[move.act],
            "requestedAt": stamp,
            "game": {"id": player.game},
            "software": {"id": 7},
            "integrator": {"id": 5},
            "player": {"id": "alea-1", "casinoPlayerId": player.external_id},
            "currency": player.currency,
            "casinoSessionId": player.token,
            "round": {
                "id": move.round,
                "integratorRoundId": f"i-{move.round}",
                "status": "COMPLETED" if move.end else "IN_PROGRESS",
            },
        }
        if move.act is Act.SPIN:
            fields |= {"bet": {"amount": move.amount}, "win": {"amount": move.of_amount}}
        elif fields["type"] == "ROLLBACK":
            fields |= {"amount": move.of_amount, "transaction": {"id": move.of}}
        elif move.act is not Act.CLOSE:
            fields["amount"] = move.amount
        return "/transactions", fields

    def body(self, fields: dict[str, Any]) -> bytes:
        """Compact JSON, an amount as a number."""
        return ENCODER.encode(fields)

    def seal(self, path: str, body: bytes) -> Request:
        """The signed transaction, or the question whose ids are signed."""
        if not path.startswith((SESSION, PLAYER)):
            return Request(path, (("content-type", "application/json"), self.digest(body)), body)
        fields = json.loads(body)
        covered = "".join(fields.get(name, "") for name in ASKED).encode()
        if path == SESSION:
            path += quote(fields["casinoSessionId"], safe="")
        else:
            path += f"?{urlencode(fields)}"
        return Request(path, (self.digest(covered),), b"", "GET")

    def digest(self, covered: bytes) -> tuple[str, str]:
        """The header that proves it."""
        return "digest", f"SHA-512={hashlib.sha512(covered + self.key.encode()).hexdigest()}"

    def read(self, move: Move, answer: Answer) -> Reply:
        """The balances and the operator's id, or the code of a refusal."""
        try:
            said = json.loads(answer.body, parse_float=Decimal)
            if answer.http_status != 200:
                return refusal(said, answer.http_status)
            why = wrong_in(said, move)
            code = next((word for word in (UNKNOWN, AGAIN) if said.get(word)), DONE)
            return Reply(
                done=not why,
                code=code,
                balance=sum((Decimal(said[name]) for name in BALANCES), Decimal(0)),
                transaction=said.get("id"),
                player=said["playerId"] if move.act is Act.OPEN else None,
                broken=why,
            )
        except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError) as error:
            return Reply(done=False, code="", broken=repr(error))


def refusal(said: dict[str, Any], http_status: int) -> Reply:
    """A refusal: a code of the table, under its HTTP status and its status, and no money."""
    code = said["code"]
    known = (
        ANSWERS.get(code) == (http_status, said["status"])
        and said.get("statusCode", http_status) == http_status
    )
    clean = type(said["message"]) is str and not {*BALANCES, *PARTS, "id"} & set(said)
    why = "" if known and clean else f"HTTP status {http_status} with {said}"
    return Reply(done=False, code=code, retry=code in UNSURE, broken=why)


def wrong_in(said: dict[str, Any], move: Move) -> str:
    """Why this cannot be a success: a balance that is no number, or not the parts of what moved."""
    if said.get(UNKNOWN):
        names = {UNKNOWN, *BALANCES, AGAIN}
        if move.act not in (Act.ROLLBACK, Act.ROLLBACK_WIN) or not set(said) <= names:
            return f"unknown: {said}"
    elif move.act in TYPES:
        whole = {"bet": said["bet"], "win": said["win"]} if move.act is Act.SPIN else {"": said}
        if type(said["id"]) is not str or not said["id"]:
            return f"the id {said['id']!r}"
        if any(
            type(part[name]) not in (int, Decimal) or part[name] < 0
            for part in whole.values()
            for name in PARTS
        ):
            return f"the parts {whole}"
    wrong = [name for name in BALANCES if type(said[name]) not in (int, Decimal)]
    return f"no number: {wrong}" if wrong else ""
