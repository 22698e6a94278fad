"""What is St8's own beside its stories: an answer says no more than its call, whatever the gateway knows."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from msgspec import json

from providers.contract import Account, Exchange, Fault, Profile, Request
from providers.dialogue import conclude
from providers.st8 import ST8
from wallet.types import Status

ACCOUNT = Account("st8", (b"",), ST8.policy, ST8.manners)


def said(verb, status):
    """The answer where player and balance are known."""
    request = Request("POST", f"/{verb}", f"/{verb}", b"", {}, b"")
    exchange = Exchange(request, ACCOUNT, datetime(2026, 1, 1, tzinfo=UTC), verb=verb, status=status)
    exchange.profile = Profile("player-1", "EUR", "MT")
    exchange.currency, exchange.cash, exchange.bonus = "EUR", Decimal("12.345"), Decimal(0)
    return json.decode(conclude(ST8, exchange).body)


def test_a_balance_is_no_profile():
    """Who asks what a player has is told that, and not who the player is; only a profile says it."""
    assert said("balance", Status.FOUND) == {"status": "ok", "balance": "12.34", "currency": "EUR"}
    assert said("player_profile", Status.FOUND)["id"] == "player-1"


@pytest.mark.parametrize("verb", ["player_profile", "balance", "debit"])
@pytest.mark.parametrize("status", [Status.PLAYER_BLOCKED, Status.SESSION_EXPIRED, Fault.INTERNAL])
def test_a_refusal_says_nothing_else(verb, status):
    """A refusal is its status alone: neither balance nor profile stands beside it."""
    assert set(said(verb, status)) == {"status"}
