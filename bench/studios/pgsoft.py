"""The studio behind PG Soft: forms with a secret in them and a hash in the headers, answered in JSON, always HTTP 200."""

import hashlib
import hmac
import itertools
import json
import secrets
import time
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import urlencode

from bench.studios.contract import Act, Answer, Move, Player, Reply, Request

TRANSFER = "/Cash/TransferInOut"
PATHS = {
    Act.OPEN: "/VerifySession",
    Act.BALANCE: "/Cash/Get",
    Act.BET: TRANSFER,
    Act.WIN: TRANSFER,
    Act.MORE_WIN: TRANSFER,
    Act.PROMO_WIN: TRANSFER,
    Act.CORRECTION: "/Cash/Adjustment",
}
HOST = "wallet.example.com"
PAYOUT, BONUS_TO_CASH = 106, 400
REMEMBERED = 64
"""Transfers of a player that are known to have been sent, when one is sent again."""

HOLDS = {
    "/VerifySession": {"player_name": str, "nickname": str, "currency": str},
    "/Cash/Get": {"currency_code": str, "balance_amount": Decimal, "updated_time": int},
    TRANSFER: {"currency_code": str, "balance_amount": Decimal, "updated_time": int},
    "/Cash/Adjustment": {
        "adjust_amount": Decimal,
        "balance_before": Decimal,
        "balance_after": Decimal,
        "updated_time": int,
    },
}
"""What the data of a success holds, and of which type; a transfer also what it echoes."""
ECHOED = "real_transfer_amount"

ERRORS = frozenset(
    {
        *("1034", "1200", "1204", "1300", "1305", "1307", "1308", "1400", "3001", "3004", "3021", "3032"),
        *("3033", "3034", "3073", "3202"),
    }
)


class Pgsoft:
    """Slots: a spin is one transfer of stake and win, its free spins are transfers without a stake, nothing is undone."""

    name: ClassVar[str] = "pgsoft"
    expresses: ClassVar[frozenset[Act]] = frozenset(PATHS)
    refusals: ClassVar[Mapping[Act, frozenset[str]]] = {
        Act.BET: frozenset({"3202"}),
        Act.CORRECTION: frozenset({"3202"}),
    }
    undo_after: ClassVar[frozenset[str]] = frozenset()
    settings: ClassVar[Mapping[str, str]] = {"operator_token": "operator-1", "launch_host": "m.example"}
    several_bets: ClassVar[bool] = True
    free_wins_pay: ClassVar[bool] = True

    def __init__(self, key: str, *, clock: Callable[[], float] = time.time) -> None:
        self.secret, _, self.salt = key.partition(":")
        self.clock = clock
        self.balances = itertools.count(1)

    @staticmethod
    def make_key() -> str:
        """A new secret key and a new salt, with a colon between."""
        return f"{secrets.token_hex(16)}:{secrets.token_hex(16)}"

    @staticmethod
    def operators_half(key: str) -> str:
        """The same two: the scheme is symmetric."""
        return key

    def fields(self, player: Player, move: Move) -> tuple[str, dict[str, Any]]:
        """The path and the form's fields."""
        path = f"{PATHS[move.act]}?trace_id={uuid.uuid5(uuid.NAMESPACE_OID, f'{move.act}{move.key}')}"
        fields: dict[str, Any] = {"operator_token": self.settings["operator_token"], "game_id": player.game}
        now = int(self.clock() * 1000)
        if move.act is Act.OPEN:
            return path, fields | {"operator_player_session": player.token, "ip": "192.0.2.7"}
        fields["player_name"] = player.external_id
        if move.act is Act.CORRECTION:
            return path, {
                "operator_token": fields["operator_token"],
                "player_name": player.external_id,
                "currency_code": player.currency,
                "transfer_amount": f"{move.amount:.2f}",
                "adjustment_id": f"a-{move.key[:8]}",
                "adjustment_transaction_id": move.key,
                "adjustment_time": now,
                "transaction_type": 902,
                "bet_type": 1,
            }
        fields["operator_player_session"] = player.token
        if move.act is Act.BALANCE:
            return path, fields
        return path, fields | self.transfer(player, move, now)

    def transfer(self, player: Player, move: Move, now: int) -> dict[str, Any]:
        """What a transfer says: the whole of a spin, or one of its free spins."""
        stake = move.amount if move.act is Act.BET else Decimal(0)
        won = move.amount - stake
        bonus = move.act is Act.PROMO_WIN
        sent = player.memory.setdefault("sent", deque(maxlen=REMEMBERED))
        again = move.key in sent
        sent.append(move.key)
        kind = BONUS_TO_CASH if bonus else PAYOUT
        promoted = {"bonus_transaction_id": "7-1", "bonus_name": "Welcome & more", "bonus_id": 7}
        return {
            "currency_code": player.currency,
            "parent_bet_id": move.round,
            "bet_id": move.key,
            "bet_amount": f"{stake:.2f}",
            "win_amount": f"{won:.2f}",
            "transfer_amount": f"{won - stake:.2f}",
            "transaction_id": f"{move.key}-{move.round}-{kind}-{next(self.balances)}",
            "wallet_type": "B" if bonus else "C",
            "bet_type": 1,
            "platform": 2,
            "create_time": now,
            "updated_time": now,
            "is_validate_bet": again,
            "is_adjustment": False,
            "is_parent_zero_stake": bonus,
            "is_feature": not stake,
            "is_feature_buy": False,
            "is_wager": bool(stake),
            "is_end_round": move.end,
            "jackpot_rtp_contribution_amount": "0.00",
            **(promoted if bonus else {}),
        }

    def body(self, fields: dict[str, Any]) -> bytes:
        """The fields as a form; what is None is left out."""
        return urlencode({name: value for name, value in fields.items() if value is not None}).encode()

    def seal(self, path: str, body: bytes) -> Request:
        """The form with the secret behind its fields, and the hash of both in the headers."""
        secret = f"secret_key={self.secret}".encode()
        body = body + b"&" + secret if body else secret
        date = time.strftime("%Y%m%d", time.gmtime(self.clock()))
        content = hashlib.sha256(body).hexdigest()
        message = f"{HOST}{content}{date}".encode()
        signature = hmac.new(self.salt.encode(), message, hashlib.sha256).hexdigest()
        scope = f"{date}/{self.settings['operator_token']}/pws/v1"
        headers = (
            ("host", HOST),
            ("content-type", "application/x-www-form-urlencoded"),
            ("x-date", date),
            ("x-content-sha256", content),
            (
                "authorization",
                f"PWS-HMAC-SHA256 Credential={scope},SignedHeaders=host;x-content-sha256;x-date,Signature={signature}",
            ),
        )
        return Request(path, headers, body)

    def read(self, move: Move, answer: Answer) -> Reply:
        """The error, or of a success exactly its data."""
        code = ""
        try:
            said = json.loads(answer.body, parse_float=Decimal)
            data, error = said["data"], said["error"]
            code = "" if error is None else error["code"]
            why = wrong_in(said, PATHS[move.act], answer)
        except (ValueError, KeyError, TypeError, AttributeError) as failure:
            return Reply(done=False, code=code, broken=repr(failure))
        if why or error is not None:
            return Reply(done=False, code=code, retry=code == "1200", broken=why)
        balance = data.get("balance_amount", data.get("balance_after"))
        return Reply(
            done=True,
            code="",
            balance=None if balance is None else Decimal(balance),
            player=data.get("player_name"),
        )


def wrong_in(said: dict[str, Any], path: str, answer: Answer) -> str:
    """Why this cannot be the answer to a call of `path`: data or an error, never both, and nothing beside what is asked."""
    if answer.http_status != 200:
        return f"HTTP status {answer.http_status}"
    data, error = said["data"], said["error"]
    if error is not None:
        known = error["code"] in ERRORS and error["message"] and data is None
        return "" if known and set(said) == {"data", "error"} else f"the error {said}"
    types = {name: type(value) for name, value in data.items()}
    if path == TRANSFER:
        types.pop(ECHOED, None)
    money = {
        name: int if wanted is int else Decimal for name, wanted in HOLDS[path].items() if wanted is not str
    }
    fits = all(
        types.get(name) in ({wanted, int} if wanted is Decimal else {wanted})
        for name, wanted in money.items()
    )
    texts = all(data.get(name) and type(data[name]) is str for name in HOLDS[path].keys() - money.keys())
    return "" if fits and texts and set(types) == set(HOLDS[path]) else f"the data {data}"
