"""The studio behind Evolution's One Wallet: JSON with decimal numbers, and a shared secret in the query for a signature."""

import itertools
import json
import secrets
import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import quote

import msgspec

from bench.studios.contract import Act, Answer, Move, Player, Reply, Request

CALLS = {
    Act.OPEN: "check",
    Act.ROTATE: "check",
    Act.BALANCE: "balance",
    Act.BET: "debit",
    Act.WIN: "credit",
    Act.ROLLBACK: "cancel",
    Act.PROMO_WIN: "promo_payout",
    Act.JACKPOT_WIN: "promo_payout",
    Act.FREE_END: "promo_payout",
}
TYPES = {
    Act.PROMO_WIN: "CashReward",
    Act.JACKPOT_WIN: "JackpotWin",
    Act.FREE_END: "FreeRoundPlayableSpent",
}

AGAIN = {"TEMPORARY_ERROR", "OPERATION_IN_PROCESS"}
DONE = {"OK", "BET_ALREADY_EXIST", "BET_ALREADY_SETTLED"}
"""Counted as success: a bet that is known, or settled, is as it should be."""

STATUSES = {
    *(*DONE, *AGAIN),
    *("INVALID_TOKEN_ID", "INVALID_SID", "ACCOUNT_LOCKED", "FATAL_ERROR_CLOSE_USER_SESSION", "UNKNOWN_ERROR"),
    *("INVALID_PARAMETER", "BET_DOES_NOT_EXIST", "INSUFFICIENT_FUNDS", "INSUFFICIENT_FUNDS_TIPS"),
    *("FINAL_ERROR_ACTION_FAILED", "GEOLOCATION_FAIL", "BONUS_LIMIT_EXCEEDED", "SESSION_ALREADY_CLOSED"),
    *("CASINO_LIMIT_EXCEEDED_TURNOVER", "CASINO_LIMIT_EXCEEDED_SESSION_TIME", "SESSION_DOES_NOT_EXIST"),
    *("CASINO_LIMIT_EXCEEDED_STAKE", "CASINO_LIMIT_EXCEEDED_LOSS"),
}
ONLY_OF = {
    "BET_ALREADY_EXIST": {"debit"},
    "BET_ALREADY_SETTLED": {"credit", "cancel"},
    "BET_DOES_NOT_EXIST": {"credit", "cancel"},
    "INSUFFICIENT_FUNDS": {"debit"},
    "INSUFFICIENT_FUNDS_TIPS": {"debit"},
}
"""Statuses that mean something for some calls only."""

WITH_BALANCE = DONE | {"INSUFFICIENT_FUNDS", "BET_DOES_NOT_EXIST"}
PLACES = 6


class Evolution:
    """Live tables: a round (`game.id`) holds many bets, each a `refId`, and nothing says that it has ended."""

    name: ClassVar[str] = "evolution"
    expresses: ClassVar[frozenset[Act]] = frozenset(CALLS)
    refusals: ClassVar[Mapping[Act, frozenset[str]]] = {
        Act.BET: frozenset({"INSUFFICIENT_FUNDS"}),
        Act.ROLLBACK: frozenset({"BET_DOES_NOT_EXIST"}),  # of a debit that never arrived
    }
    undo_after: ClassVar[frozenset[str]] = frozenset(AGAIN)
    settings: ClassVar[Mapping[str, str]] = {}
    several_bets: ClassVar[bool] = True
    free_wins_pay: ClassVar[bool] = False

    def __init__(self, key: str, *, clock: Callable[[], float] = time.time) -> None:
        self.key = key
        self.clock = clock
        self.attempts = itertools.count(1)

    @staticmethod
    def make_key() -> str:
        """A new token for the query."""
        return secrets.token_urlsafe(24)

    @staticmethod
    def operators_half(key: str) -> str:
        """The same token: whoever knows it is Evolution."""
        return key

    def fields(self, player: Player, move: Move) -> tuple[str, dict[str, Any]]:
        """The path, without the secret, and what the body says."""
        call = CALLS[move.act]
        fields: dict[str, Any] = {"sid": player.token, "userId": player.external_id, "uuid": self.trace(move)}
        if call == "check":
            return f"/{call}", fields | {"channel": {"type": "P"}}
        fields["currency"] = player.currency
        if call == "balance":
            return f"/{call}", fields | {"game": None}
        table = {"id": player.game, "vid": "oqa3v7a2t25ydg5e"}
        game = {"id": move.round, "type": "blackjack", "details": {"table": table}}
        if call == "promo_payout":
            placed = game if move.act is Act.JACKPOT_WIN else None
            return f"/{call}", fields | {"game": placed, "promoTransaction": promotion(move)}
        bet = move.key if call == "debit" else move.of
        # A cancel says the debit's own id again.
        transaction: dict[str, Any] = {
            "id": f"t{(bet if call == 'cancel' else move.key)[-20:]}",
            "refId": bet,
        }
        transaction["amount"] = move.of_amount if call == "cancel" else move.amount
        return f"/{call}", fields | {"game": game, "transaction": transaction}

    def trace(self, move: Move) -> str:
        """A `uuid`: another one for every attempt, and still recognisable as this move's."""
        return f"{move.key}-{next(self.attempts)}"

    def body(self, fields: dict[str, Any]) -> bytes:
        """Compact JSON, decimals as numbers."""
        return ENCODER.encode(fields)

    def seal(self, path: str, body: bytes) -> Request:
        """The request with the secret in its query."""
        target = f"{path}?authToken={quote(self.key, safe='')}"
        return Request(target, (("content-type", "application/json"),), body)

    def read(self, move: Move, answer: Answer) -> Reply:
        """The status, and the balances or the new sid that belong to it."""
        call, code = CALLS[move.act], ""
        try:
            said = json.loads(answer.body, parse_float=Decimal)
            code = said["status"]
            why = wrong_in(said, call, move, answer.http_status)
            whole = not why and isinstance(said.get("balance"), int | Decimal)
            balance = Decimal(said["balance"]) + Decimal(said["bonus"]) if whole else None
        except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError) as error:
            return Reply(done=False, code=code, broken=repr(error))
        return Reply(
            done=code in DONE,
            code=code,
            retry=code in AGAIN,
            balance=balance,
            token=said.get("sid"),
            broken=why,
        )


def promotion(move: Move) -> dict[str, Any]:
    """What a payout without a bet says of itself, as its type has it."""
    said: dict[str, Any] = {"type": TYPES[move.act], "id": f"p{move.key[-20:]}", "amount": move.amount}
    if move.act is Act.JACKPOT_WIN:
        return said | {"jackpots": [{"id": "jackpot-1", "winAmount": move.amount}]}
    if move.act is Act.FREE_END:
        return said | {
            "voucherId": f"v{move.bonus_code}",
            "remainingRounds": 0,
            "playableBalance": Decimal(0),
        }
    return said | {"campaignId": 77, "campaignCode": "autumn", "reason": "loyalty"}


def wrong_in(said: dict[str, Any], call: str, move: Move, http_status: int) -> str:
    """Why this cannot be the answer to `call`: the first complaint that is true."""
    status = said["status"]
    unread = http_status == 400 and status == "INVALID_PARAMETER"
    stranger = http_status == 401 and status == "INVALID_TOKEN_ID"
    complaints = [
        (status not in STATUSES or call not in ONLY_OF.get(status, {call}), f"{status} to {call}"),
        (http_status != 200 and not unread and not stranger, f"HTTP status {http_status}"),
        (not unread and not str(said["uuid"]).startswith(f"{move.key}-"), "the uuid of another request"),
        ("retransmission" in said and status not in AGAIN, "a retransmission of what is final"),
    ]
    if call == "check":
        sid = said.get("sid")
        new = isinstance(sid, str) and 0 < len(sid) <= 250
        complaints.append((status == "OK" and not new, "no sid"))
    else:
        told = all(fits(said[name], told=status in WITH_BALANCE) for name in ("balance", "bonus"))
        complaints.append((not told, f"the balances {said['balance']!r} and {said['bonus']!r}"))
    return next((words for true, words in complaints if true), "")


def fits(amount: Any, *, told: bool) -> bool:
    """Whether this can be a balance: a number of six decimals at most, or null where none has to be told."""
    if amount is None:
        return not told
    return type(amount) in (int, Decimal) and round(Decimal(amount), PLACES) == amount


ENCODER = msgspec.json.Encoder(decimal_format="number")
