"""The road of a callback, end to end over a real socket: what a studio can send, and what it is answered."""

import asyncio
import gzip
import json
import logging
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any

import asyncpg
import pytest
from msgspec.structs import force_setattr

from gateway.accounts import NewAccount
from gateway.admission import LEAST
from gateway.arrival import MAXIMUM_BODY
from gateway.logs import JsonLines
from providers import PROVIDERS
from providers.contract import Answer, Ask, Exchange, Fault, Query, Request, StudioCall
from providers.dialogue import conclude
from providers.provider import Provider
from tests.gateway.road import GAME, Road, bet, road_on, rollback, win
from tests.ledger.calls import until_waiting
from tests.servers import Database
from wallet.catalogue import Environment
from wallet.free_rounds import FreeRoundsIssue, FreeRoundsRequest, FreeRoundsState
from wallet.players import NewPlayer
from wallet.sessions import digest_of
from wallet.types import Status

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


async def balance(road: Road, who: Any) -> tuple[str, str]:
    row = await road.owner.fetchrow(
        "select cash, bonus, held from wallet.wallet where id = $1", who.wallet.id
    )
    assert row["held"] == 0
    return row["cash"], row["bonus"]


async def postings(road: Road) -> int:
    return await road.owner.fetchval("select count(*) from wallet.posting")


async def kept(road: Road) -> list[tuple[str, str | None, str | None, int]]:
    """Outcome, key, round and HTTP status of each exchange that was kept, in their order."""
    await road.exchanges_written()
    rows = await road.owner.fetch(
        "select outcome, key, round, status from wallet.exchange where provider_account = $1 order by received_at",
        road.account_id,
    )
    return [tuple(row) for row in rows]


async def test_a_bet_and_its_win_become_postings(road: Road) -> None:
    """A studio's signed bet is one durable posting, its answer tells the balances after it."""
    who = await road.somebody("100.00")
    staked = await road.call(who, bet("30.00", key="b1"))
    assert (staked["http"], staked["code"], staked["cash"]) == (200, "created", "70.00")
    assert staked["currency"] == "EUR"
    won = await road.call(who, win("12.50", key="w1", reference="b1", end_round=True))
    assert (won["code"], won["cash"]) == ("created", "82.50")
    row = await road.owner.fetchrow("select * from wallet.posting where key = 'b1'")
    assert (row["cash"], row["provider_account"], row["session"]) == (
        -30_000_000,
        road.account_id,
        who.session.id,
    )
    assert row["game"] == await road.owner.fetchval("select id from wallet.game where code = $1", GAME)


async def test_a_repeat_answers_the_stored_posting_and_its_balance(road: Road) -> None:
    """Case 1: the same again moves nothing and is answered equally, by policy with the balance of then or of now."""
    who = await road.somebody("100.00")
    first = await road.call(who, bet("30.00", key="b1"))
    await road.call(who, bet("10.00", key="b2"))
    again = await road.call(who, bet("30.00", key="b1"))
    assert again == {**first, "code": "duplicate", "ops": [{**first["ops"][0], "status": "duplicate"}]}
    await road.change_account(manners={"duplicate_balance": "current"})
    now = await road.call(who, bet("30.00", key="b1"))
    assert now["cash"] == "60.00"
    assert now["ops"][0]["cash_after"] == "70.00"
    mixed = await road.call(who, bet("30.00", key="b1"), bet("1.00", key="b3"))
    assert mixed["cash"] == "59.00"


async def test_fifty_identical_bets_at_once_are_one_debit(road: Road) -> None:
    """Case 1: fifty equal answers with one transaction id."""
    who = await road.somebody("100.00")
    answers = await asyncio.gather(*(road.call(who, bet("30.00", key="b1")) for _ in range(50)))
    assert {answer["ops"][0]["posting"] for answer in answers} == {answers[0]["ops"][0]["posting"]}
    assert {answer["cash"] for answer in answers} == {answers[0]["cash"]}
    assert sorted({answer["code"] for answer in answers}) == ["created", "duplicate"]
    assert await balance(road, who) == (70_000_000, 0)


async def test_one_failing_operation_leaves_none(road: Road) -> None:
    """Case 11: all or nothing, and the answer tells the balance before the call."""
    who = await road.somebody("100.00")
    answer = await road.call(who, bet("60.00"), bet("60.00"))
    assert (answer["code"], answer["cash"]) == ("insufficient_funds", "100.00")
    assert [op["status"] for op in answer["ops"]] == ["not_applied", "insufficient_funds"]
    assert await balance(road, who) == (100_000_000, 0)


async def test_a_rollback_before_its_bet_is_remembered(road: Road) -> None:
    """Case 4: the late bet moves nothing."""
    who = await road.somebody("100.00")
    assert (await road.call(who, rollback("b9")))["code"] == "tombstone_created"
    late = await road.call(who, bet("10.00", key="b9"))
    assert (late["code"], late["cash"]) == ("tombstoned", "100.00")
    await road.change_account(manners={"unknown_rollback": "error", "late_op": "done"})
    assert (await road.call(who, rollback("b8")))["code"] == "reference_not_found"
    assert (await road.call(who, bet("10.00", key="b8")))["code"] == "duplicate"
    assert await balance(road, who) == (100_000_000, 0)


async def test_a_prize_for_what_was_rolled_back_before_it_came_is_told_as_paid(road: Road) -> None:
    """Case 4: only what takes something back is told as the memory of it; a prize is a duplicate the second time."""
    who = await road.somebody("100.00")
    await road.call(who, rollback("b9"))
    prize = {"kind": "promo_win", "key": "p9", "amount": "5.00", "reference": "b9"}
    assert (await road.call(who, prize))["code"] == "created"
    assert (await road.call(who, prize))["code"] == "duplicate"
    await road.change_account(manners={"unknown_rollback": "error"})
    assert (await road.call(who, prize))["code"] == "duplicate"
    assert await balance(road, who) == (105_000_000, 0)


# Who is meant


async def test_a_wallet_is_named_by_token_by_player_or_by_both(road: Road) -> None:
    """Each alone is enough; a token and a player that are not the same person are no session."""
    one, other = await road.somebody("100.00"), await road.somebody("100.00")
    assert (
        await road.say("/call", {"token": one.token, "ops": [{"kind": "bet", "key": "1", "amount": "1"}]})
    )["code"] == "created"
    assert (
        await road.say("/call", {"player": one.name, "ops": [{"kind": "bet", "key": "2", "amount": "1"}]})
    )["code"] == "created"
    mixed = {"player": one.name, "token": other.token}
    assert (await road.call(None, bet("1"), **mixed))["code"] == "session_unknown"
    assert (await road.call(None, win("1", reference="1", round=None), **mixed))["code"] == "created"
    assert (await road.query("balance", **mixed))["code"] == "session_unknown"
    assert await balance(road, one) == (99_000_000, 0)
    assert await balance(road, other) == (100_000_000, 0)


async def test_nobody_is_nobody(road: Road) -> None:
    """An unknown token or player moves nothing, and which of the two it was is told."""
    who = await road.somebody()
    assert (await road.call(None, bet("1"), token="unknown"))["code"] == "session_unknown"
    assert (await road.call(None, bet("1"), player="unknown"))["code"] == "wallet_not_found"
    assert (await road.call(None, bet("1"), player=who.name, token="unknown"))["code"] == "session_unknown"
    assert (await road.call(None, win("1"), token="unknown"))["code"] == "session_unknown"
    assert (await road.query("balance", token="unknown"))["code"] == "session_unknown"
    assert (await road.query("balance", player="unknown"))["code"] == "unknown_player"
    hostile = ["x" * 5000, "\x00", "\ud800", "'; drop", ""]
    for text in hostile:
        assert (await road.call(None, bet("1"), token=text))["code"] in {"session_unknown", "malformed"}
        assert (await road.call(None, bet("1"), player=text))["code"] in {"wallet_not_found", "malformed"}
    assert await balance(road, who) == (100_000_000, 0)


async def test_a_session_for_a_test_is_opened_at_a_test_account_alone(road: Road) -> None:
    """Its token plays at once; of nobody there is none, nor for who may not play, and a live account has no such verb."""
    who, blocked, erased = [await road.somebody("100.00") for _ in range(3)]
    players = road.gateway.desk.players
    await players.block(blocked.player.id)
    await players.erase_personal_data(erased.player.id)
    opened = await road.query("open", player=who.name)
    assert (opened["code"], opened["cash"]) == ("found", "100.00")
    assert opened["token"] not in {None, who.token}
    assert (await road.call(None, bet("1"), player=who.name, token=opened["token"]))["code"] == "created"
    for player, word in (
        ("nobody", "unknown_player"),
        (blocked.name, "player_blocked"),
        (erased.name, "unknown_player"),
    ):
        refused = await road.query("open", player=player)
        assert (refused["code"], refused.get("token")) == (word, None)
    await road.open_account(environment=Environment.LIVE)
    who = await road.somebody("100.00")
    refused = await road.query("open", player=who.name)
    assert (refused["code"], refused.get("token")) == ("unknown_verb", None)
    assert (
        await road.owner.fetchval("select count(*) from wallet.session where wallet = $1", who.wallet.id) == 1
    )


async def test_a_session_of_another_account_is_none(road: Road) -> None:
    """A token is good where it was issued."""
    who = await road.somebody()
    await road.open_account()
    assert (
        await road.say("/call", {"token": who.token, "ops": [{"kind": "bet", "key": "1", "amount": "1"}]})
    )["code"] == "session_unknown"


async def test_a_dead_session_refuses_new_bets_only(road: Road) -> None:
    """Cases 9 and 26: what was committed is a duplicate, wins land, a new bet is refused by the session's defect."""
    who = await road.somebody("100.00")
    await road.call(who, bet("10.00", key="b1"))
    assert await road.gateway.desk.sessions.revoke(who.session.id)
    assert (await road.call(who, bet("10.00", key="b1")))["code"] == "duplicate"
    assert (await road.call(who, bet("10.00", key="b2")))["code"] == "session_revoked"
    assert (await road.call(who, win("5.00", reference="b1")))["code"] == "created"
    assert (await road.query("balance", token=who.token))["code"] == "session_revoked"
    assert (await road.query("balance", player=who.name))["cash"] == "95.00"


async def test_a_bet_under_way_is_refused_by_the_revocation_that_was_first(road: Road) -> None:
    """A bet whose token lived when it was looked up and that waits for its wallet is not taken after the revocation."""
    who = await road.somebody("100.00")
    await road.call(who, bet("10.00", key="b1"))
    async with road.owner.transaction():
        await road.owner.fetchval("select wallet.revoke_sessions($1)", [who.session.id])
        waiting = asyncio.create_task(road.call(who, bet("10.00", key="b2")))
        await until_waiting(road.owner, 1)
    assert (await waiting)["code"] == "session_revoked"
    assert await balance(road, who) == (90_000_000, 0)


async def test_a_blocked_player_keeps_what_is_theirs(road: Road) -> None:
    """Case 9: no new bets; wins land, and the balance is told."""
    who = await road.somebody("100.00")
    await road.call(who, bet("10.00", key="b1"))
    await road.owner.execute("update wallet.player set status = 'blocked' where id = $1", who.player.id)
    await road.owner.execute(
        "update wallet.wallet set player_status = 'blocked' where id = $1", who.wallet.id
    )
    assert (await road.call(who, bet("10.00")))["code"] == "player_blocked"
    assert (await road.call(who, win("5.00", reference="b1")))["code"] == "created"
    told = await road.query("balance", token=who.token)
    assert (told["code"], told["cash"]) == ("found", "95.00")


async def test_accounts_and_games_that_take_no_new_bets_still_pay(road: Road) -> None:
    """Case 9: no new bets on a disabled game or account; what was staked is settled."""
    who = await road.somebody("100.00")
    await road.call(who, bet("10.00", key="b1", round="r1"))
    assert (await road.call(who, bet("10.00"), game="closed"))["code"] == "game_disabled"
    assert (await road.call(who, win("1.00", reference="b1"), game="closed"))["code"] == "created"
    await road.change_account(state="no_new_bets")
    assert (await road.call(who, bet("10.00", key="b1", round="r1")))["code"] == "duplicate"
    assert (await road.call(who, bet("10.00")))["code"] == "account_disabled"
    assert (await road.call(who, win("1.00", reference="b1")))["code"] == "created"


async def test_an_unknown_game_is_refused_unless_the_account_lets_it_pay(road: Road) -> None:
    """A new bet never; a win where the account's manners say so."""
    who = await road.somebody("100.00")
    await road.call(who, bet("10.00", key="b1"))
    assert (await road.call(who, win("1.00", reference="b1"), game="nope"))["code"] == "unknown_game"
    await road.change_account(manners={"unknown_game_pays": True})
    assert (await road.call(who, win("1.00", reference="b1"), game="nope"))["code"] == "created"
    assert (await road.call(who, bet("1.00"), game="nope"))["code"] == "unknown_game"
    assert (await road.call(who, bet("1.00"), win("1"), game="nope"))["code"] == "unknown_game"


# Amounts and currencies


async def test_amounts_are_exact_or_refused_and_burn_no_key(road: Road) -> None:
    """Case 19: what cannot be carried moves nothing, and its key is free afterwards."""
    who = await road.somebody("100.00")
    for bad in ("0.0000001", "1e3", "NaN", "-1", "Infinity", "9" * 30, "1000000000000.01", "", " 1", "1,0"):
        answer = await road.call(who, bet(bad, key="b1"))
        assert (answer["http"], answer["code"]) == (400, "bad_amount"), bad
    assert (await road.call(who, bet("0.00001", key="b1")))["cash"] == "99.99999"
    assert (await road.call(who, bet("1.556179", key="b2")))["cash"] == "98.443811"
    assert (await road.call(who, win("63727092.34", reference="b2")))["cash"] == "63727190.783811"


async def test_zero_is_refused_where_the_account_forbids_it(road: Road) -> None:
    """Case 19: by kind."""
    who = await road.somebody("100.00")
    assert (await road.call(who, bet("0")))["code"] == "created"
    assert (await road.call(who, {"kind": "promo_win", "amount": "0"}))["code"] == "bad_amount"
    await road.change_account(manners={"zero_amounts": ["win"]})
    assert (await road.call(who, bet("0")))["code"] == "bad_amount"


async def test_currencies_go_by_the_account_s_codes(road: Road) -> None:
    """A thousandth of a bitcoin on the wire is a thousandth of a bitcoin in the ledger, and back."""
    await road.open_account(currencies={"mBTC": ("BTC", -3), "EUR": ("EUR", 0)})
    who = await road.somebody("1.00000000", "BTC")
    answer = await road.call(who, bet("1.5"), currency="mBTC")
    assert (answer["code"], answer["currency"], answer["cash"]) == ("created", "mBTC", "998.50")
    assert await balance(road, who) == (99_850_000, 0)
    assert (await road.query("balance", token=who.token))["cash"] == "998.50"
    assert (await road.call(who, bet("1"), currency="BTC"))["code"] == "unknown_currency"
    assert (await road.call(who, bet("1"), currency="mbtc"))["code"] == "unknown_currency"
    differs = await road.call(who, bet("1"), currency="EUR")
    assert (differs["code"], differs["currency"], differs["cash"]) == (
        "currency_differs",
        "mBTC",
        "998.50",
    )
    assert (await road.query("balance", token=who.token, currency="EUR"))["code"] == "currency_differs"


# Questions


async def test_an_erased_sex_is_told_no_more(road: Road) -> None:
    """An identity holds the affiliate and the sex, until the personal data are erased."""
    new = NewPlayer(
        external_id="told",
        country="MT",
        affiliate="affiliate-7",
        personal_data={"name": "Ada", "sex": "female"},
    )
    player, _ = await road.gateway.desk.players.create(new)
    who = await road.somebody(player=player)
    told = []
    for _ in range(2):
        answer = await road.query("identity", token=who.token)
        assert "Ada" not in str(answer)
        told.append((answer["profile"]["affiliate"], answer["profile"]["sex"]))
        assert await road.gateway.desk.players.erase_personal_data(player.id)
    assert told == [("affiliate-7", "female"), (None, None)]


async def test_questions_are_answered_and_move_nothing(road: Road) -> None:
    """Who, how much, and whether a key was posted."""
    who = await road.somebody("100.00")
    await road.call(who, bet("10.00", key="b1"), rollback("t1", key="x1"))
    before = await postings(road)
    identity = await road.query("identity", token=who.token)
    assert identity["profile"]["player"] == who.name
    assert identity["profile"]["country"] == "MT"
    assert (identity["profile"]["currency"], identity["cash"]) == ("EUR", "90.00")
    found = await road.query("exists", token=who.token, key="b1")
    assert (found["code"], found["cash"]) == ("found", "90.00")
    other = await road.somebody("0")
    for key, token in (("b2", who.token), ("t1", who.token), ("b1", other.token)):
        assert (await road.query("exists", token=token, key=key))["code"] == "reference_not_found", key
    assert (await road.query("exists", key="b1"))["code"] == "found"
    assert (await road.query("exists", key="b1\x00"))["code"] == "bad_value"
    assert await postings(road) == before


async def test_a_question_looks_at_what_its_protocol_wants_looked_at(road: Road) -> None:
    """Token, game and player are each checked where the adapter says so and nowhere else; a token is attached once.

    A call without an operation asks for the balance.
    """
    account = road.gateway.callbacks.registry.account(road.slug)
    assert account is not None

    async def ask(asked: StudioCall | Query | None) -> Exchange:
        request = Request("POST", "/", "/", b"", {}, b"")
        exchange = Exchange(request, account.account, NOW, asked=asked)
        await road.gateway.callbacks.resolution.resolve(exchange, account, time.monotonic() + 5)
        return exchange

    alive, dead, blocked = [await road.somebody() for _ in range(3)]
    await road.call(dead, bet("1.00", key="b1"))
    assert await road.gateway.desk.sessions.revoke(dead.session.id)
    await road.gateway.desk.players.block(blocked.player.id)
    cases: list[tuple[StudioCall | Query, Status | Fault]] = [
        (StudioCall((), token=dead.token), Status.FOUND),
        (StudioCall((), token=dead.token, check_token=True), Status.SESSION_REVOKED),
        (Query(Ask.BALANCE, token=dead.token), Status.FOUND),
        (Query(Ask.BALANCE, token=dead.token, check_token=True), Status.SESSION_REVOKED),
        (Query(Ask.EXISTS, token=dead.token, key="b1"), Status.FOUND),
        (Query(Ask.EXISTS, token=dead.token, key="b1", check_token=True), Status.SESSION_REVOKED),
        (Query(Ask.EXISTS, token=dead.token), Fault.MISSING_FIELD),
        (Query(Ask.BALANCE, token=alive.token, game="nope"), Status.FOUND),
        (Query(Ask.BALANCE, token=alive.token, game="nope", check_game=True), Fault.UNKNOWN_GAME),
        (Query(Ask.BALANCE, token=alive.token, game=GAME, check_game=True), Status.FOUND),
        (Query(Ask.BALANCE, token=blocked.token), Status.FOUND),
        (Query(Ask.BALANCE, token=blocked.token, check_player=True), Status.PLAYER_BLOCKED),
        (Query(Ask.BALANCE, token=alive.token, check_player=True), Status.FOUND),
        (Query(Ask.EXCHANGE, token=alive.token), Status.FOUND),
        (Query(Ask.EXCHANGE, token=blocked.token), Status.FOUND),
        (Query(Ask.EXCHANGE, token=alive.token, attach="theirs"), Status.FOUND),
        (Query(Ask.EXCHANGE, token=blocked.token, attach="theirs"), Fault.BAD_VALUE),
        (Query(Ask.BALANCE, token="theirs", check_token=True), Status.FOUND),
    ]
    for asked, status in cases:
        exchange = await ask(asked)
        assert exchange.status is status, asked
        exchanged = isinstance(asked, Query) and asked.ask is Ask.EXCHANGE
        assert (exchange.token is not None) == (exchanged and status is Status.FOUND), asked
    with pytest.raises(ValueError, match="understood before"):
        await ask(None)


async def test_a_launch_token_is_exchanged_once_and_rotated(road: Road) -> None:
    """Exchange, rotation and revocation hand out and end tokens; a repeat gets the same one."""
    who = await road.somebody("100.00")
    launched = await road.gateway.desk.sessions.launch(who.wallet.id, road.account_id)
    assert not isinstance(launched, str)
    assert (await road.call(None, bet("1"), token=launched.token))["code"] == "session_unknown"
    opened = await road.query("exchange", token=launched.token)
    assert (opened["code"], opened["cash"], opened["profile"]["player"]) == ("found", "100.00", who.name)
    assert (await road.query("exchange", token=launched.token))["token"] == opened["token"]
    assert (await road.call(None, bet("1"), token=opened["token"]))["code"] == "created"
    rotated = await road.query("rotate", token=opened["token"])
    assert rotated["token"] not in {launched.token, opened["token"]}
    assert (await road.call(None, bet("1"), token=opened["token"]))["code"] == "session_superseded"
    assert (await road.query("revoke", token=opened["token"]))["code"] == "session_superseded"
    assert (await road.query("revoke", token=rotated["token"]))["code"] == "found"
    assert (await road.query("revoke", token=rotated["token"]))["code"] in {"found", "session_revoked"}
    assert (await road.call(None, bet("1"), token=rotated["token"]))["code"] == "session_revoked"
    for ask in ("exchange", "rotate"):
        assert (await road.query(ask, token=rotated["token"]))["code"] == "session_revoked"
    for ask in ("exchange", "rotate", "revoke"):
        assert (await road.query(ask, token="unknown"))["code"] == "session_unknown"
        assert (await road.query(ask, player=who.name))["code"] == "session_unknown"


async def test_no_token_is_handed_out_for_another_s_or_a_forgotten_session(road: Road) -> None:
    """A token beside another player's name changes nothing, nor does one whose session only Redis still knows."""
    one, other = await road.somebody(), await road.somebody()
    for ask in ("exchange", "rotate", "revoke"):
        assert (await road.query(ask, token=one.token, player=other.name))["code"] == "session_unknown"
    assert (await road.query("balance", token=one.token))["code"] == "found"
    copies, digest = road.gateway.desk.sessions._copies, digest_of(road.account_id, one.token)
    async with asyncio.timeout(5):
        while await copies.read([digest]) == [None]:  # noqa: ASYNC110 - it is filled after the answer
            await asyncio.sleep(0.01)
    await road.owner.execute("delete from wallet.session_token where digest = $1", digest)
    assert (await road.query("rotate", token=one.token))["code"] == "session_unknown"


# What never reaches the ledger


async def test_a_bad_signature_is_refused_in_the_protocol_s_words(road: Road) -> None:
    """Before anything is parsed."""
    who = await road.somebody()
    for headers in ({}, {"x-bogus-signature": "00"}, {"x-bogus-signature": "é"}):
        body = json.dumps({"player": who.name, "ops": []}).encode()
        answer = await road.http.post(
            f"/callbacks/{road.slug}/call",
            content=body,
            headers=[(k, v.encode()) for k, v in headers.items()],
        )
        assert (answer.status_code, answer.json()["code"]) == (401, "bad_signature")
    assert (await road.send("/call", b"not json", signed=False)).json()["code"] == "bad_signature"


async def test_an_unknown_account_is_a_bare_404(road: Road) -> None:
    """It tells nothing, not even in which protocol."""
    for path in (
        "/callbacks/nobody/call",
        "/callbacks/",
        "/callbacks",
        "/callbacks/%2e%2e/call",
        "/callbacks/operator/call",
    ):
        answer = await road.http.post(path, content=b"{}")
        assert answer.status_code == 404, path
        assert answer.content == b"", path
    assert "bankroll_unknown_account_total 5" in (await road.http.get("/metrics")).text


async def test_looking_at_the_base_is_answered(road: Road) -> None:
    """A studio's monitoring asks with GET or HEAD."""
    for path in ("", "/", "?x=1"):
        for method in ("GET", "HEAD"):
            answer = await road.http.request(method, f"/callbacks/{road.slug}{path}")
            assert (answer.status_code, answer.content) == (200, b"")
    assert (await road.http.get(f"/callbacks/{road.slug}/call")).json()["code"] != "created"
    look = Request("GET", "", "", b"", {}, b"")
    protocol = next(name for name, provider in PROVIDERS.items() if provider.route(look) is not None)
    asks_there = NewAccount(slug="asks-there", protocol=protocol, secret="a secret of theirs")
    assert await road.accounts.create(asks_there) is not None
    await road.refresh()
    # Where a look is a verb of the protocol, it is answered as one: this one came without a signature.
    assert (await road.http.get("/callbacks/asks-there")).status_code == 401


async def test_paths_and_types_are_taken_as_the_protocol_takes_them(road: Road) -> None:
    """A trailing slash is the same verb; the content type says nothing; another path is an unknown verb."""
    who = await road.somebody()
    message = json.dumps({"ask": "balance", "player": who.name}).encode()
    for path, headers in (
        ("/query", {}),
        ("/query/", {}),
        ("/query", {"content-type": "text/html; charset=x"}),
    ):
        assert (await road.send(path, message, headers=headers)).json()["code"] == "found"
    for path in ("/nothing", "/query/more", ""):
        assert (await road.send(path, message)).json()["code"] == "unknown_verb", path


async def test_bodies_have_a_bound(road: Road) -> None:
    """64 KiB, plain or unpacked; gzip is taken where it says so."""
    who = await road.somebody()
    message = json.dumps({"ask": "balance", "player": who.name}).encode()
    packed = await road.send("/query", message, signed=True)
    assert packed.json()["code"] == "found"
    large = await road.send("/query", b" " * (MAXIMUM_BODY + 1))
    assert (large.status_code, large.json()["code"]) == (413, "too_large")
    assert large.headers["connection"] == "close"
    bomb = gzip.compress(b"0" * 10_000_000)
    for body, encoding, code in (
        (bomb, "gzip", "too_large"),
        (b"x", "gzip", "malformed"),
        (b"x", "br", "malformed"),
    ):
        answer = await road.send("/query", body, headers={"content-encoding": encoding})
        assert answer.json()["code"] == code


async def test_a_signed_gzip_body_is_unpacked(road: Road) -> None:
    """The signature covers what the studio wrote, not how it travelled."""
    who = await road.somebody()
    message = json.dumps({"ask": "balance", "player": who.name}).encode()
    signed = (await road.send("/query", message)).request.headers["x-bogus-signature"]
    answer = await road.http.post(
        f"/callbacks/{road.slug}/query",
        content=gzip.compress(message),
        headers={"x-bogus-signature": signed, "content-encoding": "gzip"},
    )
    assert answer.json()["code"] == "found"


HOSTILE = [
    b"",
    b"\xff\xfe",
    b"null",
    b"[]",
    b"{",
    b'{"ask":"balance","ask":"identity","player":"x"}',
    b'{"ask":"balance","player":' + b"[" * 2000 + b"]" * 2000 + b"}",
    b'{"ask":"balance","player":"\\ud800"}',
    b'{"ask":"balance","player":1E2000000000}',
    b'{"ask":"balance","player":' + b"9" * 5000 + b"}",
    b'{"ask":"nothing","player":"x"}',
    b'{"player":"x","ops":[{"kind":"bet","key":"' + b"k" * 300 + b'","amount":"1"}]}',
    b'{"player":"x","ops":[{"kind":"bet","key":"k\\u0000","amount":"1"}]}',
    b'{"player":"x","ops":[{"kind":"deposit","key":"k","amount":"1"}]}',
    b'{"player":"x","ops":[{"kind":"bet","key":"k","amount":1}]}',
    b'{"player":"x","ops":[]}',
]


@pytest.mark.parametrize("path", ["/call", "/query"])
async def test_hostile_bodies_are_refused_by_shape(road: Road, path: str) -> None:
    """Case 20: under a valid signature, never a 500, and nothing moved."""
    before = await postings(road)
    for body in HOSTILE:
        answer = await road.send(path, body)
        assert answer.status_code in {400, 404, 200}, body[:80]
        assert answer.json()["code"] not in {"internal", "created", "found"}, body[:80]
    assert await postings(road) == before


async def test_hostile_texts_around_a_sound_call_hurt_nobody(road: Road) -> None:
    """Metadata, channel and times that no database holds are refused or left out, and the lane goes on."""
    who = await road.somebody("100.00")
    odd: list[dict[str, Any]] = [
        {"metadata": {"a": "\x00"}},
        {"metadata": {"a": 10**40, "b": [[[]]]}},
        {"occurred_at": "0001-01-01T00:00:00+23:59"},
        {"occurred_at": "9999-12-31T23:59:59-23:59"},
        {"occurred_at": "2026-01-01T00:00:00"},
    ]
    for more in odd:
        answer = await road.call(who, bet("0.01", **more))
        assert answer["code"] in {"created", "bad_value", "malformed", "wrong_type"}, more
    for channel in ("\x00", "x" * 300):
        assert (await road.call(who, bet("0.01"), channel=channel))["code"] == "bad_value"
    assert (await road.call(who, bet("0.01"), channel="móvil"))["code"] == "created"


async def test_only_the_account_s_networks_are_let_in(road: Road) -> None:
    """A foreign caller is refused in the protocol's words; X-Forwarded-For from a stranger counts for nothing."""
    who = await road.somebody()
    message = json.dumps({"ask": "balance", "player": who.name}).encode()
    await road.change_account(allowed_networks=("203.0.113.0/24",))
    for headers in ({}, {"x-forwarded-for": "203.0.113.5"}):
        answer = await road.send("/query", message, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "foreign_network")
    await road.change_account(allowed_networks=("127.0.0.0/8",))
    assert (await road.send("/query", message)).json()["code"] == "found"
    force_setattr(road.gateway.callbacks, "proxies", (ip_network("127.0.0.0/8"),))
    answer = await road.send("/query", message, headers={"x-forwarded-for": "nowhere"})
    assert answer.json()["code"] == "foreign_network"  # nobody knows from where: not from there


async def test_behind_a_trusted_proxy_the_address_it_wrote_counts(
    database: Database, redis_url: str, redis_prefix: str, owner: asyncpg.Connection
) -> None:
    """Of a gateway that trusts its proxy an account's networks are held against the caller, and not against the proxy."""
    proxies = {"BANKROLL_TRUSTED_PROXIES": "127.0.0.0/8"}
    async with road_on(database, redis_url, redis_prefix, owner, **proxies) as road:
        who = await road.somebody()
        message = json.dumps({"ask": "balance", "player": who.name}).encode()
        for networks, code in (("192.0.2.0/24", "found"), ("127.0.0.0/8", "foreign_network")):
            await road.change_account(allowed_networks=(networks,))
            answer = await road.send("/query", message, headers={"x-forwarded-for": "192.0.2.7"})
            assert answer.json()["code"] == code


async def test_a_look_is_let_in_from_the_account_s_networks_only(road: Road) -> None:
    """A GET or a HEAD from elsewhere is refused as any other call is."""
    base = f"/callbacks/{road.slug}"
    await road.change_account(allowed_networks=("203.0.113.0/24",))
    answer = await road.http.get(base)
    assert (answer.status_code, answer.json()["code"]) == (403, "foreign_network")
    assert (await road.http.head(base)).status_code == 403
    await road.change_account(allowed_networks=("127.0.0.0/8",))
    assert (await road.http.get(base)).status_code == 200


async def test_a_revoked_account_refuses_everything(road: Road) -> None:
    """Even a win: the studio is told so, and its call is kept."""
    who = await road.somebody()
    await road.change_account(state="revoked")
    assert (await road.call(who, win("1.00")))["code"] == "account_revoked"
    assert (await road.query("balance", player=who.name))["code"] == "account_revoked"


# When something is wrong with us


async def test_a_full_queue_is_a_temporary_error_at_once(road: Road) -> None:
    """A slow answer costs the studio more than a quick refusal, and this one is kept: it was the studio's call."""
    who = await road.somebody()
    road.gateway.desk.ledger._coalescer.queue_bound = 0
    answer = await road.call(who, bet("1", key="b1"))
    assert (answer["http"], answer["code"]) == (503, "overloaded")
    assert await kept(road) == [("overloaded", "b1", "r1", 503)]


async def test_one_studio_s_flood_shuts_no_other_out(road: Road) -> None:
    """Where one account's calls hold every place, its next is told to come later, and another account's is taken."""
    loud, flooded = road.slug, await road.somebody("100.00")
    await road.open_account()
    quiet, who = road.slug, await road.somebody("100.00")
    admission = road.gateway.callbacks.admission
    admission.bound = 3
    async with road.owner.transaction():
        await road.owner.execute("select from wallet.wallet where id = $1 for update", flooded.wallet.id)
        road.slug = loud
        held = [asyncio.create_task(road.call(flooded, bet("1.00"))) for _ in range(admission.bound)]
        async with asyncio.timeout(20):
            while admission.under_way < len(held):  # noqa: ASYNC110 - nobody is told when they wait
                await asyncio.sleep(0.01)
        assert (await road.call(flooded, bet("1.00")))["code"] == "overloaded"
        road.slug = quiet
        assert (await road.call(who, bet("1.00")))["code"] == "created"
        assert not any(call.done() for call in held)
    assert [(await call)["code"] for call in held] == ["created"] * len(held)
    admission.bound = LEAST


async def test_a_flood_is_turned_away_unverified(road: Road) -> None:
    """Beyond what may be under way a call is told to come later, moves nothing and is not kept; then it comes again."""
    who = await road.somebody("100.00")
    admission = road.gateway.callbacks.admission
    admission.bound = 0
    answer = await road.call(who, bet("1.00", key="flooded"))
    assert (answer["http"], answer["code"]) == (503, "overloaded")
    admission.bound = LEAST
    assert (await road.call(who, bet("1.00", key="flooded")))["code"] == "created"
    assert admission.under_way == 0
    assert await balance(road, who) == (99_000_000, 0)
    assert await kept(road) == [("created", "flooded", "r1", 200)]


async def test_the_account_s_deadline_is_kept(road: Road) -> None:
    """A wallet that is locked elsewhere is a temporary error within the deadline, and the retry is consistent."""
    who = await road.somebody("100.00")
    await road.change_account(deadline_ms=150)
    async with road.owner.transaction():
        await road.owner.execute("select 1 from wallet.wallet where id = $1 for update", who.wallet.id)
        answer = await road.call(who, bet("1.00", key="b1"))
        assert answer["code"] == "overloaded"
    await road.change_account(deadline_ms=5000)
    assert (await road.call(who, bet("1.00", key="b1")))["code"] in {"created", "duplicate"}
    assert await balance(road, who) == (99_000_000, 0)


@pytest.mark.parametrize("table", ["session_token", "external_id"])
async def test_a_look_up_ends_with_the_account_s_deadline(road: Road, table: str) -> None:
    """A session or a player that cannot be found in time is a temporary error by then, and nothing was posted."""
    who = await road.somebody("100.00")
    await road.change_account(deadline_ms=150)
    names = {"token": "never-seen-1"} if table == "session_token" else {"player": "neverseen1"}
    async with road.owner.transaction():
        await road.owner.execute(f"lock table wallet.{table} in access exclusive mode")
        async with asyncio.timeout(1.0):
            answer = await road.call(None, bet("1.00"), **names)
    assert (answer["http"], answer["code"]) == (503, "overloaded")
    assert await balance(road, who) == (100_000_000, 0)


async def test_a_bug_of_ours_is_told_in_the_protocol_s_words(
    road: Road, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """No trace gets out; the log has the request's id and no secret of it."""
    who = await road.somebody()

    async def breaks(*_: object) -> None:
        raise RuntimeError(f"with the token {who.token}")

    monkeypatch.setattr(type(road.gateway.desk.ledger), "post", breaks)
    caplog.set_level(logging.WARNING, logger="bankroll")
    body = json.dumps(
        {"player": who.name, "token": who.token, "ops": [{"kind": "bet", "key": "k", "amount": "1"}]}
    )
    answer = await road.send("/call", body.encode(), headers={"x-request-id": "their-id-7"})
    assert (answer.status_code, answer.json()) == (500, {"code": "internal"})
    assert answer.headers["x-request-id"] == "their-id-7"
    [failed] = [record for record in caplog.records if record.message == "callback_failed"]
    assert failed.__dict__["fields"]["request_id"] == "their-id-7"
    line = JsonLines().format(failed)
    assert "with the token ***" in line
    assert who.token not in line


async def test_an_answer_that_cannot_be_written_is_a_fault_of_ours(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a call was about to be told, it is told an internal fault, and its repetition what stands."""
    who = await road.somebody("5.00")
    failed = False

    def fails_once(provider: Provider, exchange: Exchange) -> Answer:
        nonlocal failed
        answer = conclude(provider, exchange)
        if not failed:
            failed = True
            raise RuntimeError("the answer cannot be written")
        return answer

    monkeypatch.setattr("gateway.callbacks.conclude", fails_once)
    assert (await road.call(who, bet("1.00", key="b1")))["code"] == "internal"
    assert (await road.call(who, bet("1.00", key="b1")))["code"] == "duplicate"
    assert await balance(road, who) == (4_000_000, 0)


async def test_a_failure_says_how_long_it_took(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a protocol tells the time that an answer took, it tells it of our own failures too."""
    who = await road.somebody()
    told = []

    async def breaks(*_: object) -> None:
        await asyncio.sleep(0.02)
        raise RuntimeError

    def noted(provider: Provider, exchange: Exchange) -> Answer:
        told.append(exchange.milliseconds)
        return conclude(provider, exchange)

    monkeypatch.setattr(type(road.gateway.desk.ledger), "post", breaks)
    monkeypatch.setattr("gateway.callbacks.conclude", noted)
    assert (await road.call(who, bet("1.00", key="b1")))["code"] == "internal"
    assert told[0] >= 20


# What is left behind


async def test_a_call_that_was_slow_or_that_we_failed_is_worth_a_line(
    road: Road, caplog: pytest.LogCaptureFixture
) -> None:
    """And no other is: what a studio does every moment is counted, not logged."""
    who = await road.somebody()
    callbacks = road.gateway.callbacks
    caplog.set_level(logging.WARNING, logger="bankroll")
    force_setattr(callbacks, "slow_seconds", 3600.0)
    await road.call(who, bet("1.00"))
    callbacks.admission.bound = 0
    await road.call(who, bet("1.00"))
    callbacks.admission.bound = LEAST
    force_setattr(callbacks, "slow_seconds", 0.0)
    await road.call(who, bet("1.00"))
    lines = [record.__dict__["fields"] for record in caplog.records if record.message == "callback"]
    assert [line["outcome"] for line in lines] == ["overloaded", "created"]


async def test_every_exchange_is_kept_counted_and_found(road: Road) -> None:
    """Answered, refused or faulted: kept with its key and round, without token or signature."""
    who = await road.somebody("100.00")
    for _ in range(2):
        await road.call(who, bet("10.00", key="b1", round="round-7"))
    await road.call(who, win("4.00", key="w1", round="round-7", reference="b1"))
    await road.query("exists", token=who.token, key="b1")
    await road.call(who, bet("1.00", key="b2", round="round-7"), game="nope")
    await road.send("/call", b"{}", signed=False)
    assert await kept(road) == [
        ("created", "b1", "round-7", 200),
        ("duplicate", "b1", "round-7", 200),
        ("created", "w1", "round-7", 200),
        ("found", None, None, 200),
        ("unknown_game", "b2", "round-7", 400),
        ("bad_signature", None, None, 401),
    ]
    rows = await road.owner.fetch(
        "select * from wallet.exchange where provider_account = $1 order by received_at", road.account_id
    )
    assert rows[0]["wallet"] == who.wallet.id
    assert who.name in rows[0]["request"]
    assert who.token not in str([dict(row) for row in rows])
    page = (await road.http.get("/metrics")).text
    assert f'bankroll_callback_seconds_count{{account="{road.slug}",verb="call",outcome="created"}} 2' in page
    assert f'bankroll_stakes_total{{account="{road.slug}",currency="EUR"}} 10.000000' in page
    assert f'bankroll_wins_total{{account="{road.slug}",currency="EUR"}} 4.000000' in page


async def test_an_account_may_keep_no_exchanges(road: Road) -> None:
    """A switch per account."""
    await road.change_account(keep_exchanges=False)
    await road.query("balance", player="nobody")
    await road.exchanges_written()
    assert not await road.owner.fetchval(
        "select count(*) from wallet.exchange where provider_account = $1", road.account_id
    )


async def test_every_answer_carries_a_request_id(road: Road) -> None:
    """The caller's where it is a sane one, else ours."""
    for path in (f"/callbacks/{road.slug}", "/callbacks/nobody/x", "/callbacks", "/healthz", "/v1/players/x"):
        given = await road.http.get(path, headers={"x-request-id": "abc-1"})
        assert given.headers["x-request-id"] == "abc-1"
        made = await road.http.get(path, headers={"x-request-id": "with spaces"})
        assert made.headers["x-request-id"] not in {"", "with spaces"}


async def test_a_change_of_an_account_is_felt_within_a_second(road: Road) -> None:
    """Without a restart, in every process."""
    who = await road.somebody()
    assert (await road.call(who, bet("1")))["code"] == "created"
    await road.owner.execute(
        "update wallet.provider_account set state = 'no_new_bets' where slug = $1", road.slug
    )
    async with asyncio.timeout(5):
        while (await road.call(who, bet("0.01")))["code"] != "account_disabled":  # noqa: ASYNC110 - it is another's change
            await asyncio.sleep(0.05)


async def issued(road: Road) -> FreeRoundsIssue:
    """The free rounds that were given, as they are now."""
    issue = await road.gateway.callbacks.resolution.free_rounds.issued(road.account_id, "issue-1")
    assert issue is not None
    return issue


async def test_free_rounds_name_the_wallet_they_were_given_to(road: Road) -> None:
    """A studio that names nobody but its issue pays the right wallet once, whatever currency; an unknown issue pays nobody."""
    who = await road.somebody("10.00", currency="USD")
    given = FreeRoundsRequest(
        id="issue-1",
        wallet=who.wallet.id,
        games=(GAME,),
        quantity=5,
        starts_at=NOW,
        expires_at=NOW + timedelta(1),
    )
    free_rounds = road.gateway.callbacks.resolution.free_rounds
    assert await free_rounds.request(road.account_id, given) is Status.CREATED
    await free_rounds.change(road.account_id, "issue-1", FreeRoundsState.ISSUED)
    pays = {"kind": "promo_win", "key": "finish:issue-1", "amount": "2.50"}
    refused = await road.call(None, pays, free_rounds="issue-1", currency="EUR")
    assert refused["code"] == "currency_differs"
    assert (await issued(road)).state is FreeRoundsState.ISSUED  # nothing was paid yet
    paid = await road.call(None, pays, free_rounds="issue-1")
    assert (paid["http"], paid["code"], paid["cash"], paid["currency"]) == (200, "created", "12.50", "USD")
    assert (await road.call(None, pays, free_rounds="issue-1"))["code"] == "duplicate"
    assert (await issued(road)).state is FreeRoundsState.FINISHED
    nobodys = await road.call(None, {**pays, "key": "finish:issue-2"}, free_rounds="issue-2")
    assert nobodys["code"] == "wallet_not_found"
    other = await road.somebody("1.00")
    named = await road.call(other, {**pays, "key": "finish:issue-3"}, free_rounds="issue-1")
    assert (named["code"], named["cash"]) == ("created", "3.50")  # the player that a call names comes first
