"""The text of ``/metrics``: snapshots of processes, added up, in the format of Prometheus.  It measures nothing itself."""

from collections.abc import Iterable
from decimal import Decimal

from msgspec import Struct

Labels = tuple[str, ...]
Shape = tuple[str, str, Labels, tuple[float, ...]]


class Family(Struct, frozen=True):
    """A metric's name and meaning."""

    name: str
    help: str
    type: str
    labels: Labels = ()
    bounds: tuple[float, ...] = ()

    @property
    def shape(self) -> Shape:
        """What two releases must agree about, for their numbers to be added up."""
        return self.name, self.type, self.labels, self.bounds


class Snapshot(Struct):
    """One process's metrics as they lie in its file."""

    families: list[Family] = []
    values: list[list[tuple[Labels, tuple[Decimal, ...]]]] = []
    started: float = 0.0  # by the machine's monotonic clock; nought: of those that have ended


def summed_up(snapshots: Iterable[Snapshot]) -> list[tuple[Family, dict[Labels, tuple[Decimal, ...]]]]:
    """Each metric with its series added up over the snapshots, once for every shape: that of the latest snapshot is last."""
    sums: dict[Shape, tuple[Family, dict[Labels, tuple[Decimal, ...]]]] = {}
    for snapshot in snapshots:
        for family, values in zip(snapshot.families, snapshot.values, strict=True):
            _, series = sums.pop(family.shape, (family, {}))
            sums[family.shape] = family, series
            for labels, numbers in values:
                known = series.get(labels)
                series[labels] = (
                    numbers if known is None else tuple(a + b for a, b in zip(known, numbers, strict=True))
                )
    return list(sums.values())


def exposition(snapshots: Iterable[Snapshot]) -> str:
    """The sums in the text format of Prometheus; a metric that changed its shape, as the latest snapshot has it."""
    lines: list[str] = []
    in_turn = sorted(snapshots, key=lambda snapshot: snapshot.started)
    latest = {family.name: (family, series) for family, series in summed_up(in_turn)}
    for family, series in latest.values():
        lines += [f"# HELP {family.name} {family.help}", f"# TYPE {family.name} {family.type}"]
        for labels, numbers in sorted(series.items()):
            named = [f'{name}="{_escaped(value)}"' for name, value in zip(family.labels, labels, strict=True)]
            if family.type == "histogram":
                lines += _histogram(family, named, numbers)
            else:
                lines.append(f"{family.name}{_braced(named)} {numbers[0]:f}")
    return "\n".join(lines) + "\n"


def _histogram(family: Family, named: list[str], numbers: tuple[Decimal, ...]) -> list[str]:
    *counts, total = numbers
    lines: list[str] = []
    below = Decimal(0)
    for bound, count in zip((*map(str, family.bounds), "+Inf"), counts, strict=True):
        below += count
        limit = f'le="{bound}"'
        lines.append(f"{family.name}_bucket{_braced([*named, limit])} {below:f}")
    lines.append(f"{family.name}_sum{_braced(named)} {total:f}")
    lines.append(f"{family.name}_count{_braced(named)} {below:f}")
    return lines


def _braced(named: list[str]) -> str:
    return "{" + ",".join(named) + "}" if named else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
