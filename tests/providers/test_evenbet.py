"""What is EvenBet's own beside its stories: an answer that it shall not understand, and the smallest units of its currencies.

The stories that it shares with every protocol, and those that only it can tell, are in its transcripts.
"""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from msgspec.structs import replace

from bench.studios.contract import Act, Move, Player
from bench.studios.evenbet import EvenBet
from providers.contract import Account, Exchange, Fault, Request
from providers.dialogue import conclude, understand
from providers.evenbet import EVENBET
from wallet.types import Kind, Status

KEY = "a-test-key-of-nobody"
STUDIO = EvenBet(KEY)
MOVES = {
    "GetBalance": Move(Act.BALANCE),
    "GetCash": Move(Act.BET, "a" * 32, Decimal(10), "7"),
    "ReturnCash": Move(Act.WIN, "b" * 32, Decimal(20), "7", "a" * 32),
    "Rollback": Move(Act.ROLLBACK, "c" * 32, Decimal(0), "7", "a" * 32, Decimal(10)),
}


def exchange_of(method, currency="EUR", **manners):
    """A request of the simulated studio, as understood."""
    path, fields = STUDIO.fields(Player("token", "player-1", currency, "dice"), MOVES[method])
    sent = STUDIO.seal(path, STUDIO.body(fields))
    request = Request("POST", path, path, b"", dict(sent.headers), sent.body)
    manners = replace(EVENBET.manners, **manners)
    exponents = {"EUR": 2, "JPY": 0, "BTC": 8}
    account = Account("evenbet", (KEY.encode(),), EVENBET.policy, manners, exponents=exponents)
    exchange = Exchange(request, account, datetime(2026, 1, 1, tzinfo=UTC))
    assert understand(EVENBET, exchange), (exchange.status, exchange.detail)
    return exchange


@pytest.mark.parametrize("method", MOVES)
@pytest.mark.parametrize("fault", [Fault.OVERLOADED, Fault.INTERNAL])
def test_a_fault_of_ours_is_not_understood(method, fault):
    """No code says "again, please", so the HTTP status does; by its own word an account may give up instead."""
    exchange = exchange_of(method)
    exchange.status = fault
    answer = conclude(EVENBET, exchange)
    assert (answer.http_status, json.loads(answer.body)["errorCode"]) == (500, 500)
    exchange = exchange_of(method, codes={f"{method} {fault}": (4, 200)})
    exchange.status = fault
    answer = conclude(EVENBET, exchange)
    assert (answer.http_status, json.loads(answer.body)["errorCode"]) == (200, 4)


@pytest.mark.parametrize(
    ("currency", "amount", "cash", "balance"),
    [("EUR", 1000, "12.349", 1234), ("JPY", 10, "12.9", 12), ("BTC", 10**9, "0.123456789", 12345678)],
)
def test_amounts_are_of_the_smallest_unit(currency, amount, cash, balance):
    """Cents, whole yen and satoshi: counted as they came, and a balance floored to them."""
    exchange = exchange_of("GetCash", currency)
    (op,) = exchange.asked.ops
    assert (op.kind, op.amount, exchange.asked.in_smallest_units) == (Kind.BET, amount, True)
    exchange = exchange_of("GetBalance", currency)
    exchange.status, exchange.currency = Status.FOUND, currency
    exchange.cash, exchange.bonus = Decimal(cash), Decimal(0)
    assert json.loads(conclude(EVENBET, exchange).body)["balance"] == balance
