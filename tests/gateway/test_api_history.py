"""Transactions, rounds and exchanges through the internal API: what is shown, how it is found, how pages follow."""

import asyncio
import itertools
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from providers import PROVIDERS
from tests.gateway.door import Door, name_of, one_loop
from tests.ledgers import PostgresLedger
from tests.servers import Database
from wallet.types import Call, Kind, Op, Policy, Status

pytestmark = one_loop


async def studio(door: Door) -> tuple[int, str]:
    """A provider account."""
    slug = f"studio-{secrets.token_hex(4)}"
    await door.post(
        "/provider-accounts", {"slug": slug, "protocol": next(iter(PROVIDERS)), "environment": "test"}
    )
    return door.gateway.desk.registry.account(slug).id, slug


async def play(
    door: Door,
    player: str,
    account: int,
    *ops: Op,
    currency: str = "EUR",
    became: Status = Status.CREATED,
    **more: Any,
) -> None:
    """Post a studio's call for a player."""
    (wallet,) = await door.gateway.desk.history.balances(player, currency)
    call = Call(secrets.randbits(63), account, wallet.wallet, ops, Policy(), **more)
    outcome = await door.gateway.desk.ledger.post(call, asyncio.get_running_loop().time() + 5)
    assert outcome.status is became, outcome


def op(kind: Kind, key: str, amount: int, **more: Any) -> Op:
    """An operation in ledger units."""
    return Op(kind=kind, key=key, amount=amount, **{"round": "r1", **more})


async def pages(door: Door, path: str, limit: int = 3, **filters: Any) -> list[dict[str, Any]]:
    """Every item of a list, page by page."""
    items, cursor = [], {}
    for _ in range(200):
        page = await door.get(path, limit=limit, **filters, **cursor)
        assert len(page["items"]) <= limit
        items += page["items"]
        if page["next_cursor"] is None:
            return items
        cursor = {"cursor": page["next_cursor"]}
    raise AssertionError("the pages do not end")


async def test_a_transaction_shows_what_moved_with_both_sides(door: Door):
    """A bet shows its round, key, account, balances after, and debits that equal credits."""
    account, slug = await studio(door)
    player = await door.player(EUR="100")
    bet = op(
        Kind.BET,
        "bet:1",
        12_340_000,
        metadata='{"jackpot":0.10}',
        occurred_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    await play(door, player, account, bet, channel="web")
    (found,) = (await door.get("/transactions", player=player, kind="bet"))["items"]
    assert (found["amount"], found["cash"], found["key"], found["round"]) == (
        "12.34",
        "-12.34",
        "bet:1",
        "r1",
    )
    assert (found["provider_account"], found["channel"]) == (slug, "web")
    assert found["balances_after"]["cash"] == "87.66"
    assert found["metadata"] == {"jackpot": 0.10}
    assert found["occurred_at"] == "2026-01-01T00:00:00Z"
    assert [(entry["account"], entry["side"], entry["amount"]) for entry in found["entries"]] == [
        ("player_cash", "debit", "12.34"),
        ("game_revenue", "credit", "12.34"),
    ]
    assert await door.get(f"/transactions/{found['id']}") == found


async def test_a_statement_of_fine_amounts_adds_up(door: Door):
    """Movements finer than the currency's unit add up to the balances shown, and stand exactly beside them."""
    account, _ = await studio(door)
    player = await door.player(EUR="1")
    for number in range(7):
        await play(door, player, account, op(Kind.BET, f"{player}:{number}", 3_333))
    found = await pages(door, "/transactions", player=player)
    assert sum(round(float(one["cash"]) * 100) for one in found) == 97
    assert await door.cash(player) == "0.97"
    assert [one["units"]["cash"] for one in found][:1] == ["-3333"]
    for newer, older in itertools.pairwise(found):
        moved = round(float(newer["cash"]) * 100)
        shown = [round(float(one["balances_after"]["cash"]) * 100) for one in (newer, older)]
        assert shown[0] - shown[1] == moved


async def test_a_rollback_and_its_original_name_each_other(door: Door):
    """What was given back says so, and by which transaction."""
    account, _ = await studio(door)
    player = await door.player(EUR="10")
    key = f"{player}:bet"
    await play(door, player, account, op(Kind.BET, key, 1_000_000))
    await play(door, player, account, op(Kind.ROLLBACK, f"{player}:back", 0, reference=key))
    back, bet = (await door.get("/transactions", player=player, round="r1"))["items"]
    assert (back["kind"], bet["kind"]) == ("rollback", "bet")
    assert (back["original"], bet["reversed_by"], bet["reversed_whole"]) == (bet["id"], back["id"], True)
    assert (bet["original"], back["reversed_by"], back["reversed_whole"]) == (None, None, False)


async def test_pages_of_a_player_follow_without_gap_or_repeat(door: Door):
    """A player's transactions come newest first within each wallet, whatever the page's size and whoever posts meanwhile."""
    account, _ = await studio(door)
    player = await door.player(EUR="100", USD="100")
    for number in range(9):
        await play(door, player, account, op(Kind.BET, f"{player}:{number}", 1_000_000))
    first = await door.get("/transactions", player=player, limit=4)
    await play(door, player, account, op(Kind.BET, f"{player}:late", 1_000_000), currency="USD")
    seen, cursor = first["items"], first["next_cursor"]
    while cursor:
        page = await door.get("/transactions", player=player, limit=4, cursor=cursor)
        seen, cursor = seen + page["items"], page["next_cursor"]
    keys = [one["key"] for one in seen]
    assert len(keys) == len(set(keys))
    assert [key for key in keys if key.startswith(player)][-9:] == [
        f"{player}:{number}" for number in reversed(range(9))
    ]
    for currency in ("EUR", "USD"):
        sequence = [one["sequence"] for one in seen if one["currency"] == currency]
        assert sequence == sorted(sequence, reverse=True)


async def test_pages_across_players_are_a_fixed_set(door: Door):
    """Leafing across players shows each transaction of the moment it began once, and none that came later."""
    account, slug = await studio(door)
    players = [await door.player(EUR="100") for _ in range(4)]
    await asyncio.gather(
        *(
            play(door, player, account, op(Kind.BET, f"{player}:{n}", 1000))
            for player in players
            for n in range(5)
        )
    )
    expected = {f"{player}:{n}" for player in players for n in range(5)}
    page = await door.get("/transactions", provider_account=slug, limit=3)
    seen, cursor, number = page["items"], page["next_cursor"], 0
    while cursor:
        number += 1
        await play(door, players[0], account, op(Kind.BET, f"later:{number}:{slug}", 1000))
        page = await door.get("/transactions", provider_account=slug, limit=3, cursor=cursor)
        seen, cursor = seen + page["items"], page["next_cursor"]
    keys = [one["key"] for one in seen]
    assert set(keys) == expected
    assert len(keys) == len(expected)
    times = [one["recorded_at"] for one in seen]
    assert times == sorted(times, reverse=True)


async def test_a_writer_still_at_work_hides_nothing_and_joins_no_list_under_way(
    door: Door, database: Database
):
    """Across players what is committed is told at once; what commits while one leafs is in the next list."""
    account, slug = await studio(door)
    player, late = await door.player(EUR="100"), await door.player(EUR="100")
    await play(door, player, account, op(Kind.BET, f"{slug}:before", 1000))
    (wallet,) = await door.gateway.desk.history.balances(late)
    ledger = await PostgresLedger.connect(database.service_url, database.owner_url)
    async with ledger.service.transaction():
        await ledger.post(
            [
                Call(
                    secrets.randbits(63),
                    account,
                    wallet.wallet,
                    (op(Kind.BET, f"{slug}:late", 1000),),
                    Policy(),
                )
            ]
        )
        await play(door, player, account, op(Kind.BET, f"{slug}:beside", 1000))
        page = await door.get("/transactions", provider_account=slug, limit=1)
        assert [one["key"] for one in page["items"]] == [f"{slug}:beside"]
    await ledger.disconnect()
    rest = await door.get("/transactions", provider_account=slug, cursor=page["next_cursor"], limit=1)
    assert [one["key"] for one in rest["items"]] == [f"{slug}:before"]
    seen = [one["key"] for one in await pages(door, "/transactions", provider_account=slug)]
    assert seen == [f"{slug}:beside", f"{slug}:late", f"{slug}:before"]


@pytest.mark.parametrize("of_player", [True, False])
async def test_filters_all_have_to_match(door: Door, of_player: bool):
    """Kind, round, account, key, currency and time narrow the list together, for one player and across players."""
    account, slug = await studio(door)
    player = await door.player(EUR="100")
    start = datetime.now(UTC)
    await play(door, player, account, op(Kind.BET, f"{slug}:b1", 1000, round=f"{slug}:1"))
    await play(door, player, account, op(Kind.WIN, f"{slug}:w1", 5000, round=f"{slug}:1"))
    await play(door, player, account, op(Kind.BET, f"{slug}:b2", 1000, round=f"{slug}:2"))
    base = {"player": player} if of_player else {}

    async def keys(**filters: Any) -> list[str]:
        found = await pages(door, "/transactions", **base, **{"provider_account": slug, **filters})
        return [one["key"].removeprefix(f"{slug}:") for one in found]

    assert await keys() == ["b2", "w1", "b1"]
    assert await keys(kind="bet") == ["b2", "b1"]
    assert await keys(kind=["bet", "win"], round=f"{slug}:1") == ["w1", "b1"]
    assert await keys(key=f"{slug}:b2") == ["b2"]
    assert await keys(key=f"{slug}:b2", kind="win") == []
    assert await keys(currency="USD") == []
    assert await keys(provider_account="operator", kind="bet") == []
    _, idle = await studio(door)
    assert await keys(provider_account=idle) == []
    assert await keys(since=start.isoformat()) == ["b2", "w1", "b1"]
    assert await keys(until=start.isoformat()) == []
    assert await keys(since=(datetime.now(UTC) + timedelta(minutes=5)).isoformat()) == []
    assert await keys(since="1960-01-01T00:00:00Z", until="9990-01-01T00:00:00Z") == ["b2", "w1", "b1"]
    stranger = await door.player(EUR="1")
    assert await pages(door, "/transactions", player=stranger, key=f"{slug}:b2") == []


async def test_a_key_is_found_across_accounts(door: Door):
    """The same key at two provider accounts is two transactions, found together by the key alone."""
    first, one = await studio(door)
    second, two = await studio(door)
    player = await door.player(EUR="100")
    key = f"shared:{player}"
    for account in (first, second):
        await play(door, player, account, op(Kind.BET, key, 1000))
    found = await pages(door, "/transactions", key=key)
    assert {transaction["provider_account"] for transaction in found} == {one, two}


@pytest.mark.parametrize(
    "query",
    [
        "kind=gift",
        "since=yesterday",
        "since=2026-01-01T00:00:00",
        "since=0001-01-01T00:00:00%2B23:59",
        "until=9999-12-31T23:59:59-23:59",
        "player=",
        "key=%00",
        "player=a%00b",
        "round=%00",
        "provider_account=%00",
        "currency=%00",
        "amount=5",
        "cursor=AAAA",
        "cursor=%C3%A9",
        "limit=-1",
        *("limit=1e1", "limit=10.0", "limit=1.0e0", "limit=%2B5", "limit=05", "limit=1_0", "limit=%D9%A1"),
        *("since=0", "since=1700000000", "until=1.5", "until=1e9", "since=1700000000Z"),
    ],
)
@pytest.mark.parametrize("path", ["/transactions", "/rounds", "/exchanges"])
async def test_a_senseless_question_is_the_callers_mistake(door: Door, path: str, query: str):
    """No query makes the server stumble: it is answered with a problem of the caller's."""
    response = await door.http.get(f"/v1{path}?{query}")
    assert response.status_code == 400, response.text
    assert name_of(response.json()) in {"invalid_request", "unknown_parameter", "invalid_cursor"}


async def test_a_cursor_belongs_to_its_list_and_filters(door: Door):
    """A cursor of another list, of other filters, or changed by hand is refused."""
    account, slug = await studio(door)
    player = await door.player(EUR="100")
    for number in range(3):
        await play(door, player, account, op(Kind.BET, f"{slug}:{number}", 1000, round=f"{number}"))
    cursor = (await door.get("/transactions", provider_account=slug, limit=1))["next_cursor"]
    await door.get("/transactions", provider_account=slug, limit=2, cursor=cursor)
    for path, filters, changed in (
        ("/transactions", {"provider_account": slug, "kind": "bet"}, cursor),
        ("/transactions", {}, cursor),
        ("/rounds", {"provider_account": slug}, cursor),
        ("/exchanges", {"provider_account": slug}, cursor),
        ("/transactions", {"provider_account": slug}, cursor[:-4]),
        ("/transactions", {"provider_account": slug}, "A" + cursor),
    ):
        assert name_of(await door.get(path, 400, cursor=changed, **filters)) == "invalid_cursor"


@pytest.mark.parametrize(
    "identifier", ["0-0", "1-9223372036854775807", "99999-1", "1-9999999999999999999", "x", "1-", "1-1x"]
)
async def test_a_transaction_that_is_none_is_not_found(door: Door, identifier: str):
    """An id that names no transaction is refused, not a crash."""
    response = await door.http.get(f"/v1/transactions/{identifier}")
    assert response.status_code in {400, 404}
    assert name_of(response.json()) in {"transaction_not_found", "invalid_request"}


async def test_a_round_shows_its_stakes_wins_and_transactions(door: Door):
    """A round is listed with what stands in it and read with its transactions in order."""
    account, slug = await studio(door)
    player = await door.player(EUR="100")
    await play(door, player, account, op(Kind.BET, f"{slug}:b", 10_000_000, round="a/b c"))
    await play(door, player, account, op(Kind.WIN, f"{slug}:w", 25_000_000, round="a/b c", end_round=True))
    await play(door, player, account, op(Kind.BET, f"{slug}:n", 1_000_000, round="next"))
    following, found = (await door.get("/rounds", player=player))["items"]
    assert following["round"] == "next"
    assert (found["stakes"], found["wins"], found["bets"], found["closed"]) == ("10.00", "25.00", 1, True)
    assert (found["player"], found["provider_account"], found["currency"]) == (player, slug, "EUR")
    read = await door.get(f"/rounds/{found['id']}")
    assert read["round"] == found
    assert read["complete"]
    assert [one["key"] for one in read["transactions"]] == [f"{slug}:b", f"{slug}:w"]


async def test_a_bet_that_was_refunded_before_it_came_counts_in_its_round(door: Door):
    """Such a round has a bet, none that stands, and no transaction but the refund."""
    account, slug = await studio(door)
    player = await door.player(EUR="100")
    early = op(Kind.REFUND, f"{slug}:x", 0, round="early", reference=f"{slug}:b")
    await play(door, player, account, early, became=Status.TOMBSTONE_CREATED)
    (found,) = (await door.get("/rounds", player=player))["items"]
    assert (found["stakes"], found["bets"], found["live_bets"]) == ("0.00", 1, 0)
    read = await door.get(f"/rounds/{found['id']}")
    assert [(one["kind"], one["key"]) for one in read["transactions"]] == [("refund", f"{slug}:x")]


async def test_a_round_says_whether_all_of_it_is_shown(door: Door, monkeypatch: pytest.MonkeyPatch):
    """As many transactions as are shown at once are complete; one more is not, and only the first are shown."""
    monkeypatch.setattr("wallet.rounds.MAXIMUM_TRANSACTIONS", 3)
    account, slug = await studio(door)
    player = await door.player(EUR="100")
    for number in range(4):
        await play(door, player, account, op(Kind.BET, f"{slug}:{number}", 1000))
        (found,) = (await door.get("/rounds", player=player))["items"]
        read = await door.get(f"/rounds/{found['id']}")
        assert (len(read["transactions"]), read["complete"]) == (min(number + 1, 3), number < 3)


async def test_rounds_are_found_and_leafed_through(door: Door):
    """Rounds filter by account, id, state and time, and their pages follow without gap or repeat."""
    account, slug = await studio(door)
    player, other = await door.player(EUR="100"), await door.player(EUR="100")
    for number in range(5):
        for who in (player, other):
            await play(door, who, account, op(Kind.BET, f"{slug}:{who}:{number}", 1000, round=f"r{number}"))
    assert [one["round"] for one in await pages(door, "/rounds", limit=2, player=player)] == [
        "r4",
        "r3",
        "r2",
        "r1",
        "r0",
    ]
    everyone = await pages(door, "/rounds", limit=3, provider_account=slug)
    assert len(everyone) == len({one["id"] for one in everyone}) == 10
    assert len(await pages(door, "/rounds", provider_account=slug, round="r2")) == 2
    assert len(await pages(door, "/rounds", provider_account=slug, closed="true")) == 0
    assert len(await pages(door, "/rounds", player=player, closed="false", round="r2")) == 1
    name = everyone[0]["id"]
    await door.get(f"/rounds/{name}")
    for alias in (f"{name}=", f"{name}==", f"{name}A"):
        assert name_of(await door.get(f"/rounds/{alias}", 404)) == "round_not_found"
    assert await pages(door, "/rounds", player=player, until="2020-01-01T00:00:00Z") == []


@pytest.mark.parametrize(
    ("path", "name", "value", "expected", "problem"),
    [
        *(
            (path, "provider_account", "nope", 404, "provider_account_not_found")
            for path in ("/transactions", "/rounds", "/exchanges", "/games")
        ),
        *(
            (path, "player", "nobody", 404, "player_not_found")
            for path in ("/transactions", "/rounds", "/exchanges", "/sessions", "/free-rounds", "/audit")
        ),
        *(("/transactions", "currency", code, 400, "unknown_currency") for code in ("eur", "XXQ")),
    ],
)
async def test_a_filter_by_what_does_not_exist_is_refused(
    door: Door, path: str, name: str, value: str, expected: int, problem: str
):
    """An empty page never means that the name was misspelt."""
    assert name_of(await door.get(path, expected, **{name: value})) == problem


@pytest.mark.parametrize("identifier", ["x", "AAAA", "%ff", "k" * 999, "kwEBoXg"])
async def test_a_round_that_is_none_is_not_found(door: Door, identifier: str):
    """An id that names no round is refused, not a crash."""
    response = await door.http.get(f"/v1/rounds/{identifier}")
    assert (response.status_code, name_of(response.json())) == (404, "round_not_found")


async def test_exchanges_are_found_by_key_round_account_and_time(door: Door):
    """What was said with a studio is found by its key, its player's round, its account and its time, newest first."""
    account, slug = await studio(door)
    player = await door.player(EUR="1")
    (wallet,) = await door.gateway.desk.history.balances(player)
    now = datetime.now(UTC)
    rows = [
        (
            now - timedelta(minutes=age),
            account,
            wallet.wallet if age % 2 else None,
            200,
            900,
            "created",
            "bet",
            f"request-{age}",
            f"{slug}:{age}",
            "round-1" if age < 4 else None,
            "POST /bet",
            "{}",
        )
        for age in range(7)
    ]
    await door.owner.execute("select wallet.prepare_exchanges(3)")
    columns = "received_at, provider_account, wallet, status, duration_us, outcome, verb, request_id, key, round, request, answer"
    await door.owner.executemany(
        f"insert into wallet.exchange ({columns}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        rows,
    )

    async def ids(**filters: Any) -> list[int]:
        found = await pages(door, "/exchanges", limit=2, **filters)
        return [int(one["request_id"].removeprefix("request-")) for one in found]

    assert await ids(provider_account=slug) == [0, 1, 2, 3, 4, 5, 6]
    assert await ids(key=f"{slug}:3") == [3]
    _, idle = await studio(door)
    assert await ids(key=f"{slug}:3", provider_account=idle) == []
    assert await ids(player=player, round="round-1") == [1, 3]
    assert await ids(player=player, provider_account=slug) == [1, 3, 5]
    assert await ids(provider_account=slug, outcome="key_reused") == []
    until, since = now - timedelta(minutes=1), now - timedelta(minutes=4)
    assert await ids(provider_account=slug, since=since.isoformat(), until=until.isoformat()) == [2, 3, 4]
    (one,) = (await door.get("/exchanges", key=f"{slug}:1"))["items"]
    assert (one["player"], one["http_status"], one["outcome"], one["verb"]) == (player, 200, "created", "bet")
