"""Certification mode: what a test account does on demand, and that a live one never does."""

import asyncio
import hashlib
import hmac
import json
import secrets
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio
from msgspec import Struct

from gateway import callbacks
from gateway.certification import rule_for
from tests.gateway.door import Door, name_of, one_loop

pytestmark = one_loop

PROTOCOL = "bogus"


class Table(Struct):
    """A player in a game at an account of our own protocol, and the studio's hand."""

    door: Door
    slug: str
    secret: str
    player: str
    token: str
    session: int
    name: str  # what the studio calls the wallet

    async def call(self, key: str, kind: str = "bet", amount: str | None = "10") -> httpx.Response:
        """One signed call."""
        op = {"kind": kind, "key": f"{self.slug}:{key}", "round": "1", "amount": amount}
        body = json.dumps({"player": self.name, "token": self.token, "ops": [op]}).encode()
        signature = hmac.digest(self.secret.encode(), body, hashlib.sha256).hex()
        return await self.door.http.post(
            f"/callbacks/{self.slug}/call", content=body, headers={"x-bogus-signature": signature}
        )

    async def certify(self, *rules: dict[str, Any], expected: int = 200) -> Any:
        """Set the account's rules; each ends in a minute."""
        until = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
        body = {"rules": [{"until": until, **rule} for rule in rules]}
        response = await self.door.http.put(f"/v1/provider-accounts/{self.slug}/certification", json=body)
        assert response.status_code == expected, response.text
        return response.json()

    async def cash(self) -> Decimal:
        """What the player has."""
        return Decimal(await self.door.cash(self.player))


async def table_at(door: Door, environment: str = "test") -> Table:
    """A player with EUR 100 and an open session at a new account."""
    slug = f"stage-{secrets.token_hex(4)}"
    made = await door.post(
        "/provider-accounts", {"slug": slug, "protocol": PROTOCOL, "environment": environment}
    )
    player = await door.player(EUR="100")
    launched = await door.post("/sessions", {"player": player, "currency": "EUR", "provider_account": slug})
    table = Table(
        door, slug, made["secret"], player, launched["token"], launched["id"], launched["external_id"]
    )
    body = json.dumps({"ask": "exchange", "token": launched["token"]}).encode()
    signature = hmac.digest(made["secret"].encode(), body, hashlib.sha256).hex()
    answer = await door.http.post(
        f"/callbacks/{slug}/query", content=body, headers={"x-bogus-signature": signature}
    )
    table.token = answer.json()["token"]
    return table


@pytest_asyncio.fixture(loop_scope="module")
async def table(door: Door) -> Table:
    """A table at a test account."""
    return await table_at(door)


async def test_a_refusal_on_demand_is_told_and_moves_nothing(table: Table):
    """A rule refuses a verb with any word of ours, for the player it names, and no money moves."""
    await table.certify(
        {"effect": "refusal", "status": "limit_reached", "verb": "call", "player": table.name}
    )
    answer = await table.call("refused")
    assert answer.json()["code"] == "limit_reached"
    assert answer.json()["cash"] == "100.00000000"
    assert "ops" not in answer.json()
    assert await table.cash() == 100
    await table.certify({"effect": "refusal", "status": "internal", "player": "somebody-else"})
    assert (await table.call("taken")).json()["code"] == "created"
    await table.certify({"effect": "refusal", "status": "overloaded"})
    assert (await table.call("busy")).status_code == 503
    assert await table.cash() == 90


async def test_a_lost_answer_is_a_posting_that_a_retry_finds(table: Table):
    """The bet is taken although a temporary error is told; its retry is the duplicate that it is."""
    await table.certify({"effect": "lost_answer"})
    assert (await table.call("lost")).json()["code"] == "internal"
    assert await table.cash() == 90
    assert await table.certify() == {"rules": []}
    assert (await table.call("lost")).json()["code"] == "duplicate"
    assert await table.cash() == 90


async def test_an_answer_waits_on_demand(table: Table):
    """A delay comes before the ledger's work or after it, and the call is done all the same."""
    for effect in ("delay", "late_answer"):
        await table.certify({"effect": effect, "milliseconds": 300})
        began = time.monotonic()
        assert (await table.call(effect)).json()["code"] == "created"
        assert time.monotonic() - began >= 0.3
    assert await table.cash() == 80


@pytest.mark.parametrize("effect", ["delay", "late_answer"])
async def test_what_waits_on_demand_keeps_nobody_out(
    door: Door, table: Table, effect: str, monkeypatch: pytest.MonkeyPatch
):
    """As many calls of a test account wait as may be under way, and a bet at a live account is taken all the same."""
    live, admission = await table_at(door, "live"), door.gateway.callbacks.admission
    begun: list[Any] = []

    def seen(rules: Any, exchange: Any) -> Any:
        begun.append(exchange)
        return rule_for(rules, exchange)

    await table.certify({"effect": effect, "milliseconds": 3000})
    monkeypatch.setattr(callbacks, "rule_for", seen)
    waiting = [asyncio.create_task(table.call(f"waits {number}")) for number in range(3)]
    async with asyncio.timeout(20):
        while len(begun) < len(waiting) or admission.under_way:  # noqa: ASYNC110 - nobody is told when they wait
            await asyncio.sleep(0.01)
    admission.bound = len(waiting)
    assert (await live.call("live")).json()["code"] == "created"
    assert not any(call.done() for call in waiting)
    answers = await asyncio.gather(*waiting)
    assert [answer.json()["code"] for answer in answers] == ["created"] * len(waiting)
    assert admission.under_way == 0


async def test_a_rule_ends_by_itself(table: Table):
    """A rule that is over does nothing, so that none is forgotten."""
    over = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    await table.certify({"effect": "refusal", "status": "internal", "until": over})
    assert (await table.call("after")).json()["code"] == "created"


async def test_a_session_expires_on_demand(table: Table):
    """After it no new bet is taken in the session, in no process; what was bet before still wins."""
    assert (await table.call("bet")).json()["code"] == "created"
    assert (await table.door.http.post(f"/v1/sessions/{table.session}/expire")).status_code == 204
    assert (await table.call("late")).json()["code"] == "session_expired"
    assert (await table.call("bet")).json()["code"] == "duplicate"
    assert (await table.call("win", "win", "5")).json()["code"] == "created"
    assert await table.cash() == 95
    again = await table.door.post(f"/sessions/{table.session}/expire", None, 404)
    assert name_of(again) == "session_not_found"


async def test_a_live_account_does_nothing_on_demand(door: Door):
    """Rules and expiry are refused at a live account, and not even a rule in its row could be there."""
    table = await table_at(door, "live")
    problem = await table.certify({"effect": "lost_answer"}, expected=409)
    assert name_of(problem) == "live_account"
    assert name_of(await door.post(f"/sessions/{table.session}/expire", None, 409)) == "live_account"
    assert (await table.call("bet")).json()["code"] == "created"
    with pytest.raises(asyncpg.CheckViolationError):
        await door.owner.execute(
            "update wallet.provider_account set certification = '[{}]' where slug = $1", table.slug
        )


@pytest.mark.parametrize(
    "rule",
    [
        {"effect": "refusal"},
        {"effect": "refusal", "status": "created"},
        {"effect": "refusal", "status": "no_such_word"},
        {"effect": "lost_answer", "status": "internal"},
        {"effect": "delay"},
        {"effect": "delay", "milliseconds": 60_001},
        {"effect": "lost_answer", "milliseconds": 5},
        {"effect": "lost_answer", "verb": "no_such_verb"},
        {"effect": "lost_answer", "player": "a\x00b"},
        {"effect": "lost_answer", "player": "a\n"},
        {"effect": "lost_answer", "until": "2026-01-01T00:00:00"},
        {"effect": "explode"},
        {"effect": "lost_answer", "unknown": 1},
    ],
)
async def test_a_rule_that_says_nothing_is_refused(table: Table, rule: dict[str, Any]):
    """A rule that could not be followed as it is written is not stored."""
    await table.certify(rule, expected=400)
    assert await table.door.get(f"/provider-accounts/{table.slug}/certification") == {"rules": []}


async def test_only_an_account_that_is_there_has_rules(door: Door):
    """No account, no rules."""
    assert (
        name_of(await door.get("/provider-accounts/nowhere/certification", 404))
        == "provider_account_not_found"
    )
