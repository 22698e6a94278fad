"""A worker that ends waits longer than any request may take, and whoever ends it waits longer than the worker."""

import pytest

from gateway import failed_transactions, processes, worker
from gateway.accounts import LONGEST_DEADLINE_MS
from gateway.api import game_lists, postings
from gateway.settings import LONGEST_STUDIO_SECONDS

MARGIN = 5.0
"""For what stands around the longest wait: reading, looking up, writing down, answering."""

LONGEST = {
    "a callback": LONGEST_DEADLINE_MS / 1000,
    "bulk postings": postings.BULK_SECONDS,
    "a queue of failed transactions": failed_transactions.RUN_SECONDS,
    "a list of games that is taken over": game_lists.IMPORT_SECONDS,
    "a launch that first fetches a token": 2 * LONGEST_STUDIO_SECONDS,
}


@pytest.mark.parametrize("what", LONGEST)
def test_the_grace_is_longer_than_what_a_request_may_take(what: str) -> None:
    """What is in flight when a worker is asked to end is answered before it goes."""
    assert LONGEST[what] + MARGIN <= worker.GRACE_SECONDS


def test_nobody_is_killed_within_the_grace() -> None:
    """The supervisor and the last resort of an orphan come after drain, grace and putting away."""
    assert worker.LAST_RESORT_SECONDS >= worker.GRACE_SECONDS + MARGIN
    assert processes.STOP_SECONDS >= worker.DRAIN_SECONDS + worker.GRACE_SECONDS + MARGIN
