"""Every protocol has words for a call that is turned away unread, and its studio knows what to do about them."""

from random import Random

import pytest

from bench.studios.contract import Word
from providers import PROVIDERS
from providers.contract import Exchange, Fault
from providers.dialogue import conclude, fail, find_verb
from tests.providers.cases import CASES
from tests.providers.suite import EXPECTED, desk_of, paper_scene, play_as
from tests.providers.transcript import FOLDER, Episode, parse
from wallet.types import SUCCESSES


@pytest.mark.parametrize("name", sorted(PROVIDERS))
@pytest.mark.parametrize(
    "fault", [Fault.OVERLOADED, Fault.TOO_LARGE, Fault.FOREIGN_NETWORK, Fault.ACCOUNT_REVOKED]
)
def test_any_recorded_call_can_be_turned_away(name: str, fault: Fault) -> None:
    """Whatever the call is, of its request no more is needed than its path and headers, and nobody is told success."""
    provider = PROVIDERS[name]
    for path in sorted((FOLDER / name).glob("*.txt")):
        transcript = parse(path.read_text(encoding="utf-8"))
        account = transcript.account.account(provider)
        for episode in transcript.episodes:
            exchange = Exchange(episode.request, account, episode.became.now)
            find_verb(provider, exchange)
            fail(exchange, fault)
            answer = conclude(provider, exchange)
            assert 200 <= answer.http_status < 600
            if well(episode):
                assert answer.body != episode.answer.body


def well(episode: Episode) -> bool:
    """Whether the call was done, and its studio was told so."""
    outcome = episode.became.outcome
    done = outcome is not None and all(op.status in SUCCESSES for op in outcome.ops)
    return done and episode.answer.http_status < 300


@pytest.mark.parametrize("name", PROVIDERS)
async def test_who_is_turned_away_comes_again(name: str) -> None:
    """Where every other call is turned away nothing is unexpected: bets are taken back, all else lands, the books agree."""
    desk = desk_of(name)
    key = desk.key or desk.studio.make_key()
    scene, paper, _ = await paper_scene(PROVIDERS[name], desk, CASES["bet_and_win"], key)
    await scene.begin()
    rng = Random(7)
    paper.full = lambda: rng.random() < 0.5
    judged, _ = await play_as(scene, Random(8), rounds=60, expected=EXPECTED | {Word.TEMPORARY})
    assert any(words.endswith(" ok") for words in judged)
    assert any(Word.TEMPORARY in words for words in judged)
