"""Each alert on numbers: what is just too much fires it, for whom it should, and what is just not too much does not.

How long a window is does not show: what rises, rises evenly.
"""

import re
from typing import Any

import pytest

from gateway.exposition import Family
from tests.gateway.promql import Series, evaluate
from tests.gateway.test_operations import RULES, labels_of

EXPRESSIONS = {rule["alert"]: rule["expr"] for rule in RULES}
SUMMARIES = {rule["alert"]: rule["annotations"]["summary"] for rule in RULES}
GATEWAYS = ("one", "two")
FROM = {"instance": "one", "job": "bankroll"}
CALLS = "bankroll_callback_seconds_count"
BUCKETS = "bankroll_callback_seconds_bucket"
FAILURES = "bankroll_batch_failures_total"


def level(name: str, value: float, **labels: str) -> Series:
    """A gauge that stays where it is."""
    return Series(name, frozenset({**FROM, **labels}.items()), lambda ago: value)


def changed(name: str, before: float, now: float, **labels: str) -> Series:
    """A gauge that was something else until ten minutes ago."""
    return Series(name, frozenset({**FROM, **labels}.items()), lambda ago: before if ago > 600 else now)


def rising(name: str, a_second: float, *, lately: float | None = None, **labels: str) -> Series:
    """A counter that rises steadily, and for a quarter of an hour otherwise."""
    now = a_second if lately is None else lately
    return Series(
        name,
        frozenset({**FROM, **labels}.items()),
        lambda ago: -now * min(ago, 900) - a_second * max(ago - 900, 0),
    )


def calls(account: str, a_second: float, outcome: str, verb: str = "bet", **more: Any) -> Series:
    """Calls with this outcome."""
    return rising(CALLS, a_second, account=account, outcome=outcome, verb=verb, **more)


def taking(account: str, quick: float) -> list[Series]:
    """Calls of which this share takes 100 ms at most, and all 250 ms."""
    shares = {"0.05": 0.5, "0.1": quick, "0.25": 1.0, "+Inf": 1.0}
    named = {"account": account, "outcome": "created", "verb": "bet"}
    return [rising(BUCKETS, 10 * share, le=bound, **named) for bound, share in shares.items()]


def asked(account: str, a_second: float, outcome: str) -> Series:
    """Questions to a studio."""
    return rising(
        "bankroll_studio_seconds_count", a_second, account=account, question="launch", outcome=outcome
    )


def dead(table: str, dead_rows: float, live_rows: float) -> list[Series]:
    """A table and its dead rows, as two gateways measure them."""
    counts = {"bankroll_table_dead_rows": dead_rows, "bankroll_table_live_rows": live_rows}
    return [
        level(name, value, table=table, instance=one) for name, value in counts.items() for one in GATEWAYS
    ]


def database(what: str, value: float) -> list[Series]:
    """What two gateways measure of the one database."""
    return [level(f"bankroll_database_{what}", value, instance=one) for one in GATEWAYS]


Row = tuple[str, list[Series], list[dict[str, str]]]
QUIET: list[dict[str, str]] = []
WHOLE: list[dict[str, str]] = [{}]  # of no label: the database is one
TABLE: list[Row] = [
    ("GatewayDown", [level("up", 0), level("up", 1, instance="two"), level("up", 0, job="other")], [FROM]),
    ("GatewayDown", [level("up", 1)], QUIET),
    ("NoLaneUp", [level("bankroll_lanes_up", 0), level("bankroll_lanes_up", 1, instance="two")], [FROM]),
    ("NoLaneUp", [level("bankroll_lanes_up", 1)], QUIET),
    ("WorkersMissing", [changed("bankroll_processes", 4, 3)], [FROM]),
    ("WorkersMissing", [changed("bankroll_processes", 3, 4)], QUIET),
    ("WorkersMissing", [level("bankroll_processes", 4)], QUIET),
    (
        "TemporaryErrors",
        [
            *(calls("acme", 0.6, "internal"), calls("acme", 0.6, "overloaded"), calls("acme", 98.8, "created")),
            *(calls("bolt", 0.9, "internal"), calls("bolt", 49.6, "created"), calls("bolt", 49.5, "duplicate")),
        ],
        [{"account": "acme"}],
    ),
    ("TemporaryErrors", [calls("acme", 99.1, "created"), calls("acme", 0.9, "overloaded")], QUIET),
    ("CallbacksSlow", [*taking("acme", 0.94), *taking("bolt", 0.96)], [{"account": "acme"}]),
    ("CallbacksSlow", taking("acme", 0.96), QUIET),
    ("CallbacksNearBound", [level("bankroll_callbacks_under_way", 81), level("bankroll_callbacks_bound", 100)], [FROM]),
    ("CallbacksNearBound", [level("bankroll_callbacks_under_way", 79), level("bankroll_callbacks_bound", 100)], QUIET),
    (
        "RefusalsRise",
        [calls("acme", 0.1, "session_expired", lately=1.0), calls("acme", 0.1, "duplicate", lately=9.0)],
        [{"account": "acme", "outcome": "session_expired"}],
    ),
    ("RefusalsRise", [calls("acme", 0.1, "session_expired", lately=0.75)], QUIET),
    ("RefusalsRise", [calls("acme", 5.0, "session_expired")], QUIET),
    ("BadSignatures", [calls("acme", 0.11, "bad_signature"), calls("acme", 0.1, "bad_signature", verb="win"), calls("bolt", 0.19, "bad_signature")], [{"account": "acme"}]),
    ("BadSignatures", [calls("acme", 9.0, "created")], QUIET),
    (
        "WrongCredentials",
        [
            *(rising("bankroll_wrong_credentials_total", 0.3, door="api", instance=one) for one in ("one", "two")),
            rising("bankroll_wrong_credentials_total", 0.49, door="callbacks"),
        ],
        [{"door": "api"}],
    ),
    ("WrongCredentials", [rising("bankroll_wrong_credentials_total", 0.49, door="api")], QUIET),
    ("UnknownAccounts", [rising("bankroll_unknown_account_total", 0.21)], [FROM]),
    ("UnknownAccounts", [rising("bankroll_unknown_account_total", 0.19)], QUIET),
    ("UnservedAccounts", [level("bankroll_unserved_accounts", 1)], [FROM]),
    ("UnservedAccounts", [level("bankroll_unserved_accounts", 0)], QUIET),
    (
        "StudioNotReached",
        [
            *(asked("acme", 0.005, "timeout"), asked("acme", 0.004, "refused"), asked("acme", 0.0, "done"), asked("bolt", 0.009, "timeout")),
            *(asked("bolt", 0.001, "done"), asked("cove", 0.008, "timeout")),
        ],
        [{"account": "acme", "question": "launch"}],
    ),
    ("StudioNotReached", [asked("acme", 1.0, "timeout"), asked("acme", 0.01, "done")], QUIET),
    ("RedisAway", [rising("bankroll_redis_fallbacks_total", 1.1)], [FROM]),
    ("RedisAway", [rising("bankroll_redis_fallbacks_total", 0.9)], QUIET),
    ("ExchangesDropped", [rising("bankroll_exchanges_dropped_total", 0.01, reason="full")], [{**FROM, "reason": "full"}]),
    ("ExchangesDropped", [level("bankroll_exchanges_dropped_total", 7, reason="full")], QUIET),
    (
        "BatchesGivenUp",
        [rising(FAILURES, 0.01, action="give_up", state="42883"), rising(FAILURES, 9.0, action="single", state="55P03")],
        [{**FROM, "action": "give_up", "state": "42883"}],
    ),
    ("BatchesGivenUp", [rising(FAILURES, 9.0, action="split", state="23505")], QUIET),
    ("BatchesSplit", [rising(FAILURES, 0.023, action="split", state="23505")], [{**FROM, "action": "split", "state": "23505"}]),
    ("BatchesSplit", [rising(FAILURES, 0.022, action="split", state="23505")], QUIET),
    ("WalletsLocked", [rising(FAILURES, 0.0056, action="single", state="55P03")], [{**FROM, "action": "single", "state": "55P03"}]),
    ("WalletsLocked", [rising(FAILURES, 0.0055, action="single", state="55P03")], QUIET),
    ("ConnectionsLost", [rising("bankroll_fences_total", 0.0056)], [FROM]),
    ("ConnectionsLost", [rising("bankroll_fences_total", 0.0055)], QUIET),
    ("DatabaseUnmeasured", [level("up", 1)], WHOLE),
    ("DatabaseUnmeasured", [*database("connections", 5)], QUIET),
    ("ConnectionsShort", [*database("connections", 81), *database("connections_bound", 100)], WHOLE),
    ("ConnectionsShort", [*database("connections", 79), *database("connections_bound", 100)], QUIET),
    ("TransactionIdsAge", [*database("transaction_id_age", 5.1e8), *database("multixact_age", 1)], WHOLE),
    ("TransactionIdsAge", [*database("transaction_id_age", 1), *database("multixact_age", 5.1e8)], WHOLE),
    ("TransactionIdsAge", [*database("transaction_id_age", 4.9e8), *database("multixact_age", 4.9e8)], QUIET),
    ("TransactionLong", [*database("oldest_transaction_seconds", 7201)], WHOLE),
    ("TransactionLong", [*database("oldest_transaction_seconds", 7199)], QUIET),
    (
        "DeadRows",
        [*dead("wallet", 100_001, 300_000), *dead("round", 100_001, 400_000), *dead("lane", 99_999, 10)],
        [{"table": "wallet"}],
    ),
    ("DeadRows", dead("wallet", 10_000, 30_000), QUIET),
    ("ArchivingFails", [*database("archiving_fails", 1)], WHOLE),
    ("ArchivingFails", [*database("archiving_fails", 0)], QUIET),
    ("SlotHoldsLog", [*database("slot_bytes", 1.1e10)], WHOLE),
    ("SlotHoldsLog", [*database("slot_bytes", 0.9e10)], QUIET),
    ("SlotIdle", [*database("idle_slots", 1)], WHOLE),
    ("SlotIdle", [*database("idle_slots", 0)], QUIET),
    ("SlotLost", [*database("lost_slots", 1)], WHOLE),
    ("SlotLost", [*database("lost_slots", 0)], QUIET),
    ("StandbyLags", [*database("standby_lag_seconds", 31)], WHOLE),
    ("StandbyLags", [*database("standby_lag_seconds", 29)], QUIET),
    (
        "ClocksDiffer",
        [level("bankroll_clock_skew_seconds", -1.5), level("bankroll_clock_skew_seconds", 0.9, instance="two")],
        [{"instance": "one"}],
    ),
    ("ClocksDiffer", [level("bankroll_clock_skew_seconds", 0.9)], QUIET),
]  # fmt: skip


@pytest.mark.parametrize(
    ("alert", "series", "fired"), TABLE, ids=lambda value: value if isinstance(value, str) else ""
)
def test_an_alert_fires_when_it_should(alert: str, series: list[Series], fired: list[dict[str, str]]) -> None:
    """It fires for those whom it should, with every label that its summary names, and for nobody else."""
    found = [dict(labels) for labels in evaluate(EXPRESSIONS[alert], series)]
    assert found == fired
    for labels in found:
        assert set(re.findall(r"\$labels\.(\w+)", SUMMARIES[alert])) <= labels.keys()


def test_every_alert_is_tried_both_ways() -> None:
    """There is a sample that fires each, and one that does not."""
    for tried in ({alert for alert, _, fired in TABLE if bool(fired) is wanted} for wanted in (True, False)):
        assert tried == EXPRESSIONS.keys()


async def test_the_samples_are_what_a_gateway_exposes(families: dict[str, Family]) -> None:
    """With all the labels that Prometheus keeps, and no other."""
    for _, series, _ in TABLE:
        for one in series:
            assert {name for name, _ in one.labels} == labels_of(one.name, families), one.name
