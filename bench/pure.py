"""`make bench-pure`: are the pure parts still as quick as they were?  Times become multiples of a yardstick beside them.

A second here is not a second there, nor a minute later: each round of a part begins with a fixed piece of work, in
Python or in Postgres (``bench/test_pure.py``), and what is stored and compared is the median of how many of it a
part costs.  It measures nothing itself.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

STORED = Path(__file__).with_suffix(".json")
SLOWER = 1.5
"""A part that costs so many times what it did has become slow, and not by chance."""


def seconds_of(written: Mapping[str, Any]) -> dict[str, float]:
    """The median time of each part, for one of what it does, as pytest-benchmark wrote them."""
    return {
        one["name"]: one["stats"]["median"] / one["extra_info"]["pieces"] for one in written["benchmarks"]
    }


def multiples_of(written: Mapping[str, Any]) -> dict[str, float]:
    """What each part costs in its yardstick."""
    return {one["name"]: one["extra_info"]["multiple"] for one in written["benchmarks"]}


def compared(now: Mapping[str, float], stored: Mapping[str, float]) -> dict[str, float | None]:
    """How many times its stored cost each part has now; None for one that is new."""
    return {name: cost / stored[name] if name in stored else None for name, cost in now.items()}


def slower(ratios: Mapping[str, float | None]) -> list[str]:
    """The parts that have become slow."""
    return [name for name, ratio in ratios.items() if ratio is not None and ratio > SLOWER]


def main() -> int:
    """Compare a run with what is stored, or store it; the exit code says whether a part has become slow."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("written", type=Path, help="what pytest --benchmark-json wrote")
    options.add_argument(
        "--store", action="store_true", help="what this run says is what later ones are compared with"
    )
    wanted = options.parse_args()
    written = json.loads(wanted.written.read_text(encoding="utf-8"))
    now, seconds = multiples_of(written), seconds_of(written)
    if wanted.store:
        rounded = {name: round(cost, 5) for name, cost in sorted(now.items())}
        STORED.write_text(json.dumps(rounded, indent=2) + "\n", encoding="utf-8")
    stored = json.loads(STORED.read_text(encoding="utf-8")) if STORED.exists() else {}
    ratios = compared(now, stored)
    late = slower(ratios)
    for name in sorted(now):
        ratio = ratios[name]
        told = "new" if ratio is None else f"{ratio:.2f} of stored"
        print(f"{name:<44} {seconds[name] * 1e6:>9.2f} µs  {told}{'  SLOWER' if name in late else ''}")
    print(json.dumps({"parts": len(now), "slower": late, "missing": sorted(stored.keys() - now.keys())}))
    return 1 if late or stored.keys() - now.keys() else 0


if __name__ == "__main__":
    sys.exit(main())
