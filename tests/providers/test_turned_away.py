"""Every protocol has words for a call that is turned away unread."""

import pytest

from providers import PROVIDERS
from providers.contract import Exchange, Fault
from providers.dialogue import conclude, fail, glance
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
            glance(provider, exchange)
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
