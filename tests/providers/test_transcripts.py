"""Every recorded exchange is read as it was, and the same outcome is answered with the same bytes."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from msgspec.structs import replace

from providers import PROVIDERS
from providers.contract import Account, Amounts, Exchange, Fault, Request, StudioCall
from providers.dialogue import conclude, understand
from providers.provider import SecretForm
from tests.providers.suite import desk_of, told
from tests.providers.transcript import FOLDER, Transcript, parse, render, replay
from wallet.types import OpOutcome, Outcome, Status


@pytest.mark.parametrize("name", PROVIDERS)
def test_replay(name: str):
    """Reading a recorded request and writing over its recorded outcome gives what was recorded, to the byte."""
    provider = PROVIDERS[name]
    for text, transcript in transcripts_of(name):
        assert render(transcript) == text
        account = transcript.account.account(provider)
        for episode in transcript.episodes:
            verb, asked, answer = replay(provider, account, episode)
            assert (verb, asked) == (episode.verb, episode.asked), (transcript.title, episode.title)
            assert answer == episode.answer, (transcript.title, episode.title)


def transcripts_of(name: str) -> Iterator[tuple[str, Transcript]]:
    """Every transcript of a provider, as it is written and as it is read."""
    for path in sorted((FOLDER / name).glob("*.txt")):
        text = path.read_text(encoding="utf-8")
        yield text, parse(text)


def test_every_case_is_recorded():
    """There is a transcript of every case that a protocol can express, and of nothing else."""
    recorded = {(path.parent.name, path.stem) for path in FOLDER.glob("*/*.txt")}
    assert recorded == set(told())


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_verb_is_recorded(provider):
    """There is no verb of a protocol that no transcript shows."""
    seen = {episode.verb for _, transcript in transcripts_of(provider) for episode in transcript.episodes}
    assert set(PROVIDERS[provider].verbs) <= seen


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_protocol_whose_wins_name_bets_says_so(provider):
    """A protocol says that its wins name bets where every recorded one does, and nowhere else."""
    transcripts = [transcript for _, transcript in transcripts_of(provider)]
    asked = [episode.asked or {} for transcript in transcripts for episode in transcript.episodes]
    wins = [op for each in asked for op in each.get("ops", ()) if op["kind"] == "win"]
    assert PROVIDERS[provider].wins_name_bets is all("reference" in win for win in wins)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_status_and_fault_can_be_said(provider):
    """Whatever becomes of a request of any verb, with a wallet or without, there is an answer and no exception."""
    adapter = PROVIDERS[provider]
    for episode, account in one_of_each_verb(provider):
        for status in (*Status, *Fault):
            for cash in (None, Decimal("12.345678")):
                exchange = Exchange(episode.request, account, episode.became.now)
                assert understand(adapter, exchange)
                exchange.status = status
                if cash is not None:
                    exchange.currency, exchange.cash, exchange.bonus = "EUR", cash, Decimal(0)
                posted = isinstance(exchange.asked, StudioCall) and exchange.asked.ops
                if posted and isinstance(status, Status):
                    ops = [OpOutcome(status) for _ in posted]
                    exchange.outcome = Outcome(tuple(ops), currency=None if cash is None else "EUR")
                    exchange.amounts = tuple(Amounts(*[Decimal(0)] * 6) for _ in ops)
                answer = conclude(adapter, exchange)
                assert answer.body
                assert 200 <= answer.http_status < 600


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_fault_can_be_said_to_a_stranger(provider):
    """A request of which nothing is understood is answered in the protocol's words too."""
    adapter = PROVIDERS[provider]
    (_, account) = next(one_of_each_verb(provider))
    for body in (b"", b"{}", b"\xff", b"[" * 60_000):
        for fault in Fault:
            request = Request("POST", "/nowhere", "/nowhere", b"", {}, body)
            exchange = Exchange(request, account, datetime(2026, 1, 1, tzinfo=UTC), status=fault)
            assert conclude(adapter, exchange).body


SIGNED = [name for name, one in PROVIDERS.items() if one.secret_form is not SecretForm.NONE]


@pytest.mark.parametrize("provider", [name for name in SIGNED if desk_of(name).covers_body])
def test_one_flipped_byte_is_not_theirs(provider):
    """A recorded request of any verb passes the check, and with any one byte of its body changed it does not."""
    check = PROVIDERS[provider].check
    for episode, account in one_of_each_verb(provider):
        body = episode.request.body
        assert check(episode.request, account)
        for place in range(len(body)):
            flipped = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
            assert not check(replace(episode.request, body=flipped), account), flipped


@pytest.mark.parametrize("provider", PROVIDERS)
def test_what_takes_a_forged_call_says_that_it_signs_nothing(provider):
    """Where a call that moves money passes with one byte changed, with its headers or without, `signs` says no, and only there."""
    adapter = PROVIDERS[provider]
    moving = [(one, account) for one, account in one_of_each_verb(provider) if one.asked.get("ops")]
    assert moving
    for episode, recorded in moving:
        for account in as_it_may_be_configured(adapter, recorded):
            forged = any(adapter.check(each, account) for each in forgeries(episode.request))
            assert adapter.signs(account) is not forged, (episode.verb, account.settings)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_protocol_says_of_which_accounts_it_signs(provider):
    """Of each set of secrets and settings that its desk names, a protocol says whether nothing unsigned is believed."""
    adapter = PROVIDERS[provider]
    for secrets, settings, signs in desk_of(provider).signs:
        account = Account(provider, secrets, adapter.policy, adapter.manners, settings)
        assert adapter.signs(account) is signs, (secrets, settings)


def forgeries(request):
    """The request with one byte changed of its body, or of its query where it has none; with its headers and without."""
    text = request.body or request.query
    for place in range(len(text)):
        flipped = text[:place] + bytes([text[place] ^ 1]) + text[place + 1 :]
        other = replace(request, **({"body": flipped} if request.body else {"query": flipped}))
        yield from (other, replace(other, headers={}))


def as_it_may_be_configured(adapter, account):
    """The account as recorded, and with each setting that decides how its calls are read."""
    yield account
    yield from (replace(account, settings={**account.settings, name: "yes"}) for name in adapter.settings)


def one_of_each_verb(provider):
    """A readable recorded exchange of every verb, and its account."""
    seen = set()
    for _, transcript in transcripts_of(provider):
        for episode in transcript.episodes:
            if episode.asked is not None and episode.verb not in seen:
                seen.add(episode.verb)
                yield episode, transcript.account.account(PROVIDERS[provider])
