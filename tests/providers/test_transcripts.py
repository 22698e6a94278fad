"""Every recorded exchange is read as it was, and the same outcome is answered with the same bytes."""

from pathlib import Path

import pytest

from providers import PROVIDERS
from tests.providers.suite import told
from tests.providers.transcript import FOLDER, parse, render, replay

RECORDED = sorted(path.relative_to(FOLDER) for path in FOLDER.glob("*/*.txt"))


@pytest.mark.parametrize("path", RECORDED, ids=str)
def test_replay(path: Path):
    """Reading the recorded request and writing over the recorded outcome gives what was recorded, to the byte."""
    text = (FOLDER / path).read_text(encoding="utf-8")
    transcript = parse(text)
    assert render(transcript) == text
    provider = PROVIDERS[path.parts[0]]
    account = transcript.account.account(provider)
    for episode in transcript.episodes:
        verb, asked, answer = replay(provider, account, episode)
        assert (verb, asked) == (episode.verb, episode.asked), episode.title
        assert answer == episode.answer, episode.title


def test_every_case_is_recorded():
    """There is a transcript of every case that a protocol can express."""
    assert {Path(provider, f"{name}.txt") for provider, name in told()} <= set(RECORDED)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_verb_is_recorded(provider):
    """There is no verb of a protocol that no transcript shows."""
    seen = set()
    for path in RECORDED:
        if path.parts[0] == provider:
            transcript = parse((FOLDER / path).read_text(encoding="utf-8"))
            seen |= {episode.verb for episode in transcript.episodes}
    assert set(PROVIDERS[provider].verbs) <= seen
