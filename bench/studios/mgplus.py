"""The studio behind MG+: JSON numbers, a shared secret in ``X-MGP-TOKEN``, the HTTP status as the verdict, headers that must come back."""

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
    Act.OPEN: ("login", "", ""),
    Act.BALANCE: ("getbalance", "", ""),
    Act.BET: ("updatebalance", "DEBIT", "GAME"),
    Act.FREE_BET: ("updatebalance", "DEBIT", "GAME"),
    Act.WIN: ("updatebalance", "CREDIT", "GAME"),
    Act.MORE_WIN: ("updatebalance", "CREDIT", "GAME"),
    Act.FREE_WIN: ("updatebalance", "CREDIT", "GAME"),
    Act.JACKPOT_WIN: ("updatebalance", "CREDIT", "GAME"),
    Act.PROMO_WIN: ("updatebalance", "CREDIT", "PROMOTION"),
    Act.BUY_IN: ("updatebalance", "DEBIT", "TOURNAMENT"),
    Act.PAYOUT: ("updatebalance", "CREDIT", "TOURNAMENT"),
    Act.ROLLBACK: ("rollback", "", ""),
}
STATUSES = {
    "login": {200, 401, 404, 432, 500},
    "getbalance": {200, 401, 404, 500},
    "updatebalance": {200, 400, 402, 403, 500},
    "rollback": {200, 400, 500},
}
"""What each call may be answered with."""

MONEY = frozenset({"balance", "currency"})
HOLDS = {
    "login": MONEY,
    "getbalance": MONEY,
    "updatebalance": MONEY | {"extTxnId", "extCreationTimeMs"},
    "rollback": MONEY,
}
"""What a success must hold."""

REMEMBERED = 10_000
"""First answers that are kept to be compared with those to a repetition."""

encode = msgspec.json.Encoder(decimal_format="number").encode


class Mgplus:
    """Slots and live tables of many makers; a debit that is in doubt is rolled back, a credit is repeated until it stands."""

    name: ClassVar[str] = "mgplus"
    expresses: ClassVar[frozenset[Act]] = frozenset(CALLS)
    refusals: ClassVar[Mapping[Act, frozenset[str]]] = {
        Act.BET: frozenset({"402"}),
        Act.BUY_IN: frozenset({"402"}),
    }
    undo_after: ClassVar[frozenset[str]] = frozenset({"500"})
    settings: ClassVar[Mapping[str, str]] = {}
    several_bets: ClassVar[bool] = True
    free_wins_pay: ClassVar[bool] = True

    def __init__(self, key: str, *, clock: Callable[[], float] = time.time) -> None:
        self.key = key
        self.clock = clock
        self.first: dict[tuple[str, str], bytes] = {}  # call and txnId -> the body of its first success

    @staticmethod
    def make_key() -> str:
        """A new shared secret."""
        return secrets.token_hex(24)

    @staticmethod
    def operators_half(key: str) -> str:
        """The same secret: it travels with every call."""
        return key

    def fields(self, player: Player, move: Move) -> tuple[str, dict[str, Any]]:
        """The path and what its body says."""
        call, kind, event = CALLS[move.act]
        fields: dict[str, Any] = {"playerId": player.external_id}
        if call == "login":
            opened = {"contentCode": player.game, "operatorLoginToken": player.token}
            return f"/{call}", fields | opened
        if event != "PROMOTION":  # a prize comes without a session
            fields["extOperatorToken"] = player.token
        if call == "rollback":
            undone = {"txnId": move.of, "amount": move.of_amount, "currency": player.currency}
            return f"/{call}", fields | undone
        if call == "updatebalance":
            fields |= self.movement(player, move, kind, event)
        return f"/{call}", fields

    def movement(self, player: Player, move: Move, kind: str, event: str) -> dict[str, Any]:
        """What money is taken or given for."""
        now = int(self.clock() * 1000)
        free = move.act in {Act.FREE_BET, Act.FREE_WIN}
        told: dict[str, Any] = {"isFreeGame": free}
        if free:
            told["freeGame"] = {"played": 1, "remaining": 9, "offerGuid": move.bonus_code}
        if move.act is Act.JACKPOT_WIN:
            told["progressive"] = {"type": "wide-area"}
        fields = {
            "txnType": kind,
            "txnEventType": event,
            "amount": Decimal(0) if move.act is Act.FREE_BET else move.amount,
            "currency": player.currency,
            "txnId": move.key,
            "creationTime": now // 1000,
            "creationTimeMs": now,
            "contentCode": player.game,
            "completed": move.end,
            "metaData": told,
            "deviceType": "MOBILE",
            "platformType": "H5",
        }
        placed = {"roundId": move.round, "betId": f"b-{move.of or move.key}"}
        return fields if event == "PROMOTION" else fields | placed

    def body(self, fields: dict[str, Any]) -> bytes:
        """Compact JSON, amounts as numbers."""
        return encode(fields)

    def seal(self, path: str, body: bytes) -> Request:
        """The request with its id and the secret; an id carries its own proof, so that an echo can be told."""
        number = hashlib.sha256(path.encode() + body).hexdigest()[:24]
        headers = (
            ("content-type", "application/json"),
            ("x-mgp-req-id", f"{number}-{proof(number)}"),
            ("x-mgp-request-timems", str(int(self.clock() * 1000))),
            ("x-mgp-token", self.key),
        )
        return Request(path, headers, body)

    def read(self, move: Move, answer: Answer) -> Reply:
        """The status and, of a success, what there is; a repetition must be the first success to the byte."""
        call, code = CALLS[move.act][0], str(answer.http_status)
        why = wrong_in(call, answer)
        if why or answer.http_status != 200:
            again = answer.http_status == 500 and move.act not in {Act.BET, Act.FREE_BET, Act.BUY_IN}
            return Reply(done=False, code=code, retry=again, broken=why)
        try:
            said = json.loads(answer.body, parse_float=Decimal, parse_int=Decimal)
            why = wrong_success(call, said) or self.changed(call, move, answer.body)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return Reply(done=False, code=code, broken=repr(error))
        return Reply(
            done=not why,
            code=code,
            balance=None if why else said["balance"],
            transaction=said.get("extTxnId"),
            token=said.get("extOperatorToken"),
            broken=why,
        )

    def changed(self, call: str, move: Move, body: bytes) -> str:
        """Why this is not what the same transaction was answered before."""
        if call not in {"updatebalance", "rollback"}:
            return ""
        name = call, move.of if call == "rollback" else move.key
        first = self.first.setdefault(name, body)
        if len(self.first) > REMEMBERED:
            del self.first[next(iter(self.first))]
        return "" if first == body else f"first {first!r}, now {body!r}"


def proof(number: str) -> str:
    """The second half of a request's id."""
    return hashlib.sha256(number.encode()).hexdigest()[:8]


def wrong_in(call: str, answer: Answer) -> str:
    """Why this cannot be an answer to the call at all: its status, or a header that is not there."""
    if answer.http_status not in STATUSES[call]:
        return f"HTTP status {answer.http_status} to {call}"
    number, _, proven = answer.headers.get("x-mgp-req-id", "").partition("-")
    if proof(number) != proven:
        return "no X-MGP-REQ-ID of ours"
    if not answer.headers.get("x-mgp-response-time", "").isdecimal():
        return "no X-MGP-RESPONSE-TIME"
    return ""


def wrong_success(call: str, said: dict[str, Any]) -> str:
    """Why this is no success of the call: a field is missing, of the wrong type or too long."""
    token, transaction = said.get("extOperatorToken", "t"), said.get("extTxnId", "t")
    moment, longest = said.get("extCreationTimeMs", Decimal(1)), 512 if call == "rollback" else 100
    fits = (
        set(said) >= HOLDS[call]
        and type(said["balance"]) is Decimal
        and said["balance"] >= 0
        and type(said["currency"]) is str
        and len(said["currency"]) == 3
        and 0 < len(token) <= 150
        and 0 < len(transaction) <= longest
        and moment == int(moment)
    )
    return "" if fits else f"{call} answered {said}"
