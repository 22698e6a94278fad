"""Transcripts: exchanges with a studio, to the byte, readable by people and replayed by a test.

A file ``transcripts/<provider>/<story>.txt`` holds the exchanges of one story in order.  Each has the request
as it came, what it was read as, what became of it in the ledger, and the answer as it left:

    # rollback_before_bet: a rollback that comes first is remembered …
    account {"secrets": ["…"]}                      the account: test secrets, and what it overrides

    === 1 rollback
    --> POST /transaction/rollback                  the request: line, headers, empty line, body
    x-hub88-signature: …

    {"user": …}
    --- read rollback                               the verb, then the StudioCall or Query (nothing: a fault)
    {"ops": [{"kind": "rollback", …}]}
    --- became                                      what the gateway put into the Exchange
    {"status": "tombstone_created", …}
    <-- 200                                         the answer: status, headers, empty line, body
    content-type: application/json

    {"status":"RS_OK", …}

Secrets in it are test data and belong to nobody.  Ids and times come from a ledger of paper (``paper.py``), so
that recording twice gives the same file.  A body that is not plain UTF-8 text is written as ``base64:…``.
"""

import base64
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from providers.contract import Account, Answer, Exchange, Fault, Profile, Request
from providers.dialogue import amounts_of, conclude, find_verb, understand
from providers.manners import Manners
from providers.provider import Provider
from wallet.money import Currency, WireCurrency
from wallet.types import Outcome, Policy, Session, Status

EXPONENTS = {"EUR": 2, "USD": 2, "JPY": 0, "BTC": 8}
"""Decimals of the smallest unit of the currencies that transcripts are told in."""

FOLDER = Path(__file__).parent / "transcripts"

MILLISECONDS = 7
"""How long every exchange on paper takes."""

UNREAD = frozenset({Fault.FOREIGN_NETWORK, Fault.ACCOUNT_REVOKED, Fault.TOO_LARGE})
"""Faults that the gateway finds before it reads."""


class Became(Struct, omit_defaults=True):
    """What the gateway puts into an `Exchange` between reading and writing."""

    now: datetime
    status: str | None = None  # of a query or a fault; a call's follows from its outcome
    outcome: Outcome | None = None
    currency: str | None = None
    cash: Decimal | None = None
    bonus: Decimal | None = None
    scale: int = 6  # decimals of the ledger units in `outcome`
    token: str | None = None
    profile: Profile | None = None
    session: Session | None = None  # of a request that its token alone names


class Overrides(Struct, omit_defaults=True):
    """The account of a transcript: what is not the protocol's default."""

    secrets: tuple[str, ...]
    policy: dict[str, Any] = {}
    manners: dict[str, Any] = {}
    settings: dict[str, str] = {}
    base_url: str | None = None

    def account(self, provider: Provider) -> Account:
        """The account as the gateway would hold it."""
        policy = msgspec.to_builtins(provider.policy) | self.policy
        manners = msgspec.to_builtins(provider.manners) | self.manners
        return Account(
            provider.name,
            tuple(secret.encode() for secret in self.secrets),
            msgspec.convert(policy, Policy),
            msgspec.convert(manners, Manners),
            self.settings,
            self.base_url,
            test=True,
            exponents=EXPONENTS,
        )


class Episode(Struct):
    """One exchange of a story."""

    title: str
    request: Request
    verb: str | None
    asked: Any  # builtins of the StudioCall or Query; None for a fault
    became: Became
    answer: Answer


class Transcript(Struct):
    """One story."""

    title: str
    account: Overrides
    episodes: list[Episode]


# Replaying


def replay(provider: Provider, account: Account, episode: Episode) -> tuple[str | None, Any, Answer]:
    """What the adapter makes of the recorded request, and the answer it gives to the recorded outcome."""
    became = episode.became
    status = None if became.status is None else status_of(became.status)
    exchange = Exchange(episode.request, account, became.now, milliseconds=MILLISECONDS)
    if status in UNREAD:
        find_verb(provider, exchange)
    elif understand(provider, exchange) and status is not None:
        exchange.status = status
    exchange.outcome = became.outcome
    exchange.currency, exchange.cash, exchange.bonus = became.currency, became.cash, became.bonus
    exchange.token, exchange.profile, exchange.session = became.token, became.profile, became.session
    if became.outcome is not None:
        wire = WireCurrency("", Currency("", became.scale, 2))
        exchange.amounts = tuple(amounts_of(op, wire) for op in became.outcome.ops)
    if isinstance(status, Fault) and status is not exchange.status:
        raise AssertionError(f"recorded as {status}, now read as {exchange.status}: {exchange.detail}")
    asked = None if exchange.asked is None else plain(exchange.asked)
    return exchange.verb, asked, conclude(provider, exchange)


def status_of(word: str) -> Status | Fault:
    """The status or fault of this name; no name is both."""
    return Status(word) if word in set(Status) else Fault(word)


def plain(value: Any) -> Any:
    """Builtins of a Struct, without what is at its default."""
    if isinstance(value, Struct):
        fields = fields_of(type(value))
        defaults = type(value)(*(getattr(value, f.name) for f in fields if f.required))
        return {
            f.name: plain(getattr(value, f.name))
            for f in fields
            if f.required or getattr(value, f.name) != getattr(defaults, f.name)
        }
    if isinstance(value, tuple):
        return [plain(one) for one in value]
    if isinstance(value, Decimal):
        return f"{value:f}"
    return msgspec.to_builtins(value)


fields_of = cache(msgspec.structs.fields)


# Writing and reading a file


def render(transcript: Transcript) -> str:
    """The text of a transcript."""
    return "".join(lines(transcript))


def lines(transcript: Transcript) -> Iterator[str]:
    """The text of a transcript, piece by piece."""
    yield f"# {transcript.title}\naccount {as_json(transcript.account)}\n"
    for number, episode in enumerate(transcript.episodes, 1):
        request, answer = episode.request, episode.answer
        query = f"?{request.query.decode()}" if request.query else ""
        yield f"\n=== {number} {episode.title}\n--> {request.method} {request.path}{query}\n"
        yield from (f"{name}: {value}\n" for name, value in request.headers.items())
        yield f"\n{body_text(request.body)}\n--- read {episode.verb or ''}".rstrip() + "\n"
        if episode.asked is not None:
            yield spread(episode.asked) + "\n"
        yield f"--- became\n{spread(plain(episode.became))}\n<-- {answer.http_status}\n"
        yield from (f"{name}: {value}\n" for name, value in answer.headers)
        yield f"\n{body_text(answer.body)}\n"


def parse(text: str) -> Transcript:
    """The transcript in a text.  `render` of it gives the same text."""
    head, *rest = text.split("\n=== ")
    title, account = head.splitlines()
    overrides = msgspec.json.decode(account.removeprefix("account "), type=Overrides)
    return Transcript(title.removeprefix("# "), overrides, [parse_episode(one) for one in rest])


def parse_episode(text: str) -> Episode:
    """One exchange, from behind its ``===`` on."""
    title, text = text.split("\n--> ", 1)
    sent, text = text.split("\n--- read", 1)
    read, text = text.split("\n--- became\n", 1)
    became, answered = text.split("\n<-- ", 1)
    verb, _, asked = read.partition("\n")
    return Episode(
        title.split(" ", 1)[1],
        parse_request(sent),
        verb.strip() or None,
        msgspec.json.decode(asked) if asked.strip() else None,
        msgspec.json.decode(became, type=Became),
        parse_answer(answered),
    )


def parse_request(text: str) -> Request:
    """A request line, headers, an empty line and the body."""
    head, body = text.split("\n\n", 1)
    line, *headers = head.splitlines()
    method, target = line.split(" ", 1)
    path, _, query = target.partition("?")
    named = dict(header.split(": ", 1) for header in headers)
    return Request(method, path, target, query.encode(), named, body_bytes(body))


def parse_answer(text: str) -> Answer:
    """A status, headers, an empty line and the body, with the newline that ends the file's last line."""
    head, body = text.split("\n\n", 1)
    status, *headers = head.splitlines()
    named = tuple((name, value) for name, _, value in (header.partition(": ") for header in headers))
    return Answer(int(status), named, body_bytes(body.removesuffix("\n")))


def body_text(body: bytes) -> str:
    """A body as it is, or as base64 where it would not survive as lines of text."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        text = ""
    marks = ("\n--", "\n==", "\n<--", "\r", "base64:")
    if text.encode() == body and text.isprintable() and not any(mark in text for mark in marks):
        return text
    return "base64:" + base64.b64encode(body).decode()


def body_bytes(text: str) -> bytes:
    """The body behind `body_text`."""
    return base64.b64decode(text[7:]) if text.startswith("base64:") else text.encode()


def spread(value: dict[str, Any], margin: str = "") -> str:
    """JSON with a line for every field, and for every element of a list of objects."""
    fields = []
    for name, one in value.items():
        listed = isinstance(one, list) and one and isinstance(one[0], dict)
        text = (
            "[\n" + ",\n".join(f"{margin}  {as_json(each)}" for each in one) + "]" if listed else as_json(one)
        )
        if isinstance(one, dict):
            text = spread(one, margin + " ")
        fields.append(f'{margin} "{name}": {text}')
    return "{\n" + ",\n".join(fields) + "}"


def as_json(value: Any) -> str:
    """JSON on one line."""
    return msgspec.json.encode(value).decode()
