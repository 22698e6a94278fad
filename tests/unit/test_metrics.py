"""Metrics are summed over the processes of a gateway, the ended ones included, and read by Prometheus."""

import os
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families
from redis.asyncio import Redis

from gateway.attempts import Attempts
from gateway.exposition import Family, Snapshot
from gateway.metrics import Counter, LedgerMetrics, Metrics, exposition, forget, read_snapshots, retire
from wallet.failures import ACTIONS, action_for


def values(text: str) -> dict[str, float]:
    """Every sample of a page by its name and labels, as the reference parser reads it."""
    return {
        f"{sample.name}{sorted(sample.labels.values())}": sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_the_page_is_what_prometheus_reads() -> None:
    """Counters, gauges and histograms, labels escaped."""
    metrics = Metrics()
    metrics.calls.observe(0.004, ("acme", "bet", "created"))
    metrics.calls.observe(99.0, ("acme", "bet", "created"))
    metrics.stakes.add(('a"b\\c\nd', "EUR"), Decimal("0.00001"))
    metrics.gauge("bankroll_depth", "Depth.", lambda: 7)
    read = values(metrics.text())
    assert read["bankroll_callback_seconds_count['acme', 'bet', 'created']"] == 2
    assert read["bankroll_callback_seconds_bucket['0.0025', 'acme', 'bet', 'created']"] == 0
    assert read["bankroll_callback_seconds_bucket['0.005', 'acme', 'bet', 'created']"] == 1
    assert read["bankroll_callback_seconds_bucket['+Inf', 'acme', 'bet', 'created']"] == 2
    assert read["""bankroll_stakes_total['EUR', 'a"b\\\\c\\nd']"""] == 0.00001
    assert read["bankroll_depth[]"] == 7


def leave(directory: Path, process: int, snapshot: Snapshot) -> None:
    """Leave these numbers as a process does."""
    (directory / f"process-{process}.json").write_bytes(msgspec.json.encode(snapshot))


SERIES = {
    "bankroll_exchanges_dropped_total": ["full", "refused", "closing"],
    "bankroll_wrong_credentials_total": ["api", "callbacks"],
    "bankroll_fences_total": [()],
    "bankroll_unknown_account_total": [()],
    "bankroll_exchanges_kept_total": [()],
    "bankroll_batch_failures_total": [(row or "other", action) for row, action in ACTIONS.items()],
}
"""A counter → the labels of each series that it has from the start."""


def test_what_did_not_happen_yet_is_counted_as_nought() -> None:
    """A rise from nothing is none to Prometheus: each series that is known beforehand is there before its first event."""
    metrics = Metrics()
    Attempts(Redis(), metrics, (), prefix="")
    counted = {
        metric.family.name: metric.values for metric in metrics.registered if isinstance(metric, Counter)
    }
    for name, series in SERIES.items():
        labels = [(one,) if isinstance(one, str) else one for one in series]
        assert counted[name] == dict.fromkeys(labels, 0), name


def test_a_failed_batch_counts_in_a_series_that_was_there() -> None:
    """Whatever its SQLSTATE: its own where something of its own is done about it, else its class, else the rest."""
    metrics = Metrics()
    for state in ("BR003", "42883", "28P01", "23505", "23514", "client", "99999", ""):
        LedgerMetrics(metrics).failure(state, action_for(state))
    happened = {labels: number for labels, number in metrics.batch_failures.values.items() if number}
    assert happened == {
        ("BR003", "give_up"): 1,
        ("42", "give_up"): 1,
        ("28", "give_up"): 1,
        ("23505", "repeat"): 1,
        ("23", "split"): 1,
        ("client", "fence"): 1,
        ("other", "fence"): 2,
    }
    assert metrics.batch_failures.values.keys() == Metrics().batch_failures.values.keys()


def test_processes_are_summed_and_the_ended_stay_counted(tmp_path: Path) -> None:
    """A counter never goes down because a worker died; a gauge ends with it."""
    living, dying = Metrics(tmp_path), Metrics(tmp_path)
    dying.file = tmp_path / "process-1.json"
    for metrics in (living, dying):
        metrics.gauge("bankroll_depth", "Depth.", lambda: 5)
        metrics.unknown_accounts.add(amount=2)
        metrics.calls.observe(0.2, ("acme", "bet", "created"))
    dying.write()
    both = values(living.text())
    assert both["bankroll_unknown_account_total[]"] == 4
    assert both["bankroll_depth[]"] == 10
    retire(tmp_path, 1)
    retire(tmp_path, 1)
    dying.write()
    retire(tmp_path, 1)
    after = values(living.text())
    assert after["bankroll_unknown_account_total[]"] == 6
    assert after["bankroll_callback_seconds_count['acme', 'bet', 'created']"] == 3
    assert after["bankroll_depth[]"] == 5


OF_TWO_RELEASES = {
    "ranges": (
        Family("x", "", "histogram", ("account",), (1.0,)),
        Family("x", "", "histogram", ("account",), (1.0, 2.0)),
    ),
    "labels": (Family("x", "", "counter", ("account",)), Family("x", "", "counter", ("account", "verb"))),
    "type": (Family("x", "", "gauge"), Family("x", "", "counter")),
}


def counted(family: Family, times: int, started: float = 0.0) -> Snapshot:
    """What a process leaves that counted so often."""
    numbers = (Decimal(times),) * (len(family.bounds) + 2 if family.type == "histogram" else 1)
    return Snapshot([family], [[(("a",) * len(family.labels), numbers)]], started)


@pytest.mark.parametrize("change", OF_TWO_RELEASES)
def test_what_two_releases_count_is_told_as_the_newer_counts_it(change: str, tmp_path: Path) -> None:
    """A release may change a metric: numbers of another shape are never added up, while both serve and ever after."""
    old, new = OF_TWO_RELEASES[change]
    for started, (process, family) in enumerate([(9, old), (8, old), (1, new), (2, new)]):
        leave(tmp_path, process, counted(family, 1, started))
    for process in (9, 1, 8, 2):
        assert exposition(read_snapshots(tmp_path)) == exposition([counted(new, 2)])
        retire(tmp_path, process)
    leave(tmp_path, 3, counted(old, 1))
    before = 0 if old.type == "gauge" else 2
    assert exposition(read_snapshots(tmp_path)) == exposition([counted(old, before + 1)])


@pytest.mark.parametrize("ended", ["", '{"families": 1}', None])
def test_numbers_that_cannot_be_kept_end_nothing(ended: str | None, tmp_path: Path) -> None:
    """What lies there is of no release that we know, or nothing can be written: a process that is gone counts no more."""
    metrics = Metrics(tmp_path)
    leave(tmp_path, 1, metrics.snapshot())
    if ended is None:
        (tmp_path / "ended.new").mkdir()
    else:
        (tmp_path / "ended.json").write_text(ended)
    retire(tmp_path, 1)
    assert not (tmp_path / "process-1.json").exists()
    assert "bankroll_unknown_account_total 0" in metrics.text()


def test_numbers_are_told_though_the_disk_takes_none(tmp_path: Path) -> None:
    """A process tells its own as they are now, or a full disk would be told by no metric."""
    metrics = Metrics(tmp_path)
    metrics.write()
    metrics.unknown_accounts.add()
    assert metrics.file is not None
    metrics.file.with_suffix(".new").mkdir()
    with pytest.raises(IsADirectoryError):
        metrics.write()
    assert "bankroll_unknown_account_total 1" in metrics.text()


def test_a_half_written_file_is_passed_over(tmp_path: Path) -> None:
    """A scrape never fails for a process that is dying."""
    metrics = Metrics(tmp_path)
    metrics.write()
    (tmp_path / "process-2.json").write_text('{"families": [')
    assert "bankroll_unknown_account_total" in metrics.text()
    assert read_snapshots(tmp_path)
    assert (tmp_path / f"process-{os.getpid()}.json").exists()
    assert exposition([]).strip() == ""


def test_what_an_earlier_run_left_is_not_counted(tmp_path: Path) -> None:
    """A gauge of a process that died with its parent would stand for ever."""
    earlier = Metrics(tmp_path)
    earlier.file = tmp_path / "process-7.json"
    earlier.write()
    retire(tmp_path, 7)
    earlier.write()
    forget(tmp_path)
    forget(tmp_path / "new" / "one")
    assert read_snapshots(tmp_path) == read_snapshots(tmp_path / "new" / "one") == []
