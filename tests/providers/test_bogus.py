"""What is our own protocol's beside its stories: a question that found a posting."""

from datetime import UTC, datetime

from msgspec import json

from providers.bogus import BOGUS
from providers.contract import Account, Amounts, Ask, Exchange, Query, Request
from providers.dialogue import conclude
from wallet.types import OpOutcome, Outcome, Status


def test_a_posting_that_is_asked_for_is_no_operation_of_the_answer():
    """Whether a posting is there is said by the code; what it moved is nobody's to hear who only asks."""
    request = Request("POST", "/query", "/query", b"", {}, b"")
    account = Account("bogus", (b"secret",), BOGUS.policy, BOGUS.manners)
    exchange = Exchange(request, account, datetime(2026, 1, 1, tzinfo=UTC), verb="query", status=Status.FOUND)
    exchange.asked = Query(Ask.EXISTS, key="k1")
    exchange.outcome, exchange.amounts = Outcome((OpOutcome(Status.FOUND, 5),)), (Amounts(*[0] * 6),)
    assert json.decode(conclude(BOGUS, exchange).body) == {"code": "found"}
