"""Deposits, withdrawals and adjustments through the internal API: what moves, what is refused, what is repeated."""

import asyncio
import json
import logging
import secrets
import time
from collections import defaultdict
from functools import partial

import pytest
from asyncpg import CannotConnectNowError

from gateway import logs
from gateway.api import problems
from gateway.api.shapes import parts_of
from tests.gateway.door import Door, name_of, one_loop
from wallet import cashier
from wallet.api_keys import ApiScope

pytestmark = one_loop


async def test_a_deposit_grows_the_cash_and_its_repeat_answers_the_same(door: Door):
    """A deposit is posted once, 201, and repeated with 200 and the same body to the byte."""
    player = await door.player(EUR="0")
    body = {
        "player": player,
        "currency": "EUR",
        "amount": "12.5",
        "payment": "p-1",
        "metadata": {"bank": "x"},
    }
    responses = [
        await door.http.post("/v1/deposits", json=body, headers={"Idempotency-Key": "one"}) for _ in range(3)
    ]
    assert [response.status_code for response in responses] == [201, 200, 200]
    assert len({response.content for response in responses}) == 1
    assert [response.headers.get("idempotent-replayed") for response in responses] == [None, "true", "true"]
    receipt = responses[0].json()
    assert receipt["amount"] == "12.50"
    assert receipt["balances_after"] == {"cash": "12.50", "bonus": "0.00", "held": "0.00", "total": "12.50"}
    assert await door.cash(player) == "12.50"
    transaction = await door.get(f"/transactions/{receipt['id']}")
    assert transaction["reference"] == "p-1"
    assert transaction["metadata"] == {"bank": "x"}
    assert transaction["key"] == "deposit:one"
    assert transaction["actor"].startswith("api_key:")


async def test_fifty_equal_deposits_at_once_are_one(door: Door):
    """Fifty equal deposits at once are one credit and fifty equal answers."""
    player = await door.player(EUR="0")
    body = {"player": player, "currency": "EUR", "amount": "1.00"}
    responses = await asyncio.gather(
        *(door.http.post("/v1/deposits", json=body, headers={"Idempotency-Key": "fifty"}) for _ in range(50))
    )
    assert sorted(response.status_code for response in responses) == [200] * 49 + [201]
    assert len({response.content for response in responses}) == 1
    assert await door.cash(player) == "1.00"


@pytest.mark.parametrize(
    "other",
    [{"amount": "2.00"}, {"currency": "USD"}, {"player": "other"}, {"payment": "p-2"}],
    ids=lambda other: next(iter(other)),
)
async def test_a_key_with_other_content_is_refused(door: Door, other: dict):
    """The same Idempotency-Key with another amount, wallet or payment is key_reused and moves nothing."""
    player, stranger = await door.player(EUR="0", USD="0"), await door.player(EUR="0")
    body = {"player": player, "currency": "EUR", "amount": "1.00", "payment": "p-1"}
    key = f"{player}-reused"
    await door.post("/deposits", body, key=key)
    changed = {**body, **other}
    if changed["player"] == "other":
        changed["player"] = stranger
    before = await door.postings()
    problem = await door.post("/deposits", changed, 409, key=key)
    assert (name_of(problem), problem["status_code"]) == ("key_reused", "key_reused")
    assert await door.postings() == before


@pytest.mark.parametrize(
    ("currency", "amount"),
    [
        *(
            ("EUR", bad)
            for bad in (
                "0",
                "0.00",
                "-1",
                "+1",
                "1.001",
                "1e3",
                "NaN",
                "Infinity",
                "",
                " 1",
                "1,5",
                "007",
                ".5",
            )
        ),
        *(("EUR", bad) for bad in ("1.", "0x10", "\u0661", "1" * 31, "9" * 13 + ".00", "1" * 41)),
        *(("JPY", bad) for bad in ("0.5", "100.01")),
        ("KWD", "1.0001"),
        ("BTC", "0.000000001"),
    ],
)
async def test_an_amount_that_cannot_be_taken_moves_nothing(door: Door, currency: str, amount: str):
    """An amount that is no plain positive decimal of the currency's fineness is refused by name and moves nothing."""
    player = await door.player(**{currency: "0"})
    before = await door.postings()
    for path in ("/deposits", "/withdrawals"):
        problem = await door.post(path, {"player": player, "currency": currency, "amount": amount}, 400)
        assert name_of(problem) in {"invalid_amount", "invalid_request"}
        assert [error["field"] for error in problem["errors"]] == ["amount"]
    assert await door.postings() == before


@pytest.mark.parametrize("number", [1, 1.5, 1e2, True, None, ["1"], {"amount": "1"}])
async def test_an_amount_is_text(door: Door, number: object):
    """A JSON number, or anything but text, is refused as an amount."""
    player = await door.player(EUR="0")
    problem = await door.post("/deposits", {"player": player, "currency": "EUR", "amount": number}, 400)
    assert (name_of(problem), problem["errors"][0]["field"]) == ("invalid_request", "amount")
    assert await door.cash(player) == "0.00"


@pytest.mark.parametrize(
    ("currency", "amount"),
    [("JPY", "100"), ("EUR", "10"), ("EUR", "10.00"), ("BTC", "0.00000001"), ("KWD", "0.001")],
)
async def test_an_amount_as_fine_as_the_currency_is_taken(door: Door, currency: str, amount: str):
    """Amounts down to the currency's smallest unit are taken and answered with all its decimals."""
    player = await door.player(**{currency: amount})
    assert float(await door.cash(player, currency)) == float(amount)


@pytest.mark.parametrize(
    "path",
    ["/deposits", "/withdrawals", "/withdrawals/1-1/confirm", "/withdrawals/1-1/release", "/adjustments"],
)
async def test_what_moves_money_wants_an_idempotency_key(door: Door, path: str):
    """Without an Idempotency-Key, or with one that cannot be kept, nothing moves."""
    before = await door.postings()
    for headers, name in (
        ({}, "idempotency_key_missing"),
        ({"Idempotency-Key": ""}, "idempotency_key_missing"),
        ({"Idempotency-Key": "x" * 256}, "idempotency_key_invalid"),
        ({"Idempotency-Key": b"\xc3\xa9"}, "idempotency_key_invalid"),
        ([("Idempotency-Key", "a"), ("Idempotency-Key", "b")], "idempotency_key_invalid"),
    ):
        response = await door.http.post(f"/v1{path}", json={}, headers=headers)
        assert response.status_code == 400
        assert name_of(response.json()) == name
    assert await door.postings() == before


async def test_idempotency_keys_of_255_bytes_are_kept_apart(door: Door):
    """Two keys of 255 bytes that differ in their last are two deposits, and each repeats."""
    player = await door.player(EUR="0")
    body = {"player": player, "currency": "EUR", "amount": "1.00"}
    for last in "ab":
        await door.post("/deposits", body, key="k" * 254 + last)
        await door.post("/deposits", body, 200, key="k" * 254 + last)
    assert await door.cash(player) == "2.00"


async def test_a_withdrawal_is_held_and_confirmed_once(door: Door):
    """A hold takes cash into held, its confirmation takes it out; each repeats, and neither happens twice."""
    player = await door.player(EUR="100")
    hold = await door.post(
        "/withdrawals", {"player": player, "currency": "EUR", "amount": "60", "payment": "out-1"}
    )
    assert hold["balances_after"] == {"cash": "40.00", "bonus": "0.00", "held": "60.00", "total": "40.00"}
    place = f"/withdrawals/{hold['id']}"
    assert (await door.get(place))["state"] == "held"
    ended = await door.post(f"{place}/confirm", key="end")
    assert ended["balances_after"]["held"] == "0.00"
    assert (ended["withdrawal"], ended["late"]) == (hold["id"], False)
    assert await door.post(f"{place}/confirm", expected=200, key="end") == ended
    again = await door.post(f"{place}/confirm", expected=409, key="another")
    released = await door.post(f"{place}/release", expected=409)
    assert (name_of(again), name_of(released)) == ("reference_settled", "reference_settled")
    found = await door.get(place)
    assert (found["state"], found["ended_by"], found["payment"]) == ("confirmed", ended["id"], "out-1")
    assert found["confirmed_by"] == ended["id"]


async def test_a_released_withdrawal_gives_the_money_back_once(door: Door):
    """A release gives the held money back; a second is refused by the name of the first, a late confirmation is a debt."""
    player = await door.player(EUR="100")
    hold = await door.post("/withdrawals", {"player": player, "currency": "EUR", "amount": "60"})
    place = f"/withdrawals/{hold['id']}"
    release = await door.post(f"{place}/release")
    assert await door.cash(player) == "100.00"
    assert name_of(await door.post(f"{place}/release", expected=409)) == "reference_reversed"
    found = await door.get(place)
    assert (found["state"], found["ended_by"], found["confirmed_by"]) == ("released", release["id"], None)
    late = await door.post(f"{place}/confirm")
    assert late["late"] is True
    assert await door.cash(player) == "100.00"
    entries = (await door.get(f"/transactions/{late['id']}"))["entries"]
    assert {(entry["account"], entry["side"], entry["amount"]) for entry in entries} == {
        ("payment_clearing", "credit", "60.00"),
        ("receivables", "debit", "60.00"),
    }
    found = await door.get(place)
    assert (found["state"], found["ended_by"], found["confirmed_by"]) == (
        "confirmed_after_release",
        release["id"],
        late["id"],
    )


async def test_a_late_confirmation_whose_answer_was_lost_still_asks_for_a_human(
    door: Door, caplog: pytest.LogCaptureFixture
):
    """What was posted by a process that died before it told anybody is told by the confirmation sent again."""
    player = await door.player(EUR="100")
    hold = await door.post("/withdrawals", {"player": player, "currency": "EUR", "amount": "60"})
    await door.post(f"/withdrawals/{hold['id']}/release")
    held = await door.gateway.desk.history.transaction(*parts_of(hold["id"]))
    lost = cashier.Act(
        wallet=held.wallet,
        key="c1",
        actor="lost",
        amount=held.amount,
        currency=held.currency,
        reference=held.key,
    )
    await door.gateway.desk.ledger.post(cashier.withdrawal(lost), time.monotonic() + 10)
    with caplog.at_level(logging.ERROR):
        late = await door.post(f"/withdrawals/{hold['id']}/confirm", key="c1", expected=200)
    [told] = (
        record.fields
        for record in caplog.records
        if record.getMessage() == "withdrawal_confirmed_after_release"
    )
    assert told["withdrawal"] == hold["id"]
    assert (told["transaction"], told["player"], told["repeated"]) == (late["id"], player, True)


async def test_a_withdrawal_beyond_the_cash_is_refused(door: Door):
    """What is not there is not held, and the problem says what is there."""
    player = await door.player(EUR="10")
    problem = await door.post("/withdrawals", {"player": player, "currency": "EUR", "amount": "10.01"}, 409)
    assert (name_of(problem), problem["status_code"]) == ("insufficient_funds", "insufficient_funds")
    assert "10.00 EUR" in problem["detail"]
    assert await door.cash(player) == "10.00"


@pytest.mark.parametrize(
    "withdrawal", ["1-999999999", "2-1", "x", "1", "1-1-1", "-1", "1-99999999999999999999"]
)
async def test_a_withdrawal_that_is_none_is_not_found(door: Door, withdrawal: str):
    """An id that names no hold is refused, not a crash."""
    for path, key in (("", None), ("/confirm", "a"), ("/release", "b")):
        if key is None:
            response = await door.http.get(f"/v1/withdrawals/{withdrawal}")
        else:
            response = await door.http.post(
                f"/v1/withdrawals/{withdrawal}{path}", headers={"Idempotency-Key": key}
            )
        assert response.status_code in {400, 404}
        assert name_of(response.json()) in {"withdrawal_not_found", "invalid_request"}


@pytest.mark.parametrize("alias", ["0{}", "{}%0A", "000{}"])
async def test_a_withdrawal_has_one_name(door: Door, alias: str):
    """Another spelling of an id names nothing, and no receipt repeats it."""
    player = await door.player(EUR="10")
    hold = await door.post("/withdrawals", {"player": player, "currency": "EUR", "amount": "5"})
    epoch, posting = hold["id"].split("-")
    for name in (alias.format(hold["id"]), f"{epoch}-{alias.format(posting)}"):
        for end in ("confirm", "release"):
            assert (
                name_of(await door.post(f"/withdrawals/{name}/{end}", expected=404)) == "withdrawal_not_found"
            )
        for path in (f"/withdrawals/{name}", f"/transactions/{name}"):
            response = await door.http.get(f"/v1{path}")
            assert response.status_code == 404
    assert (await door.get(f"/withdrawals/{hold['id']}"))["state"] == "held"


async def test_a_deposit_is_no_withdrawal(door: Door):
    """The id of a transaction of another kind is no withdrawal."""
    player = await door.player(EUR="0")
    receipt = await door.post("/deposits", {"player": player, "currency": "EUR", "amount": "1"})
    assert name_of(await door.get(f"/withdrawals/{receipt['id']}", 404)) == "withdrawal_not_found"
    assert (
        name_of(await door.post(f"/withdrawals/{receipt['id']}/confirm", expected=404))
        == "withdrawal_not_found"
    )


async def test_an_adjustment_has_its_sign_its_reason_and_its_actor(door: Door):
    """An adjustment moves money either way and keeps who did it and why."""
    player = await door.player(EUR="10")
    body = {"player": player, "currency": "EUR", "amount": "-4.50", "reason": "charged twice"}
    receipt = await door.post("/adjustments", body)
    assert (receipt["amount"], receipt["balances_after"]["cash"]) == ("-4.50", "5.50")
    transaction = await door.get(f"/transactions/{receipt['id']}")
    assert (transaction["reason"], transaction["cash"], transaction["amount"]) == (
        "charged twice",
        "-4.50",
        "-4.50",
    )
    assert transaction["actor"].startswith("api_key:")
    await door.post("/adjustments", {**body, "amount": "1"})
    assert await door.cash(player) == "6.50"
    assert name_of(await door.post("/adjustments", {**body, "amount": "-6.51"}, 409)) == "insufficient_funds"


@pytest.mark.parametrize(
    "reason", [None, "", "x" * 501, "a\x00b", 5, " ", "\u200b", "\u3164", "\u00a0", " \u2800\u115f "]
)
async def test_an_adjustment_needs_a_reason(door: Door, reason: object):
    """Without a reason an adjustment is refused."""
    player = await door.player(EUR="10")
    body = {"player": player, "currency": "EUR", "amount": "1", "reason": reason}
    if reason is None:
        del body["reason"]
    problem = await door.post("/adjustments", body, 400)
    assert [error["field"] for error in problem["errors"]] == ["reason"]
    assert await door.cash(player) == "10.00"


@pytest.mark.parametrize("sign", ["", "-"])
async def test_a_large_adjustment_needs_a_second_actor(door: Door, sign: str):
    """Above the currency's limit one actor is not enough, whatever the sign."""
    limit = await door.owner.fetchval(
        "select adjustment_limit / 1000000 from wallet.currency where code = 'EUR'"
    )
    player = await door.player(EUR=str(2 * limit))
    body = {"player": player, "currency": "EUR", "amount": f"{sign}{limit}.01", "reason": "a large one"}
    problem = await door.post("/adjustments", body, 403)
    assert (name_of(problem), problem["status_code"]) == ("second_actor_required", "second_actor_required")
    assert await door.cash(player) == f"{2 * limit}.00"
    await door.post("/adjustments", {**body, "amount": f"{sign}{limit}"})


async def test_a_blocked_player_can_withdraw_but_not_deposit(door: Door):
    """A block refuses deposits and never a withdrawal."""
    player = await door.player(EUR="10")
    await door.post(f"/players/{player}/block", expected=200)
    body = {"player": player, "currency": "EUR", "amount": "5"}
    assert name_of(await door.post("/deposits", body, 409)) == "player_blocked"
    await door.post("/withdrawals", body)
    assert await door.cash(player) == "5.00"


async def test_who_or_what_is_unknown_is_said(door: Door):
    """An unknown player, wallet or currency has a name of its own."""
    player = await door.player(EUR="0")
    for body, expected, name in (
        ({"player": "nobody", "currency": "EUR", "amount": "1"}, 404, "player_not_found"),
        ({"player": player, "currency": "USD", "amount": "1"}, 404, "wallet_not_found"),
        ({"player": player, "currency": "XXQ", "amount": "1"}, 400, "unknown_currency"),
        ({"player": player, "currency": "eur", "amount": "1"}, 400, "unknown_currency"),
    ):
        assert name_of(await door.post("/deposits", body, expected)) == name


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "malformed_json"),
        (b"{", "malformed_json"),
        (b"[]", "invalid_request"),
        (b"null", "invalid_request"),
        (b'"text"', "invalid_request"),
        (b"\xff\xfe", "malformed_json"),
        (b"[" * 50_000, "malformed_json"),
        (b'{"a":' * 20 + b"1" + b"}" * 20, "malformed_json"),
        (b'{"player":"a","player":"b","currency":"EUR","amount":"1"}', "malformed_json"),
        (b'{"player":"\\ud800","currency":"EUR","amount":"1"}', None),
        (b'{"player":"a\\u0000b","currency":"EUR","amount":"1"}', "invalid_request"),
        (b'{"player":"a","currency":"EUR","amount":"1","extra":1}', "invalid_request"),
        (b'{"player":"a","currency":"EUR"}', "invalid_request"),
        (
            json.dumps({"player": "a", "currency": "EUR", "amount": "1", "payment": "x" * 256}).encode(),
            "invalid_request",
        ),
        (
            json.dumps(
                {"player": "a", "currency": "EUR", "amount": "1", "metadata": {"a": {"b": 1}}}
            ).encode(),
            "invalid_request",
        ),
        (b" " * 70_000, "too_large"),
    ],
)
async def test_a_hostile_body_is_a_problem_and_never_a_crash(door: Door, content: bytes, name: str | None):
    """Whatever the body is, the answer is a problem of the caller's and nothing is posted."""
    before = await door.postings()
    headers = {"Idempotency-Key": "hostile", "content-type": "application/json"}
    response = await door.http.post("/v1/deposits", content=content, headers=headers)
    assert 400 <= response.status_code < 500, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert name is None or name_of(response.json()) == name
    assert "Traceback" not in response.text
    assert await door.postings() == before


LONG = "x" * 60_000


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/players", {LONG: 1}, LONG[:50]),
        ("/players", {"`" + LONG: 1}, "`" + LONG[:49]),
        ("/players", {"a - at `$." + LONG: 1}, None),
        ("/players", {LONG + " - at `$.a": 1}, None),
        ("/postings", {"calls": [{LONG: 1}]}, "calls[0]." + LONG[:50]),
        ("/provider-accounts", {"slug": "x", "protocol": "bogus", "environment": LONG}, "environment"),
    ],
    ids=["a name", "a quote", "a place before", "a place behind", "within", "a value"],
)
async def test_what_is_wrong_is_told_in_few_words(door: Door, path: str, body: dict, field: str | None):
    """A name or a value that the caller made up is not sent back whole: what is answered is short, whatever was asked."""
    response = await door.http.post(f"/v1{path}", json=body)
    assert (response.status_code, name_of(response.json())) == (400, "invalid_request")
    assert len(response.content) < 1_000
    (wrong,) = response.json()["errors"]
    assert field in {None, wrong["field"]}


@pytest.mark.parametrize(
    ("path", "query", "body"),
    [
        ("/players", {"status": LONG[:20_000]}, None),
        ("/transactions", {"kind": LONG[:20_000]}, None),
        ("/provider-accounts/{slug}", {}, {"settings": {LONG: "x"}}),
        ("/provider-accounts/{slug}", {}, {"policy": {LONG: 1}}),
        ("/provider-accounts/{slug}", {}, {"manners": {LONG: 1}}),
        ("/provider-accounts/{slug}", {}, {"manners": {"codes": {LONG: 1}}}),
    ],
    ids=["a filter", "a list's filter", "a setting", "a policy", "a manner", "a code"],
)
async def test_whoever_words_it_tells_it_in_few_words(door: Door, path: str, query: dict, body: dict | None):
    """What the framework or the account's own check says of a name or a value is cut as well."""
    slug = f"short-{secrets.token_hex(4)}"
    await door.post("/provider-accounts", {"slug": slug, "protocol": "bogus", "environment": "test"})
    method = "GET" if body is None else "PATCH"
    response = await door.http.request(method, f"/v1{path.format(slug=slug)}", params=query, json=body)
    assert (response.status_code, name_of(response.json())) == (400, "invalid_request")
    assert len(response.content) < 2_000


async def test_a_body_that_is_no_json_by_its_type_is_refused(door: Door):
    """A form is not taken for JSON."""
    response = await door.http.post("/v1/deposits", data={"player": "a"}, headers={"Idempotency-Key": "form"})
    assert (response.status_code, name_of(response.json())) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    "headers",
    [
        {"content-encoding": "gzip"},
        {"content-encoding": "identity, br"},
        {"content-type": "application/json; charset=latin-1"},
        {"content-type": 'application/json; charset="utf-16"'},
    ],
)
async def test_a_body_that_says_it_is_packed_or_of_another_charset_is_refused(door: Door, headers: dict):
    """What a body is said to be is believed: it is refused rather than read as something else."""
    body = {"player": await door.player(EUR="0"), "currency": "EUR", "amount": "1"}
    both = {"content-type": "application/json", "Idempotency-Key": body["player"], **headers}
    response = await door.http.post("/v1/deposits", content=json.dumps(body), headers=both)
    assert (response.status_code, name_of(response.json())) == (415, "unsupported_media_type")
    plain = {"content-type": "application/json; charset=UTF-8", "content-encoding": "identity"}
    response = await door.http.post("/v1/deposits", content=json.dumps(body), headers={**both, **plain})
    assert response.status_code == 201


async def test_a_key_without_the_scope_moves_nothing(door: Door):
    """Money wants money:write, adjustments their own scope."""
    player = await door.player(EUR="10")
    everything = set(ApiScope)
    body = {"player": player, "currency": "EUR", "amount": "1", "reason": "r"}
    before = await door.postings()
    for path, scope in (
        ("deposits", ApiScope.MONEY_WRITE),
        ("withdrawals", ApiScope.MONEY_WRITE),
        ("adjustments", ApiScope.ADJUSTMENTS_WRITE),
    ):
        headers = {"authorization": f"Bearer {await door.key(*everything - {scope})}", "Idempotency-Key": "s"}
        response = await door.http.post(f"/v1/{path}", json=body, headers=headers)
        assert (response.status_code, name_of(response.json())) == (403, "scope_missing")
        assert scope in response.json()["detail"]
    assert await door.postings() == before


async def test_a_wallet_that_is_held_is_a_temporary_problem(door: Door):
    """While somebody holds the wallet the answer is 503 with a time to wait, nothing moves, and the same key works later."""
    player = await door.player(EUR="0")
    body = {"player": player, "currency": "EUR", "amount": "1"}
    async with door.owner.transaction():
        await door.owner.execute(
            "select from wallet.wallet where player = (select id from wallet.player where external_id = $1) for update",
            player,
        )
        response = await door.http.post(
            "/v1/deposits", json=body, headers={"Idempotency-Key": f"{player}-held"}
        )
    assert (response.status_code, name_of(response.json())) == (503, "temporarily_unavailable")
    assert response.headers["retry-after"]
    assert response.json()["request_id"]
    receipt = await door.post("/deposits", body, key=f"{player}-held")
    assert receipt["balances_after"]["cash"] == "1.00"


async def test_an_outage_that_strangers_ask_into_floods_no_log(
    door: Door, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    """Of a problem that everybody has, a second has so many lines; what nobody foresaw is told beside it."""
    wrong: list[Exception] = [CannotConnectNowError()]

    async def away(_key: str) -> None:
        raise wrong[0]

    monkeypatch.setattr(problems, "THROTTLES", defaultdict(partial(logs.Throttle, lines=1)))
    monkeypatch.setattr(door.gateway.desk.api_keys, "find", away)
    stranger = {"authorization": f"Bearer bk_1_{'A' * 43}"}
    began, asked = time.monotonic(), 20
    for _ in range(asked):
        assert (await door.http.get("/v1/players", headers=stranger)).status_code == 503
    wrong[0] = RuntimeError("nobody foresaw")
    assert (await door.http.get("/v1/players", headers=stranger)).status_code == 500
    seconds = int(time.monotonic() - began) + 2
    told = [record.fields["problem"] for record in caplog.records if record.getMessage() == "api_problem"]
    assert told.count("temporarily_unavailable") <= min(seconds, asked - 1)
    assert told.count("internal_error") == 1


async def test_a_fault_of_ours_tells_nothing(door: Door, monkeypatch: pytest.MonkeyPatch):
    """An exception that nobody foresaw is a 500 problem with a request id and without a word of what happened."""

    async def stumble(*_: object) -> None:
        raise RuntimeError("a secret in a variable")

    monkeypatch.setattr(door.gateway.desk.history, "balances", stumble)
    problem = await door.get("/players/somebody/wallets", 500)
    assert name_of(problem) == "internal_error"
    assert problem["request_id"]
    assert "secret" not in str(problem)
    assert "RuntimeError" not in str(problem)
