"""The settings of an account: every protocol says which it has, and its page says what each does."""

import re
from pathlib import Path

import pytest

from providers import PROVIDERS

ROOT = Path(__file__).parents[2]
WORD = re.compile(r"`(?:settings\.)?([a-z_]+)(?: = [^`]*)?`")
NAMED = re.compile(r"settings\.([a-z_]+)")
READ = re.compile(r"""(?:\bsetting\(\s*[\w.]+,\s*|\bsettings\.get\(\s*)["'](\w+)["']""")
NAME = re.compile(r"""^[A-Z_]+ = "(\w+)".*\n\"\"\"Account setting:""", re.MULTILINE)


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_page_tells_every_setting_and_no_other(name):
    """What an account of a protocol may set stands on the protocol's page, and what its page names may be set."""
    page = (ROOT / "docs" / "providers" / f"{name}.md").read_text(encoding="utf-8")
    known = PROVIDERS[name].known_settings
    assert known <= set(WORD.findall(page))
    assert set(NAMED.findall(page)) <= known


def test_every_setting_that_is_read_may_be_set():
    """A setting that an adapter, a scheme or a question reads by its name is known of some protocol."""
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "providers").rglob("*.py")]
    read = {name for text in texts for pattern in (READ, NAME) for name in pattern.findall(text)}
    known = {name for provider in PROVIDERS.values() for name in provider.known_settings}
    assert len(read) > 20
    assert read <= known
