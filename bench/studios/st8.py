"""The studio behind St8: JSON, a DER ECDSA signature of the raw body in ``x-st8-sign``, amounts as decimal text."""

import base64
import json
import re
import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, ClassVar

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256K1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256

from bench.studios.contract import Act, Answer, Move, Player, Reply, Request
from bench.studios.keys import pem_of, private_key, public_half

CALLS = {
    Act.OPEN: ("player_profile", ""),
    Act.BALANCE: ("balance", ""),
    Act.BET: ("debit", "debit"),
    Act.FREE_BET: ("debit", "free_debit"),
    Act.WIN: ("credit", "credit"),
    Act.MORE_WIN: ("credit", "credit"),
    Act.FREE_WIN: ("credit", "free_credit"),
    Act.JACKPOT_WIN: ("credit", "jackpot_credit"),
    Act.PROMO_WIN: ("payout", "promo_credit"),
    Act.BUY_IN: ("buyin", "debit"),
    Act.PAYOUT: ("payout", "credit"),
    Act.ROLLBACK: ("cancel", ""),
    Act.ROLLBACK_WIN: ("cancel", ""),
}
"""Act to the endpoint and the `provider_kind`; a correction is a debit or a credit by its sign."""

STATUSES = {
    *(
        "ok",
        "player_locked",
        "session_expired",
        "player_not_found",
        "not_enough_money",
        "transaction_not_found",
    ),
    *("game_disabled", "site_disabled", "spending_limit", "auth_failed", "unknown"),
}
SITE = "casino-1"
DEVELOPER = "acme"
PROFILE = {
    *(
        "status",
        "id",
        "jurisdiction",
        "default_currency",
        "reg_country",
        "affiliate",
        "bet_limits",
        "birth_date",
    ),
    *("reg_date", "attributes"),
}
BALANCE = {"status", "balance", "currency"}
MONEY = re.compile(r"-?[0-9]+\.[0-9]{2,}")


class St8:
    """An aggregator in front of many developers of games."""

    name: ClassVar[str] = "st8"
    expresses: ClassVar[frozenset[Act]] = frozenset({*CALLS, Act.CORRECTION})
    refusals: ClassVar[Mapping[Act, frozenset[str]]] = {
        Act.BET: frozenset({"not_enough_money"}),
        Act.BUY_IN: frozenset({"not_enough_money"}),
        Act.ROLLBACK: frozenset({"transaction_not_found"}),  # it never arrived
    }
    undo_after: ClassVar[frozenset[str]] = frozenset({"unknown"})
    settings: ClassVar[Mapping[str, str]] = {}
    several_bets: ClassVar[bool] = True
    free_wins_pay: ClassVar[bool] = True

    def __init__(self, key: str, *, clock: Callable[[], float] = time.time) -> None:
        private = private_key(key)
        assert isinstance(private, EllipticCurvePrivateKey)
        self.key = private
        self.clock = clock

    @staticmethod
    def make_key() -> str:
        """A new private key as PEM."""
        return pem_of(generate_private_key(SECP256K1()))

    @staticmethod
    def operators_half(key: str) -> str:
        """The public key as PEM."""
        return public_half(key)

    def fields(self, player: Player, move: Move) -> tuple[str, dict[str, Any]]:
        """The path and what its body says."""
        call, kind = called(move)
        fields: dict[str, Any] = {"player": player.external_id, "site": SITE}
        if call == "player_profile":
            return f"/{call}", fields | {"token": player.token}
        fields["currency"] = player.currency
        if call == "balance":
            return f"/{call}", fields | {"token": player.token}
        if call == "cancel":
            cancelled = {"transaction_id": move.of, "amount": text_of(move.of_amount)}
            return f"/{call}", fields | {
                "cancel_id": move.key,
                **cancelled,
                "developer_code": DEVELOPER,
                "round": move.round,
                "game_code": player.game,
            }
        amount = text_of(abs(move.amount))
        fields |= {
            "transaction_id": move.key,
            "amount": amount,
            "provider_kind": kind,
            "game_code": player.game,
            "developer_code": DEVELOPER,
            "provider": self.provider(player, move, amount),
            "bonus": {"bonus_id": move.bonus_code} if move.bonus_code else None,
        }
        if call in {"debit", "credit"}:
            fields |= {"token": player.token, "round": move.round, "round_closed": move.end}
        return f"/{call}", fields

    def provider(self, player: Player, move: Move, amount: str) -> dict[str, Any]:
        """The same movement in the words of the game's developer."""
        return {
            "transaction_id": f"dev-{move.key[:12]}",
            "amount": amount,
            "currency": player.currency,
            "player": player.external_id,
            "round": f"dev-{move.round}",
        }

    def body(self, fields: dict[str, Any]) -> bytes:
        """Compact JSON, letters as they are."""
        return json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode()

    def seal(self, path: str, body: bytes) -> Request:
        """The request with the signature of its exact bytes; the same each time, so that what is recorded stays."""
        signature = self.key.sign(body, ECDSA(SHA256(), deterministic_signing=True))
        signed = ("x-st8-sign", base64.b64encode(signature).decode())
        return Request(path, (("content-type", "application/json"), signed), body)

    def read(self, move: Move, answer: Answer) -> Reply:
        """The status and, of a success, the balance or who the player is."""
        status = ""
        try:
            said = json.loads(answer.body)
            status = said["status"]
            why = wrong_in(said, move, answer)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return Reply(done=False, code=status, broken=repr(error))
        return Reply(
            done=status == "ok",
            code=status,
            retry=status == "unknown" and called(move)[0] in {"credit", "payout", "cancel"},
            balance=Decimal(said["balance"]) if "balance" in said and not why else None,
            player=said.get("id"),
            broken=why,
        )


def called(move: Move) -> tuple[str, str]:
    """The endpoint of a move, and its `provider_kind`."""
    if move.act is Act.CORRECTION:
        return ("debit", "correction_debit") if move.amount < 0 else ("credit", "correction_credit")
    return CALLS[move.act]


def wrong_in(said: dict[str, Any], move: Move, answer: Answer) -> str:
    """Why this cannot be the answer to `move`: a refusal is its status alone, a success exactly its call's fields."""
    if answer.http_status != 200:
        return f"HTTP status {answer.http_status}"
    if not answer.headers.get("content-type", "").startswith("application/json"):
        return "no JSON"
    if said["status"] not in STATUSES:
        return f"the status {said['status']}"
    told = PROFILE if move.act is Act.OPEN else BALANCE
    if set(said) != (told if said["status"] == "ok" else {"status"}):
        return f"the fields {sorted(said)}"
    if said["status"] != "ok":
        return ""
    return wrong_in_profile(said) if move.act is Act.OPEN else wrong_in_balance(said)


def wrong_in_profile(said: dict[str, Any]) -> str:
    """Why this is nobody."""
    limited = said["bet_limits"] in {"low", "medium", "high"}
    right = said["id"] and limited and isinstance(said["attributes"]["labels"], list)
    return "" if right else "no profile"


def wrong_in_balance(said: dict[str, Any]) -> str:
    """Why this is no money: it is text, with its currency."""
    right = said["currency"] and MONEY.fullmatch(said["balance"])
    return "" if right else f"the balance {said['balance']!r}"


def text_of(amount: Decimal) -> str:
    """An amount as text, with two decimals at least."""
    return f"{amount:.2f}" if amount == round(amount, 2) else f"{amount:f}"
