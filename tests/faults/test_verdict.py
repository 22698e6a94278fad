"""What judges a run finds each single thing that is not as it must be."""

import io
import json
from collections import Counter
from typing import Any

import pytest
from rich.console import Console

from bench.faults.hand import Told
from bench.faults.model import Complaint, Deposit, Model
from bench.faults.readiness import Readiness
from bench.faults.run import Found, told_at_the_end
from bench.faults.schedule import Breakage
from bench.studios.contract import Act

BROKEN: dict[str, dict[str, Any]] = {
    "lost": {"complaints": [Complaint("lost", "a bet")]},
    "doubled": {"complaints": [Complaint("doubled", "a bet")]},
    "contradicted": {"complaints": [Complaint("contradicted", "a bet")]},
    "drift": {"drift": 1},
    "complete": {"complete": False},
    "recovered_s": {"readiness": Readiness(looks=9, not_ready=9)},
    "acknowledged": {"model": Model()},
    "missed": {"times": Counter({"valkey gone": 1})},
    "latest_s": {"seconds": 180.0, "latest": 59.0},
    "landed_without_valkey": {"told": Told(during={"postgres paused": Counter({Act.WIN: 5})})},
}
"""By the field that must be named: what is different in a run that is sound otherwise."""


def found(**different: Any) -> Found:
    """A run in which everything held, but for what is different."""
    model = Model()
    model.deposits.append(Deposit(("alice", "EUR"), 5, "e" * 32, done=True))
    sound = {
        "seed": 1,
        "seconds": 60.0,
        "model": model,
        "told": Told(during={"valkey gone": Counter({Act.ROLLBACK: 1})}),
        "times": Counter({"valkey gone": 1, "line cut": 2}),
        "complaints": [],
        "readiness": Readiness(recovered=0.5),
        "drift": 0,
        "complete": True,
        "latest": 0.0,
        "planned": [Breakage(1.0, "valkey gone", 3.0, 1), Breakage(2.0, "line cut", 1.0, 2)],
    }
    return Found(**{**sound, **different})


def test_a_sound_run_holds() -> None:
    """Where everything is as it must be, nothing is named."""
    assert found().wrong() == []
    assert found().holds


@pytest.mark.parametrize(("different", "code"), [({}, 0), ({"drift": 1}, 1), ({"times": Counter()}, 1)])
def test_a_run_ends_with_one_line_and_its_exit_code(different: dict[str, Any], code: int) -> None:
    """The last line is the run as one object, and the exit code is 0 only where the run holds."""
    shown = io.StringIO()
    judged = found(**different)
    assert told_at_the_end(Console(file=shown), judged) == code
    assert json.loads(shown.getvalue().splitlines()[-1]) == judged.line()


@pytest.mark.parametrize("field", BROKEN)
def test_what_is_wrong_is_named_and_the_run_does_not_hold(field: str) -> None:
    """One thing that is wrong fails the run, and is named alone."""
    judged = found(**BROKEN[field])
    assert judged.wrong() == [field]
    assert not judged.holds


def test_every_field_that_must_be_so_is_in_the_table() -> None:
    """What a run that came to nothing at all is told it lacks, and each zero that a run promises, has its row."""
    nothing = found(
        seconds=180.0,
        model=Model(),
        told=Told(),
        complaints=[Complaint(kind, "a bet") for kind in ("lost", "doubled", "contradicted")],
        readiness=Readiness(),
        drift=1,
        complete=False,
        planned=[Breakage(1.0, "batches cancelled", 1.0, 1)],
    )
    assert set(nothing.wrong()) == set(BROKEN)
    assert set(BROKEN) <= set(nothing.line())


def test_without_an_outage_of_valkey_nothing_need_land_in_one() -> None:
    """A run that never takes Valkey away is judged by the rest."""
    assert found(told=Told(), times=Counter({"line cut": 1}), planned=[]).holds
