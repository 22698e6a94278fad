"""The studio behind Hub88: JSON, RSA-SHA256 over the raw body in ``X-Hub88-Signature``, 100,000 to a major unit."""

import base64
import itertools
import json
import time
import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, ClassVar

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from bench.studios.contract import Act, Answer, Move, Player, Reply, Request

PATHS = {
    Act.OPEN: "/user/info",
    Act.BALANCE: "/user/balance",
    Act.BET: "/transaction/bet",
    Act.FREE_BET: "/transaction/bet",
    Act.WIN: "/transaction/win",
    Act.MORE_WIN: "/transaction/win",
    Act.FREE_WIN: "/transaction/win",
    Act.PROMO_WIN: "/transaction/win",
    Act.ROLLBACK: "/transaction/rollback",
    Act.ROLLBACK_WIN: "/transaction/rollback",
}
FREE = frozenset({Act.FREE_BET, Act.FREE_WIN})
UNIT = 100_000

UNSURE = {"RS_ERROR_UNKNOWN", "RS_ERROR_TIMEOUT"}
NOT_READ = {"RS_ERROR_WRONG_SYNTAX", "RS_ERROR_WRONG_TYPES"}
RETRIED = {
    "/transaction/win": UNSURE | NOT_READ | {"RS_ERROR_INVALID_SIGNATURE"},
    "/transaction/rollback": UNSURE | NOT_READ,
}
"""Codes after which a request is sent again.  A bet never is: after an unsure answer it is rolled back."""

CODES = {
    "RS_OK",
    "RS_ERROR_INVALID_PARTNER",
    "RS_ERROR_INVALID_TOKEN",
    "RS_ERROR_INVALID_GAME",
    "RS_ERROR_WRONG_CURRENCY",
    "RS_ERROR_NOT_ENOUGH_MONEY",
    "RS_ERROR_USER_DISABLED",
    "RS_ERROR_INVALID_SIGNATURE",
    "RS_ERROR_TOKEN_EXPIRED",
    "RS_ERROR_DUPLICATE_TRANSACTION",
    "RS_ERROR_TRANSACTION_DOES_NOT_EXIST",
    "RS_ERROR_LIMIT_REACHED",
    *UNSURE,
    *NOT_READ,
}


class Hub88:
    """An aggregator in front of many suppliers; its word for the player is `user`."""

    name: ClassVar[str] = "hub88"
    expresses: ClassVar[frozenset[Act]] = frozenset(PATHS)
    refusals: ClassVar[Mapping[Act, frozenset[str]]] = {Act.BET: frozenset({"RS_ERROR_NOT_ENOUGH_MONEY"})}
    undo_after: ClassVar[frozenset[str]] = frozenset(UNSURE)
    settings: ClassVar[Mapping[str, str]] = {}
    several_bets: ClassVar[bool] = True
    free_wins_pay: ClassVar[bool] = True

    def __init__(self, key: str, *, clock: Callable[[], float] = time.time) -> None:
        private = load_pem_private_key(key.encode(), None)
        assert isinstance(private, RSAPrivateKey)
        self.key = private
        self.clock = clock
        self.attempts = itertools.count(1)

    @staticmethod
    def make_key() -> str:
        """A new private key as PEM."""
        private = generate_private_key(public_exponent=65537, key_size=2048)
        return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    @staticmethod
    def operators_half(key: str) -> str:
        """The public key as PEM."""
        public = load_pem_private_key(key.encode(), None).public_key()
        return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def fields(self, player: Player, move: Move) -> tuple[str, dict[str, Any]]:
        """The path and what its body says."""
        path = PATHS[move.act]
        fields: dict[str, Any] = {"user": player.external_id, "request_uuid": self.trace(move)}
        if move.act is Act.OPEN:
            return path, fields
        fields |= {"token": player.token, "game_code": player.game}
        if move.act is Act.BALANCE:
            return path, fields
        fields |= {
            "transaction_uuid": dashed(move.key),
            "supplier_transaction_id": f"s-{move.key[:12]}",
            "round": move.round,
            "round_closed": move.end,
        }
        if path != "/transaction/bet":
            fields["reference_transaction_uuid"] = dashed(move.of or move.key[::-1])
        if path == "/transaction/rollback":
            return path, fields
        return path, fields | {
            "supplier_user": f"sup_{player.external_id}",
            "reward_uuid": str(uuid.uuid5(uuid.NAMESPACE_OID, move.bonus_code)) if move.act in FREE else None,
            "is_free": move.act in FREE,
            "is_supplier_promo": move.act is Act.PROMO_WIN,
            "is_aggregated": False,
            "currency": player.currency,
            "bet": "zero",
            "amount": int(move.amount * UNIT),
            "meta": {"selection": "home_team", "odds": 2.5},
        }

    def trace(self, move: Move) -> str:
        """A `request_uuid`: another one for every attempt, and still recognisable as this move's."""
        return dashed(f"{move.key[:16]:0<16}{next(self.attempts):016x}")

    def body(self, fields: dict[str, Any]) -> bytes:
        """Compact JSON, letters as they are."""
        return json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode()

    def seal(self, path: str, body: bytes) -> Request:
        """The request with the signature of its exact bytes."""
        signature = base64.b64encode(self.key.sign(body, PKCS1v15(), SHA256())).decode()
        return Request(path, (("content-type", "application/json"), ("x-hub88-signature", signature)), body)

    def read(self, move: Move, answer: Answer) -> Reply:
        """The status and, where the protocol wants one, the balance."""
        code = ""
        try:
            said = json.loads(answer.body)
            code = said["status"]
            why = wrong_in(said, move, answer.http_status)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return Reply(done=False, code=code, broken=repr(error))
        return Reply(
            done=code == "RS_OK",
            code=code,
            retry=code in RETRIED.get(PATHS[move.act], frozenset()),
            balance=Decimal(said["balance"]) / UNIT if "balance" in said and not why else None,
            player=said.get("user"),
            broken=why,
        )


def wrong_in(said: dict[str, Any], move: Move, http_status: int) -> str:
    """Why this cannot be the answer to `move`: every success but user/info's, and a lack of funds, has a balance."""
    if http_status != 200:
        return f"HTTP status {http_status}"
    if said["status"] not in CODES:
        return f"the status {said['status']}"
    unread = said["status"] in NOT_READ and "request_uuid" not in said
    if not unread and not uuid.UUID(said["request_uuid"]).hex.startswith(move.key[:16]):
        return "the request_uuid of another request"
    if said["status"] == "RS_OK" and not said["user"]:
        return "no user"
    has_balance = said["status"] == "RS_OK" and move.act is not Act.OPEN
    has_balance |= said["status"] == "RS_ERROR_NOT_ENOUGH_MONEY"
    if has_balance and not (said["currency"] and type(said["balance"]) is int):
        return "no currency or no integral balance"
    return ""


def dashed(key: str) -> str:
    """32 hexadecimal digits as the protocol's UUID."""
    return str(uuid.UUID(key))
