"""What the studios behind the ``RS_`` wallets share: JSON, RSA-SHA256 over the raw body, 100,000 to a major unit.

No studio itself: each says in its dialect what it has of its own.
"""

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
from msgspec import Struct

from bench.studios.contract import Act, Answer, Move, Player, Reply, Request
from bench.studios.keys import pem_of, private_key, public_half

BET, WIN, ROLLBACK = "bet", "win", "rollback"
CALLS = {
    Act.BET: BET,
    Act.FREE_BET: BET,
    Act.WIN: WIN,
    Act.MORE_WIN: WIN,
    Act.FREE_WIN: WIN,
    Act.PROMO_WIN: WIN,
    Act.ROLLBACK: ROLLBACK,
    Act.ROLLBACK_WIN: ROLLBACK,
}
"""Which call a movement of money is."""

FREE = frozenset({Act.FREE_BET, Act.FREE_WIN})
UNIT = 100_000

UNSURE = frozenset({"RS_ERROR_UNKNOWN", "RS_ERROR_TIMEOUT"})
NOT_READ = frozenset({"RS_ERROR_WRONG_SYNTAX", "RS_ERROR_WRONG_TYPES"})
RETRIED = {
    WIN: UNSURE | NOT_READ | {"RS_ERROR_INVALID_SIGNATURE"},
    ROLLBACK: UNSURE | NOT_READ,
}
"""Codes after which a request is sent again.  A bet never is: after an unsure answer it is rolled back."""

CODES = frozenset(
    {
        "RS_OK",
        "RS_ERROR_INVALID_TOKEN",
        "RS_ERROR_INVALID_GAME",
        "RS_ERROR_WRONG_CURRENCY",
        "RS_ERROR_NOT_ENOUGH_MONEY",
        "RS_ERROR_USER_DISABLED",
        "RS_ERROR_INVALID_SIGNATURE",
        "RS_ERROR_TOKEN_EXPIRED",
        "RS_ERROR_DUPLICATE_TRANSACTION",
        "RS_ERROR_TRANSACTION_DOES_NOT_EXIST",
        *UNSURE,
        *NOT_READ,
    }
)
"""What all of them may be answered."""


class Dialect(Struct, frozen=True, kw_only=True):
    """What one of them has of its own."""

    header: str
    opening: str  # the paths
    balance: str
    bet: str
    win: str
    rollback: str
    opened_by: str  # the one field of an opening: the player or the token
    player: str  # the field of balance, bet and win that names the player
    more: Callable[[Player, Move], dict[str, Any]]  # further fields of bet and win
    codes: frozenset[str]  # besides `CODES`
    tells_low_balance: bool  # a lack of funds comes with the balance; else no refusal has anything


class RsWallet:
    """Whoever calls such a wallet."""

    dialect: ClassVar[Dialect]

    expresses: ClassVar[frozenset[Act]] = frozenset({Act.OPEN, Act.BALANCE, *CALLS})
    refusals: ClassVar[Mapping[Act, frozenset[str]]] = {Act.BET: frozenset({"RS_ERROR_NOT_ENOUGH_MONEY"})}
    undo_after: ClassVar[frozenset[str]] = UNSURE
    settings: ClassVar[Mapping[str, str]] = {}
    several_bets: ClassVar[bool] = True
    free_wins_pay: ClassVar[bool] = True

    def __init__(self, key: str, *, clock: Callable[[], float] = time.time) -> None:
        private = private_key(key)
        assert isinstance(private, RSAPrivateKey)
        self.key = private
        self.clock = clock
        self.attempts = itertools.count(1)

    @staticmethod
    def make_key() -> str:
        """A new private key as PEM."""
        return pem_of(generate_private_key(public_exponent=65537, key_size=2048))

    @staticmethod
    def operators_half(key: str) -> str:
        """The public key as PEM."""
        return public_half(key)

    def fields(self, player: Player, move: Move) -> tuple[str, dict[str, Any]]:
        """The path and what its body says."""
        dialect, trace = self.dialect, {"request_uuid": self.trace(move)}
        named = {"user": player.external_id, "token": player.token}
        if move.act is Act.OPEN:
            opened_by = {dialect.opened_by: named[dialect.opened_by]}
            return dialect.opening, opened_by if dialect.opened_by == "token" else opened_by | trace
        call = CALLS.get(move.act, "balance")
        path = getattr(dialect, call)
        user = "user" if call == ROLLBACK else dialect.player
        fields = {user: named["user"], **trace, "token": player.token, "game_code": player.game}
        if move.act is Act.BALANCE:
            return path, fields
        fields |= {
            "transaction_uuid": dashed(move.key),
            "supplier_transaction_id": f"s-{move.key[:12]}",
            "round": move.round,
            "round_closed": move.end,
        }
        if call != BET:
            fields["reference_transaction_uuid"] = dashed(move.of or move.key[::-1])
        if call == ROLLBACK:
            return path, fields
        return path, {
            **fields,
            **dialect.more(player, move),
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
        return Request(path, (("content-type", "application/json"), (self.dialect.header, signature)), body)

    def read(self, move: Move, answer: Answer) -> Reply:
        """The status and, where the protocol wants one, the balance."""
        code = ""
        try:
            said = json.loads(answer.body)
            code = said["status"]
            why = wrong_in(self.dialect, said, move, answer.http_status)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return Reply(done=False, code=code, broken=repr(error))
        return Reply(
            done=code == "RS_OK",
            code=code,
            retry=code in RETRIED.get(CALLS.get(move.act, ""), frozenset()),
            balance=Decimal(said["balance"]) / UNIT if "balance" in said and not why else None,
            token=said.get("token"),
            player=said.get("user"),
            broken=why,
        )


def wrong_in(dialect: Dialect, said: dict[str, Any], move: Move, http_status: int) -> str:
    """Why this cannot be the answer to `move`: every success but an opening's holds the player and the balance."""
    code = said["status"]
    if http_status != 200 or code not in CODES | dialect.codes:
        return f"the status {code}" if http_status == 200 else f"HTTP status {http_status}"
    opening = move.act is Act.OPEN
    untraced = (opening and dialect.opened_by == "token") or (code in NOT_READ and "request_uuid" not in said)
    if not untraced and not uuid.UUID(said["request_uuid"]).hex.startswith(move.key[:16]):
        return "the request_uuid of another request"
    if code != "RS_OK":
        return wrong_in_refusal(dialect, said)
    if opening:
        return "" if said[dialect.opened_by] else f"no {dialect.opened_by}"
    return wrong_in_balance(said) if said["user"] else "no user"


def wrong_in_refusal(dialect: Dialect, said: dict[str, Any]) -> str:
    """Why this cannot be a refusal: it tells the balance where funds lack, or never anything."""
    if dialect.tells_low_balance:
        return wrong_in_balance(said) if said["status"] == "RS_ERROR_NOT_ENOUGH_MONEY" else ""
    told = [name for name in ("user", "currency", "balance") if said.get(name) is not None]
    return f"a refusal with {told}" if told else ""


def wrong_in_balance(said: dict[str, Any]) -> str:
    """Why this holds no balance."""
    good = said["currency"] and type(said["balance"]) is int
    return "" if good else "no currency or no integral balance"


def dashed(key: str) -> str:
    """32 hexadecimal digits as the protocol's UUID."""
    return str(uuid.UUID(key))
