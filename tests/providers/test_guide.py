"""The page on adding a provider is code that runs, and `bankroll providers new` stamps a protocol that conforms from it."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from gateway.new_provider import CannotStamp, entered, files_of, stamp
from tests.providers.scene import Desk
from tests.providers.suite import cases_of, paper_scene, play_rounds, reason_against

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "adding-a-provider.md"
REAL = re.findall(
    r"^\*\*Stamp it.*`bankroll providers new (\w+)`", PAGE.read_text(encoding="utf-8"), re.MULTILINE
)[0]
COPIED = ("wallet", "gateway", "providers", "bench", "tests", "docs", "sql", "pyproject.toml")


@pytest.fixture
def guide(monkeypatch):
    """The page's modules, importable for one test."""
    modules = {}
    for file, code in files_of(PAGE.read_text(encoding="utf-8")).items():
        if file.suffix != ".py":
            continue
        name = ".".join(file.with_suffix("").parts)
        modules[name] = ModuleType(name)
        monkeypatch.setitem(sys.modules, name, modules[name])
        exec(compile(code, file, "exec"), modules[name].__dict__)
    return modules


async def test_the_made_up_studio_conforms(guide):
    """The adapter that the page builds passes every case that its protocol can express, and explains the rest."""
    provider = guide["providers.acorn"].ACORN
    desk: Desk = guide["tests.providers.desks.acorn"].DESK
    played = 0
    for case in cases_of(desk).values():
        if reason := reason_against(desk, case):
            assert not reason.startswith("no reason"), case.name
            continue
        scene, _, _ = await paper_scene(provider, desk, case, desk.key)
        await scene.begin()
        await case.tell(scene)
        played += 1
    assert played > 30


async def test_the_made_up_studio_plays(guide):
    """Its simulated studio goes through rounds of every shape, and its books agree with the ledger's."""
    desk: Desk = guide["tests.providers.desks.acorn"].DESK
    await play_rounds(guide["providers.acorn"].ACORN, desk, rounds=200)


def test_the_real_example_is_quoted_as_it_is():
    """What the page shows of the real studio stands so in its adapter."""
    page = PAGE.read_text(encoding="utf-8")
    real = (ROOT / "providers" / f"{REAL}.py").read_text(encoding="utf-8")
    part = page[page.index("## From the stamp to a real studio") : page.index("## Where studios differ")]
    quoted = re.findall(r"```python\n(.*?)```", part, re.DOTALL)
    assert len(quoted) > 3
    assert not [text for text in quoted if text not in real]


@pytest.fixture
def checkout(tmp_path):
    """A copy of the project's sources."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, tmp_path / name)
    return tmp_path


def ran(checkout, *command):
    """What a command in the copy printed, its exit code 0."""
    done = subprocess.run(
        [sys.executable, *command], cwd=checkout, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_stamped_protocol_conforms(checkout):
    """What `providers new` writes is formatted, listed, recorded, clean to the linter, and passes the suite on paper."""
    script = "import sys; sys.argv = ['bankroll', 'providers', 'new', 'chestnut_2']; "
    ran(checkout, "-c", f"{script}from gateway.command_line import main; main()")
    files = ("providers/chestnut_2.py", "bench/studios/chestnut_2.py", "tests/providers/desks/chestnut_2.py")
    assert "acorn" not in "".join((checkout / file).read_text() for file in files).lower()
    assert len((checkout / files[0]).read_text().splitlines()) < 150
    assert (checkout / "docs/providers/chestnut_2.md").is_file()
    ran(checkout, "-m", "ruff", "check", *files, "providers/__init__.py", "bench/studios/__init__.py")
    ran(checkout, "-m", "ruff", "format", "--check", *files, "providers/__init__.py")
    listed = ran(checkout, "-c", "from providers import PROVIDERS; print(*PROVIDERS)")
    assert "chestnut_2" in listed.split()
    tests = ("tests/providers/test_conformance.py", "tests/providers/test_transcripts.py")
    wanted = "chestnut_2 and not gateway and not fifty"
    ran(checkout, "-m", "docs.generate", "--check")
    said = ran(checkout, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests, "-k", wanted)
    assert "passed" in said
    assert "skipped" not in said


@pytest.mark.parametrize("name", ["", "A", "acorn games", "1st", "../x", "class", "bogus", "contract"])
def test_a_name_that_cannot_be_is_refused(checkout, name):
    """A name that is no module's, or is taken, writes nothing and says why."""
    before = sorted(checkout.rglob("*"))
    with pytest.raises(CannotStamp):
        stamp(name, checkout)
    assert sorted(checkout.rglob("*")) == before


def test_a_folder_that_is_no_checkout_is_refused(tmp_path):
    """Somewhere else nothing is written."""
    with pytest.raises(CannotStamp, match="no checkout"):
        stamp("chestnut", tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_list_stays_in_its_order():
    """A new entry stands where the alphabet wants it, and the others stay."""
    text = "from a.b import B\nfrom a.d import D\n\nX = {one.name: one for studio in (B, D)}\n"
    assert entered(text, "from a.c import C", "C") == (
        "from a.b import B\nfrom a.c import C\nfrom a.d import D\n\nX = {one.name: one for studio in (B, C, D)}\n"
    )
