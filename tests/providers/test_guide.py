"""The page on adding a provider is code that runs: its made-up studio passes the whole suite."""

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.providers.scene import Desk
from tests.providers.suite import cases_of, paper_scene, play_rounds, reason_against

PAGE = Path(__file__).parents[2] / "docs" / "adding-a-provider.md"
BLOCK = re.compile(r"```python\n# (?P<file>\S+)\n(?P<code>.*?)```", re.DOTALL)


def files() -> dict[str, str]:
    """The files that the page's blocks make up, in the order of the page."""
    made: dict[str, str] = {}
    for block in BLOCK.finditer(PAGE.read_text(encoding="utf-8")):
        made[block["file"]] = made.get(block["file"], "") + block["code"]
    return made


@pytest.fixture
def guide(monkeypatch):
    """The page's modules, importable for one test."""
    modules = {}
    for file, code in files().items():
        name = file.removesuffix(".py").replace("/", ".")
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
