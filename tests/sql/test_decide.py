"""wallet.decide asked directly: facts in, verdicts out, no table touched.

Everything that can be wrong with an operation is wrong with it at once; one reason after the other is taken away,
and the answers must come down the ladder rung by rung.
"""

import itertools
import json
from typing import Any

import asyncpg
import pytest

from tests.model.books import HOUSES
from wallet.types import GUARDED, NEW_BETS, Kind, Policy, Status

ORDER = list(Status)
_ids = itertools.count(1)

SOUND = {
    "call_id": 1,
    "last_of_call": True,
    "clock": "2030-01-02T03:04:05Z",
    "new_id": 1,
    "kind": "bet",
    "provider_account": 7,
    "wallet": 1,
    "policy": 1,
    "game_disabled": False,
    "account_disabled": False,
    "key": "k",
    "amount": 10,
    "nominal": 0,
    "scope": "key",
    "end_round": False,
    "wallet_found": True,
    "cash": 100,
    "bonus": 0,
    "held": 0,
    "seq": 5,
    "recorded_at": "-infinity",
    "wallet_status": "open",
    "player_status": "active",
    "wallet_currency": "EUR",
    "adjustment_limit": 1000,
}
TOMBSTONE = {"id": 99, "wallet": 1, "kind": "tombstone", "key": "k", "amount": 0, "currency": "EUR"}
CLOSED_ROUND = {
    "round": "r1",
    "closed": True,
    **dict.fromkeys(("stake_cash", "stake_bonus", "win_cash", "win_bonus", "bets", "live_bets", "wins"), 0),
}


async def decide(
    owner: asyncpg.Connection, *facts: dict[str, Any], policy: Policy | None = None
) -> list[asyncpg.Record]:
    """Ask for the verdicts on facts; what is not said of an operation is sound."""
    given = [{**SOUND, "new_id": next(_ids), **fact} for fact in facts]
    rows = await owner.fetch(
        "select v.* from unnest(wallet.decide("
        "  array(select jsonb_populate_record(null::wallet.fact, f) from jsonb_array_elements($1::jsonb)"
        "        with ordinality as one (f, place) order by place),"
        "  array[jsonb_populate_record(null::wallet.policy, $2::jsonb)], 1::smallint)) v",
        json.dumps(given),
        json.dumps(_as_dict(policy or Policy())),
    )
    assert len(rows) == len(facts), "one verdict for every fact"
    return rows


def _as_dict(policy: Policy) -> dict[str, Any]:
    return {name: getattr(policy, name) for name in policy.__struct_fields__}


async def status(owner: asyncpg.Connection, fact: dict[str, Any], policy: Policy | None = None) -> Status:
    """Ask about one operation."""
    return Status((await decide(owner, fact, policy=policy))[0]["status"])


REASONS: dict[str, tuple[tuple[str, dict[str, Any]], ...]] = {
    "bet": (
        ("key_reused", {"known": {**TOMBSTONE, "wallet": 2}}),
        ("tombstoned", {"known": TOMBSTONE}),
        ("wallet_not_found", {"wallet_found": False}),
        ("currency_differs", {"currency": "USD"}),
        ("session_superseded", {"session_defect": "session_superseded"}),
        ("wallet_closed", {"wallet_status": "closed"}),
        ("player_excluded", {"player_status": "excluded"}),
        ("game_disabled", {"game_disabled": True}),
        ("account_disabled", {"account_disabled": True}),
        ("round_closed", {"round": "r1", "round_state": CLOSED_ROUND}),
        ("insufficient_funds", {"amount": 101}),
    ),
    "deposit": (
        ("key_reused", {"known": {**TOMBSTONE, "wallet": 2}}),
        ("wallet_not_found", {"wallet_found": False}),
        ("currency_differs", {"currency": "USD"}),
        ("wallet_closed", {"wallet_status": "closed"}),
        ("player_blocked", {"player_status": "blocked"}),
        ("balance_overflow", {"amount": 10**18 + 1}),
    ),
    "adjustment": (
        ("wallet_not_found", {"wallet_found": False}),
        ("currency_differs", {"currency": "USD"}),
        ("second_actor_required", {"amount": -1001}),
        ("insufficient_funds", {"amount": -101}),
    ),
    "win": (
        ("tombstoned", {"known": TOMBSTONE}),
        ("wallet_not_found", {"wallet_found": False}),
        ("currency_differs", {"currency": "USD"}),
        ("reference_not_found", {"reference": "b1"}),
    ),
}
"""Per kind: what may be wrong with it, in order of precedence."""


@pytest.mark.parametrize("kind", REASONS)
async def test_the_ladder_comes_down_rung_by_rung(owner, kind):
    """With all reasons at once the first is answered; taken away, the next one is; at last it is created."""
    reasons = REASONS[kind]
    names = [name for name, _ in reasons]
    assert names == sorted(names, key=lambda name: ORDER.index(Status(name))), "not the ladder's order"
    policy = Policy(win_without_bet=True)
    for rung, (name, _) in enumerate(reasons):
        wrong: dict[str, Any] = {"kind": kind}
        for _, reason in reversed(reasons[rung:]):
            wrong |= reason
        assert await status(owner, wrong) == name
    assert await status(owner, {"kind": kind}, policy) is Status.CREATED


@pytest.mark.parametrize(
    ("guard", "kinds", "refusal"),
    [
        ({"session_defect": "session_unknown"}, NEW_BETS, Status.SESSION_UNKNOWN),
        ({"session_defect": "session_expired"}, NEW_BETS, Status.SESSION_EXPIRED),
        ({"session_defect": "session_revoked"}, NEW_BETS, Status.SESSION_REVOKED),
        ({"game_disabled": True}, NEW_BETS, Status.GAME_DISABLED),
        ({"account_disabled": True}, NEW_BETS, Status.ACCOUNT_DISABLED),
        ({"wallet_status": "closed"}, GUARDED, Status.WALLET_CLOSED),
        ({"player_status": "blocked"}, GUARDED, Status.PLAYER_BLOCKED),
        ({"player_status": "excluded"}, GUARDED, Status.PLAYER_EXCLUDED),
    ],
)
async def test_each_guard_stops_its_kinds_and_no_other(owner, guard, kinds, refusal):
    """What guards new bets, and what guards grants and deposits too, is exactly what the vocabulary says."""
    for kind in set(Kind) - {Kind.TOMBSTONE}:
        answer = await status(owner, {"kind": kind.value, **guard})
        assert (answer is refusal) == (kind in kinds), f"{kind}: {answer}"


async def test_the_house_on_the_other_side_of_each_kind(owner):
    """Every kind has the house account that the model says, also where what it moves there is nothing."""
    rows = await owner.fetch(
        "select kind, wallet.house_of(kind) as house from unnest(enum_range(null::wallet.kind)) kind"
    )
    assert {Kind(row["kind"]): row["house"] for row in rows} == HOUSES


async def test_it_touches_no_table(owner):
    """Deciding is pure: it is declared so, and no table or index is read while it decides."""
    volatility = await owner.fetchval(
        "select provolatile::text from pg_proc where oid = 'wallet.decide'::regproc"
    )
    assert volatility == "i"
    touched = "select coalesce(sum(seq_scan + coalesce(idx_scan, 0)), 0) from pg_stat_xact_user_tables"
    async with owner.transaction():
        before = await owner.fetchval(touched)
        for kind in set(Kind) - {Kind.TOMBSTONE}:
            await decide(owner, {"kind": kind.value, "reference": "b1", "round": "r1"})
        assert await owner.fetchval(touched) == before


async def test_nothing_asked_nothing_decided(owner):
    """No facts, no verdicts."""
    assert await decide(owner) == []


async def test_a_round_is_no_key_of_its_call(owner):
    """A bet of the call whose key is the round's id is not taken back with the round, nor its reversal named for that of it."""
    bet = {
        "posting": 50,
        "kind": "bet",
        "key": "b",
        "round": "r",
        "result": False,
        "whole": True,
        "reversal": 77,
    }
    live = {**bet, "whole": False, "reversal": None, "amount": 4, "cash": -4, "bonus": 0}
    live |= {"house": "game_revenue", "given_amount": 0, "given_cash": 0, "given_bonus": 0}
    _, back = await decide(
        owner,
        {"key": "r", "round": "q", "last_of_call": False},
        {"kind": "rollback", "key": "y", "reference": "r", "scope": "round", "round": "r", "targets": [live]},
    )
    assert (back["status"], back["cash"]) == ("created", 4)
    *_, again = await decide(
        owner,
        {"key": "r", "last_of_call": False},
        {"kind": "rollback", "key": "x", "reference": "r", "last_of_call": False},
        {"kind": "rollback", "key": "y", "reference": "r", "scope": "round", "round": "r", "targets": [bet]},
    )
    assert (again["status"], again["original"]) == ("reference_reversed", 77)


async def test_a_call_is_undone_and_its_neighbours_are_not(owner):
    """One failing operation leaves none of its call and all of the calls around it."""
    verdicts = await decide(
        owner,
        {"call_id": 1, "wallet": 1, "key": "a"},
        {"call_id": 2, "wallet": 2, "key": "b", "last_of_call": False},
        {"call_id": 2, "wallet": 2, "key": "c", "amount": 91},
        {"call_id": 3, "wallet": 3, "key": "d"},
    )
    assert [verdict["status"] for verdict in verdicts] == [
        "created",
        "not_applied",
        "insufficient_funds",
        "created",
    ]
    assert [verdict["posting"] is None for verdict in verdicts] == [False, True, True, False]
    assert [verdicts[place]["wallet_cash"] for place in (0, 2, 3)] == [90, 100, 90]


async def test_a_key_that_acted_the_second_time_acted_once(owner):
    """Posted again, an operation is told nothing of what a later one of its call wrote under the same key."""
    written = {"wallet": 1, "call_id": 1, "currency": "EUR", "amount": 0, "nominal": 0, "round": "r1"}
    undone = {**written, "id": 52, "op_index": 2, "kind": "rollback", "key": "x", "reference": "r1"}
    bet = {**written, "id": 51, "op_index": 1, "kind": "bet", "key": "b"}
    again = {"kind": "rollback", "key": "x", "scope": "round", "reference": "r1", "round": "r1", "amount": 0}
    verdicts = await decide(
        owner,
        {**again, "known": undone, "last_of_call": False},
        {"key": "b", "round": "r1", "amount": 0, "known": bet, "last_of_call": False},
        {**again, "known": undone},
    )
    assert [one["status"] for one in verdicts] == ["reference_reversed", "created", "created"]


async def test_the_running_balance_and_sequence_of_a_call(owner):
    """Operations of a call see what the earlier ones left, and are numbered without a gap."""
    verdicts = await decide(
        owner,
        {"key": "a", "amount": 60, "last_of_call": False},
        {"key": "b", "amount": 50, "kind": "promo_win", "last_of_call": False},
        {"key": "c", "amount": 90},
    )
    assert [verdict["cash_after"] for verdict in verdicts] == [40, 90, 0]
    assert [verdict["seq"] for verdict in verdicts] == [6, 7, 8]


async def test_time_never_runs_backwards(owner):
    """A posting is recorded when its lock was held, and never before the wallet's last one."""
    early, late = await decide(
        owner,
        {"call_id": 1, "key": "a", "wallet": 1, "recorded_at": "2031-01-01T00:00:00Z"},
        {"call_id": 2, "key": "b", "wallet": 2, "recorded_at": "2029-01-01T00:00:00Z"},
    )
    assert early["recorded_at"].isoformat() == "2031-01-01T00:00:00+00:00"
    assert late["recorded_at"].isoformat() == "2030-01-02T03:04:05+00:00"
