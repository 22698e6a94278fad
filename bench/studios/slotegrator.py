"""The studio behind Slotegrator: forms with an ``action``, an HMAC-SHA1 over form and headers as PHP sorts and writes them."""

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import quote, unquote_to_bytes

from bench.studios.contract import Act, Answer, Move, Player, Reply, Request

ACTIONS = {
    Act.OPEN: ("balance", ""),
    Act.BALANCE: ("balance", ""),
    Act.BET: ("bet", "bet"),
    Act.TIP: ("bet", "tip"),
    Act.FREE_BET: ("bet", "freespin"),
    Act.WIN: ("win", "win"),
    Act.MORE_WIN: ("win", "win"),
    Act.FREE_WIN: ("win", "freespin"),
    Act.JACKPOT_WIN: ("win", "jackpot"),
    Act.ROLLBACK: ("refund", ""),
    Act.ROLLBACK_WIN: ("rollback", ""),
}
"""Act to the action and its `type`."""

MERCHANT = "merchant-7"
ERRORS = {"INSUFFICIENT_FUNDS", "INTERNAL_ERROR"}
POOR = frozenset({"INSUFFICIENT_FUNDS"})
HOLDS = {"balance": {"balance"}, "rollback": {"balance", "transaction_id", "rollback_transactions"}}
"""What a success holds, exactly; else it is MOVED."""

MOVED = {"balance", "transaction_id"}


class Slotegrator:
    """An aggregator of slots and live tables."""

    name: ClassVar[str] = "slotegrator"
    expresses: ClassVar[frozenset[Act]] = frozenset(ACTIONS)
    refusals: ClassVar[Mapping[Act, frozenset[str]]] = {Act.BET: POOR, Act.TIP: POOR}
    undo_after: ClassVar[frozenset[str]] = frozenset({"INTERNAL_ERROR"})
    settings: ClassVar[Mapping[str, str]] = {}
    several_bets: ClassVar[bool] = True
    free_wins_pay: ClassVar[bool] = True

    def __init__(self, key: str, *, clock: Callable[[], float] = time.time) -> None:
        self.key = key
        self.clock = clock

    @staticmethod
    def make_key() -> str:
        """A new merchant key."""
        return secrets.token_hex(20)

    @staticmethod
    def operators_half(key: str) -> str:
        """The same key: both sides sign with it."""
        return key

    def fields(self, player: Player, move: Move) -> tuple[str, dict[str, Any]]:
        """The form's fields, all to one address; a rollback names what it undoes in a list."""
        action, kind = ACTIONS[move.act]
        fields: dict[str, Any] = {
            "action": action,
            "player_id": player.external_id,
            "currency": player.currency,
            "session_id": player.token,
        }
        if action == "balance":
            return "", fields
        fields |= {"game_uuid": player.game, "transaction_id": move.key}
        if action == "rollback":
            undone = {"action": "win", "transaction_id": move.of, "amount": f"{move.of_amount:f}"}
            return "", fields | {"rollback_transactions": [undone], "provider_round_id": move.round}
        fields["amount"] = f"{move.of_amount if action == 'refund' else move.amount:f}"
        if action == "refund":
            return "", fields | {"bet_transaction_id": move.of}
        fields |= {"type": kind, "round_id": move.round, "finished": "1" if move.end else "0"}
        if kind == "freespin":
            fields |= {"freespin_id": move.bonus_code, "quantity": "3"}
        return "", fields

    def body(self, fields: dict[str, Any]) -> bytes:
        """The fields as PHP writes a form, in the order they have; what is None is left out."""
        return "&".join(f"{encoded(name)}={encoded(value)}" for name, value in flat(fields)).encode()

    def seal(self, path: str, body: bytes) -> Request:
        """The form with the headers that name the merchant and sign it."""
        stamp = str(int(self.clock()))
        nonce = hashlib.md5(stamp.encode() + body, usedforsecurity=False).hexdigest()
        signed = {"X-Merchant-Id": MERCHANT, "X-Nonce": nonce, "X-Timestamp": stamp}
        digest = hmac.new(self.key.encode(), sorted_text(body, signed), hashlib.sha1).hexdigest()
        headers = tuple((name.lower(), value) for name, value in signed.items())
        form = ("content-type", "application/x-www-form-urlencoded")
        return Request(path, (form, *headers, ("x-sign", digest)), body)

    def read(self, move: Move, answer: Answer) -> Reply:
        """The error code or, of a success, exactly the fields of its action."""
        action, _ = ACTIONS[move.act]
        code = ""
        try:
            said = json.loads(answer.body, parse_float=Decimal)
            code = said.get("error_code", "")
            why = wrong_in(said, action, answer)
            balance = Decimal(said["balance"]) if "balance" in said and not why else None
        except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError) as error:
            return Reply(done=False, code=code, broken=repr(error))
        return Reply(
            done=not code,
            code=code,
            retry=code == "INTERNAL_ERROR" and action in {"win", "refund", "rollback"},
            balance=balance,
            transaction=said.get("transaction_id"),
            broken=why,
        )


def wrong_in(said: dict[str, Any], action: str, answer: Answer) -> str:
    """Why this cannot be the answer to `action`."""
    if answer.http_status != 200:
        return f"HTTP status {answer.http_status}"
    if not answer.headers.get("content-type", "").startswith("application/json"):
        return "no JSON"
    wanted = {"error_code", "error_description"} if "error_code" in said else HOLDS.get(action, MOVED)
    if set(said) != wanted:
        return f"the fields {sorted(said)}"
    if "error_code" in said:
        return "" if said["error_code"] in ERRORS else f"the error {said['error_code']}"
    moved = action == "balance" or (said["transaction_id"] and type(said["transaction_id"]) is str)
    return "" if moved and type(said["balance"]) in (int, Decimal) else f"the values {said}"


# Forms as PHP has them


def flat(fields: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The fields with lists and objects folded into names: ``list[0][name]``; what is None is left out."""
    pairs: list[tuple[str, str]] = []
    for name, value in fields.items():
        inside = dict(enumerate(value)) if isinstance(value, list) else value
        if isinstance(inside, dict):
            pairs += flat({f"{name}[{inner}]": item for inner, item in inside.items()})
        elif value is not None:
            pairs.append((name, str(value)))
    return pairs


def encoded(text: str | bytes) -> str:
    """One name or value: a space is a plus, and letters, digits and ``-_.`` stay."""
    return quote(text, safe="").replace("~", "%7E").replace("%20", "+")


def sorted_text(body: bytes, headers: Mapping[str, str]) -> bytes:
    """Form and headers by the names of their fields, arrays in the order they have, encoded once more."""
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    for pair in filter(None, body.replace(b"+", b" ").split(b"&")):
        name, _, value = pair.partition(b"=")
        pairs.append((unquote_to_bytes(name), unquote_to_bytes(value)))
    pairs.sort(key=lambda pair: pair[0].split(b"[")[0])
    return "&".join(f"{encoded(name)}={encoded(value)}" for name, value in pairs).encode()
