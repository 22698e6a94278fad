"""A studio's queue of failed transactions: four cases, each to its right end, however often it is worked through."""

import json
import secrets
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio
from msgspec.structs import replace

from gateway.failed_transactions import without_known_rounds
from providers.bogus import BOGUS
from providers.contract import StudioCall, StudioOp
from providers.outbound import (
    FailedQueue,
    FailedTransaction,
    Outbound,
    OutboundRequest,
    Permit,
    Settlement,
    Studio,
    json_of,
)
from providers.translate import jackpot_of
from tests.gateway.door import Door, name_of, one_loop
from tests.gateway.fake_studio import Asked, FakeStudio, fake_studio, http
from wallet.api_keys import ApiScope
from wallet.types import Kind, OpOutcome, Outcome, Status

pytestmark = one_loop


def bearer(permit: Permit) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Bearer {permit.token}"),)


def settled(settlement: Settlement) -> OutboundRequest:
    body = json.dumps({"id": settlement.id, "reference": settlement.reference}).encode()
    return OutboundRequest("PATCH", "/settled", bearer(settlement.permit), body)


QUEUE = FailedQueue(
    listed=Outbound(
        lambda permit: OutboundRequest("GET", "/failed", bearer(permit)),
        lambda answer: tuple(
            FailedTransaction(
                id=told["id"], verb=told.get("verb", "call"), body=json.dumps(told["call"]).encode()
            )
            for told in json_of(answer, list)
        ),
    ),
    settled=Outbound(settled, lambda answer: json_of(answer, dict) and None),
)


PERMIT = Outbound(
    lambda _account: OutboundRequest("POST", "/token"), lambda answer: json_of(answer, dict)["token"]
)


class Queued(FakeStudio):
    """A studio with a queue: what was settled leaves it."""

    waiting: dict[str, Any]
    deaf: bool

    def answer(self, asked: Asked) -> bytes:
        """Token, queue, or the end of one of it."""
        if asked.target == "/token":
            return http(200, b'{"token":"secret-of-the-hour"}')
        assert asked.headers["authorization"] == "Bearer secret-of-the-hour"
        if asked.target == "/failed":
            return http(200, json.dumps(list(self.waiting.values())).encode())
        if self.deaf:
            return b""
        del self.waiting[asked.json()["id"]]
        return http(200, b"{}")


@pytest_asyncio.fixture(loop_scope="module")
async def studio(door: Door, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Queued]:
    """A studio with an empty queue, a provider account `slug` at it, and a player whom it calls `name`."""
    async with fake_studio() as served:
        served.__class__ = Queued
        served.waiting, served.deaf, served.answers = {}, False, served.answer
        registry = door.gateway.desk.registry
        monkeypatch.setitem(
            registry._providers, "bogus", replace(BOGUS, studio=Studio(failed=QUEUE, permit=PERMIT))
        )
        served.slug = f"failed-{secrets.token_hex(4)}"
        account = {"slug": served.slug, "protocol": "bogus", "environment": "test"}
        account["policy"] = {"win_without_bet": True}
        await door.post("/provider-accounts", {**account, "settings": {"api_url": served.url}})
        await door.post("/games", {"provider_account": served.slug, "code": "g", "name": "G"})
        served.player = await door.player(EUR="100")
        body = {"player": served.player, "currency": "EUR", "provider_account": served.slug, "game": "g"}
        served.name = (await door.post("/sessions", body))["external_id"]
        yield served


def queue(studio: Queued, **ops: dict[str, Any]) -> None:
    """What waits: an operation of the player under each id."""
    for name, op in ops.items():
        call = {"player": studio.name, "currency": "EUR", "game": "g", "ops": [{"round": "r1", **op}]}
        studio.waiting[name] = {"id": name, "call": call}


async def work(door: Door, studio: Queued, expected: int = 200) -> Any:
    return await door.post(f"/provider-accounts/{studio.slug}/failed-transactions/settle", expected=expected)


BET = {"kind": "bet", "key": "b1", "amount": "30", "round": "r0"}
UNDO = {"kind": "rollback", "key": "rollback:b1", "reference": "b1", "round": "r0"}
WIN = {"kind": "win", "key": "w1", "amount": "12.50"}


async def test_the_four_cases_come_to_their_ends(door: Door, studio: Queued):
    """A processed bet is given back, an unknown one is nothing, a processed credit is nothing, an unknown one is paid."""
    queue(studio, bet=BET, paid={**WIN, "key": "w0", "amount": "1"})
    assert (await work(door, studio))["booked"] == 2
    assert await door.cash(studio.player) == "71.00"
    queue(
        studio,
        b1=UNDO,
        b9={"kind": "rollback", "key": "rollback:b9", "reference": "b9"},
        w0={**WIN, "key": "w0", "amount": "1"},
        w1=WIN,
    )
    report = await work(door, studio)
    assert report == {"listed": 4, "settled": 4, "booked": 2, "left": {}, "remaining": 0}
    assert await door.cash(studio.player) == "113.50"
    assert studio.waiting == {}
    told = {
        asked.json()["id"]: asked.json()["reference"] for asked in studio.asked if asked.method == "PATCH"
    }
    assert told["b1"] != told["w1"]
    assert all(told[name] for name in ("b1", "w0", "w1"))


async def test_an_answer_that_was_lost_pays_nothing_twice(door: Door, studio: Queued):
    """What was booked stays in the queue until the studio heard of it; the next run books nothing."""
    queue(studio, w1=WIN)
    studio.deaf = True
    report = await work(door, studio)
    assert (report["settled"], report["left"]) == (0, {"w1": "studio_unreachable"})
    assert await door.cash(studio.player) == "112.50"
    studio.deaf = False
    assert await work(door, studio) == {"listed": 1, "settled": 1, "booked": 0, "left": {}, "remaining": 0}
    assert await door.cash(studio.player) == "112.50"


async def test_the_late_bet_after_its_rollback_moves_nothing(door: Door, studio: Queued):
    """A rollback of what never came is remembered: the bet that comes after it is refused."""
    queue(studio, b1=UNDO)
    await work(door, studio)
    queue(studio, b1=BET)
    assert (await work(door, studio))["left"] == {"b1": "tombstoned"}
    assert await door.cash(studio.player) == "100.00"


async def test_what_is_booked_beside_an_older_rollback_is_told_as_booked(door: Door, studio: Queued):
    """A rollback of what is given back already stands in nobody's way, and not before what moved money beside it."""
    queue(studio, b1=BET, undone=UNDO)
    await work(door, studio)
    again = {**UNDO, "key": "rollback:again"}
    call = {"player": studio.name, "currency": "EUR", "game": "g", "ops": [again, {**WIN, "round": "r1"}]}
    studio.waiting["list"] = {"id": "list", "call": call}
    report = await work(door, studio)
    assert report == {"listed": 1, "settled": 1, "booked": 1, "left": {}, "remaining": 0}
    assert await door.cash(studio.player) == "112.50"


async def test_a_refused_credit_is_not_told_as_paid(door: Door, studio: Queued):
    """A win whose bet was given back stays in the queue by its refusal; a second rollback has nothing left to move."""
    queue(studio, b1={**BET, "round": "r1"}, undone={**UNDO, "round": "r1"})
    assert (await work(door, studio))["booked"] == 2
    queue(studio, again={**UNDO, "key": "rollback:again", "round": "r1"}, w1=WIN)
    report = await work(door, studio)
    left = {"w1": "reference_reversed"}
    assert report == {"listed": 2, "settled": 1, "booked": 0, "left": left, "remaining": 0}
    assert list(studio.waiting) == ["w1"]
    assert await door.cash(studio.player) == "100.00"


async def test_what_cannot_be_booked_stays_in_the_queue(door: Door, studio: Queued):
    """A player nobody knows, an amount that is none, a currency of another wallet or of nobody: told by name, the others go on."""
    queue(
        studio,
        w1=WIN,
        w2={**WIN, "key": "w2", "amount": "1e3"},
        w3={**WIN, "key": "w3"},
        w4={**WIN, "key": "w4"},
        w5={**WIN, "key": "w5"},
    )
    studio.waiting["w3"]["call"]["player"] = "nobody"
    studio.waiting["w4"]["call"]["currency"] = "USD"
    studio.waiting["w5"]["call"]["currency"] = "XYZ"
    report = await work(door, studio)
    assert report["left"] == {
        "w2": "bad_amount",
        "w3": "wallet_not_found",
        "w4": "currency_differs",
        "w5": "unknown_currency",
    }
    assert (report["settled"], await door.cash(studio.player)) == (1, "112.50")


async def test_an_amount_of_zero_is_refused_where_the_account_wants_none(door: Door, studio: Queued):
    """As over callbacks: where the account takes no win of nothing, one stays in the queue and nothing is booked."""
    path = f"/provider-accounts/{studio.slug}"
    await door.patch(path, {"manners": {"zero_amounts": []}})
    queue(studio, w1={**WIN, "amount": "0"})
    assert (await work(door, studio))["left"] == {"w1": "bad_amount"}
    await door.patch(path, {"manners": {"zero_amounts": ["win"]}})
    assert (await work(door, studio))["booked"] == 1


async def test_a_credit_that_is_known_otherwise_is_no_second_credit(door: Door, studio: Queued):
    """The queue tells less than the call did: a known id is processed, whatever round it is told in."""
    queue(studio, w1=WIN)
    await work(door, studio)
    queue(studio, w1={**WIN, "round": "another"})
    assert await work(door, studio) == {"listed": 1, "settled": 1, "booked": 0, "left": {}, "remaining": 0}
    assert await door.cash(studio.player) == "112.50"


async def test_what_was_posted_beside_a_known_credit_is_known_with_it():
    """A jackpot that is told in another round is asked for again without one, and so is the win of nothing beside it."""
    jackpot = jackpot_of(StudioOp(Kind.WIN, "w1", Decimal(5), round="another"), "w1")
    known = Outcome((OpOutcome(Status.KEY_REUSED), OpOutcome(Status.NOT_APPLIED)))
    assert [op.round for op in without_known_rounds(StudioCall(jackpot), known).ops] == [None, None]


@pytest.mark.parametrize("policy", [{}, {"compare_amount": False}], ids=str)
async def test_a_credit_whose_id_stands_for_something_else_is_not_done(
    door: Door, studio: Queued, policy: dict[str, Any]
):
    """Another amount, kind, player or reference was never paid: it stays, is named, and nobody tells the studio."""
    path = f"/provider-accounts/{studio.slug}"
    await door.patch(path, {"policy": {"win_without_bet": True, **policy}})
    queue(studio, bet=BET, won=WIN, undone=UNDO)
    assert (await work(door, studio))["booked"] == 3
    told = len([asked for asked in studio.asked if asked.method == "PATCH"])
    other = await door.player(EUR="0")
    body = {"player": other, "currency": "EUR", "provider_account": studio.slug, "game": "g"}
    name = (await door.post("/sessions", body))["external_id"]
    queue(
        studio,
        amount={**WIN, "amount": "12.51"},
        kind={**WIN, "kind": "promo_win"},
        player=WIN,
        round_too={**WIN, "amount": "99", "round": "another"},
        reference={**UNDO, "reference": "b2"},
    )
    studio.waiting["player"]["call"]["player"] = name
    left = dict.fromkeys(studio.waiting, "key_reused")
    assert await work(door, studio) == {"listed": 5, "settled": 0, "booked": 0, "left": left, "remaining": 0}
    assert len([asked for asked in studio.asked if asked.method == "PATCH"]) == told
    assert (await door.cash(studio.player), await door.cash(other)) == ("112.50", "0.00")


async def test_an_odd_one_keeps_nobody_waiting(door: Door, studio: Queued):
    """What the adapter cannot read is named and left; the others are dealt with."""
    queue(studio, odd=WIN, w1=WIN)
    studio.waiting["odd"]["verb"] = None
    report = await work(door, studio)
    assert report == {"listed": 2, "settled": 1, "booked": 1, "left": {"odd": "malformed"}, "remaining": 0}
    assert list(studio.waiting) == ["odd"]


async def test_a_queue_that_cannot_be_read_changes_nothing(door: Door, studio: Queued):
    """No token, no queue; a protocol without one says so."""
    studio.answers = lambda _asked: http(401, b"{}")
    assert name_of(await work(door, studio, 409)) == "studio_declined"
    nowhere = await door.post("/provider-accounts/nowhere/failed-transactions/settle", expected=404)
    assert name_of(nowhere) == "provider_account_not_found"
    assert await door.cash(studio.player) == "100.00"


async def test_a_revoked_account_is_paid_nothing(door: Door, studio: Queued):
    """Every call of a revoked account is refused, those that wait in its queue too: the studio is not even asked."""
    queue(studio, w1=WIN)
    await door.patch(f"/provider-accounts/{studio.slug}", {"state": "revoked"})
    assert name_of(await work(door, studio, 409)) == "account_disabled"
    assert await door.cash(studio.player) == "100.00"
    assert studio.asked == []


async def test_an_account_that_takes_no_new_bets_pays_what_is_due(door: Door, studio: Queued):
    """As over callbacks: a win and a rollback land, a bet stays in the queue by its name."""
    queue(studio, b1=BET)
    await work(door, studio)
    await door.patch(f"/provider-accounts/{studio.slug}", {"state": "no_new_bets"})
    queue(studio, b2={**BET, "key": "b2"}, undone=UNDO, w1=WIN)
    report = await work(door, studio)
    assert (report["booked"], report["left"]) == (2, {"b2": "account_disabled"})
    assert await door.cash(studio.player) == "112.50"


async def test_whoever_works_through_the_queue_answers_for_what_it_moves(door: Door, studio: Queued):
    """A posting names the API key and its reason, the audit log the player and what was there before and after."""
    queue(studio, w1=WIN)
    path = f"/v1/provider-accounts/{studio.slug}/failed-transactions/settle"
    answer = await door.http.post(path, headers={"x-reason": "the queue of Monday"})
    assert answer.json()["booked"] == 1
    (_, booked) = reversed((await door.get("/transactions", player=studio.player))["items"])
    (entry, *_) = (await door.get("/audit", player=studio.player, operation="settle_failed_transactions"))[
        "items"
    ]
    assert booked["actor"] == entry["actor"] is not None
    assert booked["reason"] == entry["reason"] == "the queue of Monday"
    assert (entry["name"], entry["request_id"]) == ("w1", answer.headers["x-request-id"])
    assert (entry["before"]["cash"], entry["after"]["cash"]) == ("100000000", "112500000")
    assert entry["after"]["transaction"] == booked["id"]


async def test_what_comes_again_has_moved_nothing(door: Door, studio: Queued):
    """Another caller's repetition is the duplicate it was, keeps the first one's name, and its entry moves nothing."""
    queue(studio, w1=WIN)
    await work(door, studio)
    (first, *_) = (await door.get("/transactions", player=studio.player))["items"]
    queue(studio, w1=WIN)
    path = f"/v1/provider-accounts/{studio.slug}/failed-transactions/settle"
    other = {"authorization": f"Bearer {await door.key(ApiScope.MONEY_WRITE)}", "x-reason": "again"}
    assert (await door.http.post(path, headers=other)).json()["booked"] == 0
    (stands, *_) = (await door.get("/transactions", player=studio.player))["items"]
    assert stands == first
    (entry, *_) = (await door.get("/audit", player=studio.player, operation="settle_failed_transactions"))[
        "items"
    ]
    assert (entry["reason"], entry["before"], entry["after"]) == ("again", None, None)


async def test_a_run_ends_in_time_and_says_how_much_it_did_not_come_to(
    door: Door, studio: Queued, monkeypatch: pytest.MonkeyPatch
):
    """A studio that goes silent holds up one run, no longer than its time; the next pays each of them once."""
    queue(studio, **{f"w{number}": {**WIN, "key": f"w{number}"} for number in range(4)})
    monkeypatch.setattr("gateway.api.failed_transactions.RUN_SECONDS", 3.0)

    def falls_silent(asked: Asked) -> bytes:
        studio.delay = 60.0 if asked.target == "/failed" else 0.0
        return Queued.answer(studio, asked)

    studio.answers = falls_silent
    report = await work(door, studio)
    assert report == {
        "listed": 4,
        "settled": 0,
        "booked": 0,
        "left": {"w0": "studio_timeout"},
        "remaining": 3,
    }
    assert await door.cash(studio.player) == "112.50"
    studio.delay, studio.answers = 0.0, studio.answer
    assert await work(door, studio) == {"listed": 4, "settled": 4, "booked": 3, "left": {}, "remaining": 0}
    assert await door.cash(studio.player) == "150.00"
