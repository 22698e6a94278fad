"""SoftSwiss v2's answers that the conformance suite, which knows no bonus and no failure of ours, does not see."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from bench.studios.contract import Act, Move, Player, write
from bench.studios.softswiss_v2 import SoftswissV2
from providers.contract import Exchange, Fault, Request
from providers.dialogue import conclude
from providers.softswiss_v2 import SOFTSWISS_V2
from tests.providers.paper import Paper
from tests.providers.transcript import Overrides
from wallet.types import Call, Kind, Op, Status

SECRET = "test-auth-token"
ACCOUNT = Overrides((SECRET,)).account(SOFTSWISS_V2)


async def test_bonus_money_is_told_as_it_was_booked():
    """Of every bet and win the share of bonus is told, the first time and again; a rollback restores it."""
    paper, studio = Paper(SOFTSWISS_V2, ACCOUNT), SoftswissV2(SECRET)
    player = Player("", await paper.join("EUR", 3), "EUR", "dice")
    grant = Op(Kind.BONUS_GRANT, "grant", 2_000_000)
    assert paper.oracle.post(Call(7, 0, 1, (grant,), ACCOUNT.policy)).status is Status.CREATED
    bet = Move(Act.BET, "b1", Decimal(5), "7")
    win = Move(Act.WIN, "w1", Decimal("12.5"), "7", "b1")
    undo = Move(Act.ROLLBACK, "r1", round="7", of="b1")
    told = []
    for move in (bet, win, bet, win, undo):
        answer = await paper.receive(write(studio, player, move))
        said = json.loads(answer.body)
        told.append((said["balance"], said["transactions"][0].get("bonus_amount")))
    assert told == [("0.00", "2.00"), ("12.50", "5.00"), ("0.00", "2.00"), ("12.50", "5.00"), ("5.00", None)]
    now = paper.oracle.books.balances(1)
    assert (now.cash, now.bonus) == (3_000_000, 2_000_000)


@pytest.mark.parametrize(
    ("status", "http_status", "word", "code", "balance"),
    [
        (Status.INSUFFICIENT_FUNDS, 400, "invalid_argument", "100", "12.30"),
        (Status.LIMIT_REACHED, 400, "invalid_argument", "105", "12.30"),
        (Status.BONUS_RULES, 400, "invalid_argument", "106", "12.30"),
        (Status.PLAYER_EXCLUDED, 400, "invalid_argument", "110", None),
        (Fault.TOO_LARGE, 400, "invalid_argument", "400", None),
        (Fault.BAD_SIGNATURE, 400, "invalid_argument", "403", None),
        (Fault.INTERNAL, 500, "internal", "500", None),
        (Fault.OVERLOADED, 500, "internal", "503", None),
    ],
)
def test_a_refusal_has_its_word_its_code_and_where_it_must_the_balance(
    status, http_status, word, code, balance
):
    """HTTP 400 or 500, the word that goes with it, the code as text, and the balance with 100, 105 and 106 alone."""
    request = Request("POST", "/betwin", "/betwin", b"", {}, b"")
    exchange = Exchange(request, ACCOUNT, datetime(2026, 1, 1, tzinfo=UTC), verb="betwin", status=status)
    exchange.currency, exchange.cash, exchange.bonus = "EUR", Decimal("10.3"), Decimal(2)
    answer = conclude(SOFTSWISS_V2, exchange)
    said = json.loads(answer.body)
    assert (answer.http_status, said["code"]) == (http_status, word)
    assert said["meta"].pop("api_message") == said["msg"]
    assert said["meta"] == {"api_code": code} | ({} if balance is None else {"balance": balance})
