"""What each protocol says of what no story can bring about: limits, bonus rules, too many calls, faults of ours."""

import pytest

from providers import PROVIDERS
from tests.providers.suite import desk_of

TOLD = [(provider, *row) for provider in PROVIDERS for row in desk_of(provider).untold]


@pytest.mark.parametrize(("provider", "verb", "status", "said"), TOLD)
def test_what_no_story_tells_has_its_word(provider, verb, status, said):
    """The studio hears the code and the HTTP status that the protocol's page promises, so that it stops or asks again."""
    adapter = PROVIDERS[provider]
    assert adapter.code(verb, status, adapter.manners) == said
