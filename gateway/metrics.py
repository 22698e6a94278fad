"""Counters of this process, written as a small file, and summed over all processes of the gateway when scraped.

Kept apart from any library: a counter is an addition in a dictionary, and a scrape reads a handful of files.  It
never blocks a callback, and a label is always from a closed or configured list, never text that came in.
"""

import contextlib
import logging
import os
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import Literal, TypeVar, get_args

import msgspec

from gateway import logs
from gateway.exposition import Family, Labels, Snapshot, exposition, summed_up
from wallet.failures import ACTIONS, row_of

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0)
SIZES = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0)

ENDED = "ended.json"
NO_ROW = "other"  # an empty label would be none

Loss = Literal["full", "refused", "closing"]
"""Why an exchange was not kept: too many wait, the database refuses it, or the process ends."""

MEDIA_TYPE = "text/plain; version=0.0.4"


class Counter:
    """Counts, or adds up amounts; never goes down.

    A series that is known beforehand begins at nought: of one that begins with its first event no rise is seen.
    """

    def __init__(self, name: str, meaning: str, labels: Labels = (), known: Iterable[Labels] = ()) -> None:
        self.family = Family(name, meaning, "counter", labels)
        self.values: dict[Labels, int | Decimal] = dict.fromkeys(known if labels else [()], 0)

    def add(self, labels: Labels = (), amount: int | Decimal = 1) -> None:
        """Add to the series of these label values."""
        self.values[labels] = self.values.get(labels, 0) + amount

    def read(self) -> dict[Labels, tuple[Decimal, ...]]:
        """Each series as it is now."""
        return {labels: (Decimal(value),) for labels, value in self.values.items()}


class Gauge:
    """A value that is looked up when it is asked for; a `counter` where it only grows."""

    def __init__(self, name: str, meaning: str, look_up: Callable[[], int], kind: str = "gauge") -> None:
        self.family = Family(name, meaning, kind)
        self.look_up = look_up

    def read(self) -> dict[Labels, tuple[Decimal, ...]]:
        """The value now."""
        return {(): (Decimal(self.look_up()),)}


class Levels:
    """Values that are measured now and then by one process of the gateway; none while nobody measures."""

    def __init__(self, name: str, meaning: str, labels: Labels = ()) -> None:
        self.family = Family(name, meaning, "gauge", labels)
        self.values: dict[Labels, Decimal] = {}

    def put(self, value: float | None, labels: Labels = ()) -> None:
        """Take a value that was measured; None: there is nothing to measure."""
        if value is None:
            self.values.pop(labels, None)
        else:
            self.values[labels] = Decimal(value) if isinstance(value, int) else Decimal(f"{value:.6f}")

    def read(self) -> dict[Labels, tuple[Decimal, ...]]:
        """Each series as it was measured."""
        return {labels: (value,) for labels, value in self.values.items()}


class Histogram:
    """How often a value fell into which range; with its sum, so that a mean can be had."""

    def __init__(
        self, name: str, meaning: str, labels: Labels = (), bounds: tuple[float, ...] = SECONDS
    ) -> None:
        self.family = Family(name, meaning, "histogram", labels, bounds)
        self.values: dict[Labels, list[float]] = {}

    def observe(self, value: float, labels: Labels = ()) -> None:
        """Count one value in the series of these label values."""
        series = self.values.get(labels)
        if series is None:
            series = self.values[labels] = [0.0] * (len(self.family.bounds) + 2)
        series[bisect_left(self.family.bounds, value)] += 1
        series[-1] += value

    def read(self) -> dict[Labels, tuple[Decimal, ...]]:
        """Each series: the count of every range, the last without an upper bound, then the sum."""
        return {
            labels: (*map(Decimal, map(int, series[:-1])), Decimal(f"{series[-1]:.6f}"))
            for labels, series in self.values.items()
        }


Metric = Counter | Gauge | Levels | Histogram
M = TypeVar("M", Counter, Gauge, Levels, Histogram)


class Metrics:
    """Everything this process counts."""

    def __init__(self, directory: Path | None = None) -> None:
        self.file = None if directory is None else directory / f"process-{os.getpid()}.json"
        self.registered: list[Metric] = []
        self.started = time.monotonic()
        self.calls = self.histogram(
            "bankroll_callback_seconds",
            "Studio callbacks, from the first byte to the answer.",
            ("account", "verb", "outcome"),
        )
        self.unknown_accounts = self.counter(
            "bankroll_unknown_account_total", "Callbacks to an account there is not."
        )
        self.stakes = self.counter(
            "bankroll_stakes_total", "Stakes booked, in major units.", ("account", "currency")
        )
        self.wins = self.counter(
            "bankroll_wins_total", "Wins booked, in major units.", ("account", "currency")
        )
        self.exchanges_kept = self.counter("bankroll_exchanges_kept_total", "Exchanges written for disputes.")
        self.exchanges_dropped = self.counter(
            "bankroll_exchanges_dropped_total",
            "Exchanges not kept, by reason.",
            ("reason",),
            [(reason,) for reason in get_args(Loss)],
        )

        self.batch_seconds = self.histogram(
            "bankroll_batch_seconds", "Batches posted, in one transaction each."
        )
        self.batch_operations = self.histogram(
            "bankroll_batch_operations", "Operations of a batch.", bounds=SIZES
        )
        self.batch_failures = self.counter(
            "bankroll_batch_failures_total",
            "Batches that failed, with an SQLSTATE or a class of them, and what was done.",
            ("state", "action"),
            [(row or NO_ROW, action) for row, action in ACTIONS.items()],
        )
        self.fences = self.counter("bankroll_fences_total", "Lanes fenced or leased after a lost connection.")

    def counter(self, name: str, meaning: str, labels: Labels = (), known: Iterable[Labels] = ()) -> Counter:
        """A new counter."""
        return self._registered(Counter(name, meaning, labels, known))

    def gauge(self, name: str, meaning: str, look_up: Callable[[], int]) -> Gauge:
        """A new gauge."""
        return self._registered(Gauge(name, meaning, look_up))

    def counted(self, name: str, meaning: str, look_up: Callable[[], int]) -> Gauge:
        """A counter that another part keeps."""
        return self._registered(Gauge(name, meaning, look_up, "counter"))

    def levels(self, name: str, meaning: str, labels: Labels = ()) -> Levels:
        """New levels."""
        return self._registered(Levels(name, meaning, labels))

    def histogram(
        self, name: str, meaning: str, labels: Labels = (), bounds: tuple[float, ...] = SECONDS
    ) -> Histogram:
        """A new histogram."""
        return self._registered(Histogram(name, meaning, labels, bounds))

    def snapshot(self) -> Snapshot:
        """Everything as it is now."""
        return Snapshot(
            [m.family for m in self.registered],
            [list(m.read().items()) for m in self.registered],
            self.started,
        )

    def write(self) -> None:
        """Leave this process's numbers where every process of the gateway finds them."""
        if self.file is not None:
            _put(self.file, self.snapshot())

    def text(self) -> str:
        """The whole gateway's numbers in the text format of Prometheus; our own as they are now, though no disk took them."""
        others = [] if self.file is None else read_snapshots(self.file.parent, without=self.file)
        return exposition([*others, self.snapshot()])

    def _registered(self, metric: M) -> M:
        self.registered.append(metric)
        return metric


class LedgerMetrics:
    """Counts what the ledger reports as it happens."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def batch(self, calls: int, operations: int, seconds: float) -> None:  # noqa: ARG002 - the ledger's words
        """A batch was posted."""
        self._metrics.batch_seconds.observe(seconds)
        self._metrics.batch_operations.observe(operations)

    def failure(self, state: str, action: str) -> None:
        """A batch failed, and this is done about it."""
        self._metrics.batch_failures.add((row_of(state) or NO_ROW, action))

    def fence(self) -> None:
        """A lane was fenced or leased after its connection was lost."""
        self._metrics.fences.add()


def read_snapshots(directory: Path, *, without: Path | None = None) -> list[Snapshot]:
    """What the processes, living and ended, have left in the run directory."""
    return _left_in(path for path in directory.glob("*.json") if path != without)


def retire(directory: Path, process: int) -> None:
    """Add an ended process's counts to those of the ended ones, so that none goes down; its gauges end with it.

    Whose counts cannot be kept, as on a full disk, ends with them: numbers are never worth the gateway.
    """
    path = directory / f"process-{process}.json"
    try:
        if path.exists():
            both = _left_in([directory / ENDED, path])
            summed = [(family, values) for family, values in summed_up(both) if family.type != "gauge"]
            _put(directory / ENDED, Snapshot([f for f, _ in summed], [list(v.items()) for _, v in summed]))
    except OSError as error:
        logs.event(logging.ERROR, "metrics_not_kept", error, worker=process)
    with contextlib.suppress(OSError):
        path.unlink()


def _left_in(paths: Iterable[Path]) -> list[Snapshot]:
    """The snapshots that can be read: one may be gone again, or of a release that leaves others."""
    found: list[Snapshot] = []
    for path in paths:
        with contextlib.suppress(FileNotFoundError, msgspec.DecodeError):
            found.append(msgspec.json.decode(path.read_bytes(), type=Snapshot))
    return found


def forget(directory: Path) -> None:
    """Make the run directory, or clear away what an earlier run left in it."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in (*directory.glob("process-*.json"), directory / ENDED):
        path.unlink(missing_ok=True)


def left_by(directory: Path, process: int) -> bool:
    """Whether a process has left its numbers, as it does from the moment that it has all it stands on."""
    return (directory / f"process-{process}.json").exists()


def _put(path: Path, snapshot: Snapshot) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_bytes(msgspec.json.encode(snapshot))
    fresh.replace(path)
