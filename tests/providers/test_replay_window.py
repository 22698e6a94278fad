"""The window around our clock that an account may want for times that are signed: off, unless it says how long."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from providers import PROVIDERS
from providers.contract import Exchange, Fault
from providers.dialogue import understand
from providers.translate import EPOCH
from tests.providers.test_transcripts import one_of_each_verb

TIMED = [name for name, provider in PROVIDERS.items() if provider.signed_at is not None]
WINDOW = 60


def faults(provider, window, late):
    """The faults of one call of every verb that arrives so many seconds after it was signed."""
    for episode, account in one_of_each_verb(provider.name):
        signed = provider.signed_at(episode.request)
        assert provider.check(episode.request, account)
        now = EPOCH + timedelta(milliseconds=signed, seconds=late)
        manners = replace(account.manners, replay_window=window)
        exchange = Exchange(episode.request, replace(account, manners=manners), now)
        yield None if understand(provider, exchange) else exchange.status


def test_there_are_protocols_that_sign_a_time():
    """Where none was declared, nothing below would be tried."""
    assert len(TIMED) > 1


@pytest.mark.parametrize("name", TIMED)
@pytest.mark.parametrize("late", [0, WINDOW, -WINDOW, WINDOW + 1, -WINDOW - 1, 10**8])
def test_what_was_signed_outside_the_window_is_not_theirs(name, late):
    """With a window a call of any verb passes up to its edge, before and after; without one, whenever it was signed."""
    provider = PROVIDERS[name]
    assert set(faults(provider, WINDOW, late)) == {None if abs(late) <= WINDOW else Fault.BAD_SIGNATURE}
    assert set(faults(provider, None, late)) == {None}


@pytest.mark.parametrize("name", TIMED)
def test_a_retry_within_the_window_is_the_same_call(name):
    """The same bytes a moment later are read again: nothing remembers that they were there."""
    assert set(faults(PROVIDERS[name], WINDOW, 1)) == set(faults(PROVIDERS[name], WINDOW, 1)) == {None}


@pytest.mark.parametrize("name", TIMED)
def test_what_has_no_time_is_outside_every_window(name):
    """A request without its time, or with one that is no number, says nothing of when it was made."""
    provider = PROVIDERS[name]
    episode, _ = next(one_of_each_verb(name))
    for text in (None, "", "now", "-1", "1e3", "\u0661"):
        headers = {
            header: text if provider.signed_at(replace(episode.request, headers={header: value})) else value
            for header, value in episode.request.headers.items()
        }
        headers = {header: value for header, value in headers.items() if value is not None}
        assert provider.signed_at(replace(episode.request, headers=headers)) is None


def test_a_window_needs_a_time_where_the_protocol_signs_one():
    """With a window, whoever signed no time is not theirs; a protocol that signs none has no window."""
    episode, account = next(one_of_each_verb("bogus"))
    wanting = replace(account, manners=replace(account.manners, replay_window=WINDOW))
    timeless = Exchange(episode.request, wanting, EPOCH)
    assert understand(PROVIDERS["bogus"], timeless)
    silent = Exchange(episode.request, wanting, EPOCH)
    assert not understand(replace(PROVIDERS["bogus"], signed_at=lambda _request: None), silent)
    assert silent.status is Fault.BAD_SIGNATURE
