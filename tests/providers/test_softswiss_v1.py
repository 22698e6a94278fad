"""What is SoftSwiss v1's own: its signature, smallest units of any currency, bonus money told, its codes and statuses."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from msgspec.structs import replace

from providers.contract import Account, Amounts, Exchange, Request
from providers.dialogue import conclude, understand
from providers.softswiss_v1 import SOFTSWISS_V1
from wallet.types import Kind, OpOutcome, Outcome, Status

SECRET = b"test-auth-token"
BODY = (
    b'{"user_id":"u-1","currency":"EUR","game":"acceptance:test","game_id":"r-1","finished":true,'
    b'"actions":[{"action":"bet","amount":100,"action_id":"a-1"},{"action":"win","amount":250,"action_id":"a-2"}]}'
)
SIGNATURE = "6c88452dd2a5727ada96335c4e0e37ee64524ed2ea80a0202359b9f4fa21ce4f"
EXPONENTS = {"EUR": 2, "JPY": 0, "BTC": 8, "mBTC": 5}
OWNER = Account("a", (SECRET,), SOFTSWISS_V1.policy, SOFTSWISS_V1.manners, exponents=EXPONENTS)


def exchange_of(body=BODY, signature=SIGNATURE, owner=OWNER):
    """A call of /play, as understood."""
    request = Request("POST", "/play", "/play", b"", {"x-request-sign": signature}, body)
    exchange = Exchange(request, owner, datetime(2026, 1, 1, tzinfo=UTC))
    open_check = replace(SOFTSWISS_V1, check=lambda _request, _account: True)
    understand(SOFTSWISS_V1 if body == BODY else open_check, exchange)
    return exchange


def test_the_known_signature_passes_over_its_bytes_alone():
    """The computed vector verifies; the same fields written anew, or under another secret, do not."""
    request = exchange_of().request
    anew = json.dumps(json.loads(BODY)).encode()
    assert SOFTSWISS_V1.check(request, OWNER)
    assert not SOFTSWISS_V1.check(replace(request, body=anew), OWNER)
    assert not SOFTSWISS_V1.check(request, replace(OWNER, secrets=(b"another",)))


def test_a_call_is_read_whole():
    """Bet and win of a call are operations in their order, in one round that the last of them ends; nobody asks a token."""
    call = exchange_of().asked
    assert (call.player, call.currency, call.game, call.token, call.check_token) == (
        *("u-1", "EUR", "acceptance:test", None, False),
    )
    told = [(op.kind, op.key, op.amount, op.round, op.end_round, op.reference) for op in call.ops]
    assert told == [
        (Kind.BET, "action:a-1", Decimal("1.00"), "r-1", False, None),
        (Kind.WIN, "action:a-2", Decimal("2.50"), "r-1", True, None),
    ]


@pytest.mark.parametrize(
    ("currency", "amount"), [("EUR", "1"), ("JPY", "100"), ("BTC", "0.00000100"), ("mBTC", "0.00100")]
)
def test_amounts_count_the_currency_s_smallest_unit(currency, amount):
    """100 is a euro, a hundred yen or a hundred satoshi, whatever the wire calls the bitcoin."""
    bet, _ = exchange_of(BODY.replace(b'"EUR"', f'"{currency}"'.encode())).asked.ops
    assert bet.amount == Decimal(amount)


def test_bonus_money_is_told_of_its_action():
    """What an action moved of the bonus stands beside its id, in smallest units; without any there is no such field."""
    exchange = exchange_of()
    exchange.outcome = Outcome(
        (OpOutcome(Status.CREATED, 5, bonus=-400_000), OpOutcome(Status.CREATED, 6, cash=2_500_000)),
        currency="EUR",
    )
    none = Decimal(0)
    moved = Amounts(Decimal("-0.60"), Decimal("-0.40"), *(none,) * 4)
    exchange.amounts = (moved, replace(moved, cash=Decimal("2.50"), bonus=none))
    exchange.currency, exchange.cash, exchange.bonus = "EUR", Decimal("9.999"), none
    assert json.loads(conclude(SOFTSWISS_V1, exchange).body) == {
        "balance": 999,
        "game_id": "r-1",
        "transactions": [
            {"action_id": "a-1", "tx_id": "1-5", "bonus_amount": 40},
            {"action_id": "a-2", "tx_id": "1-6"},
        ],
    }


def test_every_code_has_its_status():
    """No refusal has a code that the protocol does not list, and what all implementations agree on is as they have it."""
    told = {code for code in SOFTSWISS_V1.codes.values() if code != 200}
    assert {code for code, _ in told} == {100, 101, 105, 110, 154, 400, 403, 404, 405, 500, 503}
    assert {
        (100, 412),
        (105, 412),
        (400, 400),
        (403, 403),
        (404, 404),
        (405, 405),
        (500, 500),
        (503, 503),
    } <= told
    assert all(http_status == (code if code >= 400 else 412) for code, http_status in told)
