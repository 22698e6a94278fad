"""The studio behind SoftSwiss v2: JSON, HMAC-SHA256 over the raw body in ``X-REQUEST-SIGN``, amounts as decimal text."""

import hashlib
import hmac
import json
import re
import secrets
import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, ClassVar

from bench.studios.contract import Act, Answer, Move, Player, Reply, Request

BALANCE = "/v2/provider_a8r.Player/Balance"
BETWIN = "/v2/provider_a8r.Round/BetWin"
FINISH = "/v2/provider_a8r.Round/Finish"
ROLLBACK = "/v2/provider_a8r.Round/Rollback"
FREESPINS = "/v2/provider_a8r.Freespins/Finish"
PROMO = "/v2/provider_a8r.Promo/Win"

PATHS = {
    Act.OPEN: BALANCE,
    Act.BALANCE: BALANCE,
    Act.BET: BETWIN,
    Act.SPIN: BETWIN,
    Act.WIN: BETWIN,
    Act.MORE_WIN: BETWIN,
    Act.JACKPOT_WIN: BETWIN,
    Act.CLOSE: FINISH,
    Act.ROLLBACK: ROLLBACK,
    Act.ROLLBACK_WIN: ROLLBACK,
    Act.FREE_END: FREESPINS,
    Act.PROMO_WIN: PROMO,
}
WITH_BALANCE = frozenset({"100", "105", "106"})
UNAVAILABLE = frozenset({"500", "501", "502", "503", "504"})
API_CODES = WITH_BALANCE | UNAVAILABLE
API_CODES |= {"101", "107", "110", "153", "154", "155", "400", "403", "404", "405", "406", "409"}
API_CODES |= {"410", "411", "420", "421"}

MONEY = re.compile(r"[0-9]+\.[0-9]{2,16}")
BONUS = re.compile(r"[0-9]{1,18}(\.[0-9]{1,12})?")


class SoftswissV2:
    """Slots: bets and wins in lists, a loss is the round's end and no transaction, what is in doubt is asked again."""

    name: ClassVar[str] = "softswiss_v2"
    expresses: ClassVar[frozenset[Act]] = frozenset(PATHS)
    refusals: ClassVar[Mapping[Act, frozenset[str]]] = {
        act: frozenset({"100"}) for act in (Act.BET, Act.SPIN)
    }
    undo_after: ClassVar[frozenset[str]] = UNAVAILABLE
    settings: ClassVar[Mapping[str, str]] = {}
    several_bets: ClassVar[bool] = True
    free_wins_pay: ClassVar[bool] = False

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
        """The path and what its body says."""
        path = path_of(move)
        if path == FREESPINS:
            return path, {"issue_id": move.bonus_code, "amount": text_of(move.amount)}
        fields: dict[str, Any] = {"account_id": player.external_id, "currency": player.currency}
        if path == PROMO:
            event = {"event_id": "race-7", "event_type": "Tournament", "details": {"wager": "0"}}
            return path, fields | event | {"id_provider": move.key, "amount": text_of(move.amount)}
        fields["session_id"] = "5d2cbb5a-63fc-4ba5-8b23-3be9b1c3f6a9"
        if path == FINISH:
            return path, fields | {"round_id": move.round}
        fields["game_id"] = player.game
        if path == BALANCE:
            return path, fields
        place = "round_id_provider" if path == ROLLBACK else "round_id"
        ends = (move.end and path == ROLLBACK) or move.act is Act.SPIN
        return path, fields | {place: move.round, "finished": ends, "transactions": transactions(move)}

    def body(self, fields: dict[str, Any]) -> bytes:
        """Compact JSON, letters as they are."""
        return json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode()

    def seal(self, path: str, body: bytes) -> Request:
        """The request with the signature of its exact bytes."""
        digest = hmac.new(self.key.encode(), body, hashlib.sha256).hexdigest()
        return Request(path, (("content-type", "application/json"), ("x-request-sign", digest)), body)

    def read(self, move: Move, answer: Answer) -> Reply:
        """The balance and the operator's id of the one transaction; or the code."""
        code, transaction = f"http {answer.http_status}", None
        try:
            said = json.loads(answer.body)
            if answer.http_status == 200:
                code, told = "200", said
                why, transaction = wrong_in(said, move), transaction_of(said)
            else:
                code, told = said["meta"]["api_code"], said["meta"]
                why = wrong_in_refusal(said, answer.http_status)
        except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
            return Reply(done=False, code=code, broken=repr(error))
        return Reply(
            done=code == "200" and not why,
            code=code,
            retry=code in UNAVAILABLE,
            balance=Decimal(told["balance"]) if "balance" in told and not why else None,
            transaction=transaction,
            broken=why,
        )


def path_of(move: Move) -> str:
    """Where a move is told.  A win of nothing is no transaction: the round ends, or there is nothing to tell."""
    if PATHS[move.act] == BETWIN and move.act is not Act.BET and not move.amount:
        return FINISH if move.end else BALANCE
    return PATHS[move.act]


def transactions(move: Move) -> list[dict[str, Any]]:
    """What a move books: one transaction, or a bet with what it won."""
    if path_of(move) == ROLLBACK:
        return [{"id_provider": move.key, "type": "rollback", "original_id_provider": move.of}]
    if path_of(move) != BETWIN:
        return []
    kind = "bet" if move.act in {Act.BET, Act.SPIN} else "win"
    said: dict[str, Any] = {"id_provider": move.key, "type": kind, "amount": text_of(move.amount)}
    if move.act is Act.JACKPOT_WIN:
        won = {"total_win": said["amount"], "breakdown": [{"contribution": "0.00", "id": "grand"}]}
        said |= {"jackpot_win": said["amount"], "jackpot_details": won}
    if move.act is Act.SPIN and move.of_amount:
        return [said, {"id_provider": move.key[::-1], "type": "win", "amount": text_of(move.of_amount)}]
    return [said]


def transaction_of(said: dict[str, Any]) -> str | None:
    """The operator's id of what was booked first."""
    several = said.get("transactions")
    return several[0]["id"] if several else said.get("id")


def wrong_in(said: dict[str, Any], move: Move) -> str:
    """Why this cannot be a success: a balance as text, the round that was sent, each transaction in its place."""
    sent = transactions(move)
    if not MONEY.fullmatch(said["balance"]):
        return f"the balance {said['balance']!r}"
    if path_of(move) == PROMO:
        right = said["id_provider"] == move.key and said["id"]
        return "" if right else "a prize without its ids"
    if not sent:
        return ""
    told = said["transactions"]
    names, wanted = ([one["id_provider"] for one in several] for several in (told, sent))
    if said["round_id"] != move.round or names != wanted:
        return "another round or other transactions"
    if path_of(move) == ROLLBACK:
        right = all(type(one["id"]) is str for one in told)
    else:
        right = all(one["id"] and BONUS.fullmatch(one["bonus_amount"]) for one in told)
    return "" if right else f"no id or no bonus_amount in {told}"


def wrong_in_refusal(said: dict[str, Any], http_status: int) -> str:
    """Why this cannot be a refusal: 400 or 500 with their word and code, and for a lack of funds the balance."""
    word = {400: "invalid_argument", 500: "internal"}.get(http_status)
    meta = said["meta"]
    if word is None or said["code"] != word or type(said["msg"]) is not str:
        return f"HTTP status {http_status} with {said['code']!r}"
    if meta["api_code"] not in API_CODES or type(meta["api_message"]) is not str:
        return f"the code {meta['api_code']!r}"
    if (meta["api_code"] in UNAVAILABLE) != (http_status == 500):
        return f"the code {meta['api_code']} with HTTP status {http_status}"
    if meta["api_code"] in WITH_BALANCE and not MONEY.fullmatch(meta["balance"]):
        return "no balance"
    return ""


def text_of(amount: Decimal) -> str:
    """An amount as text, with two decimals at least."""
    return f"{amount:.2f}" if amount == round(amount, 2) else f"{amount:f}"
