"""A gateway and a studio that it asks, for the questions of every protocol."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.gateway.door import door  # noqa: F401 - a fixture, one a module
from tests.gateway.fake_studio import FakeStudio, fake_studio


@pytest_asyncio.fixture(loop_scope="module")
async def studio() -> AsyncIterator[FakeStudio]:
    """A studio that is asked."""
    async with fake_studio() as served:
        yield served
