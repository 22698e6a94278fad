"""Bulk postings through the internal API: a result for every call, and nothing posted where a shape cannot be taken."""

import asyncio
import json
import logging
import secrets
import time
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from gateway.api import postings
from gateway.api.posting_calls import KINDS
from tests.gateway.door import Door, answered, name_of, one_loop
from wallet import ledger as ledgers
from wallet.api_keys import ApiScope
from wallet.bulk import MAXIMUM_CALLS
from wallet.ledger import Overloaded, Reason, Unavailable
from wallet.types import Call, Kind, Op, Policy, Status
from wallet.verify import verify

pytestmark = one_loop

MAKE_PLAYERS = """
with made as (
    insert into wallet.player (bucket, external_id, country)
    select 0, $1 || '-' || number, 'MT' from generate_series(1, $2::integer) number returning id, external_id
), opened as (
    insert into wallet.wallet (bucket, player, currency) select 0, id, 'EUR' from made)
select external_id from made order by id
"""


@pytest_asyncio.fixture(loop_scope="module")
async def account(door: Door) -> str:
    """The slug of a provider account with one game and one that is disabled."""
    slug = f"bulk-{secrets.token_hex(4)}"
    await door.post("/provider-accounts", {"slug": slug, "protocol": "bogus", "environment": "test"})
    for code, enabled in (("oak", True), ("elm", False)):
        await door.post("/games", {"provider_account": slug, "code": code, "name": code, "enabled": enabled})
    return slug


def op(kind: str, amount: str | None = None, key: str | None = None, **more: Any) -> dict[str, Any]:
    given = {} if amount is None else {"amount": amount}
    return {"kind": kind, "key": key or secrets.token_hex(6), **given, **more}


def call(player: str, *ops: dict[str, Any], account: str | None = None, **more: Any) -> dict[str, Any]:
    of = {} if account is None else {"provider_account": account}
    return {"player": player, "currency": "EUR", "ops": list(ops), **of, **more}


async def send(door: Door, *calls: dict[str, Any], expected: int = 200) -> Any:
    return answered(await door.http.post("/v1/postings", json={"calls": calls}), expected)


async def make_players(owner: asyncpg.Connection, count: int) -> list[str]:
    rows = await owner.fetch(MAKE_PLAYERS, f"many-{secrets.token_hex(4)}", count)
    return [row[0] for row in rows]


def statuses(answer: Any) -> list[str]:
    """Each call's status, or the name of the problem that stands in its place."""
    return [result.get("status") or name_of(result["problem"]) for result in answer["results"]]


async def test_every_call_has_its_own_result_in_the_order_of_the_request(door: Door, account: str):
    """Posted, known, refused and unknown stand side by side, each with its index, its balances and its problem."""
    anna, ben = await door.player(EUR="100"), await door.player(EUR="1", USD="0")
    known = op("deposit", "5", "known")
    await send(door, call(anna, known))
    answer = await send(
        door,
        call(anna, op("bet", "10", round="r"), account=account, game="oak"),
        call(anna, known),
        call(ben, op("bet", "1.01"), account=account),
        call("nobody", op("deposit", "1")),
        {**call(ben, op("deposit", "1")), "currency": "GBP"},
        call(ben, op("win", "3", reference="never"), account=account),
    )
    assert statuses(answer) == [
        "created",
        "duplicate",
        "insufficient_funds",
        "player_not_found",
        "wallet_not_found",
        "reference_not_found",
    ]
    assert (answer["succeeded"], answer["failed"]) == (2, 4)
    assert [result["index"] for result in answer["results"]] == list(range(6))
    created, duplicate, refused, *_ = answer["results"]
    assert created["balances"]["cash"] == "95.00"
    assert created["ops"][0]["balances_after"]["cash"] == "95.00"
    assert "problem" not in created
    assert duplicate["ops"][0]["balances_after"]["cash"] == "105.00"
    assert refused["balances"]["cash"] == "1.00"
    assert refused["problem"]["instance"] == "/v1/postings#/calls/2"
    assert refused["problem"]["status_code"] == "insufficient_funds"
    transaction = await door.get(f"/transactions/{created['ops'][0]['id']}")
    assert (transaction["provider_account"], transaction["game"], transaction["round"]) == (
        account,
        "oak",
        "r",
    )
    assert transaction["actor"].startswith("api_key:")


async def test_a_bulk_deposit_and_a_single_one_of_a_key_are_the_same(door: Door):
    """The operator's key is the Idempotency-Key: whichever comes second answers the first's transaction."""
    player = await door.player(EUR="0")
    first = await send(door, call(player, op("deposit", "7", "p-1", reference="payment-1")))
    body = {"player": player, "currency": "EUR", "amount": "7.00", "payment": "payment-1"}
    receipt = await door.post("/deposits", body, 200, key="p-1")
    assert receipt["id"] == first["results"][0]["ops"][0]["id"]
    reused = await send(door, call(player, op("deposit", "8", "p-1", reference="payment-1")))
    assert statuses(reused) == ["key_reused"]
    assert await door.cash(player) == "7.00"


async def test_a_studios_retry_finds_what_was_settled_for_it(door: Door, account: str):
    """What is posted in a studio's place stands under the studio's key, by the account's own policy."""
    player = await door.player(EUR="10")
    bet, win = op("bet", "4", round="r-1"), op("win", "9.000001", round="r-1", end_round=True)
    answer = await send(door, call(player, {**bet}, {**win, "reference": bet["key"]}, account=account))
    assert statuses(answer) == ["created"]
    configured = door.gateway.desk.registry.account(account)
    assert configured is not None
    again = Call(
        secrets.randbits(63),
        configured.id,
        await door.owner.fetchval(
            "select w.id from wallet.wallet w join wallet.player p on p.id = w.player where p.external_id = $1",
            player,
        ),
        (Op(Kind.WIN, win["key"], 9_000_001, reference=bet["key"], round="r-1"),),
        Policy(),
    )
    outcome = await door.gateway.desk.ledger.post(again, time.monotonic() + 5)
    assert (outcome.status, outcome.cash) == (Status.DUPLICATE, 15_000_001)
    assert await door.cash(player) == "15.00"


async def test_every_kind_of_the_list_is_posted(door: Door, account: str):
    """Migrations and settlements: each kind that may come in bulk is accepted in its place."""
    player = await door.player(EUR="1000")
    hold, other, bet, more = (secrets.token_hex(6) for _ in range(4))
    posted = [
        call(player, op("deposit", "1", occurred_at="2026-01-01T00:00:00+02:00", metadata={"from": "there"})),
        call(player, op("withdrawal_hold", "10", hold), op("withdrawal_hold", "20", other)),
        call(player, op("withdrawal", "10", reference=hold), op("withdrawal_release", "20", reference=other)),
        call(player, op("adjustment", "-3"), reason="opening balance"),
        call(player, op("bet", "5", bet, round="r"), op("bet", "6", more, round="q"), account=account),
        call(
            player, op("free_bet", nominal="1", round="f"), op("tip", "1"), op("buy_in", "2"), account=account
        ),
        call(player, op("refund", reference=bet), op("win", "0", reference=more, round="q"), account=account),
        call(player, op("rollback", scope="round", round="f"), op("round_close", round="q"), account=account),
        call(player, op("promo_win", "1"), op("jackpot_win", "1"), op("payout", "2"), account=account),
        call(player, op("correction", "-1"), account=account),
    ]
    assert {one["kind"] for each in posted for one in each["ops"]} == set(KINDS)
    assert statuses(await send(door, *posted)) == ["created"] * len(posted)
    assert await door.cash(player) == "982.00"
    assert statuses(await send(door, *posted)) == ["duplicate"] * len(posted)


async def test_calls_of_a_wallet_keep_their_order(door: Door):
    """A hold is there for its end in the same request, and the balance runs through."""
    player = await door.player(EUR="10")
    hold = secrets.token_hex(6)
    answer = await send(
        door,
        call(player, op("withdrawal_hold", "10", hold)),
        call(player, op("withdrawal", "10", reference=hold)),
        call(player, op("withdrawal_hold", "1")),
        call(player, op("deposit", "1")),
        call(player, op("withdrawal_hold", "1")),
    )
    assert statuses(answer) == ["created", "created", "insufficient_funds", "created", "created"]
    assert [result["balances"]["cash"] for result in answer["results"]] == ["0.00"] * 3 + ["1.00", "0.00"]


async def test_a_call_is_all_or_nothing(door: Door):
    """One operation that is refused leaves none of its call."""
    player = await door.player(EUR="10")
    answer = await send(door, call(player, op("deposit", "5"), op("withdrawal_hold", "16")))
    assert statuses(answer) == ["insufficient_funds"]
    assert [one["status"] for one in answer["results"][0]["ops"]] == ["not_applied", "insufficient_funds"]
    assert await door.cash(player) == "10.00"


async def test_what_was_given_back_before_is_no_problem_of_its_call(door: Door, account: str):
    """A call that is posted beside a reversal of what is reversed already succeeded, now and when it comes again."""
    player = await door.player(EUR="100")
    bet, new = op("bet", "10", "first", round="r1"), op("bet", "7", "second", round="r2")
    again = op("rollback", None, "again", reference="first")
    await send(door, call(player, bet, account=account, game="oak"))
    await send(door, call(player, op("rollback", None, "once", reference="first"), account=account))
    for ops, status in (([again, new], "created"), ([again, new], "duplicate"), ([new, again], "duplicate")):
        answer = await send(door, call(player, *ops, account=account, game="oak"))
        assert (answer["succeeded"], answer["failed"]) == (1, 0), answer
        assert statuses(answer) == [status]
    assert await door.cash(player) == "93.00"


async def test_the_problem_of_a_call_is_what_undid_it(door: Door, account: str):
    """A reversal of what is reversed already is a call's problem where it stands alone, and hides no other."""
    player = await door.player(EUR="10")
    again = op("rollback", None, "again", reference="first")
    await send(door, call(player, op("bet", "1", "first"), account=account, game="oak"))
    await send(door, call(player, op("rollback", None, "once", reference="first"), account=account))
    answer = await send(
        door,
        call(player, again, account=account),
        call(player, again, op("bet", "11"), account=account, game="oak"),
        call(player, again, op("win", "1", reference="first"), account=account, game="oak"),
    )
    assert [name_of(result["problem"]) for result in answer["results"]] == [
        *("reference_reversed", "insufficient_funds", "reference_reversed")
    ]
    assert answer["failed"] == 3
    assert await door.cash(player) == "10.00"


async def test_what_needs_a_second_actor_is_refused_as_such(door: Door):
    """A large adjustment is refused for itself, its neighbours are posted."""
    limit = await door.owner.fetchval(
        "select adjustment_limit / 1000000 from wallet.currency where code = 'EUR'"
    )
    anna, ben = await door.player(EUR="0"), await door.player(EUR="0")
    answer = await send(
        door,
        call(anna, op("adjustment", f"{limit}.01"), reason="large"),
        call(ben, op("adjustment", f"{limit}"), reason="not so large"),
    )
    assert statuses(answer) == ["second_actor_required", "created"]
    assert await door.cash(anna) == "0.00"


async def test_a_blocked_players_opening_balance_is_an_adjustment(door: Door):
    """A deposit is refused the blocked, an adjustment is not."""
    player = await door.player(EUR="0")
    await door.post(f"/players/{player}/block", expected=200)
    answer = await send(
        door, call(player, op("deposit", "5")), call(player, op("adjustment", "5"), reason="opening balance")
    )
    assert statuses(answer) == ["player_blocked", "created"]


async def test_a_disabled_game_and_account_refuse_new_bets_alone(door: Door, account: str):
    """In bulk as from the studio: bets of a disabled game or account are refused, wins land."""
    player = await door.player(EUR="10")
    bet = op("bet", "1", round="r")
    assert statuses(
        await send(
            door,
            call(player, bet, account=account, game="oak"),
            call(player, op("bet", "1"), account=account, game="elm"),
        )
    ) == ["created", "game_disabled"]
    await door.patch(f"/provider-accounts/{account}", {"state": "no_new_bets"})
    answer = await send(
        door,
        call(player, op("bet", "1"), account=account, game="oak"),
        call(player, op("win", "2", reference=bet["key"], round="r"), account=account, game="elm"),
    )
    assert statuses(answer) == ["account_disabled", "created"]


async def test_a_confirmation_after_a_release_asks_for_a_human(door: Door, caplog: pytest.LogCaptureFixture):
    """The player has the money twice: the result says late, and the log says so, of a repeated confirmation too."""
    player = await door.player(EUR="10")
    hold, end = secrets.token_hex(6), op("withdrawal", "10")
    calls = [
        call(player, op("withdrawal_hold", "10", hold)),
        call(player, op("withdrawal_release", "10", reference=hold)),
        call(player, {**end, "reference": hold}),
    ]
    with caplog.at_level(logging.ERROR):
        for expected in ("created", "duplicate"):
            answer = await send(door, *calls)
            assert statuses(answer) == [expected] * 3
            assert [result["ops"][0].get("late", False) for result in answer["results"]] == [
                False,
                False,
                True,
            ]
    first, again = (
        record.fields
        for record in caplog.records
        if record.getMessage() == "withdrawal_confirmed_after_release"
    )
    assert (first["repeated"], again["repeated"]) == (False, True)
    assert first["transaction"] == again["transaction"] == answer["results"][2]["ops"][0]["id"]


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("currency", {"currency": "XXQ"}),
        ("provider_account", {"provider_account": "nowhere"}),
        ("game", {"provider_account": "ACCOUNT", "ops": [op("bet", "1")], "game": "ash"}),
        ("game", {"game": "oak"}),
        ("reason", {"ops": [op("adjustment", "1")]}),
        *(
            ("reason", {"ops": [op("adjustment", "1")], "reason": unseen})
            for unseen in (" ", "\u200b", "\u3164", "\u00a0")
        ),
        ("ops[0].kind", {"ops": [op("bet", "1")]}),
        ("ops[0].kind", {"provider_account": "ACCOUNT"}),
        *(
            ("ops[0].kind", {"ops": [op(kind, "1")], "reason": "r"})
            for kind in ("bonus_grant", "bonus_convert", "bonus_forfeit", "tombstone")
        ),
        ("ops[1].amount", {"ops": [op("deposit", "1"), op("deposit")]}),
        *(
            ("ops[0].amount", {"ops": [op("deposit", bad)]})
            for bad in ("0", "-1", "1.001", "1e3", "NaN", "", "1" * 31, "\u0661")
        ),
        ("ops[0].amount", {"ops": [op("adjustment", "0.00")], "reason": "r"}),
        *(
            ("ops[0].amount", {"provider_account": "ACCOUNT", "ops": [op("win", bad)]})
            for bad in ("-1", "0.0000001", "1E2", "9" * 30)
        ),
        ("ops[0].amount", {"provider_account": "ACCOUNT", "ops": [op("round_close", "1", round="r")]}),
        ("ops[0].nominal", {"provider_account": "ACCOUNT", "ops": [op("free_bet", nominal="-1")]}),
        ("ops[0].nominal", {"ops": [op("deposit", "1", nominal="1")]}),
        ("ops[0].round", {"ops": [op("deposit", "1", round="r")]}),
        ("ops[0].end_round", {"ops": [op("deposit", "1", end_round=True)]}),
        ("ops[0].scope", {"ops": [op("deposit", "1", scope="call")]}),
        ("ops[0].reference", {"ops": [op("withdrawal", "1")]}),
        ("ops[0].reference", {"provider_account": "ACCOUNT", "ops": [op("rollback")]}),
        ("ops[0].round", {"provider_account": "ACCOUNT", "ops": [op("rollback", scope="round")]}),
        ("ops[0].key", {"ops": [op("deposit", "1", "é" * 200)]}),
        *(
            (
                "ops[1].key",
                {"provider_account": "ACCOUNT", "ops": [op("rollback", key="x", reference="b"), other]},
            )
            for other in (op("rollback", key="x", reference="c"), op("bet", "1", "x"))
        ),
        ("ops[2].key", {"ops": [op("deposit", "1", "d"), op("deposit", "1", "d"), op("deposit", "2", "d")]}),
        ("ops[0].reference", {"ops": [op("deposit", "1", reference="é" * 200)]}),
        ("ops[0].occurred_at", {"ops": [op("deposit", "1", occurred_at="2026-01-01T00:00:00")]}),
        ("ops[0].occurred_at", {"ops": [op("deposit", "1", occurred_at="0001-01-01T00:00:00+14:00")]}),
        ("channel", {"channel": "x\u0085"}),
    ],
)
async def test_a_shape_that_cannot_be_taken_refuses_the_whole_request(
    door: Door, account: str, field: str, change: dict[str, Any]
):
    """Its field is named with the index of its call, and the sound calls beside it are not posted."""
    player = await door.player(EUR="0")
    named = {name: account if value == "ACCOUNT" else value for name, value in change.items()}
    sound = call(player, op("deposit", "1"))
    before = await door.postings()
    problem = await send(door, sound, {**sound, **named}, sound, expected=400)
    assert name_of(problem) == "invalid_request"
    assert [error["field"] for error in problem["errors"]] == [f"calls[1].{field}"]
    assert await door.postings() == before


async def test_every_call_that_cannot_be_taken_is_named(door: Door):
    """Each bad call is named with its index, up to a hundred of them."""
    player = await door.player(EUR="0")
    calls = [call(player, op("deposit", "1" if index % 2 else "0")) for index in range(300)]
    problem = await send(door, *calls, expected=400)
    assert [error["field"] for error in problem["errors"]] == [
        f"calls[{index}].ops[0].amount" for index in range(0, 200, 2)
    ]
    assert await door.cash(player) == "0.00"


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b'{"calls": []}', "invalid_request"),
        (b'{"calls": [{"player": "a", "currency": "EUR", "ops": []}]}', "invalid_request"),
        (b'{"calls": [{"player": "a", "currency": "EUR", "wallet": 1}]}', "invalid_request"),
        (b'{"calls": 1, "calls": 2}', "malformed_json"),
        (b'{"calls": [' + b"[" * 100_000, "malformed_json"),
        (b'{"calls": [' + b'{"a": 1, "a": 2}, ' * 50_000 + b"1]}", "malformed_json"),
        (b" " * (postings.MAXIMUM_BULK_BODY + 1), "too_large"),
    ],
    ids=["no call", "no operation", "a wallet's number", "a key twice", "deep", "long", "larger"],
)
async def test_a_hostile_body_is_a_problem_and_never_a_crash(door: Door, content: bytes, name: str):
    """Whatever the body is, however long, the answer is a problem of the caller's."""
    headers = {"content-type": "application/json"}
    response = await door.http.post("/v1/postings", content=content, headers=headers)
    assert name_of(answered(response, 413 if name == "too_large" else 400)) == name


async def test_other_operations_keep_their_small_bodies(door: Door):
    """A body that bulk may have is too large elsewhere."""
    headers = {"content-type": "application/json", "Idempotency-Key": "large"}
    response = await door.http.post("/v1/deposits", content=b" " * 70_000, headers=headers)
    assert name_of(answered(response, 413)) == "too_large"


async def test_a_request_holds_eight_thousand_calls_and_no_more(door: Door, database: Any):
    """The largest request is posted, whole; one call more is refused whole; the books are sound."""
    players = await make_players(door.owner, 2000)
    calls = [
        call(player, op("deposit", "1.00", reference="migration", metadata={"from": "the old platform"}))
        for _ in range(4)
        for player in players
    ]
    assert len(calls) == MAXIMUM_CALLS
    problem = await send(door, *calls, calls[0], expected=400)
    assert problem["errors"][0]["field"] == "calls"
    assert await door.cash(players[0]) == "0.00"
    answer = await send(door, *calls)
    assert (answer["succeeded"], answer["failed"]) == (MAXIMUM_CALLS, 0)
    assert [result["balances"]["cash"] for result in answer["results"]] == [
        f"{wave}.00" for wave in range(1, 5) for _ in players
    ]
    again = await send(door, *calls)
    assert statuses(again) == ["duplicate"] * MAXIMUM_CALLS
    ids = [[result["ops"][0]["id"] for result in one["results"]] for one in (answer, again)]
    assert ids[0] == ids[1]
    assert (await verify(database.service_url)).holds


async def test_too_many_operations_are_refused_whole(door: Door):
    """Calls that hold more operations than a process takes in hand are refused before anything is posted."""
    player = await door.player(EUR="0")
    many = [op("deposit", "1") for _ in range(250)]
    problem = await send(door, *(call(player, *many) for _ in range(65)), expected=400)
    assert (name_of(problem), "16000" in problem["detail"]) == ("invalid_request", True)
    assert await door.cash(player) == "0.00"


async def test_single_calls_are_answered_beside_a_bulk(door: Door):
    """While thousands of calls are posted, deposits of single players are answered before the bulk is."""
    players = await make_players(door.owner, MAXIMUM_CALLS)
    content = json.dumps({"calls": [call(player, op("deposit", "2")) for player in players]})
    headers = {"content-type": "application/json"}
    bulk = asyncio.create_task(door.http.post("/v1/postings", content=content, headers=headers))
    singles = 0
    while not bulk.done():
        body = {"player": players[-1 - singles], "currency": "EUR", "amount": "1"}
        receipt = await door.post("/deposits", body)
        assert receipt["balances_after"]["cash"] in {"1.00", "3.00"}
        singles += not bulk.done()
    assert singles >= 3
    assert answered(await bulk, 200)["succeeded"] == MAXIMUM_CALLS


async def test_overload_refuses_the_whole_request(door: Door, monkeypatch: pytest.MonkeyPatch):
    """Beyond what a process takes in hand the answer is 503 with a time to wait, and nothing is posted."""
    player = await door.player(EUR="0")
    monkeypatch.setattr(door.gateway.desk.ledger, "bulk_depth", ledgers.MAXIMUM_OPERATIONS)
    response = await door.http.post("/v1/postings", json={"calls": [call(player, op("deposit", "1"))]})
    assert name_of(answered(response, 503)) == "temporarily_unavailable"
    assert response.headers["retry-after"]
    assert await door.cash(player) == "0.00"


async def test_a_wallet_that_is_held_is_a_temporary_problem_of_its_call(door: Door):
    """Who needs the held wallet is told that it was not posted; the others are posted, and a repeat posts it."""
    anna, ben = await door.player(EUR="0"), await door.player(EUR="0")
    calls = [call(anna, op("deposit", "1")), call(ben, op("deposit", "1"))]
    async with door.owner.transaction():
        await door.owner.execute(
            "select from wallet.wallet where player = (select id from wallet.player where external_id = $1) for update",
            anna,
        )
        answer = await send(door, *calls)
    assert statuses(answer) == ["temporarily_unavailable", "created"]
    assert answer["results"][0]["problem"]["detail"] == "it was not posted"
    assert statuses(await send(door, *calls)) == ["created", "duplicate"]


@pytest.mark.parametrize(
    ("told", "name"),
    [
        (Unavailable(Reason.DEADLINE), "outcome_unknown"),
        (Unavailable(Reason.UNKNOWN), "outcome_unknown"),
        (Unavailable(Reason.BUSY), "temporarily_unavailable"),
        (Unavailable(Reason.INTERNAL), "temporarily_unavailable"),
        (Overloaded(), "temporarily_unavailable"),
    ],
    ids=["deadline", "unknown", "busy", "internal", "overloaded"],
)
async def test_what_is_known_of_a_call_without_an_outcome_is_told(
    door: Door, monkeypatch: pytest.MonkeyPatch, told: Exception, name: str
):
    """A call that may have been posted is told apart from one that was not, and never as a refusal."""
    player = await door.player(EUR="0")

    async def post_many(*_: object) -> list[Exception]:
        return [told]

    monkeypatch.setattr(door.gateway.desk.ledger, "post_many", post_many)
    answer = await send(door, call(player, op("deposit", "1")))
    assert statuses(answer) == [name]
    assert (answer["succeeded"], answer["failed"]) == (0, 1)
    assert "status" not in answer["results"][0]


async def test_a_key_without_the_scope_posts_nothing(door: Door):
    """Bulk has a scope of its own: every other scope together is not enough."""
    player = await door.player(EUR="0")
    key = await door.key(*set(ApiScope) - {ApiScope.POSTINGS_WRITE})
    response = await door.http.post(
        "/v1/postings",
        json={"calls": [call(player, op("deposit", "1"))]},
        headers={"authorization": f"Bearer {key}"},
    )
    assert name_of(answered(response, 403)) == "scope_missing"
    assert await door.cash(player) == "0.00"
