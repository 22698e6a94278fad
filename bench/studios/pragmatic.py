"""The studio behind Pragmatic Play: forms with an MD5 ``hash`` over their sorted fields, answered in JSON with numbers."""

import hashlib
import json
import secrets
import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import unquote_to_bytes, urlencode

from bench.studios.contract import Act, Answer, Move, Player, Reply, Request

VERBS = {
    Act.OPEN: "authenticate",
    Act.BALANCE: "balance",
    Act.BET: "bet",
    Act.FREE_BET: "bet",
    Act.WIN: "result",
    Act.MORE_WIN: "result",
    Act.FREE_WIN: "result",
    Act.FREE_END: "bonusWin",
    Act.JACKPOT_WIN: "jackpotWin",
    Act.PROMO_WIN: "promoWin",
    Act.CLOSE: "endRound",
    Act.ROLLBACK: "refund",
    Act.CORRECTION: "adjustment",
}
SPUN = {"bet": "spin", "result": "spin"}
FREE = frozenset({Act.FREE_BET, Act.FREE_WIN, Act.FREE_END})

BALANCES = frozenset({"cash", "bonus", "error", "description"})
BOOKED = BALANCES | {"transactionId", "currency"}
HOLDS = {
    "authenticate": BALANCES | {"userId", "currency"},
    "balance": BALANCES | {"currency"},
    "bet": BOOKED | {"usedPromo"},
    "endRound": BALANCES,
    "refund": frozenset({"transactionId", "error", "description"}),
}
"""What a success must hold: exactly this, but for authenticate, where more is ignored.  Else it is BOOKED."""

REFUSES = frozenset({"error", "description"})
NUMBERS = ("cash", "bonus", "usedPromo")
ERRORS = frozenset({0, 1, 2, 3, 4, 5, 6, 7, 8, 50, 210, 310, 100, 120, 130})


class Pragmatic:
    """Slots and live tables; what it calls a bet's result, its round's end and its refund are three messages."""

    name: ClassVar[str] = "pragmatic"
    expresses: ClassVar[frozenset[Act]] = frozenset(VERBS)
    refusals: ClassVar[Mapping[Act, frozenset[str]]] = {
        act: frozenset({"1"}) for act in (Act.BET, Act.CORRECTION)
    }
    undo_after: ClassVar[frozenset[str]] = frozenset({"100"})
    settings: ClassVar[Mapping[str, str]] = {}
    several_bets: ClassVar[bool] = True
    free_wins_pay: ClassVar[bool] = True

    def __init__(self, key: str, *, clock: Callable[[], float] = time.time) -> None:
        self.key = key
        self.clock = clock

    @staticmethod
    def make_key() -> str:
        """A new shared secret."""
        return secrets.token_hex(16)

    @staticmethod
    def operators_half(key: str) -> str:
        """The same secret: both sides hash with it."""
        return key

    def fields(self, player: Player, move: Move) -> tuple[str, dict[str, Any]]:
        """The path and the form's fields.  Only the game's own calls carry the token; a prize has neither it nor a round."""
        verb = VERBS[move.act]
        fields: dict[str, Any] = {"providerId": "PragmaticPlay"}
        if verb != "promoWin":
            fields["token"] = player.token
        if verb == "authenticate":
            return self.path(verb), fields | {"gameId": player.game}
        fields["userId"] = player.external_id
        if verb in {"balance", "endRound"}:
            placed = {"gameId": player.game, "roundId": move.round} if verb == "endRound" else {}
            return self.path(verb), fields | placed
        fields |= {"reference": move.of or move.key, "timestamp": int(self.clock() * 1000)}
        if verb == "refund":
            return self.path(verb), fields | {"gameId": player.game, "roundId": move.round}
        fields |= {"amount": decimal_text(move.amount)}
        if verb == "promoWin":
            promotion = {"campaignId": 7001, "campaignType": "T", "currency": player.currency}
            return self.path(verb), fields | {"reference": move.key} | promotion
        return self.path(verb), fields | {"reference": move.key} | self.place(verb, player, move)

    def place(self, verb: str, player: Player, move: Move) -> dict[str, Any]:
        """Where in the game a movement belongs."""
        place: dict[str, Any] = {"gameId": player.game, "roundId": move.round}
        if verb in SPUN:
            place["roundDetails"] = SPUN[verb]
        if move.act in FREE:
            place["bonusCode"] = move.bonus_code
        if verb == "jackpotWin":
            place |= {"jackpotId": 3, "jackpotDetails": "daily drop"}
        if verb == "adjustment":
            place["validBetAmount"] = decimal_text(abs(move.amount))
        return place

    def path(self, verb: str) -> str:
        """Where a verb is called."""
        return f"/{verb}.html"

    def body(self, fields: dict[str, Any]) -> bytes:
        """The fields as a form; what is None is left out."""
        return urlencode({name: value for name, value in fields.items() if value is not None}).encode()

    def seal(self, path: str, body: bytes) -> Request:
        """The form with the hash of its decoded fields behind them."""
        hashed = f"hash={self.hash_of(body)}".encode()
        body = body + b"&" + hashed if body else hashed
        return Request(path, (("content-type", "application/x-www-form-urlencoded"),), body)

    def hash_of(self, body: bytes) -> str:
        """MD5 over ``name=value&…`` in the order of the names, empty values left out, and the secret."""
        pairs = (pair.replace(b"+", b" ").partition(b"=") for pair in body.split(b"&"))
        decoded = sorted((unquote_to_bytes(name), unquote_to_bytes(value)) for name, _, value in pairs)
        text = b"&".join(name + b"=" + value for name, value in decoded if value)
        return hashlib.md5(text + self.key.encode(), usedforsecurity=False).hexdigest()

    def read(self, move: Move, answer: Answer) -> Reply:
        """The error and, of a success, exactly the fields of its verb."""
        verb = VERBS[move.act]
        code = ""
        try:
            said = json.loads(answer.body, parse_float=Decimal)
            code = str(said["error"])
            why = wrong_in(said, verb, answer)
            balance = Decimal(said["cash"]) + Decimal(said["bonus"]) if "cash" in said and not why else None
        except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError) as error:
            return Reply(done=False, code=code, broken=repr(error))
        return Reply(
            done=said["error"] == 0,
            code=code,
            retry=code in ({"100", "130"} if verb == "endRound" else {"100"}),
            balance=balance,
            transaction=said.get("transactionId"),
            token=said.get("token"),
            player=said.get("userId"),
            broken=why,
        )


def wrong_in(said: dict[str, Any], verb: str, answer: Answer) -> str:
    """Why this cannot be the answer to `verb`."""
    if answer.http_status != 200:
        return f"HTTP status {answer.http_status}"
    if not answer.headers.get("content-type", "").startswith("application/json"):
        return "no JSON"
    if type(said["error"]) is not int or said["error"] not in ERRORS or type(said["description"]) is not str:
        return f"the error {said['error']!r}"
    if any(name in said and type(said[name]) not in (int, Decimal) for name in NUMBERS):
        return "money that is no number"
    wanted = HOLDS.get(verb, BOOKED) if said["error"] == 0 else REFUSES
    fits = wanted <= set(said) if verb == "authenticate" else wanted == set(said)
    return "" if fits else f"the fields {sorted(said)}"


def decimal_text(amount: Decimal) -> str:
    """An amount as a form says it: at least one decimal, and no more than it needs."""
    text = f"{amount:f}"
    return text if "." in text else f"{text}.0"
