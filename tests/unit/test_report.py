"""What is left of a benchmark: the results file, the page that needs nothing else, and the plots."""

import re
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pytest
from rich.console import Console

from bench.plots import Axis, label, powers, steps, svg
from bench.points import Chart, Effort, Point, Section, Series
from bench.report import Results, page, show, told, write

CHART = Chart(
    "Rate <& size>",
    "batch size",
    "postings/s",
    [Series("ours", [1, 100, 8000], [500, 20000, 40000.5]), Series("floor", [1], [900])],
    log_x=True,
)


def section(name: str = "ledger", rate: float = 1234.5) -> Section:
    point = Point(
        name="batch <size>",
        variant="post",
        parameters={"lanes": 2},
        count=10,
        seconds=1.0,
        rates=(rate,),
        rate=rate,
        latencies_ms={"p50": 1.5, "p95": 5.0, "p99": 9.0, "p99_9": 9.0, "max": 9.25},
        refusals={"insufficient_funds": 3},
        errors={},
        ratios={"floor": 0.25},
        figures={"generator_cpu_us": 22.5},
    )
    return Section(
        name=name,
        began="2026-01-01T00:00:00+00:00",
        effort=Effort(),
        points=[point],
        charts=[CHART],
        headline={"bulk_postings_per_s": rate, "unknown": None},
        postings=10,
        drift=0,
        complete=True,
        server={"fsync": "on"},
        notes=["a < b"],
    )


def test_results_of_a_day_are_one_file(tmp_path: Path) -> None:
    """Another part is added to the file, the same part replaced in it, and what is read back is what was written."""
    first = write(tmp_path, [section("ledger", 1.0), section("gateway", 2.0)])
    second = write(tmp_path, [section("ledger", 3.0)])
    assert first == second
    read = msgspec.json.decode(second.read_bytes(), type=Results)
    assert read.sections == {"ledger": section("ledger", 3.0), "gateway": section("gateway", 2.0)}
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".html", ".json"]


def test_the_page_fetches_nothing() -> None:
    """No script, no link, no picture; what was counted stands in it, and no word becomes markup."""
    text = page(Results({"cores": 2}, {"ledger": section()}))
    assert not re.search(r"(?i)<(script|link|img|iframe)|src=|href=|url\(|@import", text)
    for said in (
        "batch &lt;size&gt;",
        "a &lt; b",
        "insufficient_funds 3",
        "generator_cpu_us 22.5",
        "0.25 of floor",
    ):
        assert said in text, said
    assert "batch <size>" not in text
    assert "10 postings proven: drift 0" in text


@pytest.mark.parametrize("changed", [{"drift": 2}, {"complete": False}])
def test_the_page_says_what_may_not_be_believed(changed: dict[str, object]) -> None:
    """Drift and unfinished proofs stand out, and so does a run that measures nothing."""
    sound = page(Results({}, {"ledger": section()}))
    wrong = msgspec.structs.replace(section(), effort=Effort(small=True), **changed)
    text = page(Results({}, {"ledger": wrong}))
    assert text.count('class="wrong"') == sound.count('class="wrong"') + 2
    assert "measures nothing" in text


def test_the_table_has_plain_lines_without_a_terminal() -> None:
    """A pipe gets the same table, wide enough for its figures, without any control character."""
    output = StringIO()
    show(Console(file=output, width=40), section())
    text = output.getvalue()
    assert "0.25 of floor" in text
    assert "bulk_postings_per_s: 1,234" in text
    assert "\x1b" not in text


def test_a_narrow_terminal_loses_no_figure() -> None:
    """Where the table is too wide there are lines instead, with the same rate and the same refusals."""
    output = StringIO()
    show(Console(file=output, width=80, force_terminal=True), section())
    text = " ".join(output.getvalue().split())
    assert "lanes=2: 1,234/s p50 1.5 ms p99 9 ms 0.25 of floor refused 3" in text
    assert "┃" not in text


def test_a_chart_is_sound_xml_with_a_dot_for_every_value() -> None:
    """Every value has its place within the frame, and says itself when pointed at."""
    drawn = ET.fromstring(svg(CHART))
    dots = [one for one in drawn.iter() if one.tag.endswith("circle")]
    assert len(dots) == 4
    for dot in dots:
        assert 0 <= float(dot.attrib["cx"]) <= float(drawn.attrib["width"])
        assert 0 <= float(dot.attrib["cy"]) <= float(drawn.attrib["height"])
    assert [one[0].text for one in dots][2] == "ours: 8000, 40,000.5"


def test_an_empty_chart_is_drawn() -> None:
    """Nothing measured, or nothing but zeros, is no reason to fail."""
    for series in ([], [Series("none", [], [])], [Series("zeros", [0.0, 1.0], [0.0, 0.0])]):
        for log in (False, True):
            ET.fromstring(svg(Chart("t", "x", "y", series, log_x=log, log_y=log)))


def test_ticks_are_round_and_enclose() -> None:
    """Labels are 1, 2 or 5 times a power of ten, or powers; the first and last lie around all values."""
    assert steps(0, 47_000) == [0, 10_000, 20_000, 30_000, 40_000, 50_000]
    assert powers(1, 8000) == [1, 10, 100, 1000, 10_000]
    assert powers(1, 8) == [1, 2, 4, 8]
    axis = Axis([1, 10, 100], 0, 100, log=True)
    assert [axis.place(value) for value in (1, 10, 100)] == [0, 50, 100]


def test_figures_are_told_in_few_digits() -> None:
    """Three digits where that is all that is meant, whole numbers whole, and a dash for none."""
    assert [told(value) for value in (None, 0.12345, 1234.5678, 1_000_000, "zipf")] == [
        "-",
        "0.123",
        "1,235",
        "1,000,000",
        "zipf",
    ]
    assert [label(value) for value in (0.5, 999, 20_000, 1.5e6)] == ["0.5", "999", "20k", "1.5M"]
