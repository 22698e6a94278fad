"""The studio behind Yggdrasil: GET with a query, nothing signed, always HTTP 200, a code in JSON."""

import json
import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import urlencode

from bench.studios.contract import Act, Answer, Move, Player, Reply, Request

APPEND, END = "appendwagerresult", "endwager"
CALLS = {
    Act.OPEN: "playerinfo",
    Act.BALANCE: "getbalance",
    Act.BET: "wager",
    Act.FREE_BET: "wager",
    Act.ROLLBACK: "cancelwager",
    Act.PROMO_WIN: "campaignpayout",
}
RESULTS = frozenset({Act.WIN, Act.MORE_WIN, Act.FREE_WIN, Act.JACKPOT_WIN})
FREE = frozenset({Act.FREE_BET, Act.FREE_WIN})
CODES = frozenset({0, 1, 1000, 1006, 1007, 1008, 1009})

WHO = {"playerId": str, "organization": str, "currency": str, "balance": Decimal}
WHOLE = WHO | {"applicableBonus": Decimal, "homeCurrency": str, "nickName": str}
HOLDS = {
    "playerinfo": WHOLE | {"country": str},
    "cancelwager": WHO,
}
"""What the data of a success holds at least, and of which type; of every other call it is `WHOLE`."""


class Yggdrasil:
    """Slots: a wager by step, results by step, the last of which ends the round; what is unsure is cancelled."""

    name: ClassVar[str] = "yggdrasil"
    expresses: ClassVar[frozenset[Act]] = frozenset({*CALLS, *RESULTS})
    refusals: ClassVar[Mapping[Act, frozenset[str]]] = {Act.BET: frozenset({"1006"})}
    undo_after: ClassVar[frozenset[str]] = frozenset({"1"})
    settings: ClassVar[Mapping[str, str]] = {"org": "Operator", "launcher": "https://play.example/init"}
    several_bets: ClassVar[bool] = True
    free_wins_pay: ClassVar[bool] = True

    def __init__(self, key: str, *, clock: Callable[[], float] = time.time) -> None:
        self.key = key
        self.clock = clock

    @staticmethod
    def make_key() -> str:
        """Nothing: there is no signature."""
        return ""

    @staticmethod
    def operators_half(key: str) -> str:
        """Nothing either."""
        return key

    def fields(self, player: Player, move: Move) -> tuple[str, dict[str, Any]]:
        """The path, and what the query says."""
        call = CALLS.get(move.act) or (END if move.end else APPEND)
        fields = {"org": self.settings["org"], "lang": "en", "version": "1.0"}
        if move.act is not Act.OPEN:
            fields["playerid"] = player.external_id
        if move.act in (Act.OPEN, Act.BALANCE, Act.BET, Act.FREE_BET):
            fields["sessiontoken"] = player.token
        if move.act in (Act.OPEN, Act.BALANCE):
            return f"/{call}.json", fields
        if move.act is Act.PROMO_WIN:
            prize = {"cash": f"{move.amount:f}", "bonus": "0", "currency": player.currency}
            return f"/{call}.json", fields | prize | {"campaignref": "c-7", "reference": move.key}
        fields |= {"reference": move.round, "subreference": move.of if call == "cancelwager" else move.key}
        if call == "cancelwager":
            return f"/{call}.json", fields
        free = {"prepaidticketid": "t-1", "prepaidvalue": f"{move.amount:f}", "prepaidcost": "0"}
        amount = Decimal(0) if move.act is Act.FREE_BET else move.amount
        fields |= {
            "amount": f"{amount:f}",
            "currency": player.currency,
            "description": "a spin & more",
            "cat4": player.game.title(),
            "cat5": player.game,
            "tag1": "",
            **(free | {"prepaidref": "p-1"} if move.act in FREE else {}),
            **({"isJackpotWin": "true"} if move.act is Act.JACKPOT_WIN else {}),
        }
        return f"/{call}.json", fields

    def body(self, fields: dict[str, Any]) -> bytes:
        """The fields as a query; what is None is left out."""
        return urlencode({name: value for name, value in fields.items() if value is not None}).encode()

    def seal(self, path: str, body: bytes) -> Request:
        """The call as it goes out."""
        return Request(f"{path}?{body.decode('latin-1')}", (("accept", "application/json"),), b"", "GET")

    def read(self, move: Move, answer: Answer) -> Reply:
        """The code, and of a success exactly its data."""
        code = ""
        try:
            said = json.loads(answer.body, parse_float=Decimal)
            code = str(said["code"])
            why = wrong_in(said, move, answer.http_status)
            if why or code != "0":
                again = code == "1" and move.act not in (Act.BET, Act.FREE_BET)
                return Reply(done=False, code=code, retry=again, broken=why)
            data = said["data"]
            return Reply(
                done=True,
                code=code,
                balance=Decimal(data["balance"]) + Decimal(data.get("applicableBonus", 0)),
                player=data["playerId"] if move.act is Act.OPEN else None,
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return Reply(done=False, code=code, broken=repr(error))


def wrong_in(said: dict[str, Any], move: Move, http_status: int) -> str:
    """Why this cannot be the answer to `move`: a success has its data of the right types, and a refusal none."""
    if http_status != 200:
        return f"HTTP status {http_status}"
    if type(said["code"]) is not int or said["code"] not in CODES or type(said["msg"]) is not str:
        return f"the code {said['code']!r}"
    if said["code"] != 0:
        return "a refusal with data" if said.get("data") is not None else ""
    data = said["data"]
    for name, wanted in HOLDS.get(CALLS.get(move.act, ""), WHOLE).items():
        types = (Decimal, int) if wanted is Decimal else (wanted,)
        if type(data[name]) not in types or data[name] == "":
            return f"{name} is {data[name]!r}"
    return ""
