"""Every order of a bet, its win, its rollback, repetitions and lost answers, at every protocol, on paper."""

import pytest

from providers import PROVIDERS
from tests.providers.walk import walk_of

DEPTH = 3
"""``make histories`` goes deeper."""


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_every_order(provider):
    """In whatever order messages come, the money is what an independent model says and no answer contradicts another."""
    walk = await walk_of(provider, DEPTH)
    await walk.go()
    assert walk.contradictions == []
    assert walk.orders > 100
