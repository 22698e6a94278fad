"""Alerts and dashboard ask for metrics that there are, with labels that they have, and the runbook says what to do."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.exposition import Family
from gateway.studios import Failure
from providers.contract import Fault
from wallet.failures import ACTIONS, Action
from wallet.types import Status

DOCS = Path(__file__).parents[2] / "docs"
RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((DOCS / "operations/alerts.yaml").read_text())["groups"]
    for rule in group["rules"]
]
BOARD: dict[str, Any] = json.loads((DOCS / "operations/dashboard.json").read_text())
QUERIES = [target["expr"] for panel in BOARD["panels"] for target in panel.get("targets", ())]
EXPRESSIONS = [*(rule["expr"] for rule in RULES), *QUERIES]

OF_PROMETHEUS = {"instance", "job"}
WORDS = {
    *(
        "sum",
        "max",
        "by",
        "and",
        "or",
        "unless",
        "rate",
        "increase",
        "histogram_quantile",
        "quantile_over_time",
    ),
    *("absent", "abs", "time"),
}
"""Functions and operators that the expressions may use: a misspelt one would only be told by Prometheus."""

SELECTOR = re.compile(r"\b(bankroll_\w+|up)(?:\{([^}]*)\})?")
MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"')
GROUPING = re.compile(r"\bby \(([^)]*)\)")
CLOSED = {
    ("bankroll_callback_seconds", "outcome"): {*Status, *Fault},
    ("bankroll_studio_seconds", "outcome"): {"done", *Failure},
    ("bankroll_batch_failures_total", "action"): {*Action},
    ("bankroll_batch_failures_total", "state"): {*ACTIONS},
}
"""Labels with a closed list of values."""


def labels_of(name: str, families: dict[str, Family]) -> set[str]:
    """The labels that a metric has when Prometheus has read it."""
    if name == "up":
        return OF_PROMETHEUS
    return {*families[name].labels, *OF_PROMETHEUS, *(("le",) if name.endswith("_bucket") else ())}


async def test_expressions_name_what_a_gateway_exposes(families: dict[str, Family]) -> None:
    """Every metric, every label, every value of a closed list, in alerts and dashboard alike."""
    for expression in EXPRESSIONS:
        selectors = SELECTOR.findall(expression)
        assert selectors or expression.startswith("absent"), expression
        known: set[str] = set()
        for name, inside in selectors:
            assert name == "up" or name in families, f"{name} in {expression}"
            labels = labels_of(name, families)
            known |= labels
            for label, _, values in MATCHER.findall(inside):
                assert label in labels, f"{label} of {name} in {expression}"
                closed = CLOSED.get((families[name].name, label)) if name != "up" else None
                if closed is not None:
                    assert set(values.split("|")) <= {str(value) for value in closed}, expression
        for inside in GROUPING.findall(expression):
            assert {label.strip() for label in inside.split(",")} <= known, expression


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_expressions_are_whole(expression: str) -> None:
    """Brackets close, and every word is a metric, a function, a label or a number."""
    for opening, closing in ("()", "[]", "{}"):
        assert expression.count(opening) == expression.count(closing)
    bare = GROUPING.sub(" by ", SELECTOR.sub(" ", expression))
    bare = re.sub(r"\[[^]]*\]", " ", bare)
    words = set(re.findall(r"[A-Za-z_]\w*", re.sub(r"\b\d[\d.e]*", " ", bare)))
    assert words <= WORDS


def test_every_alert_says_what_to_do() -> None:
    """Each has its own paragraph in the runbook, and there is none for an alert there is not."""
    text = (DOCS / "operations.md").read_text()
    alerts = text.partition("\n## Alerts\n")[2].partition("\n## ")[0]
    paragraphs = dict(re.findall(r"### (\w+)\n\n(.+?)(?=\n\n|\Z)", alerts, re.DOTALL))
    assert list(paragraphs) == [rule["alert"] for rule in RULES]
    assert all(len(paragraph) > 60 for paragraph in paragraphs.values())
    anchors = {heading.lower().replace(" ", "-") for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}
    assert {*re.findall(r"\]\(#([\w-]+)\)", text)} <= anchors


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_is_whole(rule: dict[str, Any]) -> None:
    """It has a severity, and a summary of labels that its expression keeps."""
    assert rule["labels"]["severity"] in {"warning", "critical"}
    kept = {label.strip() for inside in GROUPING.findall(rule["expr"]) for label in inside.split(",")}
    summed_up = re.match(r"(max|sum|histogram_quantile)\b", rule["expr"])
    for label in re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]):
        assert label in kept or not summed_up


def test_the_dashboard_can_be_imported() -> None:
    """Panels have ids of their own, lie beside each other, and ask the source that is chosen."""
    panels = BOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert place["x"] + place["w"] <= 24
        assert not cells & taken
        taken |= cells
    assert {variable["name"] for variable in BOARD["templating"]["list"]} == {"source", "account"}
    assert all(
        target["datasource"]["uid"] == "${source}" for panel in panels for target in panel.get("targets", ())
    )
