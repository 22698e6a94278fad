"""What is Evolution's own beside its stories: what an answer holds for every verdict, and that no query is kept.

The scenarios of its certification, and the stories that it shares with every protocol, are in its transcripts.
"""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from msgspec.structs import replace

from bench.studios.contract import Act, Move, Player
from bench.studios.evolution import Evolution
from gateway.exchanges import Kept, request_text
from providers.contract import Account, Exchange, Fault, Query, Request
from providers.dialogue import conclude, understand
from providers.evolution import EVOLUTION
from wallet.types import Kind, OpOutcome, Outcome, Status

KEY = "S6K5IgBWSSp_GpIT629"
PLAYER = Player("sid-of-the-player", "player-1", "EUR", "dice")
MOVES = {
    "check": Move(Act.OPEN, "a" * 32),
    "balance": Move(Act.BALANCE, "b" * 32),
    "debit": Move(Act.BET, "c" * 32, Decimal("1.556179"), "77"),
    "credit": Move(Act.WIN, "d" * 32, Decimal("2.5"), "77", "c" * 32),
    "cancel": Move(Act.ROLLBACK, "e" * 32, Decimal(0), "77", "c" * 32, Decimal("1.556179")),
    "promo_payout": Move(Act.JACKPOT_WIN, "f" * 32, Decimal(5), "77"),
}
STUDIO = Evolution(KEY)


def exchange_of(call, **manners):
    """A request of the simulated studio, as understood."""
    path, fields = STUDIO.fields(PLAYER, MOVES[call])
    sent = STUDIO.seal(path, STUDIO.body(fields))
    path, _, query = sent.path.partition("?")
    request = Request("POST", path, sent.path, query.encode(), dict(sent.headers), sent.body)
    account = Account("evolution", (KEY.encode(),), EVOLUTION.policy, replace(EVOLUTION.manners, **manners))
    exchange = Exchange(request, account, datetime(2026, 1, 1, tzinfo=UTC))
    assert understand(EVOLUTION, exchange), (exchange.status, exchange.detail)
    return exchange


def said(exchange, status, **op):
    """The answer where the ledger, or the gateway before it, says `status`."""
    if isinstance(exchange.asked, Query) or isinstance(status, Fault):
        exchange.status = status
    else:
        exchange.outcome = Outcome((OpOutcome(status, **op),))
    answer = conclude(EVOLUTION, exchange)
    assert answer.http_status == 200
    return json.loads(answer.body, parse_float=Decimal)


@pytest.mark.parametrize("call", MOVES)
@pytest.mark.parametrize("fault", [Fault.OVERLOADED, Fault.INTERNAL])
def test_what_may_be_sent_again_says_so(call, fault):
    """A temporary error of every call echoes the uuid, and asks for a retransmission where a balance would be told."""
    answer = said(exchange_of(call), fault)
    again = {} if call == "check" else {"balance": None, "bonus": None, "retransmission": True}
    assert answer.pop("uuid").startswith(MOVES[call].key)
    assert answer == {"status": "TEMPORARY_ERROR", **again}


@pytest.mark.parametrize(
    ("call", "status", "code"),
    [
        ("debit", Status.DUPLICATE, "OK"),
        ("debit", Status.KEY_REUSED, "FINAL_ERROR_ACTION_FAILED"),
        ("debit", Status.PLAYER_EXCLUDED, "ACCOUNT_LOCKED"),
        ("debit", Status.LIMIT_REACHED, "FINAL_ERROR_ACTION_FAILED"),
        ("credit", Status.DUPLICATE, "OK"),
        ("credit", Status.KEY_REUSED, "BET_ALREADY_SETTLED"),
        ("credit", Status.REFERENCE_DIFFERS, "INVALID_SID"),
        ("cancel", Status.DUPLICATE, "BET_ALREADY_SETTLED"),
        ("cancel", Status.REFERENCE_SETTLED, "BET_ALREADY_SETTLED"),
        ("promo_payout", Status.KEY_REUSED, "FINAL_ERROR_ACTION_FAILED"),
        ("promo_payout", Status.BALANCE_OVERFLOW, "UNKNOWN_ERROR"),
    ],
)
def test_verdicts_come_with_both_balances(call, status, code):
    """Cash and bonus are told apart, as numbers of six decimals, with a refusal too."""
    exchange = exchange_of(call)
    exchange.currency, exchange.cash, exchange.bonus = "EUR", Decimal("999.3500009"), Decimal(1)
    answer = said(exchange, status)
    assert (answer["status"], answer["balance"], answer["bonus"]) == (
        code,
        Decimal("999.350000"),
        Decimal("1.000000"),
    )
    assert "retransmission" not in answer


def test_decimals_by_manner():
    """An account may tell two decimals, as the specification's example does."""
    exchange = exchange_of("balance", places=2)
    exchange.cash, exchange.bonus = Decimal("999.359"), Decimal(1)
    exchange.status = Status.FOUND
    assert b'"balance":999.35,"bonus":1.00' in conclude(EVOLUTION, exchange).body


def test_kinds():
    """A bet's movements are joined by its refId alone; a jackpot is no promotion, and each has keys of its own."""
    ops = {call: exchange_of(call).asked.ops[0] for call in MOVES if call not in {"check", "balance"}}
    bet = "debit:" + "c" * 32
    assert {call: (op.kind, op.key, op.reference) for call, op in ops.items()} == {
        "debit": (Kind.BET, bet, None),
        "credit": (Kind.WIN, "credit:" + "c" * 32, bet),
        "cancel": (Kind.ROLLBACK, "cancel:" + "c" * 32, bet),
        "promo_payout": (Kind.JACKPOT_WIN, "promo:p" + "f" * 20, None),
    }
    assert ops["debit"].amount == Decimal("1.556179")
    assert '"winAmount":5' in ops["promo_payout"].metadata["promo_transaction"]


@pytest.mark.parametrize("name", ["authToken", "auth%54oken"])
def test_neither_the_secret_nor_the_sid_is_kept(name):
    """The kept text of an exchange has no query and no sid, whatever spelling of the name the check accepts."""
    request = exchange_of("debit").request
    target = request.target.replace("authToken", name)
    query = target.partition("?")[2].encode()
    request = replace(request, target=f"/callbacks/evolution{target}", query=query)
    account = Account("evolution", (KEY.encode(),), EVOLUTION.policy, EVOLUTION.manners)
    assert EVOLUTION.check(request, account)
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    head = (moment, 1, None, 200, 0, "created", "debit", "request-1", None, None)
    text = request_text(Kept(*head, request, b"{}", EVOLUTION.scrub))
    assert KEY not in text
    assert PLAYER.token not in text
    assert text.startswith("POST /callbacks/evolution/debit?***\n\n{")
